"""Running msiexec to its end on a host, whatever happens on the way: what the steps `msi` and `uninstall` share.

The work is found again by its token, which follows from what is to be done: an attempt after a lost connection, and
even another run after a crash of ours, goes on with the installation that is under way instead of starting a second.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from orchestrator.harvest import cabinet, msi_log
from orchestrator.model.clock import Moment
from orchestrator.model.detail import Detail
from orchestrator.model.errors import CommandFailed
from orchestrator.model.message import Message, message, phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.private_file import write_private
from orchestrator.model.result import Rest, StepResult
from orchestrator.remote import files
from orchestrator.remote.target import Target
from orchestrator.steps import detached
from orchestrator.steps.declaration import StepContext
from orchestrator.steps.detached import tidied, tidy
from orchestrator.windows import collection, exit_codes, msiexec
from orchestrator.windows import job as jobs
from orchestrator.windows.boot import Boot
from orchestrator.windows.exit_codes import Class, ExitCode
from orchestrator.windows.job import Job, JobState
from orchestrator.windows.registry import Key

_WHO: Final = phrase("who-windows-installer")()
_WAITING_FOR_OTHER = phrase("progress-waiting-for-other-installation")
_EMPTY_CABINET = phrase("installer-log-cabinet-empty")
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 120.0
"""Seconds between looks whether another installation has ended: most end soon, some take long."""
SECOND_CHANCE_SECONDS = 10.0
LOG_ENDING, CABINET = "-install.log", "install-log.cab"
"""In the host's folder: the log of an installation, behind the step's name, and in what it travels."""
LOG_LIMIT = 64 * 1024 * 1024
"""Bytes of an installation log, compressed, that are taken."""


@message("installer-could-not")
def _could_not(work: Message, cause: Message, code: int, name: str | None) -> None: ...


@message("remedy-look-up-exit-code")
def _look_up(code: int) -> None: ...


@message("remedy-read-log")
def _read_log(file: str) -> None: ...


@dataclass(frozen=True)
class InstallerFailure(Detail, kind="windows_installer"):
    """Work of Windows Installer that ended badly.

    Attributes:
        exit_code: What msiexec ended with.
        exit_name: That code's name in the Windows headers; empty where it has none.
        log: Its log, brought home; None where that was not to be had.
        log_missing: Why it was not.
        cause: What the log names as the cause.
        confidence: Of `harvest.msi_log.Confidence`.
        evidence: Lines of the log from which that was concluded.
    """

    exit_code: int
    exit_name: str
    log: str | None = None
    log_missing: Message | None = None
    cause: Message | None = None
    confidence: str | None = None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Work:
    """What msiexec is to do.

    Attributes:
        summary: Completes "could not …".
        arguments: msiexec's command line for a job.
        prepare: Brings to the job's folder what msiexec needs.
        minutes: How long it may take.
        state: The step's own state, with how far msiexec is in it.
    """

    summary: Message
    arguments: Callable[[Job], str]
    prepare: Callable[[Job], Awaitable[None]]
    minutes: int
    state: Callable[[Running], object]


@dataclass(frozen=True)
class Running:
    """How far msiexec has been taken: what the next call goes on from.

    Attributes:
        booted: The boot that was seen when the step began.
        notes: Our own key as it was then.
        patience: Until when another installation on the host is waited for.
        ending: When msiexec, which is at work, has to have ended; None when it is to be started.
        pause: Seconds until another installation is looked at again.
        second_chance: Whether what is worth another attempt has not had it yet.
        taken_back: Whether a task was taken back that Task Scheduler had never started.
        succeeded: Whether Windows Installer has reported success.
    """

    booted: Boot
    notes: Key | None
    patience: Moment
    ending: Moment | None = None
    pause: float = FIRST_PAUSE
    second_chance: bool = True
    taken_back: bool = False
    succeeded: bool = False


async def run_to_end(
    target: Target, job: Job, work: Work, running: Running, context: StepContext, *, resumed: bool
) -> ExitCode | Rest:
    """Starts msiexec, or finds it under way; gives its exit code, or a rest while it or another is at work.

    Another installation on the host is waited for, and what is worth another attempt gets one. `resumed` is whether
    this goes on from such a rest; otherwise it begins with looking.

    Raises:
        ChangeUnsettled: when the line broke, or it has not ended in time; the job stays, and is found again.
        TargetError: when it could not be begun; nothing stays.
    """
    async with tidied(target, jobs.clean_up(job), context):
        if not resumed:
            state = await _usable(target, job, running.booted, context)
        elif running.ending is not None:
            state = await detached.look(target, job, _WHO)
        else:
            state = await _forget_end(target, job)

        async def begin(taken_back: bool) -> JobState:
            nonlocal running
            running = replace(running, taken_back=taken_back)
            await context.keep(work.state(running))
            return await _start(target, job, work, running.booted, context)

        state = await detached.begun(target, job, state, begin, context, taken_back=running.taken_back)
        ending = running.ending or detached.deadline(work.minutes, context)
        exit_code = detached.ended(state, ending, work.minutes, _WHO, context)
    if exit_code is None:
        return context.again(work.state(replace(running, ending=ending)))
    return _rest_after(exit_codes.classify(exit_code), work, replace(running, ending=None), context)


def _rest_after(code: ExitCode, work: Work, running: Running, context: StepContext) -> ExitCode | Rest:
    """A rest before msiexec is started again, where that may help; otherwise its exit code."""
    left = context.clock.until(running.patience)
    if code.meaning is Class.BUSY and left > 0:
        context.report(_WAITING_FOR_OTHER())
        longer = min(2 * running.pause, LONGEST_PAUSE)
        return context.rest(min(running.pause, left), work.state(replace(running, pause=longer)))
    if code.meaning is Class.AGAIN and running.second_chance:
        return context.rest(SECOND_CHANCE_SECONDS, work.state(replace(running, second_chance=False)))
    return code


async def _usable(target: Target, job: Job, booted: Boot, context: StepContext) -> JobState:
    """Where the job stands, after what is of no use is removed."""
    state = await target.observe(jobs.state(job))
    if detached.left_over(state, booted, context):
        await target.apply(jobs.clean_up(job))
        state = await target.observe(jobs.state(job))
    return state


async def _start(target: Target, job: Job, work: Work, booted: Boot, context: StepContext) -> JobState:
    await work.prepare(job)
    task = msiexec.task_xml(job, work.arguments(job), work.minutes)
    return await detached.start(target, job, task, work.summary, booted, context)


async def _forget_end(target: Target, job: Job) -> JobState:
    return await target.apply(jobs.forget_end(job), jobs.state(job))


async def failure(target: Target, job: Job, work: Work, code: ExitCode, context: StepContext) -> StepResult:
    """The result of work that ended badly: its log is brought home and read for the cause, then all is tidied up."""
    outcome = {Class.BUSY: Outcome.BLOCKED, Class.BLOCKED: Outcome.BLOCKED}.get(code.meaning, Outcome.FAILED)
    detail = InstallerFailure(code.code, code.name)
    try:
        log = await _bring_log_home(target, job, context)
    except CommandFailed as error:
        await tidy(target, jobs.clean_up(job))
        reason = _could_not(work.summary, code.says, code.code, code.name or None)
        detail = replace(detail, log_missing=error.reason)
        return StepResult(outcome, reason, detail, remedy=_look_up(code.code))
    await tidy(target, jobs.clean_up(job))
    destination = context.folder / f"{context.name}{LOG_ENDING}"
    write_private(destination, log)
    verdict = msi_log.analyse(log)
    detail = replace(
        detail,
        log=str(destination),
        cause=verdict.cause,
        confidence=verdict.confidence.value,
        evidence=tuple(verdict.evidence),
    )
    reason = _could_not(work.summary, verdict.cause, code.code, code.name or None)
    return StepResult(outcome, reason, detail, remedy=verdict.remedy or _read_log(destination.name))


async def _bring_log_home(target: Target, job: Job, context: StepContext) -> bytes:
    packed = job.path("log.cab")
    await target.apply(collection.pack_one(msiexec.log(job), packed))
    numbered = job.path("log.txt")
    offered = await files.offer(target, packed, numbered)
    destination = context.folder / CABINET
    await files.get(target, numbered, offered.sha256, destination, LOG_LIMIT, context.report, offered)
    content = destination.read_bytes()
    destination.unlink()
    for _, log in cabinet.contents(content):
        return log
    raise CommandFailed(_EMPTY_CABINET(), command=packed, exit_code=0, output="")
