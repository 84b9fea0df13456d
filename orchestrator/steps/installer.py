"""Running msiexec to its end on a host, whatever happens on the way: what the steps `msi` and `uninstall` share.

The work is found again by its token, which follows from what is to be done: an attempt after a lost connection, and
even another run after a crash of ours, goes on with the installation that is under way instead of starting a second.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from orchestrator.harvest import cabinet, msi_log
from orchestrator.model.deadline import Deadline
from orchestrator.model.errors import CommandFailed
from orchestrator.model.outcome import Outcome
from orchestrator.model.private_file import write_private
from orchestrator.model.result import StepResult
from orchestrator.steps import detached
from orchestrator.steps.context import StepContext
from orchestrator.steps.tidying import tidied, tidy
from orchestrator.target import files
from orchestrator.target.target import Target
from orchestrator.windows import collection, exit_codes, msiexec
from orchestrator.windows import job as jobs
from orchestrator.windows.boot import Boot
from orchestrator.windows.exit_codes import Class, ExitCode
from orchestrator.windows.job import Job, JobState

WHO = "Windows Installer"
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
    prepare: Callable[[Job], Awaitable[None]]
    minutes: int
    patience_minutes: int


async def run_to_end(target: Target, job: Job, work: Work, booted: Boot, context: StepContext) -> ExitCode:
    """Starts msiexec, or finds it under way, and waits for its exit code.

    Another installation on the host is waited for, and what is worth another attempt gets one. `booted` is the boot
    that was seen when the step began.

    Raises:
        ChangeUnsettled: when the line broke, or it has not ended in time; the job stays, and is found again.
        TargetError: when it could not be begun; nothing stays.
    """
    async with tidied(target, jobs.clean_up(job), context):
        return await _run_to_end(target, job, work, booted, context)


async def _run_to_end(target: Target, job: Job, work: Work, booted: Boot, context: StepContext) -> ExitCode:
    patience = Deadline.after(work.patience_minutes * 60)
    state = await target.observe(jobs.state(job))
    if detached.left_over(state, booted, context):
        await target.apply(jobs.clean_up(job))
        state = await target.observe(jobs.state(job))
    second_chance = True
    pauses = _pauses()
    while True:
        if state.request is None:
            state = await _start(target, job, work, booted, context)
        code = exit_codes.classify(await detached.outlast(target, job, state, work.minutes, WHO, context))
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


async def _start(target: Target, job: Job, work: Work, booted: Boot, context: StepContext) -> JobState:
    await work.prepare(job)
    task = msiexec.task_xml(job, work.arguments(job), work.minutes)
    return await detached.start(target, job, task, work.summary, booted, context)


async def _forget_end(target: Target, job: Job) -> JobState:
    return await target.apply(jobs.forget_end(job), jobs.state(job))


async def failure(target: Target, job: Job, work: Work, code: ExitCode, context: StepContext) -> StepResult:
    """The result of work that ended badly: its log is brought home and read for the cause, then all is tidied up."""
    outcome = {Class.BUSY: Outcome.BLOCKED, Class.BLOCKED: Outcome.BLOCKED}.get(code.meaning, Outcome.FAILED)
    named = f"{code.code} {code.name}".strip()
    reason = f"could not {work.summary}: {code.sentence} ({named})"
    detail: dict[str, Any] = {"exit_code": code.code, "exit_name": code.name}
    try:
        log = await _bring_log_home(target, job, context)
    except CommandFailed as error:
        await tidy(target, jobs.clean_up(job))
        remedy = f"look up {code.code} among Windows Installer's error codes, and run the same again"
        return StepResult(outcome, reason, {**detail, "log_missing": error.reason, "remedy": remedy})
    await tidy(target, jobs.clean_up(job))
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
    await target.apply(collection.pack_one(msiexec.log(job), packed))
    numbered = job.path("log.txt")
    offered = await files.offer(target, packed, numbered)
    destination = context.folder / "install-log.cab"
    await files.get(target, numbered, offered.sha256, destination, LOG_LIMIT, context.report, offered)
    content = destination.read_bytes()
    destination.unlink()
    for _, log in cabinet.contents(content):
        return log
    raise CommandFailed("the log's cabinet is empty", command=packed, exit_code=0, output="")
