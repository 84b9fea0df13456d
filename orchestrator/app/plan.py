"""A playbook made ready to run: what its steps name is looked at first, and each half of a step is one of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from orchestrator.playbook.plan import PlannedStep, Playbook


def plan(playbook: Playbook) -> tuple[PlannedStep, ...]:
    """The steps as engines run them.

    Raises:
        UsageError: when a step could not be taken anywhere: it has no package to install, say, or a file that it
            names cannot be used.
    """
    prepared = [step.told(step.parameters.prepared(playbook.name)) for step in playbook.steps]
    return tuple(half for step in prepared for half in _halves(step))


def _halves(step: PlannedStep) -> Iterator[PlannedStep]:
    second = step.kind.second_half
    if second is None or not second.wanted(step.parameters):
        yield step
    else:
        yield replace(step, deadline_seconds=60.0 * second.first_minutes)
        yield replace(step, kind=second.kind, name=f"{step.name}-{second.suffix}")
