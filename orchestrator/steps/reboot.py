"""Step `reboot`, in two halves: a restart is scheduled on the host, here, and then verified (`await_reboot.py`).

Between the halves nothing is held, so that they may lie days and processes apart; what the second must know is in the
first one's result.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta

from orchestrator.model.clock import Moment
from orchestrator.model.errors import (
    ChangeUnsettled,
    ConnectionLost,
    DeadlineExceeded,
    TargetError,
    UnexpectedOutput,
    Unreachable,
)
from orchestrator.model.maintenance import Zone, next_shown
from orchestrator.model.message import Message, message, phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest, StepRecord, StepResult, shown
from orchestrator.remote.target import Target
from orchestrator.steps import await_reboot, maintenance, people, turns
from orchestrator.steps.await_reboot import AwaitRebootDetail
from orchestrator.steps.declaration import SecondHalf, StepContext, StepKind
from orchestrator.steps.people import PutOff
from orchestrator.steps.restarting import RebootDetail, RebootParameters, forget_scheduled, not_now
from orchestrator.steps.shutdown_said import ASKS, LOOK_AGAIN_SECONDS, called_off, not_had, refused, tell, unproved
from orchestrator.windows import boot, command, restart_request, sessions, win32
from orchestrator.windows.boot import Boot, RestartState, ShutdownCode
from orchestrator.windows.command import asked
from orchestrator.windows.restart_request import LastRequest, Standing
from orchestrator.windows.sessions import Sessions

SHORTEST_SECONDS = 5
"""So that our own conversation ends before the host does."""
SILENT_LOOKS = 3
"""In a row, after which a host that was asked to restart is taken to be about it."""
LEASED_SECONDS = 60 * 60
"""How far away a restart may be that is waited for with the host's lease kept; one further away leaves it to others."""
SAME_SECONDS = 60
"""How far apart two restarts may be due that a person would say are set for the same time."""
_SWITCHED_OFF = phrase("reboot-switched-off")
_NO_TIME_ZONE = phrase("answer-no-time-zone")
_NOT_NEEDED = phrase("reboot-not-needed")
_WOULD_NOT_COME_BACK = phrase("reboot-would-not-come-back", remedy=True)
_NOT_ANSWERED = phrase("reboot-not-answered-since")
_EARLIER_CHANGE = phrase("reboot-for-earlier-change")
_STEP_OF_THIS_RUN = phrase("reboot-for-step-of-this-run")


@message("reboot-scheduled")
def _is_scheduled(at: str | None, waited_for: bool) -> None: ...


@message("reboot-set-already")
def _is_set_already(at: str, waited_for: bool) -> None:
    """One of ours, which is due at another time than the one that is wanted."""


@message("reboot-under-way")
def _is_under_way(ours: bool, waited_for: bool) -> None: ...


@message("reboot-with-people")
def _with_people(what: Message, people: Message) -> None: ...


@dataclass(frozen=True)
class Asked:
    """A restart that the host was asked for, whether or not the request arrived.

    Attributes:
        scheduled: What a result tells of it; it has a moment at which it is due.
        silent: How many looks in a row have found nobody since.
        before: Number of the newest record of a request before.
        claimed: How often shutdown has said that it was done, or that it cannot tell, and the log did not show it.
    """

    scheduled: RebootDetail
    silent: int = 0
    before: int | None = None
    claimed: int = 0


@dataclass(frozen=True)
class Restarting:
    """How far the step is.

    Attributes:
        asked: What the host was asked for; None until then.
        put_off: The wait for people before that.
        queued: Whether another host's turn to restart was waited for.
    """

    asked: Asked | None = None
    put_off: PutOff = field(default_factory=PutOff)
    queued: bool = False


@dataclass(frozen=True)
class _Seen:
    restart: RestartState
    booted: Boot
    people: Sessions | None
    last: LastRequest | None


