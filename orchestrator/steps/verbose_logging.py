"""Step `verbose_logging`: the add-in's verbose log is on, or off."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from orchestrator.model.outcome import Outcome
from orchestrator.model.result import StepResult
from orchestrator.steps.context import SET_BACK, StepContext
from orchestrator.steps.declaration import StepKind
from orchestrator.steps.parameters import OnOff, Parameters
from orchestrator.target.target import Target
from orchestrator.windows import branches, provider
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import asked
from orchestrator.windows.provider import Provider


class VerboseLoggingParameters(Parameters):
    """Switch the add-in's verbose logging on or off; a host without the add-in is left alone."""

    state: OnOff = Field(description="on or off.")


@dataclass(frozen=True)
class _Seen:
    machine: Machine
    add_in: Provider


async def switch_verbose_logging(target: Target, parameters: VerboseLoggingParameters, _: StepContext) -> StepResult:
    """Sets `EnableLogging` on a host that has the add-in; on any other there is nothing to set."""
    on = parameters.state == "on"
    seen = await target.observe(_Seen, machine=asked(branches.MACHINE), add_in=asked(provider.REGISTRATION))
    before = seen.add_in
    if not before.registered:
        if seen.machine.branch is branches.WINDOWS_10:
            reason = "Windows 10 has the feature built in, without the add-in and its verbose log"
            return StepResult(Outcome.SKIPPED, reason)
        if on:
            return StepResult(
                Outcome.BLOCKED,
                "the add-in is not installed, so it cannot log",
                {"remedy": "run the playbook `install`"},
            )
        return StepResult(Outcome.OK, "the add-in is not installed, so nothing logs")
    detail = {"before": before.key.number("EnableLogging") if before.key else None}
    if before.verbose == on:
        if target.changed:
            return StepResult(Outcome.CHANGED, f"verbose logging is {parameters.state} now", detail)
        return StepResult(Outcome.OK, f"verbose logging is {parameters.state} already", detail)
    after = await target.apply(provider.logging_change(on=on, before=before), provider.REGISTRATION)
    detail["after"] = after.key.number("EnableLogging") if after.key else None
    if after.verbose != on:
        return StepResult(Outcome.FAILED, "EnableLogging was written but did not stay", {**detail, "remedy": SET_BACK})
    hint = "; lock the screen or sign out once so that the log-on screen takes it up" if on else ""
    return StepResult(Outcome.CHANGED, f"verbose logging is {parameters.state} now{hint}", detail)


KIND = StepKind(
    name="verbose_logging",
    summary="Verbose logging of the add-in.",
    parameters=VerboseLoggingParameters,
    changes_hosts=True,
    perform=switch_verbose_logging,
)
