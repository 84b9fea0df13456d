"""Which playbooks only look at hosts, by the steps that they have."""

from __future__ import annotations

from orchestrator.playbook import shipped_files
from orchestrator.playbook.load import load_playbook
from orchestrator.steps.kinds import EVERY_KIND


def looking_playbooks() -> frozenset[str]:
    """The names of those that change nothing: of the shipped ones, and of the commands that are a step of their own."""
    alone = {kind.name for kind in EVERY_KIND if not kind.changes_hosts}
    shipped = [load_playbook(name) for name in shipped_files()]
    return frozenset(alone | {each.name for each in shipped if not any(step.kind.changes_hosts for step in each.steps)})