async def schedule_reboot(target: Target, parameters: RebootParameters, context: StepContext) -> StepResult | Rest:
    """Schedules a restart by the host's own countdown, if one is wanted and the host would come back."""
    if parameters.when == "never":
        return StepResult(Outcome.SKIPPED, _SWITCHED_OFF())
    before = context.recall(Restarting) or Restarting()
    request = before.asked
    if before.queued and (other := turns.before(target, context)):
        return turns.rest(target, other, before, context)
    try:
        seen = await target.observe(
            _Seen,
            restart=asked(boot.RESTART),
            booted=asked(boot.BOOT),
            people=asked(sessions.SESSIONS),
            last=asked(restart_request.LAST),
        )
    except (Unreachable, ConnectionLost, DeadlineExceeded) as error:
        return await _going_down(before, parameters, error, context)
    state, booted = seen.restart, seen.booted
    if request and booted.follows(request.scheduled.boot):
        return _scheduled(request.scheduled, parameters)
    if request and (became := _became_since(request, seen.last, parameters)):
        return became
    if request and request.silent:
        await context.keep(replace(before, asked=replace(request, silent=0)))
    waiting = _reasons(state, booted, context)
    if parameters.when == "required" and not waiting:
        return await _not_needed(target, seen, context)
    detail = RebootDetail(
        booted.marker, waiting, tuple(sessions.users(seen.people)), deferrals=before.put_off.deferrals
    )
    if not waiting and not request and (unseen := _happened_unseen(seen, parameters, target, context)):
        due = context.clock.after(-unseen.seconds_ago)
        return _scheduled(_due(replace(detail, boot=unseen.boot), due), parameters)
    if not state.comes_back:
        remedy = _WOULD_NOT_COME_BACK.remedy()
        return StepResult(Outcome.BLOCKED, _WOULD_NOT_COME_BACK(), detail, remedy=remedy, reboot_required=True)
    return await _ask_for_it(target, seen, detail, before, parameters, context)


async def _ask_for_it(
    target: Target,
    seen: _Seen,
    detail: RebootDetail,
    before: Restarting,
    parameters: RebootParameters,
    context: StepContext,
) -> StepResult | Rest:
    """Has the host restart, once nobody is in the way, unless it is about to by an earlier word of ours."""
    request = before.asked
    noted = _noted(seen, detail, target, context)
    if not request and not noted:
        waits = await people.put_off(target, parameters, seen.people, detail, before.put_off, context)
        if isinstance(waits, people.Waiting):
            return context.wait(people.LOOK_SECONDS, replace(before, put_off=waits.put_off), waits.wait)
        if waits is not None:
            return waits
    seconds = await _seconds(target, parameters, context)
    wanted = _due(detail, context.clock.after(seconds))
    taken_over = _taken_over(noted, request.scheduled if request else wanted, parameters, context) if noted else None
    if taken_over and restart_request.standing(seen.last, seen.booted) is Standing.OURS:
        return taken_over
    if other := turns.take(target, context.clock.after(seconds + 60 * parameters.return_minutes), context):
        return turns.rest(target, other, replace(before, queued=True), context)
    first = Asked(wanted, before=seen.last.record if seen.last else None)
    asking = replace(request, scheduled=wanted, silent=0) if request else first
    end = await _schedule(target, seen, asking, before.put_off, seconds, parameters, context, taken_over)
    if isinstance(end, StepResult) and isinstance(end.detail, RebootDetail) and end.detail.due is None:
        turns.end(target, context)
    return end


def _noted(seen: _Seen, detail: RebootDetail, target: Target, context: StepContext) -> RebootDetail | None:
    """The restart of this boot that was noted before it was asked for; the line may have broken in between."""
    due = seen.restart.due_at
    if seen.restart.scheduled != seen.booted.marker or due is None:
        return None
    ahead = due - _at_the_host(target, context)
    return _due(detail, context.clock.after(ahead.total_seconds()))


def _became_since(request: Asked, last: LastRequest | None, parameters: RebootParameters) -> StepResult | None:
    """What became of a request that shutdown has answered for, or that people have called off since; else None."""
    cancelled = last is not None and last.called_off
    return _became(request, last, parameters) if request.claimed or cancelled else None


def _became(request: Asked, last: LastRequest | None, parameters: RebootParameters) -> StepResult | None:
    """What became of a request by the log; None while it shows nothing newer."""
    if last is None or not last.newer_than(request.before):
        return None
    return called_off(request.scheduled) if last.called_off else _scheduled(request.scheduled, parameters)


