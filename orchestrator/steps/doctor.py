"""Step `doctor`: does this machine do what we believe of Windows? For the first real machine of a kind."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import Field

from orchestrator.model.errors import TargetError
from orchestrator.model.outcome import Outcome
from orchestrator.model.rest import Rest
from orchestrator.model.result import StepResult
from orchestrator.steps import detached, installer
from orchestrator.steps.context import StepContext
from orchestrator.steps.declaration import StepKind
from orchestrator.steps.installer import Running, Work
from orchestrator.steps.parameters import Parameters
from orchestrator.steps.tidying import tidy
from orchestrator.target import files
from orchestrator.target.target import Target
from orchestrator.windows import beliefs, boot, collection, msiexec
from orchestrator.windows import job as jobs
from orchestrator.windows.boot import Boot
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import asked
from orchestrator.windows.job import Job
from orchestrator.windows.registry import Key

SAMPLE_BYTES = 200_000
NO_PRODUCT = "{00000000-0000-0000-0000-000000000000}"
UNKNOWN_PRODUCT = 1605


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

    found: tuple[dict[str, Any], ...]
    running: Running | None = None


async def examine(target: Target, parameters: DoctorParameters, context: StepContext) -> StepResult | Rest:
    """Tests every belief and tells those that do not hold; with `changes` also those that need files and a task.

    What `changes` makes on the host is removed again: a working folder, a scheduled task, a registry key.
    """
    machine = await target.machine()
    so_far = context.resumed(Examination)
    if so_far is None:
        so_far = Examination(tuple([await _test(target, belief) for belief in beliefs.beliefs()]))
    if parameters.changes:
        target.foretell(_verdict(machine, so_far.found))
        tried = {belief["name"] for belief in so_far.found}
        for name, sentence, trial in _TRIALS:
            if name in tried:
                continue
            found = await _try(name, sentence, trial, target, so_far, context)
            if isinstance(found, Rest):
                return found
            so_far = Examination((*so_far.found, found))
    return _verdict(machine, so_far.found)


def _verdict(machine: Machine, found: Sequence[dict[str, Any]]) -> StepResult:
    contradicted = [belief for belief in found if not belief["holds"]]
    detail = {"machine": machine.title, "build": machine.build, "beliefs": list(found)}
    if contradicted:
        remedy = "paste what `sspr doctor` prints into an issue: the program must learn this"
        return StepResult(Outcome.FAILED, "this machine contradicts what we believe", {**detail, "remedy": remedy})
    return StepResult(Outcome.OK, "this machine does what we believe", detail)


async def _test(target: Target, belief: beliefs.Belief) -> dict[str, Any]:
    replies = await target.observe(belief.question)
    difference = belief.judge(replies)
    shown = {"name": belief.name, "sentence": belief.sentence, "holds": difference is None}
    if difference is None:
        return shown
    answers = [
        {"command": command.line, "exit_code": reply.exit_code, "output": reply.output[:2000]}
        for command, reply in zip(belief.commands, replies, strict=True)
    ]
    return {**shown, "difference": difference, "answers": answers}


Trial = Callable[[Target, Examination, StepContext], Awaitable[str | Rest | None]]


async def _try(
    name: str, sentence: str, trial: Trial, target: Target, so_far: Examination, context: StepContext
) -> dict[str, Any] | Rest:
    if so_far.running is None:
        context.report(sentence)
    try:
        difference = await trial(target, so_far, context)
    except TargetError as error:
        difference = f"{error.reason} {dict(error.evidence)}"
    if isinstance(difference, Rest):
        return difference
    holds = difference is None
    shown = {"name": name, "sentence": sentence, "holds": holds}
    return shown if holds else {**shown, "difference": difference, "answers": []}


def _job() -> Job:
    return detached.job_for("doctor")


async def _there_and_back(target: Target, _: Examination, context: StepContext) -> str | None:
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
        return None if back.read_bytes() == content else "the file came back different"


async def _as_system(target: Target, so_far: Examination, context: StepContext) -> str | Rest | None:
    """A task that runs msiexec for a product that nobody has."""
    work = Work(
        summary="ask Windows Installer about a product that nobody has",
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
    return None if ended.code == UNKNOWN_PRODUCT else f"msiexec ended with {ended.code}, expected {UNKNOWN_PRODUCT}"


async def _nothing(_: Job) -> None:
    """The task is all that this job needs."""


@dataclass(frozen=True)
class _Seen:
    booted: Boot
    notes: Key | None


async def _notes(target: Target, _: Examination, __: StepContext) -> str | None:
    """Our registry key, written and removed."""
    seen = await target.observe(_Seen, booted=asked(boot.BOOT), notes=asked(boot.NOTES))
    state = await target.apply(boot.note_awaiting(seen.booted, seen.notes), boot.RESTART)
    after = await target.apply(boot.FORGET, boot.RESTART)
    if state.awaited != seen.booted.marker:
        return f"noted {seen.booted.marker}, read {state.awaited}"
    return None if after.awaited is None else "the note did not go away"


async def _harvest(target: Target, _: Examination, __: StepContext) -> str | None:
    """A collection of logs, packed and measured."""
    job = _job()
    try:
        packed = await target.apply(collection.collect(job, 1), collection.packed_bytes(job))
    finally:
        await tidy(target, jobs.clean_up(job))
    return None if packed else "there is no cabinet"


_TRIALS: tuple[tuple[str, str, Trial], ...] = (
    ("files", "files go there and come back whole, by findstr, certutil and makecab", _there_and_back),
    ("task", "a scheduled task runs Windows Installer as SYSTEM and leaves its exit code", _as_system),
    ("notes", "a registry key is written, read and removed", _notes),
    ("harvest", "logs are exported and packed", _harvest),
)


KIND = StepKind(
    name="doctor",
    summary="Test what is believed of Windows.",
    parameters=DoctorParameters,
    changes_hosts=False,
    perform=examine,
)
