"""Work that SYSTEM does on a host while nobody is connected: started once, found again, and looked at until it ends.

Whatever a lost connection leaves running is found again by its job, which follows from what is to be done.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from orchestrator.model.clock import Moment
from orchestrator.model.errors import ChangeUnsettled, ConnectionLost, DeadlineExceeded, UnexpectedOutput
from orchestrator.steps.context import StepContext
from orchestrator.target.target import EXCHANGE_SECONDS, Target
from orchestrator.windows import job as jobs
from orchestrator.windows.boot import Boot
from orchestrator.windows.command import together
from orchestrator.windows.job import Job, JobState, Request

WAIT_ON_HOST_SECONDS = 40
"""How long one look waits on the host for the end; below the idle time-out of a WinRM 2.0 shell (180 s)."""


def job_for(*identity: str) -> Job:
    """The job of this very work; the same for every attempt and every run."""
    return Job(hashlib.sha256("\n".join(identity).encode()).hexdigest()[:16])


def left_over(state: JobState, booted: Boot, context: StepContext) -> bool:
    """Whether what lies there is of no use: an end that no run fetched, or work that a restart cut off."""
    if state.request is None:
        return state.started or state.exit_code is not None
    ended_for_others = state.exit_code is not None and state.request.run != context.run_id
    return ended_for_others or (state.exit_code is None and booted.follows(state.request.boot))


async def start(target: Target, job: Job, task: bytes, summary: str, booted: Boot, context: StepContext) -> JobState:
    """Registers the task, asks that it be started, and waits a while for its end."""
    request = Request(context.run_id, booted.marker, _host_time(target))
    return await target.apply(
        together(summary, jobs.describe(job), jobs.start(job, request, summary)),
        jobs.wait(job, WAIT_ON_HOST_SECONDS),
        seconds=WAIT_ON_HOST_SECONDS + EXCHANGE_SECONDS,
        content=[task],
    )


def _host_time(target: Target) -> datetime:
    """What the host's own clock shows, as its last answer told."""
    return datetime.now(UTC) + (target.clock_ahead or timedelta())


def ended(state: JobState, ending: Moment, minutes: int, who: str, context: StepContext) -> int | None:
    """The exit code of what was started; None while it is at work. `who` does it, in words.

    Raises:
        ChangeUnsettled: when it has not ended in time; the job stays, and is found again.
        UnexpectedOutput: when its folder has vanished.
    """
    if state.exit_code is not None:
        return state.exit_code
    if context.clock.until(ending) <= 0:
        raise ChangeUnsettled(f"{who} has not ended within {minutes} minutes; it was left running")
    if not state.exists:
        raise UnexpectedOutput(f"the working folder has vanished while {who} was at work")
    context.report(f"{who} is at work")
    return None


async def look(target: Target, job: Job, who: str) -> JobState:
    """Waits a while on the host for its end.

    Raises:
        ChangeUnsettled: when the line broke, which is in the middle of a change; the job stays, and is found again.
    """
    try:
        return await target.watch(jobs.wait(job, WAIT_ON_HOST_SECONDS), WAIT_ON_HOST_SECONDS)
    except (ConnectionLost, DeadlineExceeded) as error:
        raise ChangeUnsettled(f"the connection was lost while {who} was at work") from error
