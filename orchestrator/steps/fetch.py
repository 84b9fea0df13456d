"""Step `fetch`: files of the host come home, verified by SHA-256, and go on where they were when the line breaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from orchestrator.harvest import names
from orchestrator.model.detail import Detail
from orchestrator.model.errors import CommandFailed
from orchestrator.model.message import Message, message, phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.private_file import write_private
from orchestrator.model.result import StepResult
from orchestrator.remote import files
from orchestrator.remote.target import Target
from orchestrator.steps import workplaces
from orchestrator.steps.declaration import Parameters, StepContext, StepKind
from orchestrator.steps.detached import tidied
from orchestrator.windows import host_files, host_paths, transfer, workplace
from orchestrator.windows.command import all_of

_NONE_THERE = phrase("fetch-none-there")
_NAME_FEWER = phrase("remedy-fetch-fewer")


@message("fetch-no-such-file", remedy=True)
def _no_such_file(patterns: tuple[str, ...]) -> None: ...


@message("fetch-would")
def _would_fetch(count: int, size: int) -> None: ...


@message("fetched")
def _fetched(count: int, size: int) -> None: ...


@message("fetch-too-many")
def _too_many(count: int, most: int) -> None: ...


@message("fetch-too-much")
def _too_much(most_mb: int) -> None: ...


@message("fetch-file-too-large")
def _too_large(path: str, most_mb: int) -> None: ...


@message("fetch-name-not-taken")
def _name_not_taken(objection: Message) -> None: ...


@message("fetch-not-readable")
def _not_readable(path: str, code: int) -> None: ...


@dataclass(frozen=True)
class Fetched:
    """A file of the host: its path there, its place here, and its hash; both None before it is brought home."""

    path: str
    file: str | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class FetchDetail(Detail, kind="fetch"):
    """What came home, or would.

    Attributes:
        missing: Patterns that match no file.
        bytes: Of all files together.
    """

    missing: tuple[str, ...]
    bytes: int
    files: tuple[Fetched, ...] = ()


@dataclass(frozen=True)
class _Wanted:
    """A file that is to be brought home: where it is, how long, and its name in the host's folder."""

    path: str
    size: int
    name: str


def _pattern(path: str) -> str:
    return host_paths.checked(path, wildcards=True)


HostPattern = Annotated[str, AfterValidator(_pattern)]


class FetchParameters(Parameters):
    """Bring files home into the host's folder of this run."""

    files: tuple[HostPattern, ...] = Field(
        min_length=1, description="Paths on the host; the last part of each may hold `*` and `?`."
    )
    required: bool = Field(default=True, description="Whether it is a failure when one of them matches no file.")
    maximum_mb: int = Field(
        default=64, strict=True, ge=1, description="The most that is brought home from a host, in megabytes."
    )

    @property
    def allowed_minutes(self) -> int:
        """Ten minutes for looking and making ready, and what all that may be brought home may take."""
        return 10 + transfer.minutes_for(self.maximum_mb * transfer.MEGABYTE)


async def fetch(target: Target, parameters: FetchParameters, context: StepContext) -> StepResult:
    """Looks what the patterns mean, judges names and lengths before anything is sent, and brings all of it home."""
    patterns = parameters.files
    listed = await target.observe(all_of("fetch", {pattern: host_files.matching(pattern) for pattern in patterns}))
    missing = tuple(pattern for pattern, files_there in listed.items() if not files_there)
    found = [(host_paths.folder(pattern), each) for pattern, files_there in listed.items() for each in files_there]
    wanted = _named(found)
    size = sum(file.size for file in wanted)
    detail = FetchDetail(missing, size)
    if refused := _objection(wanted, parameters):
        return StepResult(Outcome.BLOCKED, refused, detail, remedy=_NAME_FEWER())
    if missing and parameters.required:
        return StepResult(Outcome.FAILED, _no_such_file(missing), detail, remedy=_no_such_file.remedy(missing))
    if not wanted:
        return StepResult(Outcome.OK, _NONE_THERE(), detail)
    foreseen = replace(detail, files=tuple(Fetched(file.path) for file in wanted))
    target.stop_in_check_mode(StepResult(Outcome.OK, _would_fetch(len(wanted), size), foreseen))
    brought = await _bring_home(target, wanted, context)
    return StepResult(Outcome.OK, _fetched(len(wanted), size), replace(detail, files=brought))


