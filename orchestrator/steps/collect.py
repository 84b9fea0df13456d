"""Step `collect`: the logs that support needs come home, packed on the host and proved by hashes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from pydantic import Field

from orchestrator.harvest import unpacking
from orchestrator.harvest.bundle import Origin
from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import StepResult
from orchestrator.steps.context import StepContext
from orchestrator.steps.declaration import StepKind
from orchestrator.steps.detached import job_for
from orchestrator.steps.parameters import Parameters
from orchestrator.steps.tidying import tidied
from orchestrator.target import files
from orchestrator.target.target import Target
from orchestrator.windows import collection, transfer
from orchestrator.windows.job import Job

TAKE_MORE = "take more with `sspr run collect-logs --set collect.maximum_mb=256`, or fewer days (`sspr logs collect`)"


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
    target.foretell(StepResult(Outcome.OK, "would collect the logs; nothing on the host would stay changed"))
    async with tidied(target, collection.clean_up(job), context):
        return await _collect(target, job, parameters, context)


async def _collect(target: Target, job: Job, parameters: CollectParameters, context: StepContext) -> StepResult:
    numbered = job.path("harvest.txt")
    limit = min(parameters.maximum_mb * transfer.MEGABYTE, transfer.ENCODE_LIMIT)
    packed, offered = context.recall(Packed), None
    size = await target.observe(collection.packed_bytes(job)) if packed else None
    if packed is None or size is None:
        context.report("collecting on the host")
        size = await target.apply(collection.collect(job, parameters.days), collection.packed_bytes(job))
        if size is None:
            raise UnexpectedOutput("makecab reports success, but there is no cabinet")
        if size > limit:
            await target.apply(collection.clean_up(job))
            reason = f"the logs come to more than {limit // transfer.MEGABYTE} MB"
            return StepResult(Outcome.BLOCKED, reason, {"bytes": size, "remedy": TAKE_MORE})
        offered = await files.offer(target, job.path(collection.CABINET), numbered)
        packed = Packed(offered.sha256)
        await context.keep(packed)
    destination = context.folder / "harvest.cab"
    await files.get(target, numbered, packed.sha256, destination, limit, context.report, offered)
    await target.apply(collection.clean_up(job))
    folder = context.folder / context.name
    origin = Origin(target.host.name, context.run_id, context.clock.now())
    manifest = await asyncio.to_thread(
        unpacking.unpack, destination.read_bytes(), folder, origin, collection.origins(job, parameters.days)
    )
    destination.unlink()
    detail = {
        "folder": str(folder),
        "files": [{"name": entry.name, "bytes": entry.bytes, "sha256": entry.sha256} for entry in manifest.files],
        "manifest_sha256": manifest.sha256,
        "cabinet_bytes": size,
    }
    return StepResult(Outcome.OK, "logs brought home", detail)


KIND = StepKind(
    name="collect",
    summary="Bring logs home.",
    parameters=CollectParameters,
    changes_hosts=False,
    perform=collect,
)
