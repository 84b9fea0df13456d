"""Running msiexec to its end on a host, whatever happens on the way: what the steps `msi` and `uninstall` share.

The work is found again by its token, which follows from what is to be done: an attempt after a lost connection, and
even another run after a crash of ours, goes on with the installation that is under way instead of starting a second.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from orchestrator.harvest.msi_verdict import MsiLogVerdict
from orchestrator.harvest.unpacking import in_turn, unpack_one
from orchestrator.model.clock import Moment
from orchestrator.model.coordinator import own_failure
from orchestrator.model.detail import Detail
from orchestrator.model.errors import Retry, TargetError
from orchestrator.model.message import Message, message, phrase, together
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest, StepResult
from orchestrator.remote import files
from orchestrator.remote.target import Target
from orchestrator.steps import detached
from orchestrator.steps.declaration import StepContext
from orchestrator.steps.detached import tidied, tidy
from orchestrator.windows import collection, exit_codes, installer_events, msiexec
from orchestrator.windows import job as jobs
from orchestrator.windows.boot import Boot
from orchestrator.windows.exit_codes import Class, ExitCode
from orchestrator.windows.job import Job, JobState, Request
from orchestrator.windows.registry import Key

_WHO: Final = phrase("who-windows-installer")()
_WAITING_FOR_OTHER = phrase("progress-waiting-for-other-installation")
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 120.0
"""Seconds between looks whether another installation has ended: most end soon, some take long."""
SECOND_CHANCE_SECONDS = 10.0
SUCCESS: Final = frozenset({Class.DONE, Class.DONE_RESTART, Class.DONE_RESTARTING})
CLOCK_TELLS: Final = timedelta(seconds=5)
"""How exactly a host's clock is known by its answers, and the moment of a record in its log."""
LOG_ENDING, CABINET = "-install.log", "install-log.cab"
"""In the host's folder: the log of an installation, behind the step's name, and in what it travels."""
LOG_ATTEMPTS: Final = 3
"""How often a log is fetched whose line breaks, before the result does without it."""
LOG_LIMIT = 64 * 1024 * 1024
"""Bytes of an installation log, compressed, that are taken."""
PLAIN_LOG_LIMIT: Final = 16 * 1024 * 1024
"""Bytes of one that the host could not compress."""
_LOG_NOT_HOME = phrase("installer-log-not-home")
_NO_LOG_THERE = phrase("installer-no-log-there")


@message("installer-could-not")
def _could_not(work: Message, cause: Message, code: int, name: str | None) -> None: ...


@message("remedy-look-up-exit-code")
def _look_up(code: int) -> None: ...


@message("remedy-read-log")
def _read_log(file: str) -> None: ...


@message("remedy-read-log-there")
def _read_log_there(path: str) -> None: ...


@dataclass(frozen=True)
class InstallerFailure(Detail, kind="windows_installer"):
    """Work of Windows Installer that ended badly.

    Attributes:
        exit_code: What msiexec ended with.
        exit_name: That code's name in the Windows headers; empty where it has none.
        log: Its log, brought home; None where that was not to be had. The cabinet that it came in, where that would
            unpack to more than we accept.
        log_missing: Why it was not to be had, or not unpacked.
        log_on_host: Its path there, where it was left because it was not to be had.
        cause: What the log names as the cause.
        confidence: Of `model.confidence.Confidence`.
        evidence: Lines of the log from which that was concluded, each behind its number.
    """

    exit_code: int
    exit_name: str
    log: str | None = None
    log_missing: Message | None = None
    cause: Message | None = None
    confidence: str | None = None
    evidence: tuple[str, ...] = ()
    log_on_host: str | None = None


