"""Step `reboot`, in two halves: a restart is scheduled on the host, and then verified to have happened.

Between the halves nothing is held, so that they may lie days and processes apart; what the second must know is in the
first one's result.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from orchestrator.model.clock import Moment
from orchestrator.model.detail import Detail
from orchestrator.model.errors import (
    AccessDenied,
    ChangeUnsettled,
    ConnectionLost,
    DeadlineExceeded,
    LogonRefused,
    Retry,
    TargetError,
    Unreachable,
)
from orchestrator.model.message import Message, message, phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest, StepRecord, StepResult
from orchestrator.remote.target import Target
from orchestrator.steps.declaration import Parameters, SecondHalf, StepContext, StepKind, one_line
from orchestrator.windows import boot, command, sessions
from orchestrator.windows.boot import Boot, RestartState, ShutdownCode
from orchestrator.windows.command import Change, asked
from orchestrator.windows.registry import Key
from orchestrator.windows.sessions import Sessions

SHORTEST_SECONDS = 5
"""So that our own conversation ends before the host does."""
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 15.0
"""Seconds between two looks whether a host is back."""
SILENT_LOOKS = 3
"""In a row, after which a host that was asked to restart is taken to be about it."""
LOGON_SECONDS = 180
"""How long the log-on screen may take after WinRM answers."""
LOGON_PAUSE = 10.0
"""Seconds between two looks whether it is there."""
_TRY_THERE: Final = phrase("remedy-try-shutdown-there")
_SWITCHED_OFF = phrase("reboot-switched-off")
_NOT_NEEDED = phrase("reboot-not-needed")
_WOULD_NOT_COME_BACK = phrase("reboot-would-not-come-back", remedy=True)
_SCHEDULED_ALREADY = phrase("reboot-scheduled-already", remedy=True)
_NOT_ANSWERED = phrase("reboot-not-answered-since")
_EARLIER_CHANGE = phrase("reboot-for-earlier-change")
_STEP_OF_THIS_RUN = phrase("reboot-for-step-of-this-run")
_NONE_ASKED_FOR = phrase("reboot-none-asked-for")
_CAME_BACK = phrase("reboot-came-back")
_WAITING = phrase("progress-waiting-for-restart")
_STILL_UP = phrase("progress-still-up")
_NOT_BACK = phrase("progress-not-back-yet")
_WAITING_FOR_SCREEN = phrase("progress-waiting-for-logon-screen")
_CANCELLED = phrase("reboot-cancelled")
_NONE_OF_OURS = phrase("reboot-none-of-ours")
_CANCELLED_BY_SOMEBODY = phrase("reboot-cancelled-by-somebody")


@message("reboot-refused")
def _refused(code: int) -> None: ...


@message("reboot-not-cancelled")
def _not_cancelled(code: int) -> None: ...


@message("reboot-scheduled")
def _is_scheduled(at: str | None, waited_for: bool) -> None: ...


@message("reboot-with-people")
def _with_people(what: Message, people: Message) -> None: ...


@message("reboot-not-restarted", remedy=True)
def _not_restarted(minutes: int) -> None: ...


@message("reboot-not-come-back", remedy=True)
def _not_come_back(minutes: int) -> None: ...


_TIME_OF_DAY: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_MINUTES_OF_A_DAY: Final = 24 * 60


def _time_of_day(text: str) -> str:
    if not _TIME_OF_DAY.fullmatch(text):
        raise ValueError("expected a time of day with two digits each, as in 22:30")
    return text


class RebootParameters(Parameters):
    """Restart a host, and wait until it has done so."""

    when: Literal["never", "required", "always"] = Field(
        default="required", description="required: when a step before or Windows itself waits for a restart."
    )
    delay_minutes: int = Field(
        default=0, strict=True, ge=0, le=525600, description="Minutes that people at the host are given."
    )
    at: Annotated[str, AfterValidator(_time_of_day)] | None = Field(
        default=None, description="Time of day on the host's own clock, as in 22:30; today, or else tomorrow."
    )
    message: Annotated[str, Field(max_length=127), AfterValidator(one_line)] | None = Field(
        default=None, description="What people at the host are told, in one line."
    )
    return_minutes: int = Field(
        default=30, strict=True, ge=1, description="How long the host may take to come back once the restart is due."
    )
    wait: bool = Field(default=True, description="Whether to wait until the host is back.")

    @model_validator(mode="after")
    def _one_moment(self) -> Self:
        if self.at is not None and self.delay_minutes:
            raise ValueError("`at` and `delay_minutes` exclude each other; with `at`, `delay_minutes` is 0")
        return self

    @property
    def allowed_minutes(self) -> int:
        """Ten minutes for looking and scheduling; with `wait`, the time until the restart is due and that to return."""
        due = self.delay_minutes if self.at is None else _MINUTES_OF_A_DAY
        return 10 + (due + self.return_minutes if self.wait else 0)


@dataclass(frozen=True)
class RebootDetail(Detail, kind="reboot"):
    """A restart that is scheduled, or was not.

    Attributes:
        boot: Marker of the boot that it ends.
        because: Why.
        logged_on: Whom it interrupts.
        due: When it is due; None where none is scheduled.
        exit_code: What shutdown ended with, where that is no success.
    """

    boot: str
    because: tuple[Message, ...]
    logged_on: tuple[str, ...]
    due: datetime | None = None
    exit_code: int | None = None


@dataclass(frozen=True)
class AwaitRebootDetail(Detail, kind="await_reboot"):
    """A restart that is verified: marker of the boot that runs now, and seconds from when it was due."""

    boot: str
    seconds: int


@dataclass(frozen=True)
class CancelRebootDetail(Detail, kind="cancel_reboot"):
    """What shutdown ended with when it was to cancel a restart."""

    exit_code: int


@dataclass(frozen=True)
class Asked:
    """A restart that the host was asked for, whether or not the request arrived.

    Attributes:
        scheduled: What a result tells of it; it has a moment at which it is due.
        silent: How many looks in a row have found nobody since.
    """

    scheduled: RebootDetail
    silent: int = 0


@dataclass(frozen=True)
class _Seen:
    restart: RestartState
    booted: Boot
    people: Sessions | None


async def schedule_reboot(target: Target, parameters: RebootParameters, context: StepContext) -> StepResult:
    """Schedules a restart by the host's own countdown, if one is wanted and the host would come back."""
    if parameters.when == "never":
        return StepResult(Outcome.SKIPPED, _SWITCHED_OFF())
    request = context.recall(Asked)
    try:
        seen = await target.observe(
            _Seen, restart=asked(boot.RESTART), booted=asked(boot.BOOT), people=asked(sessions.SESSIONS)
        )
    except (Unreachable, ConnectionLost, DeadlineExceeded) as error:
        return await _going_down(request, parameters, error, context)
    state, booted, people = seen.restart, seen.booted, seen.people
    if request and booted.follows(request.scheduled.boot):
        return _scheduled(request.scheduled, parameters)
    if request and request.silent:
        await context.keep(replace(request, silent=0))
    waiting = _reasons(state, booted, context)
    if parameters.when == "required" and not waiting:
        return StepResult(Outcome.OK, _NOT_NEEDED())
    detail = RebootDetail(booted.marker, waiting, tuple(sessions.users(people)))
    if not state.comes_back:
        remedy = _WOULD_NOT_COME_BACK.remedy()
        return StepResult(Outcome.BLOCKED, _WOULD_NOT_COME_BACK(), detail, remedy=remedy, reboot_required=True)
    if state.scheduled == booted.marker and state.due:
        return _scheduled(replace(detail, due=datetime.fromisoformat(state.due)), parameters)
    seconds = await _seconds(target, parameters)
    due = (context.clock.now() + timedelta(seconds=seconds)).replace(microsecond=0)
    note = boot.note_scheduled(booted, due.isoformat())
    countdown = boot.schedule(seconds, parameters.message)
    restart = command.together(_interrupting(countdown.summary, detail), note, countdown)
    scheduled = replace(detail, due=due)
    await context.keep(Asked(scheduled))
    replies = await target.apply(restart)
    code = replies[-1].exit_code
    if code in {ShutdownCode.DONE, ShutdownCode.IN_PROGRESS}:
        return _scheduled(scheduled, parameters)
    await target.apply(_forget_scheduled(state))
    detail = replace(detail, exit_code=code)
    if code == ShutdownCode.ALREADY_SCHEDULED:
        remedy = _SCHEDULED_ALREADY.remedy()
        return StepResult(Outcome.BLOCKED, _SCHEDULED_ALREADY(), detail, remedy=remedy, reboot_required=True)
    return StepResult(Outcome.FAILED, _refused(code), detail, remedy=_TRY_THERE(), reboot_required=True)


