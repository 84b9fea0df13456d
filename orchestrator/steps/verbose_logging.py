"""Step `verbose_logging`: the add-in's verbose log is on, or off."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pydantic import Field

from orchestrator.model.detail import Detail
from orchestrator.model.message import message, phrase, together
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import StepResult
from orchestrator.remote.target import Target
from orchestrator.steps.declaration import SET_BACK, OnOff, Parameters, StepContext, StepKind, did_not_stay
from orchestrator.windows import branches, capture_task, provider
from orchestrator.windows.branches import Machine
from orchestrator.windows.capture_task import Standing
from orchestrator.windows.command import asked
from orchestrator.windows.provider import Provider

_BUILT_IN = phrase("logging-built-in")
CANNOT_LOG = phrase("logging-not-installed", remedy=True)
_KEEP_ON = phrase("change-keep-logging-on")
_KEPT_ON = phrase("logging-kept-on")
_NOTHING_LOGS = phrase("logging-nothing-logs")
TAKEN_UP_LATER = phrase("logging-taken-up-later")


@message("logging-is")
def _logging_is(on: bool, already: bool) -> None: ...


@dataclass(frozen=True)
class VerboseLoggingDetail(Detail, kind="verbose_logging"):
    """`EnableLogging` before and, where it was changed, after; None where it does not stand."""

    before: int | None
    after: int | None = None


class VerboseLoggingParameters(Parameters):
    """Switch the add-in's verbose logging on or off; a host without the add-in is left alone."""

    state: OnOff = Field(description="on or off.")


@dataclass(frozen=True)
class _Seen:
    machine: Machine
    add_in: Provider
    capture: Standing | None


async def switch_verbose_logging(target: Target, parameters: VerboseLoggingParameters, _: StepContext) -> StepResult:
    """Sets `EnableLogging` on a host that has the add-in; on any other there is nothing to set.

    Where it is on for a capture and is to be on for good, the task goes that would switch it back.
    """
    on = parameters.state == "on"
    seen = await target.observe(
        _Seen,
        machine=asked(branches.MACHINE),
        add_in=asked(provider.REGISTRATION),
        capture=asked(capture_task.STANDING),
    )
    before = seen.add_in
    if not before.registered:
        if seen.machine.branch is branches.WINDOWS_10:
            return StepResult(Outcome.SKIPPED, _BUILT_IN())
        if on:
            return StepResult(Outcome.BLOCKED, CANNOT_LOG(), remedy=CANNOT_LOG.remedy())
        return StepResult(Outcome.OK, _NOTHING_LOGS())
    detail = VerboseLoggingDetail(_number(before))
    if before.verbose and on and seen.capture:
        await target.apply(replace(capture_task.DISARM, summary=_KEEP_ON()))
        return StepResult(Outcome.CHANGED, _KEPT_ON(), detail)
    if before.verbose == on:
        if target.changed:
            return StepResult(Outcome.CHANGED, _logging_is(on, already=False), detail)
        return StepResult(Outcome.OK, _logging_is(on, already=True), detail)
    after = await target.apply(provider.logging_change(on=on, before=before), provider.REGISTRATION)
    detail = replace(detail, after=_number(after))
    if after.verbose != on:
        return StepResult(Outcome.FAILED, did_not_stay(provider.ENABLE_LOGGING), detail, remedy=SET_BACK)
    done = _logging_is(on, already=False)
    return StepResult(Outcome.CHANGED, together([done, TAKEN_UP_LATER()]) if on else done, detail)


def _number(add_in: Provider) -> int | None:
    return add_in.key.number(provider.ENABLE_LOGGING) if add_in.key else None


KIND = StepKind(
    name="verbose_logging",
    summary="Verbose logging of the add-in.",
    parameters=VerboseLoggingParameters,
    changes_hosts=True,
    perform=switch_verbose_logging,
)