async def _not_needed(target: Target, seen: _Seen, context: StepContext) -> StepResult:
    """Nothing waits for a restart; notes of one that nobody was there to see go."""
    result = StepResult(Outcome.OK, _NOT_NEEDED(), RebootDetail(seen.booted.marker, (), ()))
    if seen.restart.outlived(seen.booted):
        target.stop_in_check_mode(result)
        await target.apply(boot.FORGET)
    await turns.free(target, context)
    return result


async def _schedule(
    target: Target,
    seen: _Seen,
    asking: Asked,
    waited: PutOff,
    seconds: int,
    parameters: RebootParameters,
    context: StepContext,
    taken_over: StepResult | None,
) -> StepResult | Rest:
    """Asks for the restart, and notes it.

    One that was noted before may be on its way still, from a shell that the line left; `taken_over` is the result then.
    """
    scheduled = asking.scheduled
    there = _at_the_host(target, context) + timedelta(seconds=seconds)
    note = boot.note_scheduled(seen.booted, there.replace(microsecond=0).isoformat(), waited_for=parameters.wait)
    message = await people.countdown(target, parameters, seconds, waited)
    countdown = boot.schedule(seconds, message)
    await context.keep(Restarting(asking, waited))
    await _keep_lease(target, seconds, parameters)
    said = await tell(target, command.together(_interrupting(countdown.summary, scheduled), note, countdown))
    code, stands = said.code, said.standing(seen.booted)
    claims = code in {ShutdownCode.DONE, ShutdownCode.CALL_FAILED}
    if claims and (became := _became(asking, said.last, parameters)):
        return became
    if code == ShutdownCode.IN_PROGRESS:
        return _under_way(scheduled, parameters, context, ours=stands is Standing.OURS)
    ours = {Standing.OURS, Standing.UNKNOWN, *([Standing.NONE] if asking.claimed else [])}
    if taken_over and code == ShutdownCode.ALREADY_SCHEDULED and stands in ours:
        due, waited_for = seen.restart.due or "", seen.restart.waited_for
        await target.apply(boot.note_scheduled(seen.booted, due, waited_for=waited_for))
        return taken_over
    if claims and asking.claimed + 1 < ASKS:
        return context.rest(LOOK_AGAIN_SECONDS, Restarting(replace(asking, claimed=asking.claimed + 1), waited))
    if code == ShutdownCode.DONE and stands is Standing.UNKNOWN:
        result = _scheduled(scheduled, parameters)
        return replace(result, reason=unproved(result.reason))
    await target.apply(forget_scheduled(seen.restart))
    if win32.passes(code):
        await context.forget()
        raise not_now(refused(code), said.reply)
    return not_had(said, replace(scheduled, due=None, moment=None, exit_code=code or None))


def _under_way(detail: RebootDetail, parameters: RebootParameters, context: StepContext, *, ours: bool) -> StepResult:
    """The host goes down already, by our request or by somebody else's, and be it to stay off."""
    detail = _due(replace(detail, exit_code=ShutdownCode.IN_PROGRESS), context.clock.after(0))
    outcome = Outcome.CHANGED if parameters.wait else Outcome.REBOOT_PENDING
    return StepResult(outcome, _is_under_way(ours, parameters.wait), detail, reboot_required=True)


def _at_the_host(target: Target, context: StepContext) -> datetime:
    """What the host's own clock shows now, UTC; what is noted there is compared with that alone."""
    return context.clock.now() + (target.clock_ahead or timedelta())


def _due(detail: RebootDetail, moment: Moment) -> RebootDetail:
    return replace(detail, due=moment.date.replace(microsecond=0), moment=moment)


async def _keep_lease(target: Target, seconds: int, parameters: RebootParameters) -> None:
    """Keeps the host from other runs until it is back, where that is soon and waited for."""
    if parameters.wait and seconds <= LEASED_SECONDS:
        await target.keep_lease(seconds + 60 * parameters.return_minutes)


@dataclass(frozen=True)
class _Unseen:
    """A restart that a run asked for and was not there to see: the boot that it ended, and when it was due."""

    boot: str
    seconds_ago: float


