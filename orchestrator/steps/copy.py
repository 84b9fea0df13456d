"""Step `copy`: a file is on the host, byte for byte; nobody there ever sees half of it."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from orchestrator.model.errors import UsageError
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import StepResult
from orchestrator.model.validation import DocumentPath
from orchestrator.steps.context import SET_BACK, StepContext
from orchestrator.steps.declaration import StepKind
from orchestrator.steps.parameters import Parameters
from orchestrator.steps.tidying import tidied
from orchestrator.target import files
from orchestrator.target.target import Target
from orchestrator.windows import branches, host_files, host_paths, transfer
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import asked


def _writable(path: str) -> str:
    checked = host_paths.checked(path)
    if reason := host_paths.reserved(checked):
        raise ValueError(f"`{path}` must not be written: {reason}")
    return checked


def _there(path: Path) -> Path:
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    size = path.stat().st_size
    if not 0 < size <= transfer.ENCODE_LIMIT:
        limit = transfer.ENCODE_LIMIT // transfer.MEGABYTE
        raise ValueError(f"{path} has {size} bytes; what is copied has at least one, and at most {limit} MB")
    return path


WritableHostFile = Annotated[str, AfterValidator(_writable)]


class CopyParameters(Parameters):
    """Put a file on the host, unless it is there already, byte for byte."""

    source: Annotated[DocumentPath, AfterValidator(_there)] = Field(description="A file here, relative to this one.")
    destination: WritableHostFile = Field(
        description=r"Its path on the host, as in %ProgramData%\Contoso\settings.ini; missing folders are made."
    )
    keep_prior: bool = Field(
        default=False, description="Whether a file that is replaced is kept beside it, with `.prior` behind its name."
    )

    @property
    def allowed_minutes(self) -> int:
        """Ten minutes for looking before and after, and what the upload may take."""
        size = self.source.stat().st_size if self.source.is_file() else 0
        return 10 + transfer.minutes_for(size)


@dataclass(frozen=True)
class Sending:
    """The file was not there, and this step has begun to bring it."""


@dataclass(frozen=True)
class _Seen:
    """What is on the host; `received` counts the bytes that an earlier attempt has sent."""

    machine: Machine
    sha256: str | None
    is_folder: bool
    received: int


async def copy(target: Target, parameters: CopyParameters, context: StepContext) -> StepResult:
    """Compares by SHA-256, sends to a name beside the file's own, compares again there, and renames."""
    path = parameters.destination
    seen = await target.observe(
        _Seen,
        machine=asked(branches.MACHINE),
        sha256=asked(transfer.hash_of(path)),
        is_folder=asked(host_files.is_folder(path)),
        received=asked(transfer.received_bytes(path + host_files.PENDING)),
    )
    machine, before = seen.machine, seen.sha256
    if machine.branch is branches.OTHER:
        return StepResult(Outcome.BLOCKED, branches.unchanged(machine), {"remedy": branches.LEAVE_OUT})
    if variable := host_paths.missing_on(path, machine.architecture):
        remedy = "name another folder, or leave these hosts out with `when: {architecture: [x64]}`"
        reason = f"a {machine.architecture} Windows has no {variable}"
        return StepResult(Outcome.BLOCKED, reason, {"path": path, "remedy": remedy})
    wanted, size = await asyncio.to_thread(_measured, parameters)
    detail: dict[str, Any] = {"path": path, "bytes": size, "sha256": wanted, "sha256_before": before}
    if seen.is_folder:
        remedy = "name the file itself in `destination`, with its folder"
        return StepResult(Outcome.BLOCKED, f"{path} is a folder on the host", {**detail, "remedy": remedy})
    if before == wanted:
        if context.recall(Sending):
            return StepResult(Outcome.CHANGED, f"copied {parameters.source.name}", detail)
        return StepResult(Outcome.OK, f"{path} is the same already", detail)
    words = f"would copy {parameters.source.name} to {path} ({size} bytes)"
    target.foretell(StepResult(Outcome.CHANGED, words, detail, would_change=True))
    await context.keep(Sending())
    after = await _send(target, parameters, context, seen.received)
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


KIND = StepKind(
    name="copy",
    summary="Put a file on the host.",
    parameters=CopyParameters,
    changes_hosts=True,
    perform=copy,
)
