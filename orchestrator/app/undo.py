"""Undoing a run: its result, made a plan that puts back on each host what it recorded there."""

from __future__ import annotations

from functools import reduce
from pathlib import Path

from orchestrator.inventory.patterns import Inventory
from orchestrator.model.errors import UsageError
from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import RegistryRecord
from orchestrator.model.result import HostResult, RunResult
from orchestrator.playbook.plan import Condition, PlannedStep, Playbook
from orchestrator.steps import undo
from orchestrator.steps.msi import MsiDetail
from orchestrator.steps.undo import Recorded, UndoParameters
from orchestrator.steps.uninstall import UninstallDetail

NAME = undo.KIND.name


def undoing(result: RunResult) -> Playbook:
    """What puts back what a run changed in registries.

    Raises:
        UsageError: when there is nothing to put back: it was in check mode, or it changed no registry.
    """
    if result.check:
        raise UsageError(f"run {result.id} was in check mode: it changed nothing, so there is nothing to undo")
    hosts = {host.name.casefold(): _recorded(host) for host in result.hosts}
    if not changed_anything(result):
        installed = any(recorded.installer for recorded in hosts.values())
        hint = "; what Windows Installer did is not undone, see the playbook `uninstall`" if installed else ""
        raise UsageError(f"run {result.id} ({result.playbook}) changed nothing in registries: nothing to undo{hint}")
    parameters = UndoParameters(run=result.id, hosts=hosts)
    step = PlannedStep(undo.KIND, NAME, parameters, Condition(), 60.0 * parameters.allowed_minutes)
    when = f"{result.started:%Y-%m-%d %H:%M} UTC"
    return Playbook(NAME, f"Puts back what run {result.id} ({result.playbook}, {when}) changed.", (step,), Path())


def changed_anything(result: RunResult) -> bool:
    """Whether a run has left something in registries that can be put back."""
    return not result.check and any(_recorded(host).record for host in result.hosts)


def changed_but_not_in(inventory: Inventory, result: RunResult) -> list[str]:
    """The names of the hosts in whose registry a run changed something, and which an inventory does not have."""
    known = {host.name.casefold() for host in inventory.hosts}
    return [host.name for host in result.hosts if _recorded(host).record and host.name.casefold() not in known]


def _recorded(host: HostResult) -> Recorded:
    records = [record.result.registry for record in host.steps]
    installer = any(
        record.result.outcome is Outcome.CHANGED and isinstance(record.result.detail, MsiDetail | UninstallDetail)
        for record in host.steps
    )
    record = reduce(RegistryRecord.followed_by, records, RegistryRecord())
    return Recorded(record, installer, host.outcome is Outcome.UNKNOWN)
