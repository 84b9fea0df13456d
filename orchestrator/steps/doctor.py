"""Step `doctor`: does this machine do what we believe of Windows? For the first real machine of a kind."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import Field

from orchestrator.model.doctor import Answer, DoctorDetail, ExaminedBelief
from orchestrator.model.errors import CommandFailed, DeadlineExceeded, TargetError, UnexpectedOutput
from orchestrator.model.message import Message, message, phrase, verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest, StepResult
from orchestrator.remote import files
from orchestrator.remote.target import Target
from orchestrator.sentences import say
from orchestrator.steps import detached, installer, sources
from orchestrator.steps.declaration import Parameters, StepContext, StepKind
from orchestrator.steps.detached import tidy
from orchestrator.steps.gathering import gather
from orchestrator.steps.installer import Running, Work
from orchestrator.windows import beliefs, boot, branches, collection, msiexec, transfer
from orchestrator.windows import job as jobs
from orchestrator.windows.boot import Boot
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import Command, Reply, asked
from orchestrator.windows.job import Job
from orchestrator.windows.registry import Key

SAMPLE_BYTES = 200_000
_MOST_GATHERED = 16 * transfer.MEGABYTE
ANSWER_LENGTH = 2000
NO_PRODUCT = "{00000000-0000-0000-0000-000000000000}"
UNKNOWN_PRODUCT = 1605
ALONE_SECONDS = 60.0
"""How long a command may take where each is asked alone."""
NOT_TOLD = "?"
_NO_ANSWER = (UnexpectedOutput, CommandFailed, DeadlineExceeded)
"""What one odd command ends in; it must not keep the doctor from asking the others."""

_CONTRADICTS = phrase("doctor-contradicts", remedy=True)
_AGREES = phrase("doctor-agrees")
_FILES = phrase("doctor-files")
_TASK = phrase("doctor-task")
_NOTES = phrase("doctor-notes")
_HARVEST = phrase("doctor-harvest")
_CAME_BACK_DIFFERENT = phrase("doctor-came-back-different")
_NOTE_STAYS = phrase("doctor-note-stays")
_NO_CABINET = phrase("doctor-no-cabinet")
_ASK_INSTALLER = phrase("change-ask-about-no-product")


@message("doctor-trial-failed")
def _trial_failed(reason: Message, evidence: str) -> None: ...


@message("doctor-other-exit-code")
def _other_exit_code(code: int, expected: int) -> None: ...


@message("doctor-other-note")
def _other_note(noted: str, read: str | None) -> None: ...


class DoctorParameters(Parameters):
    """Test what is believed of Windows on one machine."""

    changes: bool = Field(default=False, description="Whether files, a task and a registry key may be made for it.")

    @property
    def allowed_minutes(self) -> int:
        """Every belief is a question of its own."""
        return 20


@dataclass(frozen=True)
class Examination:
    """How far it is.

    Attributes:
        found: What was found of the beliefs and trials so far.
        running: How far msiexec is, in the trial that needs it.
    """

    found: tuple[ExaminedBelief, ...]
    running: Running | None = None


async def examine(target: Target, parameters: DoctorParameters, context: StepContext) -> StepResult | Rest:
    """Tests every belief and tells those that do not hold; with `changes` also those that need files and a task.

    What `changes` makes on the host is removed again: a working folder, a scheduled task, a registry key.
    """
    machine = await _machine(target)
    so_far = context.resumed(Examination) or Examination(await _test_all(target))
    if parameters.changes:
        target.stop_in_check_mode(_verdict(machine, so_far.found))
        tried = {belief.name for belief in so_far.found}
        for name, sentence, trial in _TRIALS:
            if name in tried:
                continue
            found = await _try(name, sentence, trial, target, so_far, context)
            if isinstance(found, Rest):
                return found
            so_far = Examination((*so_far.found, found))
    return _verdict(machine, so_far.found)


async def _machine(target: Target) -> Machine | None:
    """Which Windows this is, also where lines of several commands do not work; None where it does not say."""
    with suppress(*_NO_ANSWER):
        return await target.machine()
    with suppress(*_NO_ANSWER):
        return branches.MACHINE.parse([await target.ask_alone(command) for command in branches.MACHINE.commands])
    return None


def _verdict(machine: Machine | None, found: Sequence[ExaminedBelief]) -> StepResult:
    title, build = (machine.title, machine.build) if machine else (NOT_TOLD, NOT_TOLD)
    detail = DoctorDetail(title, build, tuple(found))
    if all(belief.holds for belief in found):
        return StepResult(Outcome.OK, _AGREES(), detail)
    return StepResult(Outcome.FAILED, _CONTRADICTS(), detail, remedy=_CONTRADICTS.remedy())


async def _test_all(target: Target) -> tuple[ExaminedBelief, ...]:
    """Every belief, by the lines that steps send; one command at a time where the host does not answer to lines."""
    found: list[ExaminedBelief] = []
    for belief in beliefs.beliefs():
        lines_work = all(each.holds for each in found if each.name == beliefs.LINES_WORK)
        found.append(await (_test(target, belief) if lines_work else _test_alone(target, belief)))
    return tuple(found)


async def _test(target: Target, belief: beliefs.Belief) -> ExaminedBelief:
    try:
        replies = await target.observe(belief.question)
    except _NO_ANSWER as error:
        if target.deadline.expired:
            raise
        return await _test_alone(target, belief, error.reason)
    tested = ExaminedBelief(belief.name, verbatim(belief.sentence))
    difference = belief.judge(replies)
    if difference is None:
        return tested
    answers = tuple(_answer(command, reply) for command, reply in zip(belief.commands, replies, strict=True))
    return replace(tested, difference=verbatim(difference), answers=answers)


async def _test_alone(target: Target, belief: beliefs.Belief, trouble: Message | None = None) -> ExaminedBelief:
    """One command at a time; what is `trouble` with them in lines is told in any case."""
    replies: list[Reply] = []
    odd: list[Answer] = []
    for command in belief.commands:
        try:
            reply = await target.ask_alone(command, ALONE_SECONDS)
        except _NO_ANSWER as error:
            if target.deadline.expired:
                raise
            trouble = trouble or error.reason
            odd.append(Answer(command.line, None, say(error.reason)))
            continue
        replies.append(reply)
        if reply.exit_code not in (command.accepts or {reply.exit_code}):
            odd.append(_answer(command, reply))
    if trouble is None and (difference := belief.judge(replies)):
        trouble, odd = verbatim(difference), [*map(_answer, belief.commands, replies)]
    return ExaminedBelief(belief.name, verbatim(belief.sentence), trouble, tuple(odd))


def _answer(command: Command, reply: Reply) -> Answer:
    return Answer(command.line, reply.exit_code, reply.output[:ANSWER_LENGTH])


Trial = Callable[[Target, Examination, StepContext], Awaitable[Message | Rest | None]]


async def _try(
    name: str, sentence: Message, trial: Trial, target: Target, so_far: Examination, context: StepContext
) -> ExaminedBelief | Rest:
    if so_far.running is None:
        context.report(sentence)
    try:
        difference = await trial(target, so_far, context)
    except TargetError as error:
        difference = _trial_failed(error.reason, str(dict(error.evidence)))
    if isinstance(difference, Rest):
        return difference
    return ExaminedBelief(name, sentence, difference)


def _job() -> Job:
    return detached.job_for("doctor")


async def _there_and_back(target: Target, _: Examination, context: StepContext) -> Message | None:
    """Files through standard input and out again."""
    job = _job()
    content = os.urandom(SAMPLE_BYTES)
    with TemporaryDirectory() as folder:
        here, back = Path(folder) / "sample.bin", Path(folder) / "back.bin"
        here.write_bytes(content)
        try:
            there = job.path("sample.bin")
            await files.put(target, here, there, job.folder, jobs.ROOT, context.report)
            numbered = job.path("sample.txt")
            offered = await files.offer(target, there, numbered)
            await files.get(target, numbered, offered.sha256, back, 2 * SAMPLE_BYTES, context.report, offered)
            await target.apply(collection.pack_one(there, job.path("sample.cab")))
        finally:
            await tidy(target, jobs.clean_up(job))
        return None if back.read_bytes() == content else _CAME_BACK_DIFFERENT()


async def _as_system(target: Target, so_far: Examination, context: StepContext) -> Message | Rest | None:
    """A task that runs msiexec for a product that nobody has."""
    work = Work(
        summary=_ASK_INSTALLER(),
        product_code=NO_PRODUCT,
        removal=True,
        arguments=lambda job: msiexec.uninstall_arguments(job, NO_PRODUCT),
        prepare=_nothing,
        minutes=5,
        state=lambda running: replace(so_far, running=running),
    )
    job = _job()
    running, resumed = so_far.running, so_far.running is not None
    try:
        if running is None:
            running = Running(await target.observe(boot.BOOT), None, patience=context.clock.after(0))
        ended = await installer.run_to_end(target, job, work, running, context, resumed=resumed)
    except TargetError:
        await tidy(target, jobs.clean_up(job))
        raise
    if isinstance(ended, Rest):
        return ended
    await tidy(target, jobs.clean_up(job))
    return None if ended.code == UNKNOWN_PRODUCT else _other_exit_code(ended.code, UNKNOWN_PRODUCT)


async def _nothing(_: Job) -> None:
    """The task is all that this job needs."""


@dataclass(frozen=True)
class _Seen:
    booted: Boot
    notes: Key | None


async def _notes(target: Target, _: Examination, __: StepContext) -> Message | None:
    """Our registry key, written and removed."""
    seen = await target.observe(_Seen, booted=asked(boot.BOOT), notes=asked(boot.NOTES))
    state = await target.apply(boot.note_awaiting(seen.booted, seen.notes), boot.RESTART)
    after = await target.apply(boot.FORGET, boot.RESTART)
    if state.awaited != seen.booted.marker:
        return _other_note(seen.booted.marker, state.awaited)
    return None if after.awaited is None else _NOTE_STAYS()


async def _harvest(target: Target, _: Examination, __: StepContext) -> Message | None:
    """A collection of logs, packed and measured."""
    job = _job()
    try:
        gathered = await gather(target, job, [entry.meant(1) for entry in sources.shipped()], _MOST_GATHERED)
        await target.apply(gathered.finish)
        packed = await target.apply(collection.pack(job), collection.packed_bytes(job))
    finally:
        await tidy(target, jobs.clean_up(job))
    return None if packed else _NO_CABINET()


_TRIALS: tuple[tuple[str, Message, Trial], ...] = (
    ("files", _FILES(), _there_and_back),
    ("task", _TASK(), _as_system),
    ("notes", _NOTES(), _notes),
    ("harvest", _HARVEST(), _harvest),
)


KIND = StepKind(
    name="doctor",
    summary="Test what is believed of Windows.",
    parameters=DoctorParameters,
    changes_hosts=False,
    perform=examine,
)
