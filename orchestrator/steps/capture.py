"""Step `capture`, in two halves: verbose logging is on until a deadline that the host keeps, and people are waited for.

The host's own way back comes first: the task that ends the capture stands there, read back, before anything is switched
on. While people try what is looked into nothing is held, neither a connection nor the host's lease. For no playbook:
somebody has to be there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from pydantic import Field

from orchestrator.model.capture import CaptureDetail
from orchestrator.model.maintenance import Zone
from orchestrator.model.message import Message, message, phrase, together
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest, StepResult
from orchestrator.remote.target import Target
from orchestrator.steps import capturing
from orchestrator.steps.declaration import SET_BACK, Parameters, SecondHalf, StepContext, StepKind, did_not_stay
from orchestrator.steps.verbose_logging import CANNOT_LOG, TAKEN_UP_LATER
from orchestrator.windows import branches, capture, capture_task, provider
from orchestrator.windows.capture import Capture, Member
from orchestrator.windows.capture_task import Standing
from orchestrator.windows.command import asked, gather
from orchestrator.windows.provider import ENABLE_LOGGING, Provider

MOST_MINUTES: Final = 24 * 60
NEAR_SECONDS: Final = 30.0
"""How near its deadline a capture is left to end: whoever joined it then might be ended by it."""
LOOK_SECONDS: Final = 1.0
"""Between two looks whether somebody has had enough."""

_WITHOUT_SWITCH = phrase("capture-without-switch")
_ON_ALREADY = phrase("capture-on-already")
_NOT_ARMED = phrase("capture-not-armed", remedy=True)
_TOO_SLOW = phrase("capture-too-slow", remedy=True)
_NOTHING_BEGUN = phrase("capture-nothing-begun")
_TIME_IS_UP = phrase("capture-time-is-up")
_ENDED_EARLY = phrase("capture-ended-early")


@message("capture-begun")
def _begun(until: str, joined: bool) -> None:
    """Verbose logging is on until a time of day there; `joined` where somebody else's capture was on already."""


@message("capture-would-begin")
def _would_begin(minutes: int) -> None: ...


@message("capture-mistyped", remedy=True)
def _mistyped(kind: str, data: str) -> None: ...


@message("progress-capture")
def _waiting(until: str) -> None: ...


class CaptureParameters(Parameters):
    """Switch the add-in's verbose logging on for a while; the host switches it back by itself."""

    minutes: int = Field(default=15, strict=True, ge=1, le=MOST_MINUTES, description="For how long, in minutes.")

    @property
    def allowed_minutes(self) -> int:
        """What is waited for people, and ten minutes."""
        return self.minutes + 10


@dataclass(frozen=True)
class _After:
    add_in: Provider
    standing: Standing | None


_AFTER: Final = gather(
    "capture.after", _After, add_in=asked(provider.REGISTRATION), standing=asked(capture_task.STANDING)
)
"""What is looked at once it should be on."""


@dataclass(frozen=True)
class _Resting:
    """There is nothing to remember: every call looks anew."""


async def begin(target: Target, parameters: CaptureParameters, context: StepContext) -> StepResult | Rest:
    """Arms the host's own way back, and only then switches verbose logging on; joins a capture that is on."""
    seen = await capturing.look(target)
    now, add_in = target.host_time, seen.add_in
    until = capture.deadline(now, parameters.minutes)
    own = CaptureDetail(on=False, until=until, moment=context.clock.after((until - now).total_seconds()))
    if not add_in.registered:
        if seen.machine.branch is not branches.WINDOWS_10:
            return StepResult(Outcome.BLOCKED, CANNOT_LOG(), remedy=CANNOT_LOG.remedy())
        return await _without_switch(target, _WITHOUT_SWITCH(), own, context)
    standing = seen.standing.capture if seen.standing else None
    if standing is None and add_in.verbose:
        return await _without_switch(target, _ON_ALREADY(), own, context)
    if standing is None and add_in.key and (other := add_in.key.mistyped(ENABLE_LOGGING)):
        remedy = _mistyped.remedy(*other.told)
        return StepResult(Outcome.BLOCKED, _mistyped(*other.told), remedy=remedy)
    if standing and capturing.is_overdue(standing, now):
        if failure := await capturing.settled(target, standing, add_in):
            return failure
        return context.again(_Resting())
    if standing and (left := (standing.until - now).total_seconds()) < NEAR_SECONDS:
        return context.rest(max(0.0, left) + LOOK_SECONDS, _Resting())
    member = Member.of(capturing.holder(target, context), until)
    wanted = standing.joined_by(member, now) if standing else Capture.begun(_number(add_in), now, member)
    target.stop_in_check_mode(StepResult(Outcome.CHANGED, _would_begin(parameters.minutes), would_change=True))
    return await _switched_on(target, wanted, add_in, own, context)


