"""The engine that lives in this process and forgets with it: for tests, demonstrations, short runs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from orchestrator.engine.arriving import arriving
from orchestrator.engine.protocol import HostWork, Stop
from orchestrator.engine.slots import Place, Slots
from orchestrator.model.clock import Clock
from orchestrator.model.errors import RunStopped
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest, StepRecord, StepResult


@dataclass(frozen=True)
class InProcessEngine:
    """Runs hosts as asyncio tasks; see `engine.protocol.Engine`.

    Attributes:
        clock: By which rests are slept.
    """

    clock: Clock = field(default_factory=Clock)

    async def run(self, hosts: Sequence[str], work: HostWork, forks: int, stop: Stop) -> None:
        slots, ahead = Slots(forks, stop, self.clock), asyncio.Semaphore(forks)
        errors: list[Exception] = []

        async def alone(host: str) -> None:
            """Takes one host through the plan; an error ends that, and no other host's work."""
            try:
                await _run_host(host, work, slots, ahead, stop)
            except Exception as error:  # noqa: BLE001 - raised when all are through
                errors.append(error)

        async with asyncio.TaskGroup() as group:
            try:
                async with aclosing(arriving(work, hosts, ahead, stop)) as newcomers:
                    async for host, refused in newcomers:
                        if refused is None:
                            group.create_task(alone(host), name=f"host {host}")
                        else:
                            await work.conclude(host, [], StepResult(Outcome.CANCELLED, refused))
            except Exception as error:  # noqa: BLE001 - whoever has begun comes to the end
                errors.append(error)
        if errors:
            raise ExceptionGroup("hosts whose work broke off", errors)


async def _run_host(host: str, work: HostWork, slots: Slots, ahead: asyncio.Semaphore, stop: Stop) -> None:
    records: list[StepRecord] = []
    verdict: StepResult | None = None
    async with slots.place() as place:
        ahead.release()
        for step in range(work.steps):
            if (reason := await stop.stopped() or (None if step else work.refusal())) is not None:
                verdict = StepResult(Outcome.CANCELLED, reason)
                break
            record = await _run_step(host, step, tuple(records), work, place)
            if record is None:
                continue
            records.append(record)
            if not record.result.outcome.fine:
                break
        await work.conclude(host, records, verdict)


async def _run_step(
    host: str, step: int, earlier: Sequence[StepRecord], work: HostWork, place: Place
) -> StepRecord | None:
    state: str | None = None

    async def keep(newer: str) -> None:
        """What a call leaves behind matters only to the next one, and that gets what this one returns."""

    aside = False
    while True:
        if not aside:
            await place.take()
        end = await work.perform(host, step, earlier, state, keep)
        if not isinstance(end, Rest):
            return end
        state, aside = end.state, end.aside
        if end.until is None:
            continue
        try:
            await place.rest(end.until)
        except RunStopped as stopped:
            return await work.give_up(host, step, earlier, state, stopped.reason)
