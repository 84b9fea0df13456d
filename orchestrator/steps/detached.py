"""Work that SYSTEM does on a host while nobody is connected: started once, found again, looked at, and tidied away.

Whatever a lost connection, or a run that was killed, leaves there is found again by its job, which follows from what is
to be done. Only the job's own word counts for its having begun: a task that Task Scheduler takes and never starts is
taken back, and asked for once more.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Final

from orchestrator.model.clock import Moment
from orchestrator.model.errors import (
    ChangeUnsettled,
    ConnectionLost,
    DeadlineExceeded,
    Retry,
    TargetError,
    TaskNeverStarted,
    TransferCorrupt,
    UnexpectedOutput,
)
from orchestrator.model.message import Message, message, phrase
from orchestrator.remote import files
from orchestrator.remote.reach import EXCHANGE_SECONDS
from orchestrator.remote.target import Target
from orchestrator.steps.declaration import StepContext
from orchestrator.windows import boot
from orchestrator.windows import job as jobs
from orchestrator.windows.boot import Boot
from orchestrator.windows.command import Change, together
from orchestrator.windows.job import Job, JobState, Request

WAIT_ON_HOST_SECONDS: Final = 50
"""How long one look waits on the host for the end; below the idle time-out of a WinRM 2.0 shell (180 s)."""
STARTS_WITHIN_SECONDS: Final = 45
"""After which a task that has not begun is taken to be one that never will: by the host's clock, and only if Task
Scheduler does not say that it runs. Asked for twice, that is less than two minutes."""
GRACE_SECONDS: Final = 60
"""How much longer than a job may take we wait for it: Task Scheduler ends it in time, and we see that it has."""

_ASKING_AGAIN = phrase("progress-asking-once-more")
_TO_START = phrase("progress-waiting-for-task")
_RESTARTED = phrase("job-host-restarted")


@message("progress-at-work")
def at_work(who: Message) -> None:
    """A job goes on."""


@message("job-not-ended")
def _not_ended(who: Message, minutes: int) -> None: ...


@message("job-folder-vanished")
def _folder_vanished(who: Message) -> None: ...


@message("job-connection-lost")
def _lost_while_at_work(who: Message) -> None: ...


def job_for(*identity: str) -> Job:
    """The job of this very work; the same for every attempt and every run."""
    return Job(hashlib.sha256("\n".join(identity).encode()).hexdigest()[:16])


def left_over(state: JobState, booted: Boot, context: StepContext) -> bool:
    """Whether what lies there is of no use: an end that no run fetched, or work that a restart cut off."""
    if state.request is None:
        return state.started or state.exit_code is not None
    ended_for_others = state.exit_code is not None and state.request.run != context.run_id
    return ended_for_others or (state.exit_code is None and booted.follows(state.request.boot))


async def start(
    target: Target, job: Job, task: bytes, summary: Message, booted: Boot, context: StepContext
) -> JobState:
    """Registers the task, asks that it be started, and waits a while for its end."""
    with files.writing(job.path(jobs.DESCRIPTION)):
        return await target.apply(
            together(summary, jobs.describe(job), jobs.start(job, context.run_id, booted, summary)),
            jobs.wait(job, WAIT_ON_HOST_SECONDS),
            seconds=WAIT_ON_HOST_SECONDS + EXCHANGE_SECONDS,
            content=[task],
        )


async def begun(
    target: Target,
    job: Job,
    state: JobState,
    begin: Callable[[Request | None], Awaitable[JobState]],
    context: StepContext,
    *,
    taken_back: Request | None,
) -> JobState:
    """The state of a job that has begun, or may still do so in time: `begin` asks for one that nobody has asked for.

    A task that was never started is taken back, and asked for once more.

    Args:
        target: The host.
        job: Which job.
        state: How far it is.
        begin: Has it started, and is told for which request a task was taken back before.
        context: The step's.
        taken_back: That of an earlier call. Where it is still the one that stands, the second was never made.

    Raises:
        TaskNeverStarted: when that has happened before.
        ChangeUnsettled: when the host was restarted meanwhile.
    """
    while True:
        if state.request is None:
            state = await begin(taken_back)
        elif state.task is None and _overdue(state):
            state = await target.watch(jobs.wait(job, 0), 0)
        if not _overdue(state) or state.task is None or state.task.runs:
            return await _ended_in_silence(target, job, state)
        state = await target.apply(jobs.take_back(job), jobs.state(job))
        if not _waits(state):
            return state
        if taken_back and state.request != taken_back:
            raise TaskNeverStarted
        taken_back = state.request
        context.report(_ASKING_AGAIN())
        state = replace(state, request=None)


def _waits(state: JobState) -> bool:
    """Whether it was asked for and has not begun."""
    return state.request is not None and not state.started and state.exit_code is None


def _overdue(state: JobState) -> bool:
    """Whether it should have begun by now; so it is, too, where the host's clock was set back meanwhile.

    It never is where the host's clock cannot be read: then it is waited for as long as it may take.
    """
    if state.request is None or state.request.at is None or state.now is None or not _waits(state):
        return False
    return not 0 <= state.now.since(state.request.at) < STARTS_WITHIN_SECONDS


async def _ended_in_silence(target: Target, job: Job, state: JobState) -> JobState:
    """Of a job that was ended from outside, which leaves no result, the result that Task Scheduler has.

    The job may have ended between the two questions, so that it is asked again.
    """
    task = state.task
    silent = state.started and state.exit_code is None
    if not silent or task is None or not task.exists or task.runs or task.has_not_run:
        return state
    again = await target.watch(jobs.state(job), 0)
    if again.exit_code is not None or not again.started:
        return again
    if again.request and (await target.observe(boot.BOOT)).follows(again.request.boot):
        raise ChangeUnsettled(_RESTARTED())
    return replace(again, exit_code=task.last_result)


def deadline(minutes: int, context: StepContext) -> Moment:
    """Until when a job is waited for that may take so many minutes."""
    return context.clock.after(minutes * 60 + GRACE_SECONDS)


def ended(state: JobState, ending: Moment, minutes: int, who: Message, context: StepContext) -> int | None:
    """The exit code of what was started; None while it is at work. `who` does it.

    Raises:
        ChangeUnsettled: when it has not ended in time; the job stays, and is found again.
        UnexpectedOutput: when its folder has vanished.
    """
    if state.exit_code is not None:
        return state.exit_code
    if context.clock.until(ending) <= 0:
        raise ChangeUnsettled(_not_ended(who, minutes))
    if not state.exists:
        raise UnexpectedOutput(_folder_vanished(who))
    context.report(at_work(who) if state.started else _TO_START())
    return None


async def look(target: Target, job: Job, who: Message) -> JobState:
    """Waits a while on the host for its end.

    Raises:
        ChangeUnsettled: when the line broke, which is in the middle of a change; the job stays, and is found again.
    """
    try:
        return await target.watch(jobs.wait(job, WAIT_ON_HOST_SECONDS), WAIT_ON_HOST_SECONDS)
    except (ConnectionLost, DeadlineExceeded) as error:
        raise ChangeUnsettled(_lost_while_at_work(who)) from error


TIDY_UP = phrase("change-tidy-up")


@asynccontextmanager
async def tidied(target: Target, change: Change, context: StepContext) -> AsyncIterator[None]:
    """Carries out `change`, and forgets the state, after an error from which no attempt could go on.

    After any other, such as a connection that broke, all stays as it is: the next attempt goes on from there.
    """
    try:
        yield
    except (TargetError, OSError) as error:  # an OSError that is no TargetError is of a file here
        goes_on = isinstance(error, TargetError) and error.retry is not Retry.NEVER
        if not goes_on or isinstance(error, TransferCorrupt):
            await context.forget()
            await tidy(target, change)
        raise


async def tidy(target: Target, change: Change) -> None:
    """Carries out a change that takes something of ours away, if the host can still be reached."""
    with suppress(TargetError):
        await target.apply(change)
