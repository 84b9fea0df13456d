"""What the steps of a capture share: what is told of one, the way back to what was before, and the proof of that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from orchestrator.model.capture import CaptureDetail
from orchestrator.model.maintenance import local
from orchestrator.model.message import phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import StepRecord, StepResult
from orchestrator.remote import files
from orchestrator.remote.target import Target
from orchestrator.steps import maintenance
from orchestrator.steps.declaration import SET_BACK, StepContext, did_not_stay
from orchestrator.windows import branches, capture, capture_task, job, provider, registry
from orchestrator.windows.branches import Machine
from orchestrator.windows.capture import Capture
from orchestrator.windows.capture_task import Standing
from orchestrator.windows.command import asked
from orchestrator.windows.lease import Holder
from orchestrator.windows.provider import ENABLE_LOGGING, Provider

OVERDUE_SECONDS: Final = 90.0
"""How long after its deadline a capture ends by itself; one that stands longer has not done so."""

_TASK_STAYS = phrase("capture-task-stays", remedy=True)


@dataclass(frozen=True)
class Seen:
    """All that a step of a capture looks at."""

    machine: Machine
    add_in: Provider
    standing: Standing | None


async def look(target: Target) -> Seen:
    """Asks for all of it."""
    return await target.observe(
        Seen,
        machine=asked(branches.MACHINE),
        add_in=asked(provider.REGISTRATION),
        standing=asked(capture_task.STANDING),
    )


def holder(target: Target, context: StepContext) -> Holder:
    """The run as it is named on the host; outside of a run that keeps leases, by its identifier alone."""
    return target.leasing.holder if target.leasing else Holder("0" * 16, context.run_id, "-", "-")


async def detail_of(target: Target, found: Capture | None) -> CaptureDetail:
    """What is told of a capture that is on, or that none is."""
    if found is None:
        return CaptureDetail(on=False)
    return CaptureDetail(
        on=True,
        before=found.prior,
        since=found.since,
        until=found.until,
        there=await shown_there(target, found.until),
        overdue=is_overdue(found, target.host_time),
        by=tuple(f"{each.account} on {each.computer}, run {each.run}" for each in found.members),
    )


def is_overdue(found: Capture, now: datetime) -> bool:
    """Whether it should have ended by itself, by the host's clock."""
    return (now - found.until).total_seconds() > OVERDUE_SECONDS


async def shown_there(target: Target, moment: datetime) -> str:
    """What the host's clock shows at a moment (UTC), with the date where that is not today's; in UTC without a zone."""
    zone = await maintenance.zone_of(target)
    shown, today = (local(zone, each) if zone else each.astimezone(UTC) for each in (moment, target.host_time))
    text = f"{shown:%H:%M}" if shown.date() == today.date() else f"{shown:%Y-%m-%d %H:%M}"
    return text if zone else f"{text} UTC"


def begun(earlier: Sequence[StepRecord]) -> CaptureDetail | None:
    """What this run has begun on the host; None where that is nothing."""
    found = (each.result.detail for each in reversed(earlier))
    return next((each for each in found if isinstance(each, CaptureDetail)), None)


async def armed(target: Target, wanted: Capture) -> bool:
    """Registers the task that ends a capture, in the place of the one that is there; whether it is read back whole."""
    with files.writing(capture_task.JOB.path(job.DESCRIPTION)):
        task = capture_task.task_xml(wanted).replace(b"\n", b"\r\n")
        standing = await target.apply(capture_task.ARM, capture_task.STANDING, content=[task])
    return standing is not None and standing.armed_for(wanted)


async def settled(target: Target, found: Capture, add_in: Provider) -> StepResult | None:
    """Ends a capture: what is ours goes back, which is proved, and then the task goes, which is proved too.

    Should the first fail, the task stays and tries it again every minute.

    Returns:
        None, or the result of a step that could not.
    """
    if capture.is_ours(add_in):
        after = await target.apply(capture.put_back(found, add_in), provider.REGISTRATION)
        stands = after.key.values.get(ENABLE_LOGGING.lower()) if after.key else None
        if not registry.same(found.before, stands):
            told = await detail_of(target, found)
            return StepResult(Outcome.FAILED, did_not_stay(ENABLE_LOGGING), told, remedy=SET_BACK)
    if await target.apply(capture_task.DISARM, capture_task.STANDING) is not None:
        told = await detail_of(target, found)
        return StepResult(Outcome.FAILED, _TASK_STAYS(), told, remedy=_TASK_STAYS.remedy())
    return None
