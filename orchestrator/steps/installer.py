"""Running msiexec to its end on a host, whatever happens on the way: what the steps `msi` and `uninstall` share.

The work is found again by its token, which follows from what is to be done: an attempt after a lost connection, and
even another run after a crash of ours, goes on with the installation that is under way instead of starting a second.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from orchestrator.harvest import cabinet, msi_log
from orchestrator.model.deadline import Deadline
from orchestrator.model.errors import (
    ChangeUnsettled,
    CommandFailed,
    ConnectionLost,
    DeadlineExceeded,
    Retry,
    TargetError,
    TransferCorrupt,
    UnexpectedOutput,
)
from orchestrator.model.outcome import Outcome
from orchestrator.model.private_file import write_private
from orchestrator.model.result import StepResult
from orchestrator.steps.context import StepContext
from orchestrator.target import files
from orchestrator.target.target import Target
from orchestrator.windows import collection, exit_codes
from orchestrator.windows import installer_job as jobs
from orchestrator.windows.boot import Boot
from orchestrator.windows.exit_codes import Class, ExitCode
from orchestrator.windows.installer_job import Job, JobState

WAIT_ON_HOST_SECONDS = 40
"""How long one look waits on the host for the end; below the idle time-out of a WinRM 2.0 shell (180 s)."""
LOG_LIMIT = 64 * 1024 * 1024
"""Bytes of an installation log, compressed, that are taken."""


@dataclass(frozen=True)
class Work:
    """What msiexec is to do.

    Attributes:
        summary: Completes "could not …".
        arguments: msiexec's command line for a job.
        prepare: Brings to the job's folder what msiexec needs.
        minutes: How long it may take.
        patience_minutes: How long another installation is waited for.
    """

    summary: str
    arguments: Callable[[Job], str]
    prepare: Callable[[Job, JobState], Awaitable[None]]
    minutes: int
    patience_minutes: int


def job_for(*identity: str) -> Job:
    """The job of this very work; the same for every attempt and every run."""
    return Job(hashlib.sha256("\n".join(identity).encode()).hexdigest()[:16])


async def run_to_end(target: Target, job: Job, work: Work, booted: Boot, context: StepContext) -> ExitCode:
    """Starts msiexec, or finds it under way, and waits for its exit code.

    Another installation on the host is waited for, and what is worth another attempt gets one. `booted` is the boot
    that was seen when the step began.

    Raises:
        ChangeUnsettled: when the line broke, or it has not ended in time; the job stays, and is found again.
        TargetError: when it could not be begun; nothing stays.
    """
    try:
        return await _run_to_end(target, job, work, booted, context)
    except TargetError as error:
        if isinstance(error, TransferCorrupt) or error.retry is Retry.NEVER:
            await clean_up(target, job)
        raise


async def _run_to_end(target: Target, job: Job, work: Work, booted: Boot, context: StepContext) -> ExitCode:
    patience = Deadline.after(work.patience_minutes * 60)
    state = await target.observe(jobs.state(job))
    if _left_over(state, booted, context):
        await target.apply(jobs.clean_up(job))
        state = await target.observe(jobs.state(job))
    second_chance = True
    pauses = _pauses()
    while True:
        if state.started_in is None:
            state = await _start(target, job, state, work, booted)
        code = await _outlast(target, job, state, work, context)
        if code.meaning is Class.BUSY and not patience.expired:
            context.report("waiting for another installation to end")
            await context.rest(min(next(pauses), patience.remaining))
        elif code.meaning is Class.AGAIN and second_chance:
            second_chance = False
            await context.rest(10.0)
        else:
            return code
        state = await _forget_end(target, job)


def _pauses() -> Iterator[float]:
    """Seconds between looks whether another installation has ended: most end soon, some take long."""
    pause = 5.0
    while True:
        yield pause
        pause = min(2 * pause, 120.0)


def _left_over(state: JobState, booted: Boot, context: StepContext) -> bool:
    """Whether what lies there is of no use: an end that no run fetched, or work that a restart cut off."""
    if state.started_in is None:
        return False
    ended_for_others = state.exit_code is not None and context.attempt == 1
    return ended_for_others or (state.exit_code is None and booted.follows(state.started_in))


async def _start(target: Target, job: Job, state: JobState, work: Work, booted: Boot) -> JobState:
    await work.prepare(job, state)
    task = jobs.task_xml(job, work.arguments(job), work.minutes)
    await files.put_text(target, task, job.path("task.xml"), job.folder, jobs.ROOT)
    return await target.apply(
        jobs.start(job, booted, work.summary), jobs.wait(job, WAIT_ON_HOST_SECONDS), seconds=WAIT_ON_HOST_SECONDS + 60
    )


async def _outlast(target: Target, job: Job, state: JobState, work: Work, context: StepContext) -> ExitCode:
    ending = Deadline.after(work.minutes * 60)
    while state.exit_code is None:
        if ending.expired:
            raise ChangeUnsettled(f"Windows Installer has not ended within {work.minutes} minutes; it was left running")
        if not state.exists:
            raise UnexpectedOutput("the working folder has vanished while Windows Installer was at work")
        context.report("Windows Installer is at work")
        state = await _look(target, job)
    return exit_codes.classify(state.exit_code)


async def _look(target: Target, job: Job) -> JobState:
    """Looks once more; a connection lost here is lost in the middle of a change."""
    try:
        return await target.watch(jobs.wait(job, WAIT_ON_HOST_SECONDS), WAIT_ON_HOST_SECONDS)
    except (ConnectionLost, DeadlineExceeded) as error:
        raise ChangeUnsettled("the connection was lost while Windows Installer was at work") from error


async def _forget_end(target: Target, job: Job) -> JobState:
    return await target.apply(jobs.forget_end(job), jobs.state(job))


async def clean_up(target: Target, job: Job) -> None:
    """Removes what the job left, if the host can still be reached."""
    with suppress(TargetError):
        await target.apply(jobs.clean_up(job))


async def failure(target: Target, job: Job, work: Work, code: ExitCode, context: StepContext) -> StepResult:
    """The result of work that ended badly: its log is brought home and read for the cause, then all is tidied up."""
    outcome = {Class.BUSY: Outcome.BLOCKED, Class.BLOCKED: Outcome.BLOCKED}.get(code.meaning, Outcome.FAILED)
    named = f"{code.code} {code.name}".strip()
    reason = f"could not {work.summary}: {code.sentence} ({named})"
    detail: dict[str, Any] = {"exit_code": code.code, "exit_name": code.name}
    try:
        log = await _bring_log_home(target, job, context)
    except CommandFailed as error:
        await clean_up(target, job)
        return StepResult(outcome, reason, {**detail, "log_missing": error.reason})
    await clean_up(target, job)
    destination = context.folder / f"{context.name}-install.log"
    write_private(destination, log)
    verdict = msi_log.analyse(log)
    detail |= {
        "log": str(destination),
        "cause": verdict.cause,
        "confidence": verdict.confidence.value,
        "evidence": list(verdict.evidence),
        "remedy": verdict.remedy or f"read {destination.name}, brought home to the host's folder of this run",
    }
    return StepResult(outcome, f"could not {work.summary}: {verdict.cause} ({named})", detail)


async def _bring_log_home(target: Target, job: Job, context: StepContext) -> bytes:
    packed = job.path("log.cab")
    await target.apply(collection.pack_one(job.log, packed))
    numbered = job.path("log.txt")
    sha256 = await files.offer(target, packed, numbered)
    destination = context.folder / "install-log.cab"
    await files.get(target, numbered, sha256, destination, LOG_LIMIT, context.report)
    content = destination.read_bytes()
    destination.unlink()
    for _, log in cabinet.contents(content):
        return log
    raise CommandFailed("the log's cabinet is empty", command=packed, exit_code=0, output="")
