"""Step `reboot`, in two halves: a restart is scheduled on the host, and then proved to have happened.

Between the halves nothing is held, so that they may lie days and processes apart; what the second must know is in the
first one's result.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from orchestrator.model.clock import Moment
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
from orchestrator.model.outcome import Outcome
from orchestrator.model.rest import Rest
from orchestrator.model.result import StepRecord, StepResult
from orchestrator.sentences import say
from orchestrator.steps.context import StepContext
from orchestrator.steps.declaration import SecondHalf, StepKind
from orchestrator.steps.parameters import Parameters, one_line
from orchestrator.target.target import Target
from orchestrator.windows import boot, sessions
from orchestrator.windows.boot import Boot, RestartState, ShutdownCode
from orchestrator.windows.command import Change, asked, together
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
_REFUSED = "try `shutdown` on the host itself: `net helpmsg CODE` there says what the code means"
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
class Asked:
    """A restart that the host was asked for, whether or not the request arrived.

    Attributes:
        due: When it is due.
        boot: Marker of the boot that it ends.
        because: Why, in words.
        logged_on: Whom it interrupts.
        silent: How many looks in a row have found nobody since.
    """

    due: datetime
    boot: str
    because: tuple[str, ...]
    logged_on: tuple[str, ...]
    silent: int = 0

    @property
    def detail(self) -> dict[str, Any]:
        return {"boot": self.boot, "because": list(self.because), "logged_on": list(self.logged_on)}


@dataclass(frozen=True)
class _Seen:
    restart: RestartState
    booted: Boot
    people: Sessions | None


async def schedule_reboot(target: Target, parameters: RebootParameters, context: StepContext) -> StepResult:
    """Schedules a restart by the host's own countdown, if one is wanted and the host would come back."""
    if parameters.when == "never":
        return StepResult(Outcome.SKIPPED, "restarts are switched off")
    request = context.recall(Asked)
    try:
        seen = await target.observe(
            _Seen, restart=asked(boot.RESTART), booted=asked(boot.BOOT), people=asked(sessions.SESSIONS)
        )
    except (Unreachable, ConnectionLost, DeadlineExceeded) as error:
        return await _going_down(request, parameters, error, context)
    state, booted, people = seen.restart, seen.booted, seen.people
    if request and booted.follows(request.boot):
        return _scheduled(request.due, parameters, request.detail)
    if request and request.silent:
        await context.keep(replace(request, silent=0))
    waiting = _reasons(state, booted, context)
    if parameters.when == "required" and not waiting:
        return StepResult(Outcome.OK, "no restart is needed")
    logged_on = sessions.users(people)
    detail: dict[str, Any] = {"boot": booted.marker, "because": waiting, "logged_on": logged_on}
    if not state.comes_back:
        reason = "not restarted: WinRM does not start by itself, so the host would not be reachable afterwards"
        remedy = "set the service WinRM to start automatically (sc config WinRM start= delayed-auto)"
        return StepResult(Outcome.BLOCKED, reason, {**detail, "remedy": remedy}, reboot_required=True)
    if state.scheduled == booted.marker and state.due:
        return _scheduled(datetime.fromisoformat(state.due), parameters, detail)
    seconds = await _seconds(target, parameters)
    due = context.clock.now() + timedelta(seconds=seconds)
    note = boot.note_scheduled(booted, due.isoformat(timespec="seconds"))
    countdown = boot.schedule(seconds, parameters.message)
    restart = together(_with_people(say(countdown.summary), detail), note, countdown)
    await context.keep(Asked(due, booted.marker, tuple(waiting), tuple(logged_on)))
    replies = await target.apply(restart)
    code = replies[-1].exit_code
    if code in {ShutdownCode.DONE, ShutdownCode.IN_PROGRESS}:
        return _scheduled(due, parameters, detail)
    await target.apply(_forget_scheduled(state))
    detail["exit_code"] = code
    if code == ShutdownCode.ALREADY_SCHEDULED:
        reason = "a restart is scheduled on the host already, and not by this step; it was left as it is"
        remedy = "wait for it, or ask who scheduled it"
        return StepResult(Outcome.BLOCKED, reason, {**detail, "remedy": remedy}, reboot_required=True)
    reason = f"shutdown refused to restart the host (exit code {code})"
    detail["remedy"] = _REFUSED
    return StepResult(Outcome.FAILED, reason, detail, reboot_required=True)


async def _going_down(
    request: Asked | None, parameters: RebootParameters, error: TargetError, context: StepContext
) -> StepResult:
    """What it means that a host does not answer: once it was asked to restart, that it is on its way.

    The answer to that request may be lost with the host's network; the second half proves what became of it. On a bad
    line the request itself may be lost, so it takes a few silent looks in a row.
    """
    if request is None:
        raise error
    request = replace(request, silent=request.silent + 1)
    await context.keep(request)
    if request.silent < SILENT_LOOKS:
        raise error
    if not parameters.wait:
        raise ChangeUnsettled("the host was asked to restart and has not answered since") from error
    return _scheduled(request.due, parameters, request.detail)


