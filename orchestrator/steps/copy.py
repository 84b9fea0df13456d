"""Step `copy`: a file is on the host, byte for byte; nobody there ever sees half of it."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field

from orchestrator.model.detail import Detail
from orchestrator.model.message import message
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import StepResult
from orchestrator.model.shared_files import check_shared, read_shared
from orchestrator.model.validation import DocumentPath
from orchestrator.remote import files
from orchestrator.remote.target import Target
from orchestrator.steps.declaration import SET_BACK, Parameters, StepContext, StepKind, did_not_stay
from orchestrator.steps.detached import tidied
from orchestrator.windows import branches, host_files, host_paths, transfer
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import asked


@message("copy-no-such-folder", remedy=True)
def _no_such_folder(architecture: str, variable: str) -> None: ...


@message("copy-is-a-folder", remedy=True)
def _is_a_folder(path: str) -> None: ...


@message("copy-same-already")
def _same_already(path: str) -> None: ...


@message("copy-would")
def _would_copy(file: str, path: str, size: int) -> None: ...


@message("copied")
def _copied(file: str) -> None: ...


@dataclass(frozen=True)
class CopyDetail(Detail, kind="copy"):
    """The file.

    Attributes:
        path: Where it is to be on the host.
        bytes: Its length.
        sha256: Its hash here, in lower-case hex.
        sha256_before: That of what stood on the host; None when nothing did.
        sha256_after: That of what was found there, where it is not what was sent.
    """

    path: str
    bytes: int
    sha256: str
    sha256_before: str | None
    sha256_after: str | None = None


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

    def prepared(self, playbook: str) -> Self:
        """The same, once nobody else may write the file. Raises UntrustedPath."""
        check_shared(self.source)
        return super().prepared(playbook)


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
        return StepResult(Outcome.BLOCKED, branches.unchanged(machine), remedy=branches.LEAVE_OUT)
    if variable := host_paths.missing_on(path, machine.architecture):
        missing = (machine.architecture, variable)
        return StepResult(Outcome.BLOCKED, _no_such_folder(*missing), remedy=_no_such_folder.remedy(*missing))
    wanted, size = await asyncio.to_thread(_measured, parameters)
    detail = CopyDetail(path, size, wanted, before)
    if seen.is_folder:
        return StepResult(Outcome.BLOCKED, _is_a_folder(path), detail, remedy=_is_a_folder.remedy(path))
    if before == wanted:
        if context.recall(Sending):
            return StepResult(Outcome.CHANGED, _copied(parameters.source.name), detail)
        return StepResult(Outcome.OK, _same_already(path), detail)
    words = _would_copy(parameters.source.name, path, size)
    target.stop_in_check_mode(StepResult(Outcome.CHANGED, words, detail, would_change=True))
    await context.keep(Sending())
    after = await _send(target, parameters, context, wanted, seen.received)
    if after != wanted:
        return StepResult(Outcome.FAILED, did_not_stay(path), replace(detail, sha256_after=after), remedy=SET_BACK)
    return StepResult(Outcome.CHANGED, _copied(parameters.source.name), detail)


def _measured(parameters: CopyParameters) -> tuple[str, int]:
    """SHA-256 and length of the file here.

    Raises:
        OSError: when it cannot be read any more.
        UntrustedPath: when another person may write it.
    """
    content = read_shared(parameters.source, transfer.ENCODE_LIMIT)
    return hashlib.sha256(content).hexdigest(), len(content)


async def _send(
    target: Target, parameters: CopyParameters, context: StepContext, wanted: str, received: int
) -> str | None:
    path = parameters.destination
    folder = host_paths.folder(path)
    pending = path + host_files.PENDING
    parent = host_paths.folder(folder)
    async with tidied(target, host_files.forget_pending(path), context):
        await files.put(target, parameters.source, pending, folder, parent, context.report, wanted, received=received)
        change = host_files.put_in_place(path, keep_prior=parameters.keep_prior)
        return await target.apply(change, transfer.hash_of(path))


KIND = StepKind(
    name="copy",
    summary="Put a file on the host.",
    parameters=CopyParameters,
    changes_hosts=True,
    perform=copy,
)
