"""Work whose hosts are rows of a database: it looks, keeps what must not be forgotten, changes, rests and proves."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.engine.protocol import Keep
from orchestrator.model.clock import Clock
from orchestrator.model.codec import decode, encode
from orchestrator.model.detail import Detail
from orchestrator.model.message import Message, verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest, StepRecord, StepResult
from tests.engine.all_at_once import AllAtOnce

SEEN, LONG, BLIND = "seen", "long", "blind"
PLAN = (SEEN, LONG, SEEN, BLIND)
"""A change that can be seen, one that takes a while, another that can be seen, and one that tells by nothing."""
PAUSE_SECONDS = 0.02
LONG_PAUSE_SECONDS = 1.3
"""Over which the durable engine keeps nothing in memory."""


@dataclass(frozen=True)
class CarefulDetail(Detail, kind="careful"):
    """What stood on the host before."""

    before: int | None


@dataclass(frozen=True)
class State:
    """What a step leaves for its next call: what stood there before it changed anything, and how often it looked."""

    before: int | None = None
    looks: int = 0


class CarefulWork(AllAtOnce):
    """See `engine.protocol.HostWork`; each change is counted where it is made, on the host."""

    def __init__(self, path: Path, pause: float = PAUSE_SECONDS) -> None:
        self._pause = pause
        self._hosts = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False
        )  # to be closed by whoever collects it
        weakref.finalize(self, self._hosts.close)
        self._hosts.execute("CREATE TABLE IF NOT EXISTS things (host TEXT, step INTEGER, changes INTEGER)")
        self.concluded: dict[str, list[StepRecord]] = {}

    @property
    def steps(self) -> int:
        return len(PLAN)

    async def perform(
        self, host: str, step: int, earlier: Sequence[StepRecord], state: str | None, keep: Keep
    ) -> StepRecord | Rest | None:
        assert len(earlier) == step, "a record was forgotten"
        known = decode(State, state) if state else State()
        standing = self.changes(host, step)
        if PLAN[step] == BLIND and known.before is not None:
            return _record(step, Outcome.UNKNOWN, known)
        if known.before is None and not standing:
            known = replace(known, before=standing)
            await keep(encode(known))
            self._change(host, step)
        elif not standing:
            self._change(host, step)
        known = replace(known, looks=known.looks + 1)
        if PLAN[step] == LONG and known.looks < 3:
            return Rest(Clock().after(self._pause) if known.looks == 1 else None, encode(known))
        return _record(step, Outcome.CHANGED if known.before is not None else Outcome.OK, known)

    async def give_up(
        self, host: str, step: int, earlier: Sequence[StepRecord], state: str, reason: Message
    ) -> StepRecord:
        return _record(step, Outcome.CANCELLED, decode(State, state))

    async def conclude(self, host: str, records: Sequence[StepRecord], verdict: StepResult | None) -> None:
        self.concluded[host] = list(records)

    def changes(self, host: str, step: int) -> int:
        """How often the host was changed by a step."""
        query = "SELECT count(*) FROM things WHERE host = ? AND step = ?"
        (count,) = self._hosts.execute(query, (host, step)).fetchone()
        return int(count)

    def _change(self, host: str, step: int) -> None:
        self._hosts.execute("INSERT INTO things VALUES (?, ?, 1)", (host, step))


def _record(step: int, outcome: Outcome, state: State) -> StepRecord:
    return StepRecord(PLAN[step], StepResult(outcome, verbatim(PLAN[step]), CarefulDetail(state.before)))
