"""Step `registry_value`: a value of the registry is what it should be, or is not there."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pydantic import Field

from orchestrator.model.detail import Detail
from orchestrator.model.message import message
from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import Value
from orchestrator.model.result import StepResult
from orchestrator.remote.target import Target
from orchestrator.steps.context import SET_BACK, StepContext, did_not_stay
from orchestrator.steps.declaration import StepKind
from orchestrator.steps.parameters import Parameters
from orchestrator.steps.registry_data import RegistryData
from orchestrator.windows import branches, registry, registry_change, registry_places
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import asked, would
from orchestrator.windows.registry_places import Found


@message("change-registry-value")
def _change(name: str, path: str, delete: bool) -> None: ...


@message("registry-value-is")
def _is(name: str, absent: bool, already: bool) -> None: ...


@message("registry-value-done")
def _done(name: str, deleted: bool) -> None: ...


@message("registry-value-there-again")
def _there_again(name: str) -> None: ...


@dataclass(frozen=True)
class RegistryValueDetail(Detail, kind="registry_value"):
    """A value of the registry, before and after; None where it does not stand.

    Attributes:
        key: Path of its key.
        value: Its name.
        after: As it was found afterwards; before a change, as it would be.
    """

    key: str
    value: str
    before: Value | None
    after: Value | None = None


class RegistryValueParameters(RegistryData, Parameters):
    """A value of the registry is what is said here, or is not there; what stood before is kept for undoing."""

    restart: bool = Field(default=False, description="Whether it takes effect only after a restart.")


@dataclass(frozen=True)
class _Seen:
    """Where the value stands follows from the machine; most are x64, so that it is looked for there at once."""

    machine: Machine
    likely: Found


async def ensure_registry_value(target: Target, parameters: RegistryValueParameters, _: StepContext) -> StepResult:
    """Compares type and data, sets or deletes where they differ, and reads back; what stood before is recorded."""
    wanted, name = parameters.value, parameters.name
    likely = registry_places.place(parameters.key, parameters.view, "x64")
    seen = await target.observe(
        _Seen, machine=asked(branches.MACHINE), likely=asked(registry_places.look(likely, name))
    )
    machine = seen.machine
    if machine.branch is branches.OTHER:
        return StepResult(Outcome.BLOCKED, branches.unchanged(machine), remedy=branches.LEAVE_OUT)
    path = registry_places.place(parameters.key, parameters.view, machine.architecture)
    look = registry_places.look(path, name)
    found = await target.observe(look)
    before = found.value
    absent = wanted is None
    detail = RegistryValueDetail(path, name, before)
    needs_restart = parameters.restart
    if registry.same(wanted, before):
        detail = replace(detail, after=before)
        if target.changed:
            reason = _is(name, absent, already=False)
            return StepResult(Outcome.CHANGED, reason, detail, reboot_required=needs_restart)
        return StepResult(Outcome.OK, _is(name, absent, already=True), detail)
    summary = _change(name, path, absent)
    change = registry_change.values_change(
        summary,
        path,
        {name: wanted},
        {} if before is None else {name.lower(): before},
        () if absent else found.missing,
    )
    change = replace(change, needs_restart=needs_restart)
    foreseen = replace(detail, after=wanted)
    target.stop_in_check_mode(
        StepResult(Outcome.CHANGED, would(summary), foreseen, reboot_required=needs_restart, would_change=True)
    )
    after = (await target.apply(change, look)).value
    detail = replace(detail, after=after)
    if not registry.same(wanted, after):
        reason = _there_again(name) if absent else did_not_stay(name)
        return StepResult(Outcome.FAILED, reason, detail, remedy=SET_BACK)
    return StepResult(Outcome.CHANGED, _done(name, absent), detail, reboot_required=needs_restart)


KIND = StepKind(
    name="registry_value",
    summary="Set a value of the registry.",
    parameters=RegistryValueParameters,
    changes_hosts=True,
    perform=ensure_registry_value,
)
