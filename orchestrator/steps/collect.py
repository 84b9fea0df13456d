"""Step `collect`: the logs that support needs come home, packed on the host and verified by hashes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import Field

from orchestrator.harvest import unpacking, zipped
from orchestrator.harvest.kinds import CHECK
from orchestrator.harvest.layout import ZIP
from orchestrator.harvest.manifest import Origin, Since, Taken
from orchestrator.model import program
from orchestrator.model.codec import encode
from orchestrator.model.detail import Detail
from orchestrator.model.errors import CommandFailed, UnexpectedOutput
from orchestrator.model.message import message, phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import StepResult
from orchestrator.model.showable import escaped
from orchestrator.model.spreadsheet import Delimiter
from orchestrator.model.validation import DocumentPath
from orchestrator.remote import files
from orchestrator.remote.target import Target
from orchestrator.sentences import say
from orchestrator.steps import sources, workplaces
from orchestrator.steps.declaration import Parameters, StepContext, StepKind
from orchestrator.steps.detached import tidied
from orchestrator.steps.gathering import gather
from orchestrator.steps.preflight import PreflightParameters, preflight
from orchestrator.steps.since import Mark, SinceEntry, marks_of
from orchestrator.steps.sources import SourceEntry
from orchestrator.windows import collection, transfer, workplace
from orchestrator.windows.command import together
from orchestrator.windows.sources import Look, Source
from orchestrator.windows.workplace import Workplace

CABINET = "harvest.cab"
"""What travels, in the host's folder until it is unpacked."""
_TRIES: Final = 3
"""How often it is packed: of very different contents the first try does not tell enough."""
_WOULD_COLLECT = phrase("collect-would")
_COLLECTING = phrase("progress-collecting")
_NO_CABINET = phrase("collect-no-cabinet")
_COLLECTED = phrase("collected")


@message("collect-too-much", remedy=True)
def _too_much(most_mb: int) -> None: ...


