"""Step `collect`: the logs that support needs come home, packed on the host and verified by hashes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from pydantic import Field

from orchestrator.harvest import unpacking
from orchestrator.harvest.bundle import Origin
from orchestrator.model.detail import Detail
from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.message import message, phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import StepResult
from orchestrator.remote import files
from orchestrator.remote.target import Target
from orchestrator.steps.declaration import Parameters, StepContext, StepKind
from orchestrator.steps.detached import job_for, tidied
from orchestrator.windows import collection, transfer
from orchestrator.windows.job import Job

CABINET = "harvest.cab"
"""What travels, in the host's folder until it is unpacked."""
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
        folder: The bundle's, here; None when it stayed there.
        manifest_sha256: Hash of the list of hashes.
    """

    cabinet_bytes: int
    folder: str | None = None
    files: tuple[Collected, ...] = ()
    manifest_sha256: str | None = None


class CollectParameters(Parameters):
    """Bring home what support needs to see: event logs, installation logs, a snapshot of the registry."""

    days: int = Field(
        default=30, strict=True, ge=1, description="How far back events of Windows Installer and of starts go, in days."
    )
    maximum_mb: int = Field(
        default=64,
        strict=True,
        ge=1,
        description="The most that is brought home from a host, in megabytes, compressed.",
    )

    @property
    def allowed_minutes(self) -> int:
        """Ten minutes for collecting, and what all that may be brought home may take."""
        return 10 + transfer.minutes_for(self.maximum_mb * transfer.MEGABYTE)


@dataclass(frozen=True)
class Packed:
    """What lies on the host, ready to be fetched."""

    sha256: str


async def collect(target: Target, parameters: CollectParameters, context: StepContext) -> StepResult:
    """Collects on the host, fetches in pieces that a lost connection does not lose, and writes a bundle here."""
    job = job_for("collect", context.run_id, context.name)
    target.stop_in_check_mode(StepResult(Outcome.OK, _WOULD_COLLECT()))
    async with tidied(target, collection.clean_up(job), context):
        return await _collect(target, job, parameters, context)


async def _collect(target: Target, job: Job, parameters: CollectParameters, context: StepContext) -> StepResult:
    numbered = job.path("harvest.txt")
    limit = min(parameters.maximum_mb * transfer.MEGABYTE, transfer.ENCODE_LIMIT)
    packed, offered = context.recall(Packed), None
    size = await target.observe(collection.packed_bytes(job)) if packed else None
    if packed is None or size is None:
        context.report(_COLLECTING())
        size = await target.apply(collection.collect(job, parameters.days), collection.packed_bytes(job))
        if size is None:
            raise UnexpectedOutput(_NO_CABINET())
        if size > limit:
            await target.apply(collection.clean_up(job))
            most_mb = limit // transfer.MEGABYTE
            remedy = _too_much.remedy(most_mb)
            return StepResult(Outcome.BLOCKED, _too_much(most_mb), CollectDetail(size), remedy=remedy)
        offered = await files.offer(target, job.path(collection.CABINET), numbered)
        packed = Packed(offered.sha256)
        await context.keep(packed)
    destination = context.folder / CABINET
    await files.get(target, numbered, packed.sha256, destination, limit, context.report, offered)
    await target.apply(collection.clean_up(job))
    folder = context.folder / context.name
    origin = Origin(target.host.name, context.run_id, context.clock.now())
    manifest = await asyncio.to_thread(
        unpacking.unpack, destination.read_bytes(), folder, origin, collection.origins(job, parameters.days)
    )
    destination.unlink()
    detail = CollectDetail(
        cabinet_bytes=size,
        folder=str(folder),
        files=tuple(Collected(entry.name, entry.bytes, entry.sha256) for entry in manifest.files),
        manifest_sha256=manifest.sha256,
    )
    return StepResult(Outcome.OK, _COLLECTED(), detail)


KIND = StepKind(
    name="collect",
    summary="Bring logs home.",
    parameters=CollectParameters,
    changes_hosts=False,
    perform=collect,
)