def _reasons(state: RestartState, booted: Boot, context: StepContext) -> list[str]:
    reasons = list(state.waiting)
    if state.awaited is not None and not booted.follows(state.awaited):
        reasons.append("an earlier change takes effect with the next restart")
    if context.restart_required and not reasons:
        reasons.append("a step of this run takes effect with the next restart")
    return reasons


async def _seconds(target: Target, parameters: RebootParameters) -> int:
    if parameters.at is None:
        return max(SHORTEST_SECONDS, parameters.delay_minutes * 60)
    moment = time.fromisoformat(parameters.at)
    return max(SHORTEST_SECONDS, boot.seconds_until(moment, await target.observe(boot.CLOCK)))


def _scheduled(due: datetime, parameters: RebootParameters, detail: dict[str, Any]) -> StepResult:
    detail = {**detail, "scheduled": True, "due": due.isoformat(timespec="seconds")}
    reason = (
        f"a restart is scheduled for {parameters.at}, the host's time" if parameters.at else "a restart is scheduled"
    )
    if parameters.wait:
        return StepResult(Outcome.CHANGED, _with_people(reason, detail), detail, reboot_required=True)
    reason = _with_people(f"{reason}, and was not waited for", detail)
    return StepResult(Outcome.REBOOT_PENDING, reason, detail, reboot_required=True)


def _with_people(sentence: str, detail: Mapping[str, Any]) -> str:
    """The sentence, and how many people the restart interrupts."""
    names = detail["logged_on"]
    return f"{sentence}; {sessions.sentence(names)}" if names else sentence


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
    if scheduled is None:
        return StepResult(Outcome.SKIPPED, "no restart was asked for")
    clock = context.clock
    waiting = context.recall(Awaiting)
    if waiting is None:
        ahead = (datetime.fromisoformat(str(scheduled["due"])) - clock.now()).total_seconds()
        context.report("waiting for the restart")
        due = clock.after(ahead)
        return context.rest_until(due, Awaiting(due, clock.after(ahead + 60 * parameters.return_minutes)))
    if waiting.returned:
        ready = await target.observe(boot.LOGON_READY) is not None
        return await _returned(target, waiting, context, ready=ready)
    if clock.until(waiting.ending) <= 0:
        return _not_returned(scheduled, parameters.return_minutes, answered=waiting.answered)
    seen, ready = await _look(target)
    if seen is not None and seen.follows(str(scheduled["boot"])):
        return await _returned(target, replace(waiting, returned=True), context, ready=ready)
    context.report("still up" if seen is not None else "not back yet")
    longer = min(waiting.pause * 1.5, LONGEST_PAUSE)
    return context.rest(waiting.pause, replace(waiting, pause=longer, answered=waiting.answered or seen is not None))


def _not_returned(scheduled: Mapping[str, Any], minutes: int, *, answered: bool) -> StepResult:
    if answered:
        reason = f"has not restarted {minutes} minutes after it was due"
        remedy = "see at its screen whether a program holds the shutdown up, or somebody has cancelled it"
        return StepResult(Outcome.FAILED, reason, {**scheduled, "remedy": remedy})
    reason = f"did not come back within {minutes} minutes after its restart was due"
    remedy = "look at the machine: its screen, its network, and whether WinRM is allowed in the current network profile"
    return StepResult(Outcome.FAILED, reason, {**scheduled, "remedy": remedy})


def _request(earlier: Sequence[StepRecord]) -> dict[str, Any] | None:
    for record in reversed(earlier):
        if record.result.mapping.get("scheduled"):
            return dict(record.result.mapping)
    return None


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
        context.report("waiting for the log-on screen")
        return context.rest(LOGON_PAUSE, replace(waiting, logon_looks=waiting.logon_looks + 1))
    booted = await target.apply(boot.FORGET, boot.BOOT)
    seconds = round(-context.clock.until(waiting.due))
    detail = {"restarted": True, "boot": booted.marker, "seconds": seconds}
    return StepResult(Outcome.CHANGED, "restarted and came back", detail)


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
            return StepResult(Outcome.CHANGED, "the restart is cancelled")
        return StepResult(Outcome.OK, "no restart of ours is scheduled")
    await context.keep(Cancelling())
    replies = await target.apply(together(boot.ABORT.summary, boot.ABORT, _forget_scheduled(state)))
    code = replies[0].exit_code
    if code == ShutdownCode.DONE:
        return StepResult(Outcome.CHANGED, "the restart is cancelled")
    if code == ShutdownCode.NONE_PENDING:
        return StepResult(Outcome.OK, "somebody has cancelled the restart already")
    reason = f"shutdown refused to cancel the restart (exit code {code})"
    return StepResult(Outcome.FAILED, reason, {"exit_code": code, "remedy": _REFUSED})


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
