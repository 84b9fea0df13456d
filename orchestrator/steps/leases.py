"""The steps of `sspr leases`: which run is at work on a host, and taking the host away from it; none for playbooks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from orchestrator.model.lease import LeaseDetail
from orchestrator.model.message import Message, message, phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import StepResult
from orchestrator.remote import leasing
from orchestrator.remote.target import Target
from orchestrator.steps.declaration import Parameters, StepContext, StepKind
from orchestrator.windows import lease
from orchestrator.windows.lease import Lease

_NONE = phrase("leases-none")
_STILL_THERE = phrase("leases-not-broken", remedy=True)


@message("leases-held")
def _held(owner: Message) -> None: ...


@message("leases-ran-out")
def _ran_out(owner: Message) -> None: ...


@message("leases-ended")
def _ended(owner: Message) -> None: ...


@message("leases-broken")
def _broken(owner: Message) -> None: ...


async def show(target: Target, _: Parameters, context: StepContext) -> StepResult:
    """Tells which run is at work on the host."""
    found = await target.observe(lease.STANDING)
    if found is None:
        return StepResult(Outcome.OK, _NONE())
    now = context.clock.now() + (target.clock_ahead or timedelta(0))
    ran_out = found.until is not None and found.until <= now
    ended = context.others.has_ended(found)
    told = _ended if ended else _ran_out if ran_out else _held
    return StepResult(Outcome.OK, told(leasing.owner(found)), replace(_detail(found), ran_out=ran_out, ended=ended))


async def take_away(target: Target, _: Parameters, context: StepContext) -> StepResult:
    """Breaks the host's lease; the run that has it changes nothing more there, whatever it was about."""
    before = context.recall(LeaseDetail)
    found = await target.observe(lease.STANDING)
    if found is None:
        return (
            StepResult(Outcome.CHANGED, _broken(_owner(before)), before) if before else StepResult(Outcome.OK, _NONE())
        )
    await context.keep(_detail(found))
    after = await target.apply(lease.broken(found), lease.STANDING)
    if after is not None and after.mark == found.mark:
        return StepResult(Outcome.FAILED, _STILL_THERE(), _detail(after), remedy=_STILL_THERE.remedy())
    return StepResult(Outcome.CHANGED, _broken(leasing.owner(found)), _detail(found))


def _detail(found: Lease) -> LeaseDetail:
    return LeaseDetail(found.run, found.account, found.computer, found.since, found.until)


def _owner(detail: LeaseDetail) -> Message:
    return leasing.owned_by(detail.run, detail.account, detail.computer)


LIST = StepKind(
    name="leases",
    summary="Tell which run is at work on the host.",
    parameters=Parameters,
    changes_hosts=False,
    perform=show,
)

BREAK = StepKind(
    name="break_lease",
    summary="Take the host away from the run that is at work on it.",
    parameters=Parameters,
    changes_hosts=True,
    waits_for_window=False,
    perform=take_away,
)
