"""The engine that lives in this process and forgets with it: for tests, demonstrations and short runs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from orchestrator.engine.protocol import HostWork, Stop
from orchestrator.engine.slots import Slots
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import StepRecord, StepResult


class InProcessEngine:
    """Runs hosts as asyncio tasks; see `engine.protocol.Engine`."""

    async def run(self, hosts: Sequence[str], work: HostWork, at_once: int, stop: Stop) -> None:
        slots = Slots(at_once, stop)
        async with asyncio.TaskGroup() as group:
            for host in hosts:
                group.create_task(_run_host(host, work, slots, stop), name=f"host {host}")


async def _run_host(host: str, work: HostWork, slots: Slots, stop: Stop) -> None:
    records: list[StepRecord] = []
    verdict: StepResult | None = None
    async with slots.place() as place:
        for step in range(work.steps):
            if stop.reason is not None:
                verdict = StepResult(Outcome.CANCELLED, stop.reason)
                break
            record = await work.perform(host, step, tuple(records), place)
            if record is None:
                continue
            records.append(record)
            if not record.result.outcome.fine:
                break
        await work.conclude(host, records, verdict)