def _happened_unseen(seen: _Seen, parameters: RebootParameters, target: Target, context: StepContext) -> _Unseen | None:
    """The restart of a run that was to wait for it and is no more, if it came so lately that it would wait still.

    The same run again goes on from there, rather than restart the host once more; not where something waits for a
    restart now, as it does so since then.
    """
    state = seen.restart
    due = state.due_at
    if not (state.scheduled and due and state.waited_for and parameters.wait and state.outlived(seen.booted)):
        return None
    ago = _at_the_host(target, context) - due
    lately = ago < timedelta(minutes=parameters.return_minutes)
    return _Unseen(state.scheduled, ago.total_seconds()) if lately else None


async def _going_down(
    before: Restarting, parameters: RebootParameters, error: TargetError, context: StepContext
) -> StepResult:
    """What it means that a host does not answer: once it was asked to restart, that it is on its way.

    The answer to that request may be lost with the host's network; the second half verifies what became of it. On a bad
    line the request itself may be lost, so it takes a few silent looks in a row.
    """
    if before.asked is None:
        raise error
    request = replace(before.asked, silent=before.asked.silent + 1)
    await context.keep(replace(before, asked=request))
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
    """Whether one of these steps waits for a restart that has not been verified since.

    One that has changed nothing, or has noted on the host that a change waits, only tells what was so then. That note
    is asked anew: another run may have restarted the host meanwhile.
    """
    required = False
    for record in earlier:
        verified = isinstance(record.result.detail, AwaitRebootDetail)
        waits = (
            record.result.reboot_required and record.result.outcome is not Outcome.OK and not _is_noted(record.result)
        )
        required = waits or (required and not verified)
    return required


def _is_noted(result: StepResult) -> bool:
    return result.detail is not None and result.detail.restart_noted and not result.would_change


async def _seconds(target: Target, parameters: RebootParameters, context: StepContext) -> int:
    """Until the restart is due; to a time of the host's clock over changes of summer time, too."""
    if parameters.at is None:
        return max(SHORTEST_SECONDS, parameters.delay_minutes * 60)
    zone = await maintenance.zone_of(target)
    if zone is None:
        raise UnexpectedOutput(_NO_TIME_ZONE())
    now = _at_the_host(target, context)
    due = next_shown(zone, time.fromisoformat(parameters.at), now)
    return max(SHORTEST_SECONDS, math.ceil((due - now).total_seconds()))


def _scheduled(detail: RebootDetail, parameters: RebootParameters) -> StepResult:
    outcome = Outcome.CHANGED if parameters.wait else Outcome.REBOOT_PENDING
    reason = _interrupting(_is_scheduled(parameters.at, parameters.wait), detail)
    return StepResult(outcome, reason, detail, reboot_required=True)


def _taken_over(
    noted: RebootDetail, wanted: RebootDetail, parameters: RebootParameters, context: StepContext
) -> StepResult:
    """The result where a restart of ours stands; that it is due at another time than is wanted now is said.

    It is not moved: whoever is at the host was told of it.
    """
    result, at, instead = _scheduled(noted, parameters), noted.moment, wanted.moment
    if not at or not instead or abs(context.clock.until(at) - context.clock.until(instead)) <= SAME_SECONDS:
        return result
    return replace(result, reason=_interrupting(_is_set_already(shown(at.date), parameters.wait), noted))


def _interrupting(what: Message, detail: RebootDetail) -> Message:
    """The same, and how many people the restart interrupts."""
    return _with_people(what, sessions.logged_on(len(detail.logged_on))) if detail.logged_on else what


def _restarts_at(zone: Zone, begun: datetime, parameters: RebootParameters) -> datetime:
    """When the host restarts if that is asked for at this moment; both in UTC."""
    if parameters.at is not None:
        return next_shown(zone, time.fromisoformat(parameters.at), begun)
    return begun + timedelta(minutes=parameters.delay_minutes)


KIND = StepKind(
    name="reboot",
    summary="Restart the host.",
    parameters=RebootParameters,
    changes_hosts=True,
    perform=schedule_reboot,
    second_half=SecondHalf(await_reboot.KIND, "return", lambda parameters: parameters.wait, first_minutes=10),
    last_change=_restarts_at,
)