async def _going_down(
    request: Asked | None, parameters: RebootParameters, error: TargetError, context: StepContext
) -> StepResult:
    """What it means that a host does not answer: once it was asked to restart, that it is on its way.

    The answer to that request may be lost with the host's network; the second half verifies what became of it. On a bad
    line the request itself may be lost, so it takes a few silent looks in a row.
    """
    if request is None:
        raise error
    request = replace(request, silent=request.silent + 1)
    await context.keep(request)
    if request.silent < SILENT_LOOKS:
        raise error
    if not parameters.wait:
        raise ChangeUnsettled(_NOT_ANSWERED()) from error
    return _scheduled(request.scheduled, parameters)


def _reasons(state: RestartState, booted: Boot, context: StepContext) -> tuple[Message, ...]:
    reasons = list(state.waiting)
    if state.awaited is not None and not booted.follows(state.awaited):
        reasons.append(_EARLIER_CHANGE())
    if _required_by(context.earlier) and not reasons:
        reasons.append(_STEP_OF_THIS_RUN())
    return tuple(reasons)


def _required_by(earlier: Sequence[StepRecord]) -> bool:
    """Whether one of these steps waits for a restart that has not been verified since."""
    required = False
    for record in earlier:
        verified = isinstance(record.result.detail, AwaitRebootDetail)
        required = record.result.reboot_required or (required and not verified)
    return required


