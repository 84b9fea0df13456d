"""Step `copy`: a file is on the host, byte for byte; nobody there ever sees half of it."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

from orchestrator.model.errors import UsageError
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import WOULD, StepResult
from orchestrator.playbook.host_parameters import CopyParameters
from orchestrator.steps.context import SET_BACK, StepContext
from orchestrator.steps.tidying import tidied
from orchestrator.target import files
from orchestrator.target.target import Target
from orchestrator.windows import branches, host_files, host_paths, transfer


async def copy(target: Target, parameters: CopyParameters, context: StepContext) -> StepResult:
    """Compares by SHA-256, sends to a name beside the file's own, compares again there, and renames."""
    path = parameters.destination
    machine, before, is_folder, received = await target.observe(
        branches.MACHINE,
        transfer.hash_of(path),
        host_files.is_folder(path),
        transfer.received_bytes(path + host_files.PENDING),
    )
    if machine.branch is branches.OTHER:
        return StepResult(Outcome.BLOCKED, branches.unchanged(machine), {"remedy": branches.LEAVE_OUT})
    if variable := host_paths.missing_on(path, machine.architecture):
        remedy = "name another folder, or leave these hosts out with `when: {architecture: [x64]}`"
        reason = f"a {machine.architecture} Windows has no {variable}"
        return StepResult(Outcome.BLOCKED, reason, {"path": path, "remedy": remedy})
    wanted, size = await asyncio.to_thread(_measured, parameters)
    detail: dict[str, Any] = {"path": path, "bytes": size, "sha256": wanted, "sha256_before": before}
    if is_folder:
        remedy = "name the file itself in `destination`, with its folder"
        return StepResult(Outcome.BLOCKED, f"{path} is a folder on the host", {**detail, "remedy": remedy})
    if before == wanted:
        if context.notes.get("sent"):
            return StepResult(Outcome.CHANGED, f"copied {parameters.source.name}", detail)
        return StepResult(Outcome.OK, f"{path} is the same already", detail)
    if target.check:
        reason = f"would copy {parameters.source.name} to {path} ({size} bytes)"
        return StepResult(Outcome.CHANGED, reason, {**detail, WOULD: True})
    context.notes["sent"] = True
    after = await _send(target, parameters, context, received)
    if after != wanted:
        detail |= {"sha256_after": after, "remedy": SET_BACK}
        return StepResult(Outcome.FAILED, f"{path} was written but did not stay", detail)
    return StepResult(Outcome.CHANGED, f"copied {parameters.source.name}", detail)


def _measured(parameters: CopyParameters) -> tuple[str, int]:
    """SHA-256 and length of the file here.

    Raises:
        UsageError: when it cannot be read any more.
    """
    try:
        content = parameters.source.read_bytes()
    except OSError as error:
        raise UsageError(f"{parameters.source}: cannot be read: {error.strerror}") from error
    return hashlib.sha256(content).hexdigest(), len(content)


async def _send(target: Target, parameters: CopyParameters, context: StepContext, received: int) -> str | None:
    path = parameters.destination
    folder = host_paths.folder(path)
    pending = path + host_files.PENDING
    parent = host_paths.folder(folder)
    async with tidied(target, host_files.forget_pending(path), context):
        await files.put(target, parameters.source, pending, folder, parent, context.report, received=received)
        change = host_files.put_in_place(path, keep_prior=parameters.keep_prior)
        return await target.apply(change, transfer.hash_of(path))