async def _without_switch(target: Target, reason: Message, own: CaptureDetail, context: StepContext) -> StepResult:
    """Where there is nothing to switch, people try it all the same, and the logs that there are come home."""
    target.stop_in_check_mode(StepResult(Outcome.OK, reason))
    told = await _own_time(target, own)
    context.captures.begin(target.host.name, told)
    return StepResult(Outcome.OK, reason, told)


async def _switched_on(
    target: Target, wanted: Capture, add_in: Provider, own: CaptureDetail, context: StepContext
) -> StepResult:
    told = replace(await _own_time(target, own), on=True, before=wanted.prior, since=wanted.since)
    context.captures.begin(target.host.name, told)
    if not await capturing.armed(target, wanted):
        await capturing.settled(target, wanted, add_in)
        context.captures.end(target.host.name)
        return StepResult(Outcome.FAILED, _NOT_ARMED(), remedy=_NOT_ARMED.remedy())
    after = await target.apply(capture_task.switch_on(wanted, add_in), _AFTER)
    if after.standing is None:
        context.captures.end(target.host.name)
        return StepResult(Outcome.FAILED, _TOO_SLOW(), remedy=_TOO_SLOW.remedy())
    if not capture.is_ours(after.add_in):
        return StepResult(Outcome.FAILED, did_not_stay(ENABLE_LOGGING), told, remedy=SET_BACK)
    await target.give_back_lease()
    joined = len(wanted.members) > 1
    return StepResult(Outcome.CHANGED, together([_begun(told.there or "", joined), TAKEN_UP_LATER()]), told)


async def _own_time(target: Target, own: CaptureDetail) -> CaptureDetail:
    """The same, with the time that the host's clock shows then."""
    return replace(own, there=await capturing.shown_there(target, own.until)) if own.until else own


def _number(add_in: Provider) -> int | None:
    return add_in.key.number(ENABLE_LOGGING) if add_in.key else None


async def wait(target: Target, _: CaptureParameters, context: StepContext) -> StepResult | Rest:
    """Waits until the time is up, or somebody has had enough; the host is not asked for anything."""
    own = capturing.begun(context.earlier)
    if own is None or own.moment is None:
        return StepResult(Outcome.SKIPPED, _NOTHING_BEGUN())
    if context.captures.asked_to_end(target.host.name):
        return StepResult(Outcome.OK, _ENDED_EARLY())
    if (left := context.clock.until(own.moment)) <= 0:
        return StepResult(Outcome.OK, _TIME_IS_UP())
    if not context.continuing:
        context.report(_waiting(own.there or ""))
    return context.rest(min(left, LOOK_SECONDS * context.clock.speed), _Resting())


def _last_change(_: Zone, begun: datetime, parameters: CaptureParameters) -> datetime:
    """The host switches back at its deadline."""
    return begun + timedelta(minutes=parameters.minutes)


WAIT: Final = StepKind(
    name="await_capture",
    summary="Wait for people to try what is looked into.",
    parameters=CaptureParameters,
    changes_hosts=False,
    perform=wait,
)

KIND: Final = StepKind(
    name="capture",
    summary="Verbose logging of the add-in, for a while.",
    parameters=CaptureParameters,
    changes_hosts=True,
    perform=begin,
    second_half=SecondHalf(WAIT, "wait", lambda _: True, first_minutes=10),
    last_change=_last_change,
)