def _named(found: Sequence[tuple[str, host_files.Listed]]) -> list[_Wanted]:
    """Each file once, under its own name; where two have the same one, a number goes in front of the later."""
    wanted: dict[str, _Wanted] = {}
    taken: set[str] = set()
    for folder, listed in found:
        path = folder.rstrip("\\") + "\\" + listed.name
        if path.lower() in wanted:
            continue
        numbered = (f"{number}-{listed.name}" for number in count(2))
        name = next(each for each in chain([listed.name], numbered) if each.lower() not in taken)
        taken.add(name.lower())
        wanted[path.lower()] = _Wanted(path, listed.size, name)
    return list(wanted.values())


def _objection(wanted: Sequence[_Wanted], parameters: FetchParameters) -> Message | None:
    if len(wanted) > host_files.MOST_LISTED:
        return _too_many(len(wanted), host_files.MOST_LISTED)
    if sum(file.size for file in wanted) > parameters.maximum_mb * transfer.MEGABYTE:
        return _too_much(parameters.maximum_mb)
    for file in wanted:
        if file.size > transfer.ENCODE_LIMIT:
            return _too_large(file.path, transfer.ENCODE_LIMIT // transfer.MEGABYTE)
        if reason := names.objection(file.name):
            return _name_not_taken(reason)
    return None


@dataclass(frozen=True)
class Brought:
    """How far it is.

    Attributes:
        offered: Path on the host → SHA-256, of files that lie ready to be fetched; None before the folder is made.
        done: Paths of those that are here.
    """

    offered: dict[str, str] | None = None
    done: tuple[str, ...] = ()


async def _bring_home(target: Target, wanted: Sequence[_Wanted], context: StepContext) -> tuple[Fetched, ...]:
    place = workplaces.own("fetch", context)
    folder = context.folder / context.name
    so_far = context.recall(Brought) or Brought()
    async with tidied(target, workplace.remove(place), context):
        if so_far.offered is None:
            await target.apply(host_files.make_folder(place.folder))
            so_far = Brought(offered={})
        for number, file in enumerate(wanted):
            if file.path not in so_far.done:
                so_far = await _bring_one(
                    target, file, folder / file.name, place.path(f"{number}.txt"), so_far, context
                )
        await workplaces.leave(target, place, context)
    hashes = so_far.offered or {}
    return tuple(Fetched(file.path, str(folder / file.name), hashes.get(file.path)) for file in wanted)


async def _bring_one(
    target: Target, file: _Wanted, destination: Path, numbered: str, so_far: Brought, context: StepContext
) -> Brought:
    """Brings one file home; certutil takes no empty one, which needs no sending either."""
    offered = dict(so_far.offered or {})
    if file.size == 0:
        write_private(destination, b"")
        return replace(so_far, done=(*so_far.done, file.path))
    offer = None
    if file.path not in offered:
        try:
            offer = await files.offer(target, file.path, numbered)
        except CommandFailed as error:
            raise CommandFailed(
                _not_readable(file.path, error.exit_code),
                command=str(error.evidence["command"]),
                exit_code=error.exit_code,
                output=str(error.evidence["output"]),
            ) from error
        offered[file.path] = offer.sha256
        so_far = replace(so_far, offered=offered)
        await context.keep(so_far)
    limit, sha256 = transfer.ENCODE_LIMIT, offered[file.path]
    await files.get(target, numbered, sha256, destination, limit, context.report, offer, file.size)
    so_far = replace(so_far, done=(*so_far.done, file.path))
    await context.keep(so_far)
    return so_far


KIND = StepKind(
    name="fetch",
    summary="Bring files home.",
    parameters=FetchParameters,
    changes_hosts=False,
    perform=fetch,
)
