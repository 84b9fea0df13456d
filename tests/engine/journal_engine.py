"""An engine that writes down all that it is told before it goes on: the simplest one whose process may die."""

from __future__ import annotations

import asyncio
import sqlite3
import weakref
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from orchestrator.engine.arriving import arriving
from orchestrator.engine.protocol import HostWork, Stop
from orchestrator.engine.slots import Place, Slots
from orchestrator.model.clock import Clock
from orchestrator.model.codec import decode, encode
from orchestrator.model.errors import RunStopped
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest, StepRecord, StepResult

Pass = Callable[[str], None]
"""Told each boundary, by a name that is the same whoever comes there, right before it is passed."""


@dataclass(frozen=True)
class Line:
    """One line of the journal: a record, that a step did not apply, or a rest or state from which a step goes on."""

    record: StepRecord | None = None
    rest: Rest | None = None


class JournalEngine:
    """See `engine.protocol.Engine`; a run that is begun again goes on where its journal ends."""

    def __init__(self, path: Path, passing: Pass = lambda name: None, clock: Clock | None = None) -> None:
        self._journal = _Journal(path)
        self._passing = passing
        self._clock = clock or Clock()
        self._since: Counter[tuple[tuple[str, int, int], str]] = Counter()

    async def run(self, hosts: Sequence[str], work: HostWork, forks: int, stop: Stop) -> None:
        slots, ahead = Slots(forks, stop, self._clock), asyncio.Semaphore(forks)
        begun = [host for host in hosts if self._journal.last(host, 0) is not None]
        newcomers, errors = [host for host in hosts if host not in begun], list[Exception]()
        async with asyncio.TaskGroup() as group:
            for host in begun:
                group.create_task(self._run_host(host, work, slots, stop))
            try:
                async with aclosing(arriving(work, newcomers, ahead, stop)) as arrivals:
                    async for host, refused in arrivals:
                        if refused is None:
                            group.create_task(self._run_host(host, work, slots, stop, ahead.release))
                        else:
                            await work.conclude(host, [], StepResult(Outcome.CANCELLED, refused))
            except Exception as error:  # noqa: BLE001 - told when all are through
                errors.append(error)
        if errors:
            raise ExceptionGroup("newcomers", errors)

    async def _run_host(
        self, host: str, work: HostWork, slots: Slots, stop: Stop, entered: Callable[[], None] = lambda: None
    ) -> None:
        records: list[StepRecord] = []
        verdict: StepResult | None = None
        async with slots.place() as place:
            entered()
            for step in range(work.steps):
                last = self._journal.last(host, step)
                refusal = None if step else work.refusal()
                if last is None and (reason := await stop.stopped() or refusal) is not None:
                    verdict = StepResult(Outcome.CANCELLED, reason)
                    break
                if last is None or last.rest is not None:
                    rest = last.rest if last else None
                    record = await self._run_step(host, step, tuple(records), rest, work, place)
                else:
                    record = last.record
                if record is None:
                    continue
                records.append(record)
                if not record.result.outcome.fine:
                    break
            self._passing(f"{host} concluded")
            await work.conclude(host, records, verdict)

    async def _run_step(
        self, host: str, step: int, earlier: Sequence[StepRecord], rest: Rest | None, work: HostWork, place: Place
    ) -> StepRecord | None:
        async def keep(state: str) -> None:
            self._write(host, step, "kept", Line(rest=Rest(None, state)))

        while True:
            if rest is not None and rest.until is not None:
                try:
                    await place.rest(rest.until)
                except RunStopped as stopped:
                    record = await work.give_up(host, step, earlier, rest.state, stopped.reason)
                    self._write(host, step, "given up", Line(record))
                    return record
            if not (rest and rest.aside):
                await place.take()
            end = await work.perform(host, step, earlier, rest.state if rest else None, keep)
            if not isinstance(end, Rest):
                self._write(host, step, "ended", Line(end))
                return end
            rest = end
            self._write(host, step, "rests", Line(rest=rest))

    def _write(self, host: str, step: int, what: str, line: Line) -> None:
        progress = (host, step, self._journal.rests(host, step))
        self._since[progress, what] += 1
        place = f"{host} step {step}, rest {progress[2]}: {what} {self._since[progress, what]}"
        self._passing(f"{place}, not written")
        self._journal.append(host, step, line, rested=what == "rests")
        self._passing(f"{place}, written")


class _Journal:
    def __init__(self, path: Path) -> None:
        self._lines = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False
        )  # to be closed by whoever collects it
        weakref.finalize(self, self._lines.close)
        self._lines.execute("CREATE TABLE IF NOT EXISTS lines (host TEXT, step INTEGER, rested BOOLEAN, text TEXT)")

    def append(self, host: str, step: int, line: Line, *, rested: bool) -> None:
        self._lines.execute("INSERT INTO lines VALUES (?, ?, ?, ?)", (host, step, rested, encode(line)))

    def last(self, host: str, step: int) -> Line | None:
        """The newest line of a step; None before the first."""
        query = "SELECT text FROM lines WHERE host = ? AND step = ? ORDER BY rowid DESC LIMIT 1"
        row = self._lines.execute(query, (host, step)).fetchone()
        return decode(Line, row[0]) if row else None

    def rests(self, host: str, step: int) -> int:
        """How often a step has rested so far."""
        query = "SELECT count(*) FROM lines WHERE host = ? AND step = ? AND rested"
        (count,) = self._lines.execute(query, (host, step)).fetchone()
        return int(count)
