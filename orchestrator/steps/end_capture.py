"""The steps that end captures, of this run or left over, and the one that tells of them; none for playbooks."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pydantic import Field

from orchestrator.model.capture import CaptureDetail
from orchestrator.model.message import Message, message, phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import StepResult
from orchestrator.remote.target import Target
from orchestrator.steps import capturing
from orchestrator.steps.declaration import Parameters, StepContext, StepKind
from orchestrator.windows.capture import Capture, Member
from orchestrator.windows.lease import Holder
from orchestrator.windows.provider import Provider

_NONE = phrase("capture-none")
_ON_FOR_GOOD = phrase("capture-on-for-good")
_ON_WITHOUT_TASK = phrase("capture-on-without-task", remedy=True)
_NOTHING_SWITCHED = phrase("capture-nothing-switched")
_BACK_BY_ITSELF = phrase("capture-back-by-itself")
_ENDED = phrase("capture-ended")
_OTHERS_NOT_ARMED = phrase("capture-not-armed-for-others", remedy=True)


@message("capture-goes-on")
def _goes_on(until: str) -> None:
    """For others, until a time of day there."""


@message("capture-is-on")
def _is_on(until: str, overdue: bool) -> None: ...


@message("capture-settled")
def _settled(until: str) -> None: ...


class EndParameters(Parameters):
    """End a capture."""

    for_everybody: bool = Field(default=False, description="Whether it ends for others who are in it, too.")


async def end(target: Target, parameters: EndParameters, context: StepContext) -> StepResult:
    """Switches verbose logging back to what it was, proves it and takes the task away; not while others are in it."""
    seen = await capturing.look(target)
    if seen.standing is None:
        return _without_task(target, seen.add_in, context)
    found, own = seen.standing.capture, capturing.holder(target, context)
    alive = replace(found, members=tuple(each for each in found.members if not _has_ended(each, own, context)))
    others = alive.left_by(own, target.host_time)
    if others and not parameters.for_everybody:
        return await _left_to(target, others, found, context)
    if failure := await capturing.settled(target, found, seen.add_in):
        return failure
    context.captures.end(target.host.name, everybody=True)
    return StepResult(Outcome.CHANGED, _ENDED(), CaptureDetail(on=False, before=found.prior))


def _has_ended(member: Member, own: Holder, context: StepContext) -> bool:
    """Whether it is a run of this coordinator that no process is at work on any more, so that nobody waits for it."""
    at_work = context.others.at_work()
    return member.coordinator == own.coordinator and at_work is not None and member.run not in at_work


async def _left_to(target: Target, others: Capture, found: Capture, context: StepContext) -> StepResult:
    """Leaves a capture to those who are still in it."""
    if others != found and not await capturing.armed(target, others):
        told = await capturing.detail_of(target, others)
        return StepResult(Outcome.FAILED, _OTHERS_NOT_ARMED(), told, remedy=_OTHERS_NOT_ARMED.remedy())
    context.captures.end(target.host.name)
    told = await capturing.detail_of(target, others)
    return StepResult(Outcome.OK, _goes_on(told.there or ""), told)


def _without_task(target: Target, add_in: Provider, context: StepContext) -> StepResult:
    """The host's own deadline has ended it, or an attempt of which the line lost the answer; or none was on."""
    own = capturing.begun(context.earlier)
    told = CaptureDetail(on=False, before=own.before if own else None)
    switched = own is not None and own.on
    if switched and add_in.verbose:
        return StepResult(Outcome.FAILED, _ON_WITHOUT_TASK(), told, remedy=_ON_WITHOUT_TASK.remedy())
    context.captures.end(target.host.name, everybody=True)
    if target.changed:
        return StepResult(Outcome.CHANGED, _ENDED(), told)
    if switched:
        return StepResult(Outcome.OK, _BACK_BY_ITSELF(), told)
    return StepResult(Outcome.OK, _NOTHING_SWITCHED() if own else _said_of(add_in), told)


async def sweep(target: Target, _: Parameters, context: StepContext) -> StepResult:
    """Ends a capture that should have ended by itself; one that is on is left alone."""
    seen = await capturing.look(target)
    if seen.standing is None:
        context.captures.end(target.host.name, everybody=True)
        done = Outcome.CHANGED if target.changed else Outcome.OK
        return StepResult(done, _ENDED() if target.changed else _said_of(seen.add_in), CaptureDetail(on=False))
    found = seen.standing.capture
    told = await capturing.detail_of(target, found)
    if not told.overdue:
        return StepResult(Outcome.OK, _is_on(told.there or "", overdue=False), told)
    if failure := await capturing.settled(target, found, seen.add_in):
        return failure
    context.captures.end(target.host.name, everybody=True)
    return StepResult(Outcome.CHANGED, _settled(told.there or ""), replace(told, on=False))


async def show(target: Target, _: Parameters, context: StepContext) -> StepResult:  # noqa: ARG001
    """Tells of the capture that is on."""
    seen = await capturing.look(target)
    if seen.standing is None:
        return StepResult(Outcome.OK, _said_of(seen.add_in), CaptureDetail(on=False))
    told = await capturing.detail_of(target, seen.standing.capture)
    return StepResult(Outcome.OK, _is_on(told.there or "", told.overdue), told)


def _said_of(add_in: Provider) -> Message:
    """What is said where no capture is on."""
    return _ON_FOR_GOOD() if add_in.verbose else _NONE()


END: Final = StepKind(
    name="end_capture",
    summary="Switch verbose logging back to what it was before a capture.",
    parameters=EndParameters,
    changes_hosts=True,
    waits_for_window=False,
    perform=end,
)

SWEEP: Final = StepKind(
    name="sweep_captures",
    summary="End a capture that has not ended by itself.",
    parameters=Parameters,
    changes_hosts=True,
    waits_for_window=False,
    perform=sweep,
)

LIST: Final = StepKind(
    name="captures",
    summary="Tell of the capture that is on.",
    parameters=Parameters,
    changes_hosts=False,
    perform=show,
)
