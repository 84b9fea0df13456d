"""Step `command`: a person's own command line has done what it is for, seen before and after it is run."""

from __future__ import annotations

import codecs
from contextlib import suppress
from typing import Any

from orchestrator.model.errors import CommandFailed, Retry, TargetError, UnexpectedOutput
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import WOULD, StepResult
from orchestrator.playbook.host_parameters import CommandParameters, WhenDone
from orchestrator.steps import detached
from orchestrator.steps.context import StepContext
from orchestrator.target.target import Target
from orchestrator.windows import (
    boot,
    branches,
    command_line,
    host_files,
    host_paths,
    provider,
    registry_places,
    transfer,
)
from orchestrator.windows import installer_job as jobs
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import Fact
from orchestrator.windows.installer_job import Job
from orchestrator.windows.language import LANGUAGE

OUTPUT_LIMIT = 16_000
"""Characters of what a command printed that are kept, counted from its end."""
UNSETTLED = "the line broke while the command ran in our session; whether it was carried out is not known"


async def run_command(target: Target, parameters: CommandParameters, context: StepContext) -> StepResult:
    """Looks whether it is done, runs the line where it is not, judges its exit code, and looks again."""
    machine = await target.machine()
    if machine.branch is branches.OTHER:
        return StepResult(Outcome.BLOCKED, branches.unchanged(machine))
    done = _fact(parameters.when_done, machine)
    ran = context.notes.get("ran")
    detail: dict[str, Any] = {"command": parameters.run, "detached": parameters.detached, **(ran or {})}
    if done is not None and await target.observe(done):
        if context.notes.get("begun"):
            return StepResult(Outcome.CHANGED, "the command has done what it is for", detail)
        return StepResult(Outcome.OK, "it is done already", detail)
    if target.check:
        return StepResult(Outcome.CHANGED, f"would run {parameters.run}", {**detail, WOULD: True})
    if done is None and not parameters.detached and context.notes.get("begun"):
        return StepResult(Outcome.UNKNOWN, UNSETTLED, {**detail, "remedy": "look at the host before it is run again"})
    code, output = await _run(target, parameters, context)
    detail |= {"exit_code": code, "output": output[-OUTPUT_LIMIT:]}
    restart = code in parameters.restart_codes
    if not restart and code not in parameters.exit_codes:
        return StepResult(Outcome.FAILED, f"the command ended with {code}", detail, reboot_required=restart)
    if done is not None and not await target.observe(done):
        reason = f"the command ended with {code}, but what it is for is not done"
        return StepResult(Outcome.FAILED, reason, detail, reboot_required=restart)
    ending = "and needs a restart" if restart else "as expected"
    return StepResult(Outcome.CHANGED, f"the command ended with {code}, {ending}", detail, reboot_required=restart)


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
            return Fact(
                "when_done", look.commands, lambda replies: registry_places.same(wanted, look.parse(replies)[0])
            )
        case _:
            return None


def _there(path: str, machine: Machine, *, wanted: bool) -> Fact[bool]:
    if host_paths.missing_on(path, machine.architecture):
        return Fact("when_done", (), lambda _: not wanted)
    look = provider.file_exists(path)
    return Fact("when_done", look.commands, lambda replies: look.parse(replies) is wanted)


async def _run(target: Target, parameters: CommandParameters, context: StepContext) -> tuple[int, str]:
    """Runs it to its end; gives its exit code and what it printed."""
    if parameters.detached:
        return await _run_detached(target, parameters, context)
    context.notes["begun"] = True
    (reply,) = await target.apply(command_line.run(parameters.run), seconds=parameters.minutes * 60)
    return reply.exit_code, reply.output


async def _run_detached(target: Target, parameters: CommandParameters, context: StepContext) -> tuple[int, str]:
    """Has SYSTEM run it, or finds it under way, perhaps since an earlier run."""
    of_this_run = (context.run_id, context.name) if parameters.always else ()
    job = detached.job_for("command", parameters.run, *of_this_run)
    try:
        state, booted = await target.observe(jobs.state(job), boot.BOOT)
        if detached.left_over(state, booted, context):
            await target.apply(jobs.clean_up(job))
            state = await target.observe(jobs.state(job))
        context.notes["begun"] = True
        if state.started_in is None:
            task = jobs.line_task_xml(job, command_line.detached(job, parameters.run), parameters.minutes)
            state = await detached.start(target, job, task, "run the command", booted)
        code = await detached.outlast(target, job, state, parameters.minutes, "the command", context)
        output = await _output(target, job)
        await target.apply(jobs.clean_up(job))
    except TargetError as error:
        if error.retry is Retry.NEVER:
            with suppress(TargetError):
                await target.apply(jobs.clean_up(job))
        raise
    return code, output


async def _output(target: Target, job: Job) -> str:
    """The beginning of what a detached command printed, at most half a megabyte; nothing where it printed nothing."""
    listed = await target.observe(host_files.matching(job.path(command_line.OUTPUT)))
    if not listed or listed[0].size == 0:
        return ""
    piece = transfer.piece(job.path(command_line.NUMBERED), 0)
    try:
        printed = await target.apply(command_line.offer_output(job), piece)
    except (CommandFailed, UnexpectedOutput) as error:
        return f"(what the command printed could not be read: {error.reason})"
    language = await target.observe(LANGUAGE)
    return _decoded(printed.content, language.oem_code_page)


def _decoded(printed: bytes, code_page: str | None) -> str:
    """Text of the host's OEM code page; what is no text of it shows as such."""
    name = f"cp{code_page}"
    try:
        codecs.lookup(name)
    except LookupError:
        name = "cp437"
    return printed.decode(name, "replace").replace("\r\n", "\n")
