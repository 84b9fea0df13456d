"""Step `registry_value`: a value of the registry is what it should be, or is not there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from pydantic import Field

from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import Value
from orchestrator.model.result import StepResult
from orchestrator.steps.context import SET_BACK, StepContext
from orchestrator.steps.declaration import StepKind
from orchestrator.steps.parameters import Parameters
from orchestrator.steps.registry_data import RegistryData
from orchestrator.target.target import Target
from orchestrator.windows import branches, registry, registry_change, registry_places
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import asked
from orchestrator.windows.registry_places import Found


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
        return StepResult(Outcome.BLOCKED, branches.unchanged(machine), {"remedy": branches.LEAVE_OUT})
    path = registry_places.place(parameters.key, parameters.view, machine.architecture)
    look = registry_places.look(path, name)
    found = await target.observe(look)
    before = found.value
    detail: dict[str, Any] = {"key": path, "value": name, "before": _shown(before)}
    needs_restart = parameters.restart
    if registry.same(wanted, before):
        words = "is not there" if wanted is None else "is as wanted"
        if target.changed:
            return StepResult(Outcome.CHANGED, f"{name} {words} now", detail, reboot_required=needs_restart)
        return StepResult(Outcome.OK, f"{name} {words} already", detail)
    verb = "delete" if wanted is None else "set"
    change = registry_change.values_change(
        f"{verb} {name} in {path}",
        path,
        {name: wanted},
        {} if before is None else {name.lower(): before},
        found.missing if wanted is not None else (),
    )
    change = replace(change, needs_restart=needs_restart)
    would, foreseen = f"would {change.summary}", {**detail, "after": _shown(wanted)}
    target.foretell(StepResult(Outcome.CHANGED, would, foreseen, reboot_required=needs_restart, would_change=True))
    after = (await target.apply(change, look)).value
    detail["after"] = _shown(after)
    if not registry.same(wanted, after):
        reason = f"{name} was written but did not stay" if wanted else f"{name} was deleted but is there again"
        return StepResult(Outcome.FAILED, reason, {**detail, "remedy": SET_BACK})
    done = "deleted" if wanted is None else "set"
    return StepResult(Outcome.CHANGED, f"{name} is {done} now", detail, reboot_required=needs_restart)


def _shown(value: Value | None) -> dict[str, int | str] | None:
    return None if value is None else {"type": value.kind, "data": value.data}


KIND = StepKind(
    name="registry_value",
    summary="Set a value of the registry.",
    parameters=RegistryValueParameters,
    changes_hosts=True,
    perform=ensure_registry_value,
)
