"""Step `undo`: what a run changed in the host's registry is as it was before, but for what others have changed since.

It goes by the run's own record. What Windows Installer did is not in it; removing a product is a step of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pydantic import Field

from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import RegistryRecord, Value
from orchestrator.model.result import StepResult
from orchestrator.sentences import say
from orchestrator.steps.context import SET_BACK, StepContext
from orchestrator.steps.declaration import StepKind
from orchestrator.steps.parameters import Parameters
from orchestrator.target.target import Target
from orchestrator.windows import boot, restoring
from orchestrator.windows.restoring import Restoration

NAMED: Final = 3
"""So many values are named in the reason; all of them are in the detail."""
DATA_SHOWN: Final = 40
DECIDE: Final = "decide which setting is right; what was left alone can be set by hand or by its playbook"


@dataclass(frozen=True)
class Recorded:
    """What a run left on a host.

    Attributes:
        record: What it changed in the registry.
        installer: Whether Windows Installer installed or removed a product there, which an undo does not touch.
        lost: Whether the run did not learn how it ended there.
    """

    record: RegistryRecord
    installer: bool = False
    lost: bool = False


class UndoParameters(Parameters):
    """Put back what a run changed in registries."""

    run: str = Field(description="The run's identifier.")
    hosts: dict[str, Recorded] = Field(description="What it left, by the host's name without regard to case.")


async def undo(target: Target, parameters: UndoParameters, _: StepContext) -> StepResult:
    """Compares what stands now with what the run left, puts back what is the same, and tells what is not."""
    run = parameters.run
    recorded = parameters.hosts.get(target.host.name.casefold())
    if recorded is None:
        return StepResult(Outcome.SKIPPED, f"run {run} had no such host")
    if not recorded.record:
        return StepResult(Outcome.OK, _sentence(f"run {run} changed nothing in its registry", *_remarks(recorded)))
    look = restoring.standing(recorded.record)
    plan = restoring.restoration(f"put back what run {run} changed", recorded.record, await target.observe(look))
    detail = {"undone_run": run, "left_alone": _left_alone(plan)}
    if plan.change.commands:
        target.foretell(_foretold(plan, run, recorded, detail))
        after = await target.apply(plan.change, look)
        if not plan.undone(after):
            return StepResult(Outcome.FAILED, "what was put back did not stay", {**detail, "remedy": SET_BACK})
    return _told(plan, run, recorded, target.changed, detail)


def _foretold(plan: Restoration, run: str, recorded: Recorded, detail: dict[str, Any]) -> StepResult:
    record = plan.change.record
    left = list(_left(plan))
    reason = _sentence(*left, f"would {_put_back(record, run)}", *_remarks(recorded))
    outcome = Outcome.BLOCKED if left else Outcome.CHANGED
    remedy = DECIDE if left else None
    restart = record.needs_restart
    return StepResult(outcome, reason, detail, reboot_required=restart, remedy=remedy, would_change=True)


def _told(
    plan: Restoration, run: str, recorded: Recorded, changed: RegistryRecord, detail: dict[str, Any]
) -> StepResult:
    """The result, by what was changed in all attempts of the step."""
    left = list(_left(plan))
    if left:
        outcome = Outcome.BLOCKED
        detail["remedy"] = DECIDE
    elif not changed:
        outcome = Outcome.OK
    else:
        outcome = Outcome.REBOOT_PENDING if changed.needs_restart else Outcome.CHANGED
    done = _put_back(changed, run) if changed else "" if left else f"as before run {run} already"
    restart = "takes effect with the next restart (`sspr reboot schedule`)" if changed.needs_restart else ""
    reason = _sentence(*left, done, restart, *_remarks(recorded))
    return StepResult(outcome, reason, detail, reboot_required=changed.needs_restart)


def _put_back(record: RegistryRecord, run: str) -> str:
    values = sum(change.key != boot.OURS for change in record.values)
    if not values:
        return "put back our own note about a restart"
    return f"put back {values} registry value{'s' if values > 1 else ''} that run {run} had changed"


def _left(plan: Restoration) -> Iterator[str]:
    """What was not put back, in words."""
    if plan.foreign:
        named = [f"{each.change.name} ({_shown(each.now)}, was {_shown(each.change.after)})" for each in plan.foreign]
        yield f"changed by others since and left alone: {_some(named)}"
    if plan.inexpressible:
        named = [f"{change.name} ({say(reason)})" for change, reason in plan.inexpressible]
        yield f"not put back, because it cannot be set exactly: {_some(named)}"


def _left_alone(plan: Restoration) -> list[dict[str, Any]]:
    """The same, in full."""
    foreign = [
        {
            "key": each.change.key,
            "name": each.change.name,
            "before": _shown(each.change.before),
            "run": _shown(each.change.after),
            "now": _shown(each.now),
        }
        for each in plan.foreign
    ]
    unset = [{"key": change.key, "name": change.name, "because": say(reason)} for change, reason in plan.inexpressible]
    return foreign + unset


def _remarks(recorded: Recorded) -> Iterator[str]:
    if recorded.installer:
        yield "what Windows Installer did stays (the playbook `uninstall` removes the add-in)"
    if recorded.lost:
        yield "the run lost sight of this host, and did not learn how its last step ended"


def _shown(value: Value | None) -> str:
    if value is None:
        return "absent"
    text = str(value.data)
    return text if len(text) <= DATA_SHOWN else f"{text[:DATA_SHOWN]}…"


def _some(named: list[str]) -> str:
    rest = len(named) - NAMED
    return ", ".join(named[:NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _sentence(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


KIND = StepKind(
    name="undo",
    summary="Put back what a run changed in registries.",
    parameters=UndoParameters,
    changes_hosts=True,
    perform=undo,
)