@dataclass(frozen=True)
class Work:
    """What msiexec is to do.

    Attributes:
        summary: Completes "could not …".
        product_code: Of the product that is installed or removed.
        removal: Whether it is removed.
        arguments: msiexec's command line for a job.
        prepare: Brings to the job's folder what msiexec needs.
        minutes: How long it may take.
        state: The step's own state, with how far msiexec is in it.
    """

    summary: Message
    product_code: str
    removal: bool
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
        taken_back: The request whose task was taken back because Task Scheduler had never started it.
        succeeded: Whether Windows Installer has reported success.
        log_tries: How often its log was fetched in vain.
        asked: When it was asked for last, by the host's clock.
    """

    booted: Boot
    notes: Key | None
    patience: Moment
    ending: Moment | None = None
    pause: float = FIRST_PAUSE
    second_chance: bool = True
    taken_back: Request | None = None
    succeeded: bool = False
    log_tries: int = 0
    asked: datetime | None = None


async def run_to_end(
    target: Target, job: Job, work: Work, running: Running, context: StepContext, *, resumed: bool
) -> ExitCode | Rest:
    """Starts msiexec, or finds it under way; gives its exit code, or a rest while it or another is at work.

    Another installation on the host is waited for, and what is worth another attempt gets one. `resumed` is whether
    this goes on from such a rest; otherwise it begins with looking. Where an earlier attempt has asked for msiexec and
    the job's folder is gone, Windows Installer's own record of a failure is the end of it.

    Raises:
        ChangeUnsettled: when the line broke, or it has not ended in time; the job stays, and is found again.
        TargetError: when it could not be begun; nothing stays.
    """
    async with tidied(target, jobs.clean_up(job), context):
        if not resumed:
            state = await _usable(target, job, running.booted, context)
            if not state.exists and (code := await _recorded_failure(target, work, running)):
                return code
        elif running.ending is not None:
            state = await detached.look(target, job, _WHO)
        else:
            state = await _forget_end(target, job)

        async def begin(taken_back: Request | None) -> JobState:
            nonlocal running
            running = replace(running, taken_back=taken_back, asked=target.host_time)
            await context.keep(work.state(running))
            return await _start(target, job, work, running.booted, context)

        state = await detached.begun(target, job, state, begin, context, taken_back=running.taken_back)
        ending = running.ending or detached.deadline(work.minutes, context)
        exit_code = detached.ended(state, ending, work.minutes, _WHO, context)
    if exit_code is None:
        return context.again(work.state(replace(running, ending=ending)))
    return _rest_after(exit_codes.classify(exit_code), work, replace(running, ending=None), context)


async def recorded(target: Target, product_code: str, running: Running, *, removal: bool) -> ExitCode | None:
    """How work ended that an earlier attempt has asked for, as Windows Installer has written it down; None if not."""
    if running.asked is None:
        return None
    ends = await target.observe(installer_events.ENDS)
    end = installer_events.last_of(ends, product_code, running.asked - CLOCK_TELLS, removal=removal)
    return exit_codes.classify(end.status) if end else None


async def _recorded_failure(target: Target, work: Work, running: Running) -> ExitCode | None:
    """The same where it failed. Where it went well, and is not as it should be, somebody has changed it since."""
    code = await recorded(target, work.product_code, running, removal=work.removal)
    return None if code is None or code.meaning in SUCCESS else code


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


async def failure(
    target: Target, job: Job, work: Work, code: ExitCode, running: Running, context: StepContext
) -> StepResult:
    """The result of work that ended badly: its log is brought home and read for the cause, then all is tidied up.

    How it ended is known, whatever becomes of the log: what cannot be had of it is told beside. A log that does not
    come home stays on the host, where a person can read it; nothing else does.
    """
    outcome = {Class.BUSY: Outcome.BLOCKED, Class.BLOCKED: Outcome.BLOCKED}.get(code.meaning, Outcome.FAILED)
    detail = InstallerFailure(code.code, code.name)

    def ended(cause: Message, detail: InstallerFailure, remedy: Message) -> StepResult:
        return StepResult(outcome, _could_not(work.summary, cause, code.code, code.name or None), detail, remedy=remedy)

    cabinet, destination = context.folder / CABINET, context.folder / f"{context.name}{LOG_ENDING}"
    try:
        too_large = await _bring_log_home(target, job, cabinet, destination, context)
    except TargetError as error:
        running = replace(running, log_tries=running.log_tries + 1)
        if error.retry is not Retry.NEVER and running.log_tries < LOG_ATTEMPTS:
            await context.keep(work.state(running))
            raise
        missing = error.reason
    except OSError as error:
        missing = own_failure(error, destination).reason
    else:
        await tidy(target, jobs.clean_up(job))
        if too_large is not None:
            detail = replace(detail, log=str(cabinet), log_missing=too_large)
            return ended(code.says, detail, _read_log(cabinet.name))
        cabinet.unlink(missing_ok=True)
        verdict = await in_turn(_analysed, destination)
        detail = replace(
            detail,
            log=str(destination),
            cause=verdict.cause,
            confidence=verdict.confidence.value,
            evidence=tuple(map(str, verdict.evidence)),
        )
        if not verdict.evidence:
            return ended(together((code.says, verdict.cause)), detail, verdict.remedy or _look_up(code.code))
        return ended(verdict.cause, detail, verdict.remedy or _read_log(destination.name))
    there = await _leave_log(target, job)
    path = msiexec.log(job) if there else None
    detail = replace(detail, log_missing=missing, log_on_host=path)
    lacking = _NO_LOG_THERE() if there is False else _LOG_NOT_HOME()
    return ended(together((code.says, lacking)), detail, _read_log_there(path) if path else _look_up(code.code))


def _analysed(log: Path) -> MsiLogVerdict:
    from orchestrator.harvest import msi_log  # noqa: PLC0415 - megabytes of causes, needed where something failed

    with log.open("rb") as file:
        return msi_log.analyse(file)


async def _leave_log(target: Target, job: Job) -> bool | None:
    """Tidies up around the log; gives whether there is one, None where the host does not say."""
    try:
        return await target.apply(msiexec.leave_log(job), msiexec.log_there(job))
    except TargetError:
        return None


async def _bring_log_home(
    target: Target, job: Job, cabinet: Path, destination: Path, context: StepContext
) -> Message | None:
    """Brings the log packed, or as it is where the host cannot pack it; gives why a cabinet was not unpacked, if so."""
    try:
        await _bring_packed(target, job, cabinet, context)
        return await in_turn(unpack_one, cabinet, destination)
    except TargetError as error:
        if error.retry is not Retry.NEVER:
            raise
    await _fetch(target, job, msiexec.log(job), destination, PLAIN_LOG_LIMIT, context)
    return None


async def _bring_packed(target: Target, job: Job, cabinet: Path, context: StepContext) -> None:
    packed = job.path("log.cab")
    await target.apply(collection.pack_one(msiexec.log(job), packed))
    await _fetch(target, job, packed, cabinet, LOG_LIMIT, context)


async def _fetch(target: Target, job: Job, path: str, destination: Path, limit: int, context: StepContext) -> None:
    numbered = job.path("log.txt")
    offered = await files.offer(target, path, numbered)
    await files.get(target, numbered, offered.sha256, destination, limit, context.report, offered)
