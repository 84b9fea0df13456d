"""Step `command`: a person's own command line has done what it is for, seen before and after it is run."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, replace
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from orchestrator.model.clock import Moment
from orchestrator.model.detail import Detail
from orchestrator.model.errors import CommandFailed, UnexpectedOutput
from orchestrator.model.message import Message, message, phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest, StepResult
from orchestrator.model.validation import Entry
from orchestrator.remote.target import Target
from orchestrator.steps import detached
from orchestrator.steps.declaration import Parameters, StepContext, StepKind
from orchestrator.steps.detached import tidied
from orchestrator.steps.registry_value import RegistryData
from orchestrator.windows import (
    boot,
    branches,
    command_line,
    host_files,
    host_paths,
    provider,
    quoting,
    registry,
    registry_places,
    transfer,
)
from orchestrator.windows import job as jobs
from orchestrator.windows.boot import Boot
from orchestrator.windows.branches import LANGUAGE, Machine
from orchestrator.windows.command import Fact, asked, gather, known
from orchestrator.windows.job import Job, JobState, Request

OUTPUT_LIMIT = 16_000
"""Characters of what a command printed that are kept, counted from its end."""
_LONGEST_COMMAND: Final = 2000
_WHO: Final = phrase("who-the-command")()
_DONE_ALREADY = phrase("command-done-already")
_HAS_DONE_IT = phrase("command-has-done-it")
_NOT_KNOWN = phrase("command-not-known", remedy=True)


@message("command-would-run")
def _would_run(line: str) -> None: ...


@message("command-ended", remedy=True)
def _ended_with(code: int) -> None: ...


@message("command-not-done", remedy=True)
def _not_done(code: int) -> None: ...


@message("command-carried-out")
def _carried_out(code: int, restart: bool) -> None: ...


@dataclass(frozen=True)
class CommandDetail(Detail, kind="command"):
    """The command, and how it ended.

    Attributes:
        command: Its line.
        detached: Whether SYSTEM ran it in a task.
        exit_code: None where it was not run.
        output: The end of what it printed.
        unread: Why that could not be read.
    """

    command: str
    detached: bool
    exit_code: int | None = None
    output: str | None = None
    unread: Message | None = None


def _command_line(line: str) -> str:
    if not line.strip() or not quoting.speakable(line):
        raise ValueError("expected a command line of one line, without control characters")
    return line


HostFile = Annotated[str, AfterValidator(host_paths.checked)]
CommandLine = Annotated[str, Field(max_length=_LONGEST_COMMAND), AfterValidator(_command_line)]
ExitCode = Annotated[int, Field(strict=True, ge=0, le=0xFFFFFFFF)]


class QueryParameters(Entry):
    """A command that only looks, and the exit codes that mean yes."""

    run: CommandLine = Field(description="A command line of cmd.exe that changes nothing.")
    exit_codes: frozenset[ExitCode] = Field(
        default=frozenset({0}), min_length=1, description="The exit codes that mean that all is done."
    )


class WhenDone(Entry):
    """How to see that a command need not be run, or has done what it was run for: one of these."""

    registry_value: RegistryData | None = Field(default=None, description="This value is so.")
    file: HostFile | None = Field(default=None, description="This file, or folder, is there.")
    no_file: HostFile | None = Field(default=None, description="There is no such file, or folder.")
    query: QueryParameters | None = Field(default=None, description="A command that looks says so by its exit code.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError(f"expected one of {', '.join(f'`{name}`' for name in type(self).model_fields)}")
        return self


class CommandParameters(Parameters):
    """Run a command line of cmd.exe, unless what it is for is done already."""

    run: CommandLine = Field(description="The command line, as one would type it; variables expand on the host.")
    when_done: WhenDone | None = Field(
        default=None, description="How to see that it is done; looked at before, and again afterwards."
    )
    always: bool = Field(default=False, description="Run it in every run; needed where nothing tells that it is done.")
    exit_codes: frozenset[ExitCode] = Field(
        default=frozenset({0}), min_length=1, description="The exit codes that are no failure."
    )
    restart_codes: frozenset[ExitCode] = Field(
        default=frozenset(), description="Exit codes that are no failure and say that a restart is needed, as in 3010."
    )
    detached: bool = Field(
        default=True,
        description="true: as SYSTEM, in a task that goes on when the line breaks; false: in our session, as our user.",
    )
    minutes: int = Field(default=10, strict=True, ge=1, le=1440, description="How long it may take, in minutes.")

    @model_validator(mode="after")
    def _repeatable(self) -> Self:
        if self.when_done is None and not self.always:
            raise ValueError(
                "a command needs `when_done`, so that it is not run where it is done; or else say `always: true`"
            )
        if self.when_done is not None and self.always:
            raise ValueError("`always` and `when_done` exclude each other")
        return self

    @property
    def allowed_minutes(self) -> int:
        """Its own time, and five minutes for looking before and after."""
        return self.minutes + 5


@dataclass(frozen=True)
class Ended:
    """How the command ended: its exit code, and what it printed, or why that could not be read."""

    exit_code: int
    output: str = ""
    unread: Message | None = None


@dataclass(frozen=True)
class Begun:
    """The command was begun, or was about to be.

    Attributes:
        ending: When a detached one, which is at work, has to have ended.
        taken_back: The request whose task was taken back because Task Scheduler had never started it.
        ended: How a detached one has ended. Known before its traces on the host go, so that it is never run again.
    """

    ending: Moment | None = None
    taken_back: Request | None = None
    ended: Ended | None = None


async def run_command(target: Target, parameters: CommandParameters, context: StepContext) -> StepResult | Rest:
    """Looks whether it is done, runs the line where it is not, judges its exit code, and looks again."""
    machine = await target.machine()
    if machine.branch is branches.OTHER:
        return StepResult(Outcome.BLOCKED, branches.unchanged(machine), remedy=branches.LEAVE_OUT)
    done = _fact(parameters.when_done, machine)
    job = _job(parameters, context) if parameters.detached else None
    standing: _Standing | None = None
    detail = CommandDetail(parameters.run, parameters.detached)
    before = context.recall(Begun)
    begun = before if context.continuing or (before and before.ended) else None
    if begun is None:
        is_done, standing = await _look(target, done, job)
        if is_done and not (standing and standing.to_be_outlasted(context)):
            settled = StepResult(Outcome.OK, _DONE_ALREADY(), detail)
            if before is not None:
                settled = StepResult(Outcome.CHANGED, _HAS_DONE_IT(), detail)
            if job and standing and standing.state.exists:
                target.stop_in_check_mode(settled)
                await target.apply(jobs.clean_up(job))
            return settled
        target.stop_in_check_mode(StepResult(Outcome.CHANGED, _would_run(parameters.run), detail, would_change=True))
        if done is None and job is None and before is not None:
            return StepResult(Outcome.UNKNOWN, _NOT_KNOWN(), detail, remedy=_NOT_KNOWN.remedy())
        await context.keep(Begun())
    ended = await (
        _run_detached(target, job, standing, begun or Begun(), parameters, context)
        if job
        else _run_here(target, parameters, context)
    )
    return ended if isinstance(ended, Rest) else await _judged(target, parameters, done, ended, detail)


async def _judged(
    target: Target,
    parameters: CommandParameters,
    done: Fact[bool] | None,
    ended: Ended,
    detail: CommandDetail,
) -> StepResult:
    code = ended.exit_code
    detail = replace(detail, exit_code=code, output=ended.output, unread=ended.unread)
    restart = code in parameters.restart_codes
    if not restart and code not in parameters.exit_codes:
        return StepResult(Outcome.FAILED, _ended_with(code), detail, remedy=_ended_with.remedy(code))
    if done is not None and not await target.observe(done):
        remedy = _not_done.remedy(code)
        return StepResult(Outcome.FAILED, _not_done(code), detail, remedy=remedy, reboot_required=restart)
    return StepResult(Outcome.CHANGED, _carried_out(code, restart), detail, reboot_required=restart)


@dataclass(frozen=True)
class _Standing:
    """What there is of a detached command, of this run or an earlier one, and the boot that it is seen in."""

    state: JobState
    booted: Boot

    def to_be_outlasted(self, context: StepContext) -> bool:
        """Whether it is under way, or has ended while this very step lost sight of it."""
        return self.state.request is not None and not detached.left_over(self.state, self.booted, context)


def _job(parameters: CommandParameters, context: StepContext) -> Job:
    """Named by the line, so that another run finds it; of one that is always run, each step has its own."""
    of_this_step = (context.name,) if parameters.always else ()
    return detached.job_for("command", parameters.run, *of_this_step)


@dataclass(frozen=True)
class _Seen:
    is_done: bool
    standing: _Standing


async def _look(target: Target, done: Fact[bool] | None, job: Job | None) -> tuple[bool, _Standing | None]:
    """Whether it is done, and, of a detached command, where it stands; in one exchange."""
    look = done or known("when_done", answer=False)
    if job is None:
        return await target.observe(look), None
    standing = gather("job", _Standing, state=asked(jobs.state(job)), booted=asked(boot.BOOT))
    seen = await target.observe(_Seen, is_done=asked(look), standing=asked(standing))
    return seen.is_done, seen.standing


def _fact(when_done: WhenDone | None, machine: Machine) -> Fact[bool] | None:
    """What tells that it is done; None where nothing does."""
    match when_done:
        case WhenDone(file=str(path)):
            return _there(path, machine, wanted=True)
        case WhenDone(no_file=str(path)):
            return _there(path, machine, wanted=False)
        case WhenDone(query=query) if query is not None:
            codes = query.exit_codes
            line = command_line.look(query.run)
            return Fact("when_done", (line,), lambda replies: replies[0].exit_code in codes)
        case WhenDone(registry_value=value) if value is not None:
            place = registry_places.place(value.key, value.view, machine.architecture)
            look = registry_places.look(place, value.name)
            wanted = value.value
            return Fact("when_done", look.commands, lambda replies: registry.same(wanted, look.parse(replies).value))
        case _:
            return None


def _there(path: str, machine: Machine, *, wanted: bool) -> Fact[bool]:
    if host_paths.missing_on(path, machine.architecture):
        return known("when_done", not wanted)
    look = provider.file_exists(path)
    return Fact("when_done", look.commands, lambda replies: look.parse(replies) is wanted)


async def _run_here(target: Target, parameters: CommandParameters, context: StepContext) -> Ended:
    """Runs it in our session; gives its exit code and what it printed."""
    context.report(detached.at_work(_WHO))
    (reply,) = await target.apply(command_line.run(parameters.run), seconds=parameters.minutes * 60)
    return Ended(reply.exit_code, reply.output[-OUTPUT_LIMIT:])


async def _run_detached(
    target: Target,
    job: Job,
    standing: _Standing | None,
    before: Begun,
    parameters: CommandParameters,
    context: StepContext,
) -> Ended | Rest:
    """Has SYSTEM run it, or goes on with what is under way; gives how it ended, once that cannot be lost any more.

    Without `standing` it goes on from the rest in which it is at work. What an earlier run has left of a command that
    every run is to run is seen to its end first.
    """
    if before.ended is not None:
        await target.apply(jobs.clean_up(job))
        return before.ended
    now = before

    async def begin(taken_back: Request | None) -> JobState:
        nonlocal now
        now = Begun(taken_back=taken_back)
        await context.keep(now)
        booted = await target.observe(boot.BOOT)
        task = jobs.task_xml(job, command_line.detached(job, parameters.run), parameters.minutes)
        return await detached.start(target, job, task, command_line.RUN(), booted, context)

    async with tidied(target, jobs.clean_up(job), context):
        state = await detached.look(target, job, _WHO) if standing is None else standing.state
        if standing and detached.left_over(state, standing.booted, context):
            state = await _cleaned(target, job)
        while True:
            state = await detached.begun(target, job, state, begin, context, taken_back=now.taken_back)
            ending = now.ending or detached.deadline(parameters.minutes, context)
            code = detached.ended(state, ending, parameters.minutes, _WHO, context)
            if code is None:
                return context.again(replace(now, ending=ending))
            if not parameters.always or state.request is None or state.request.run == context.run_id:
                return context.again(replace(now, ended=await _with_output(target, job, code)))
            state = await _cleaned(target, job)


async def _cleaned(target: Target, job: Job) -> JobState:
    """The state of a job of which nothing is left."""
    await target.apply(jobs.clean_up(job))
    return JobState()


async def _with_output(target: Target, job: Job, code: int) -> Ended:
    """How a detached command ended, with what it printed; of more than half a megabyte that is from its beginning."""
    listed = await target.observe(host_files.matching(job.path(command_line.OUTPUT)))
    if not listed or listed[0].size == 0:
        return Ended(code)
    piece = transfer.piece(job.path(command_line.NUMBERED), 0)
    try:
        printed = await target.apply(command_line.offer_output(job), piece)
    except (CommandFailed, UnexpectedOutput) as error:
        return Ended(code, unread=error.reason)
    language = await target.observe(LANGUAGE)
    return Ended(code, _decoded(printed.content, language.oem_code_page)[-OUTPUT_LIMIT:])


def _decoded(printed: bytes, code_page: str | None) -> str:
    """Text of the host's OEM code page; what is no text of it shows as such."""
    name = f"cp{code_page}"
    try:
        codecs.lookup(name)
    except LookupError:
        name = "cp437"
    return printed.decode(name, "replace").replace("\r\n", "\n")


KIND = StepKind(
    name="command",
    summary="Run a command line.",
    parameters=CommandParameters,
    changes_hosts=True,
    perform=run_command,
)
