"""Step `await_reboot`: the second half of a restart, which verifies that it has happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from orchestrator.model.clock import Moment
from orchestrator.model.detail import Detail, Restart
from orchestrator.model.errors import (
    AccessDenied,
    AnotherMachine,
    CoordinatorError,
    HandshakeFailed,
    JumpHostRefused,
    JumpHostUnreachable,
    LeaseHeld,
    LeaseLost,
    LogonRefused,
    LogonWithheld,
    NameUnknown,
    TargetError,
    WouldChange,
    WsManFault,
)
from orchestrator.model.message import Declared, Message, message, phrase, together
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest, StepRecord, StepResult
from orchestrator.model.waiting import Wait
from orchestrator.remote.target import Target
from orchestrator.steps import turns
from orchestrator.steps.declaration import StepContext, StepKind
from orchestrator.steps.restarting import RebootDetail, RebootParameters
from orchestrator.steps.shutdown_said import CALLED_OFF
from orchestrator.windows import boot, restart_request
from orchestrator.windows.boot import Boot, ShutdownCode
from orchestrator.windows.command import asked
from orchestrator.windows.registry import Key
from orchestrator.windows.restart_request import LastRequest, Standing

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 15.0
"""Seconds between two looks whether a host is back."""
LOGON_SECONDS = 180
"""How long the log-on screen may take after WinRM answers."""
LONG_SECONDS = 600
"""A restart that is due later than that is a wait of which people are told."""
LOGON_PAUSE = 10.0
"""Seconds between two looks whether it is there."""
_ENDING = (LogonRefused, LogonWithheld, JumpHostRefused, LeaseHeld, LeaseLost, CoordinatorError, WouldChange)
"""What no wait mends, or makes worse: a log-on that is refused, and what is no word of the host's."""
_WITH_A_REMEDY = (AnotherMachine, JumpHostUnreachable, NameUnknown, HandshakeFailed, AccessDenied, WsManFault)
"""Where what to do is known better than that somebody should look at the machine."""
_NONE_ASKED_FOR = phrase("reboot-none-asked-for")
_CAME_BACK = phrase("reboot-came-back")
_WAITING = phrase("progress-waiting-for-restart")
_STILL_UP = phrase("progress-still-up")
_NOT_BACK = phrase("progress-not-back-yet")
_WAITING_FOR_SCREEN = phrase("progress-waiting-for-logon-screen")


_IN_VAIN = {
    Standing.CALLED_OFF: CALLED_OFF,
    Standing.NONE: phrase("reboot-never-asked", remedy=True),
}


@message("reboot-not-restarted", remedy=True)
def _not_restarted(minutes: int) -> None: ...


@message("reboot-not-come-back", remedy=True)
def _not_come_back(minutes: int) -> None: ...


_UNDER_WAY_BEFORE = phrase("reboot-under-way-before")


@message("reboot-last-look")
def _last_look(why: Message) -> None:
    """What the last look at the host ended with."""