async def _seconds(target: Target, parameters: RebootParameters) -> int:
    if parameters.at is None:
        return max(SHORTEST_SECONDS, parameters.delay_minutes * 60)
    moment = time.fromisoformat(parameters.at)
    return max(SHORTEST_SECONDS, boot.seconds_until(moment, await target.observe(boot.CLOCK)))


def _scheduled(detail: RebootDetail, parameters: RebootParameters) -> StepResult:
    outcome = Outcome.CHANGED if parameters.wait else Outcome.REBOOT_PENDING
    reason = _interrupting(_is_scheduled(parameters.at, parameters.wait), detail)
    return StepResult(outcome, reason, detail, reboot_required=True)


def _interrupting(what: Message, detail: RebootDetail) -> Message:
    """The same, and how many people the restart interrupts."""
    return _with_people(what, sessions.logged_on(len(detail.logged_on))) if detail.logged_on else what


@dataclass(frozen=True)
class Awaiting:
    """A restart that is waited for.

    Attributes:
        due: When it is due.
        ending: Until when it is waited for.
        pause: Seconds until the next look but one.
        answered: Whether the host has answered since it was due, be it from the old boot.
        returned: Whether it is back, and only its log-on screen is still waited for.
        logon_looks: How often that screen was looked for.
    """

    due: Moment
    ending: Moment
    pause: float = FIRST_PAUSE
    answered: bool = False
    returned: bool = False
    logon_looks: int = 0


async def await_reboot(target: Target, parameters: RebootParameters, context: StepContext) -> StepResult | Rest:
    """Waits until the host has another boot behind it, WinRM answers, and the log-on screen is up."""
    scheduled = _request(context.earlier)
    if scheduled is None or scheduled.due is None:
        return StepResult(Outcome.SKIPPED, _NONE_ASKED_FOR())
    clock = context.clock
    waiting = context.recall(Awaiting)
    if waiting is None:
        ahead = (scheduled.due - clock.now()).total_seconds()
        context.report(_WAITING())
        due = clock.after(ahead)
        return context.rest_until(due, Awaiting(due, clock.after(ahead + 60 * parameters.return_minutes)))
    if waiting.returned:
        ready = await target.observe(boot.LOGON_READY) is not None
        return await _returned(target, waiting, context, ready=ready)
    if clock.until(waiting.ending) <= 0:
        return _not_returned(scheduled, parameters.return_minutes, answered=waiting.answered)
    seen, ready = await _look(target)
    if seen is not None and seen.follows(scheduled.boot):
        return await _returned(target, replace(waiting, returned=True), context, ready=ready)
    context.report(_STILL_UP() if seen is not None else _NOT_BACK())
    longer = min(waiting.pause * 1.5, LONGEST_PAUSE)
    return context.rest(waiting.pause, replace(waiting, pause=longer, answered=waiting.answered or seen is not None))