@dataclass(frozen=True)
class Collected:
    """A file of the bundle, with its length and its hash."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class CollectDetail(Detail, kind="collect"):
    """What came home.

    Attributes:
        cabinet_bytes: Length of what was packed on the host.
        folder: The bundle's, here; None when it stayed there, or is a zip file.
        manifest_sha256: Hash of the list of hashes.
        archive: The zip file that the bundle is, here; None where it is a folder.
        marks: How far events were brought home, for a bundle that is to go on from here.
    """

    cabinet_bytes: int
    folder: str | None = None
    files: tuple[Collected, ...] = ()
    manifest_sha256: str | None = None
    archive: str | None = None
    marks: tuple[Mark, ...] = ()


class CollectParameters(Parameters):
    """Bring home what support needs to see: event logs, installation logs, a snapshot of the registry."""

    days: int = Field(
        default=30,
        strict=True,
        ge=1,
        description="How far back events go whose source does not say so itself, in days.",
    )
    maximum_mb: int = Field(
        default=64,
        strict=True,
        ge=1,
        description="The most that is brought home from a host, in megabytes, compressed.",
    )
    unpacked_mb: int = Field(
        default=256,
        strict=True,
        ge=1,
        le=512,
        description="The most that all sources of a host may take there, in megabytes, before they are compressed; "
        "the last of them are cut first.",
    )
    sources: DocumentPath | None = Field(
        default=None,
        description="A file of sources, relative to this file, that are brought home besides those that come with the "
        "program; one of the same name takes the other's place.",
    )
    added: tuple[SourceEntry, ...] = Field(
        default=(), description="More sources, written here; they go before those of the file."
    )
    since: dict[str, SinceEntry] = Field(
        default={},
        description="Behind which bundle that of a host goes on, by the host's name; `--since-last` looks this up.",
    )
    bundle: Literal["folder", "zip"] = Field(
        default="folder", description="What a host's logs are here: a folder, or one zip file for handing on."
    )
    delimiter: Literal["semicolon", "comma", "tab"] = Field(
        default="semicolon",
        description="What separates the cells of timeline.csv: `semicolon`, which Excel wants where decimals have a "
        "comma, `comma`, which it wants elsewhere, or `tab`.",
    )

    @property
    def allowed_minutes(self) -> int:
        """Ten minutes for collecting, and what all that may be brought home may take."""
        return 10 + transfer.minutes_for(self.maximum_mb * transfer.MEGABYTE)

    @property
    def meant(self) -> tuple[Source, ...]:
        """What is collected, the most important first."""
        return tuple(each.meant(self.days) for each in sources.together(sources.shipped(), self.added))

    def prepared(self, playbook: str) -> Self:
        """These parameters with the sources of the file taken in.

        Raises:
            DocumentError: The file cannot be used.
            UntrustedPath: Another person may write it.
        """
        if self.sources is None:
            return super().prepared(playbook)
        added = sources.together(sources.load_sources(self.sources), self.added)
        return self.model_copy(update={"sources": None, "added": added})


@dataclass(frozen=True)
class Packed:
    """What lies on the host, ready to be fetched, and what is known of it.

    Attributes:
        sha256: Of the cabinet.
        taken: What became of each source.
        look: What the host has told when it was looked at; None where nobody wanted to know.
        clock_ahead_seconds: How far its clock was ahead of ours; None where it did not tell.
    """

    sha256: str
    taken: tuple[Taken, ...] = ()
    look: str | None = None
    clock_ahead_seconds: float | None = None


async def collect(target: Target, parameters: CollectParameters, context: StepContext) -> StepResult:
    """Collects on the host, fetches in pieces that a lost connection does not lose, and writes a bundle here."""
    place = workplaces.own("collect", context)
    target.stop_in_check_mode(StepResult(Outcome.OK, _WOULD_COLLECT()))
    async with tidied(target, workplace.remove(place), context):
        return await _collect(target, place, parameters, context)


async def _collect(target: Target, place: Workplace, parameters: CollectParameters, context: StepContext) -> StepResult:
    numbered = place.path("harvest.txt")
    limit = min(parameters.maximum_mb * transfer.MEGABYTE, transfer.ENCODE_LIMIT)
    packed, offered = context.recall(Packed), None
    size = await target.observe(collection.packed_bytes(place)) if packed else None
    if packed is None or size is None:
        context.report(_COLLECTING())
        look = await _looked(target, parameters.meant, context)
        size, taken = await _packed(target, place, parameters, limit)
        if size > limit:
            await workplaces.leave(target, place, context)
            most_mb = limit // transfer.MEGABYTE
            remedy = _too_much.remedy(most_mb)
            return StepResult(Outcome.BLOCKED, _too_much(most_mb), CollectDetail(size), remedy=remedy)
        ahead = target.clock_ahead.total_seconds() if target.clock_ahead is not None else None
        offered = await files.offer(target, place.path(collection.CABINET), numbered)
        packed = Packed(offered.sha256, taken, look, ahead)
        await context.keep(packed)
    destination = context.folder / CABINET
    await files.get(target, numbered, packed.sha256, destination, limit, context.report, offered, size)
    await workplaces.leave(target, place, context)
    await target.release()  # other hosts' logs may be read first, and the host would break the line off meanwhile
    return await _bundled(target, destination, packed, size, parameters, context)


async def _packed(
    target: Target, place: Workplace, parameters: CollectParameters, limit: int
) -> tuple[int, tuple[Taken, ...]]:
    """Gathers and packs; where the cabinet is larger than it may be, once more and less of it."""
    most_bytes = parameters.unpacked_mb * transfer.MEGABYTE
    earlier = parameters.since.get(target.host.name)
    since = earlier.told if earlier else ()
    number = 0
    while True:
        number += 1
        gathered = await gather(target, place, parameters.meant, most_bytes, since)
        packing = together(collection.PACKING(), gathered.finish, collection.pack(place))
        size = await target.apply(packing, collection.packed_bytes(place))
        if size is None:
            raise UnexpectedOutput(_NO_CABINET())
        if size <= limit or number == _TRIES:
            return size, gathered.taken
        lengths = await target.observe(collection.gathered(place))
        await target.apply(collection.drop(place, [file.name for file in lengths]))
        most_bytes = sum(file.size for file in lengths) * limit // size * 9 // 10


async def _looked(target: Target, wanted: Sequence[Source], context: StepContext) -> str | None:
    """What `sspr check` would say of the host, as JSON; None where nobody wants to know."""
    if not any(isinstance(source.what, Look) for source in wanted):
        return None
    try:
        result = await preflight(target, PreflightParameters(), context)
    except (CommandFailed, UnexpectedOutput) as error:
        return json.dumps({"reason": say(error.reason)}, indent=2, ensure_ascii=False)
    learned = json.loads(encode(result.detail)) if result.detail else None
    told = {"outcome": result.outcome, "reason": say(result.reason), "learned": learned}
    return json.dumps(told, indent=2, ensure_ascii=False)


async def _bundled(
    target: Target, cabinet: Path, packed: Packed, size: int, parameters: CollectParameters, context: StepContext
) -> StepResult:
    """Makes a bundle of what came home."""
    folder = context.folder / context.name
    earlier = parameters.since.get(target.host.name)
    origin = Origin(
        host=target.host.name,
        run_id=context.run_id,
        taken=context.clock.now(),
        clock_ahead_seconds=packed.clock_ahead_seconds,
        tool=program.version(),
        since=Since(earlier.run, earlier.manifest_sha256) if earlier else None,
    )
    wanted, made = parameters.meant, {}
    taken = packed.taken
    if packed.look is not None:
        looks = {source.name for source in wanted if isinstance(source.what, Look)}
        made = {CHECK: f"{escaped(packed.look)}\n".encode()}
        taken = tuple(replace(each, files=(CHECK,)) if each.name in looks else each for each in taken)
    out = {each.name for each in taken if not each.files}
    origins = {name: source.origin for source in wanted if source.name not in out for name in source.made}
    origins |= {Path(file).name: each.source for each in taken for file in each.files if file not in made}
    manifest = await unpacking.in_turn(
        unpacking.unpack,
        cabinet,
        folder,
        origin,
        unpacking.Asked(origins, taken, made),
        Delimiter(parameters.delimiter),
    )
    cabinet.unlink()  # noqa: ASYNC240 - as quick as it gets
    archive = folder.with_name(f"{folder.name}{ZIP}") if parameters.bundle == "zip" else None
    if archive:
        await unpacking.in_turn(_zip, folder, archive)
    detail = CollectDetail(
        cabinet_bytes=size,
        folder=None if archive else str(folder),
        archive=str(archive) if archive else None,
        marks=marks_of(manifest),
        files=tuple(Collected(entry.name, entry.bytes, entry.sha256) for entry in manifest.files),
        manifest_sha256=manifest.sha256,
    )
    return StepResult(Outcome.OK, _COLLECTED(), detail)


def _zip(folder: Path, archive: Path) -> None:
    """Makes one file of a bundle's folder."""
    zipped.pack(folder, archive)
    shutil.rmtree(folder)


KIND = StepKind(
    name="collect",
    summary="Bring logs home.",
    parameters=CollectParameters,
    changes_hosts=False,
    perform=collect,
)