@dataclass(frozen=True)
class AwaitRebootDetail(Detail, kind="await_reboot"):
    """A restart that is verified: marker of the boot that runs now, and seconds from when it was due."""

    boot: str
    seconds: int

    @property
    def restart(self) -> Restart:
        return Restart(happened=True)

    @property
    def settles(self) -> frozenset[str]:
        return frozenset({"tls12_restart", "restart_pending", "file_renames", "logged_on"})


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
        trouble: What the last look ended with; None where the host has answered, or was not looked at.
        trouble_remedy: What to do about it, where that is another thing than to look at the machine.
    """

    due: Moment
    ending: Moment
    pause: float = FIRST_PAUSE
    answered: bool = False
    returned: bool = False
    logon_looks: int = 0
    trouble: Message | None = None
    trouble_remedy: Message | None = None


async def await_reboot(target: Target, parameters: RebootParameters, context: StepContext) -> StepResult | Rest:
    """Waits until the host has another boot behind it, WinRM answers, and the log-on screen is up."""
    scheduled = _request(context.earlier)
    if scheduled is None or scheduled.due is None:
        return StepResult(Outcome.SKIPPED, _NONE_ASKED_FOR())
    clock = context.clock
    waiting = context.recall(Awaiting)
    if waiting is None:
        due = scheduled.moment or clock.after((scheduled.due - clock.now()).total_seconds())
        return _until_due(due, parameters, context)
    if not context.continuing:
        waiting = _begun_anew(waiting, parameters, context)
    if waiting.returned:
        return await _returned(target, waiting, context)
    over = context.continuing and clock.until(waiting.ending) <= 0
    try:
        seen = await _look(target)
    except _NotThere as silence:
        seen, waiting = None, silence.told_in(waiting)
    else:
        waiting = replace(waiting, trouble=None, trouble_remedy=None)
    if seen is not None and seen.booted.follows(scheduled.boot):
        return await _returned(target, replace(waiting, returned=True), context, screen=seen.screen)
    if seen is not None and (why := _in_vain(seen, scheduled)):
        turns.end(target, context)
        return StepResult(Outcome.BLOCKED, why(), scheduled, remedy=why.remedy(), reboot_required=True)
    if over:
        return _not_returned(scheduled, parameters.return_minutes, waiting)
    context.report(_STILL_UP() if seen is not None else _NOT_BACK())
    longer, answered = min(waiting.pause * 1.5, LONGEST_PAUSE), waiting.answered or seen is not None
    return context.rest(waiting.pause, replace(waiting, pause=longer, answered=answered))


def _until_due(due: Moment, parameters: RebootParameters, context: StepContext) -> Rest:
    """The rest until a restart is due."""
    ahead = context.clock.until(due)
    ending = context.clock.after(ahead + 60 * parameters.return_minutes)
    wait = Wait(_WAITING(), due.date) if ahead > LONG_SECONDS else None
    if wait is None:
        context.report(_WAITING())
    return context.rest_until(due, Awaiting(due, ending), wait)


def _begun_anew(waiting: Awaiting, parameters: RebootParameters, context: StepContext) -> Awaiting:
    """The wait for a host that somebody else had, or that was looked for in vain and is found: it may be starting."""
    ending = context.clock.after(60 * parameters.return_minutes)
    later = context.clock.until(ending) > context.clock.until(waiting.ending)
    return replace(waiting, ending=ending if later else waiting.ending, pause=FIRST_PAUSE)


def _in_vain(seen: _Back, scheduled: RebootDetail) -> Declared[[]] | None:
    """Why the boot that is still there will not end by what was asked for, by the host's own word; None if it may.

    What was under way before we asked has no request in the log where Windows itself has begun it.
    """
    if scheduled.exit_code == ShutdownCode.IN_PROGRESS:
        return None
    return _IN_VAIN.get(restart_request.standing(seen.last, seen.booted))


def _not_returned(scheduled: RebootDetail, minutes: int, waiting: Awaiting) -> StepResult:
    """The result when the time is up: of a host that has answered all the while it is known, of others it is not."""
    outcome, trouble = (Outcome.FAILED, _not_restarted) if waiting.answered else (Outcome.UNKNOWN, _not_come_back)
    under_way = [_UNDER_WAY_BEFORE()] if scheduled.exit_code == ShutdownCode.IN_PROGRESS else []
    last_look = [_last_look(waiting.trouble)] if waiting.trouble is not None else []
    reason = together((trouble(minutes), *under_way, *last_look))
    return StepResult(outcome, reason, scheduled, remedy=waiting.trouble_remedy or trouble.remedy(minutes))


def _request(earlier: Sequence[StepRecord]) -> RebootDetail | None:
    """The restart that one of these steps has scheduled."""
    details = (record.result.detail for record in reversed(earlier))
    return next((detail for detail in details if isinstance(detail, RebootDetail) and detail.due), None)


@dataclass(frozen=True)
class _Back:
    booted: Boot
    screen: Key | None
    last: LastRequest | None


class _NotThere(Exception):
    """A look has found nobody, for this error."""

    def __init__(self, error: TargetError) -> None:
        super().__init__(error)
        self.error = error

    def told_in(self, waiting: Awaiting) -> Awaiting:
        """The wait, with what its last look ended with."""
        remedy = self.error.remedy if isinstance(self.error, _WITH_A_REMEDY) else None
        return replace(waiting, trouble=self.error.reason, trouble_remedy=remedy)


@contextmanager
def _starting() -> Iterator[None]:
    """What a host says while it starts is as good as no answer, unless it ends the wait (`_ENDING`).

    A service that is half up refuses accounts that may do all a moment later, and an address may have gone to another
    machine meanwhile.

    Raises:
        _NotThere: Nobody answers, or nobody whose word counts yet.
    """
    try:
        yield
    except _ENDING:
        raise
    except TargetError as error:
        raise _NotThere(error) from error


async def _look(target: Target) -> _Back:
    """The boot that answers now, whether its log-on screen is up, and what was asked for last."""
    with _starting():
        return await target.observe(
            _Back, booted=asked(boot.BOOT), screen=asked(boot.LOGON_READY), last=asked(restart_request.LAST)
        )


async def _returned(
    target: Target, waiting: Awaiting, context: StepContext, *, screen: Key | None = None
) -> StepResult | Rest:
    """Waits for the log-on screen, a bounded while, and removes our note."""
    try:
        with _starting():
            ready = screen or await target.observe(boot.LOGON_READY)
            if not ready and waiting.logon_looks < LOGON_SECONDS // LOGON_PAUSE:
                context.report(_WAITING_FOR_SCREEN())
                return context.rest(LOGON_PAUSE, replace(waiting, logon_looks=waiting.logon_looks + 1))
            booted = await target.apply(boot.FORGET, boot.BOOT)
    except _NotThere as silence:
        if context.clock.until(waiting.ending) <= 0:
            raise silence.error from silence.error.__cause__
        return context.rest(LOGON_PAUSE, replace(silence.told_in(waiting), logon_looks=waiting.logon_looks + 1))
    turns.end(target, context)
    seconds = round(-context.clock.until(waiting.due))
    return StepResult(Outcome.CHANGED, _CAME_BACK(), AwaitRebootDetail(booted.marker, seconds))


KIND = StepKind(
    name="await_reboot",
    summary="Wait until the host has restarted.",
    parameters=RebootParameters,
    changes_hosts=True,
    waits_for_window=False,
    perform=await_reboot,
    awaits_host=True,
)
