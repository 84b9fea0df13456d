"""Work that SYSTEM does on a host while nobody is connected: started once, found again, and waited for.

Whatever a lost connection leaves running is found again by its job, which follows from what is to be done.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from orchestrator.model.deadline import Deadline
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


async def outlast(target: Target, job: Job, state: JobState, minutes: int, who: str, context: StepContext) -> int:
    """The exit code of what was started; `who` does it, in words.

    Raises:
        ChangeUnsettled: when the line broke, or it has not ended in time; the job stays, and is found again.
        UnexpectedOutput: when its folder has vanished.
    """
    ending = Deadline.after(minutes * 60)
    while state.exit_code is None:
        if ending.expired:
            raise ChangeUnsettled(f"{who} has not ended within {minutes} minutes; it was left running")
        if not state.exists:
            raise UnexpectedOutput(f"the working folder has vanished while {who} was at work")
        context.report(f"{who} is at work")
        state = await _look(target, job, who)
    return state.exit_code


async def _look(target: Target, job: Job, who: str) -> JobState:
    """Looks once more; a connection lost here is lost in the middle of a change."""
    try:
        return await target.watch(jobs.wait(job, WAIT_ON_HOST_SECONDS), WAIT_ON_HOST_SECONDS)
    except (ConnectionLost, DeadlineExceeded) as error:
        raise ChangeUnsettled(f"the connection was lost while {who} was at work") from error