def _not_returned(scheduled: RebootDetail, minutes: int, *, answered: bool) -> StepResult:
    trouble = _not_restarted if answered else _not_come_back
    return StepResult(Outcome.FAILED, trouble(minutes), scheduled, remedy=trouble.remedy(minutes))


def _request(earlier: Sequence[StepRecord]) -> RebootDetail | None:
    """The restart that one of these steps has scheduled."""
    details = (record.result.detail for record in reversed(earlier))
    return next((detail for detail in details if isinstance(detail, RebootDetail) and detail.due), None)


@dataclass(frozen=True)
class _Back:
    booted: Boot
    screen: Key | None


async def _look(target: Target) -> tuple[Boot | None, bool]:
    """The boot that answers now, None when nothing does, and whether its log-on screen is up.

    A refused log-on ends the wait.
    """
    try:
        seen = await target.observe(_Back, booted=asked(boot.BOOT), screen=asked(boot.LOGON_READY))
    except (LogonRefused, AccessDenied):
        raise
    except TargetError as error:
        if error.retry is Retry.NEVER:
            raise
        return None, False
    return seen.booted, seen.screen is not None


async def _returned(target: Target, waiting: Awaiting, context: StepContext, *, ready: bool) -> StepResult | Rest:
    """Waits for the log-on screen, a bounded while, and removes our note."""
    if not ready and waiting.logon_looks < LOGON_SECONDS // LOGON_PAUSE:
        context.report(_WAITING_FOR_SCREEN())
        return context.rest(LOGON_PAUSE, replace(waiting, logon_looks=waiting.logon_looks + 1))
    booted = await target.apply(boot.FORGET, boot.BOOT)
    seconds = round(-context.clock.until(waiting.due))
    return StepResult(Outcome.CHANGED, _CAME_BACK(), AwaitRebootDetail(booted.marker, seconds))


@dataclass(frozen=True)
class Cancelling:
    """The host was asked to cancel the restart; whether that arrived is to be seen."""


@dataclass(frozen=True)
class _Own:
    restart: RestartState
    booted: Boot


async def cancel_reboot(target: Target, _: RebootParameters, context: StepContext) -> StepResult:
    """Cancels a restart that we have scheduled; one that somebody else did is left alone."""
    seen = await target.observe(_Own, restart=asked(boot.RESTART), booted=asked(boot.BOOT))
    state = seen.restart
    if state.scheduled != seen.booted.marker:
        if context.recall(Cancelling):
            return StepResult(Outcome.CHANGED, _CANCELLED())
        return StepResult(Outcome.OK, _NONE_OF_OURS())
    await context.keep(Cancelling())
    replies = await target.apply(command.together(boot.ABORT.summary, boot.ABORT, _forget_scheduled(state)))
    code = replies[0].exit_code
    if code == ShutdownCode.DONE:
        return StepResult(Outcome.CHANGED, _CANCELLED())
    if code == ShutdownCode.NONE_PENDING:
        return StepResult(Outcome.OK, _CANCELLED_BY_SOMEBODY())
    return StepResult(Outcome.FAILED, _not_cancelled(code), CancelRebootDetail(code), remedy=_TRY_THERE())


def _forget_scheduled(state: RestartState) -> Change:
    """Removes our note about a scheduled restart, and with it our key unless another note is in it."""
    return boot.FORGET if state.awaited is None else boot.FORGET_SCHEDULED


AWAIT = StepKind(
    name="await_reboot",
    summary="Wait until the host has restarted.",
    parameters=RebootParameters,
    changes_hosts=True,
    perform=await_reboot,
)

KIND = StepKind(
    name="reboot",
    summary="Restart the host.",
    parameters=RebootParameters,
    changes_hosts=True,
    perform=schedule_reboot,
    second_half=SecondHalf(AWAIT, "return", lambda parameters: parameters.wait, first_minutes=10),
)

CANCEL = StepKind(
    name="cancel_reboot",
    summary="Cancel a restart that this program has scheduled.",
    parameters=RebootParameters,
    changes_hosts=True,
    perform=cancel_reboot,
)
