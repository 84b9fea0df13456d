"""Undoing a run: its result, made a plan that puts back on each host what it recorded there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import reduce
from pathlib import Path
from typing import Final

from orchestrator.inventory.patterns import Inventory
from orchestrator.model.errors import UsageError
from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import RegistryRecord
from orchestrator.model.result import HostResult, RunResult
from orchestrator.playbook.plan import Condition, PlannedStep, Playbook
from orchestrator.steps import undo
from orchestrator.steps.command import CommandDetail
from orchestrator.steps.copy import CopyDetail
from orchestrator.steps.msi import MsiDetail
from orchestrator.steps.undo import Recorded, UndoParameters
from orchestrator.steps.uninstall import UninstallDetail

NAME = undo.KIND.name
_DID: Final = {Outcome.CHANGED, Outcome.REBOOT_PENDING}


def undoing(result: RunResult) -> Playbook:
    """What puts back what a run changed in registries.

    Raises:
        UsageError: when there is nothing to put back: it was in check mode, or it changed no registry.
    """
    if result.check:
        raise UsageError(f"run {result.id} was in check mode: it changed nothing, so there is nothing to undo")
    hosts = {host.name.casefold(): _recorded(host) for host in result.hosts}
    if not changed_anything(result):
        hint = "".join(f"; {said}" for said in _not_undone(hosts.values()))
        raise UsageError(f"{result.title} changed nothing in registries: nothing to undo{hint}")
    parameters = UndoParameters(run=result.id, hosts=hosts)
    step = PlannedStep(undo.KIND, NAME, parameters, Condition(), 60.0 * parameters.allowed_minutes)
    when = f"{result.started:%Y-%m-%d %H:%M} UTC"
    return Playbook(NAME, f"Puts back what run {result.id} ({result.playbook}, {when}) changed.", (step,), Path())


def _not_undone(hosts: Collection[Recorded]) -> Iterator[str]:
    """What a run did that is in no registry."""
    if any(recorded.installer for recorded in hosts):
        yield "what Windows Installer did is not undone, see the playbook `uninstall`"
    if any(recorded.copies for recorded in hosts):
        yield "files that it copied stay"
    if any(recorded.commands for recorded in hosts):
        yield "what its commands did stays"


def changed_anything(result: RunResult) -> bool:
    """Whether a run has left something in registries that can be put back."""
    return not result.check and any(_recorded(host).record for host in result.hosts)


def changed_but_not_in(inventory: Inventory, result: RunResult) -> list[str]:
    """The names of the hosts in whose registry a run changed something, and which an inventory does not have."""
    known = {host.name.casefold() for host in inventory.hosts}
    return [host.name for host in result.hosts if _recorded(host).record and host.name.casefold() not in known]


def _recorded(host: HostResult) -> Recorded:
    records = [record.result.registry for record in host.steps]
    did = [record.result.detail for record in host.steps if record.result.outcome in _DID]
    return Recorded(
        reduce(RegistryRecord.followed_by, records, RegistryRecord()),
        installer=any(isinstance(detail, MsiDetail | UninstallDetail) for detail in did),
        copies=sum(isinstance(detail, CopyDetail) for detail in did),
        commands=any(isinstance(detail, CommandDetail) and detail.exit_code is not None for detail in did),
        lost=host.outcome is Outcome.UNKNOWN,
    )
