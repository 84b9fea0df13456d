"""`python -m tests.engine.dying SETTINGS`: does a run in processes that each die at the first boundary not died at yet.

Whoever runs this gets the exit code of the process that came through. SIGKILL is what ends the others, so that nothing
is tidied up, flushed or said; they are forked from one that has imported everything, which saves a second for each.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestrator.app.prepare import plan
from orchestrator.connect.connector import PywinrmConnector
from orchestrator.engine.database import Database
from orchestrator.engine.durable import DurableEngine
from orchestrator.engine.progress import HostProgress, Line, Progress
from orchestrator.engine.protocol import Engine
from orchestrator.fleet.run import Run
from orchestrator.fleet.stop import StopSignal
from orchestrator.inventory.credentials import SecretResolver
from orchestrator.inventory.load import load_inventory
from orchestrator.model.clock import Clock
from orchestrator.model.codec import decode
from orchestrator.playbook.load import load_playbook
from orchestrator.runs.result_file import write_result
from tests.engine.careful_work import LONG_PAUSE_SECONDS, PAUSE_SECONDS, CarefulWork
from tests.engine.journal_engine import JournalEngine, Pass

MOST_DEATHS, TOO_MANY = 400, 99
RUN_ID, RESULT = "20261128-120000-dead", "result.json"


@dataclass(frozen=True)
class Settings:
    """What is run.

    Attributes:
        folder: Where journal, deaths and result are.
        hosts: Names of hosts of `CarefulWork`; none where a playbook is run.
        inventory: Of lab hosts.
        playbook: The playbook's file.
        packages: Its packages.
        durable: Whether the durable engine does it, rather than the simplest one.
        immortal: Whether no process dies.
        until: Until when hosts that are off are looked for.
        clock: The run's.
    """

    folder: Path
    hosts: tuple[str, ...] = ()
    inventory: Path | None = None
    playbook: Path | None = None
    packages: tuple[Path, ...] = ()
    durable: bool = False
    immortal: bool = False
    until: datetime | None = None
    clock: Clock = field(default_factory=Clock)

    @property
    def deaths(self) -> Path:
        return self.folder / "deaths.txt"

    @property
    def engine(self) -> Engine:
        if not self.durable:
            return JournalEngine(self.folder / "journal.db", self.die_once)
        database = Database.in_file(self.folder / "state.sqlite3")
        database.prepare()
        return DurableEngine(database, RUN_ID, self.clock)

    def die_once(self, boundary: str) -> None:
        if self.immortal:
            return
        known = self.deaths.read_text().splitlines() if self.deaths.exists() else []
        if boundary not in known:
            with self.deaths.open("a") as deaths:
                deaths.write(f"{boundary}\n")
            os.kill(os.getpid(), signal.SIGKILL)


def boundaries(passing: Pass) -> None:
    """Has each boundary told of at which the durable engine writes something down, until this process ends."""
    since: Counter[str] = Counter()
    write, move = Progress.write, Progress.move

    async def told(place: str, writing: Awaitable[None]) -> None:
        since[place] += 1
        passing(f"{place} {since[place]}, not written")
        await writing
        passing(f"{place} {since[place]}, written")

    async def writes(self: Progress, host: str, step: int, line: Line) -> None:
        what = "ended" if line.rest is None else "kept"
        await told(f"{host} step {step}: {what}", write(self, host, step, line))

    async def moves(self: Progress, host: str, to: HostProgress, *more: Any) -> None:
        what = "through" if to.ended else "rests" if to.due else "is called"
        await told(f"{host} phase {to.phase}: {what}", move(self, host, to, *more))

    setattr(Progress, "write", writes)  # noqa: B010 - its type stays
    setattr(Progress, "move", moves)  # noqa: B010


async def careful(settings: Settings) -> None:
    """Runs `CarefulWork`."""
    work = CarefulWork(settings.folder / "hosts.db", LONG_PAUSE_SECONDS if settings.durable else PAUSE_SECONDS)
    await settings.engine.run(settings.hosts, work, 2, StopSignal())
    assert set(work.concluded) == set(settings.hosts)


async def playbook(settings: Settings) -> None:
    """Runs the playbook, and writes its result beside the journal."""
    assert settings.inventory
    inventory = load_inventory(settings.inventory)
    hosts = inventory.select(None)
    book = load_playbook(str(settings.playbook))
    book = book.with_packages(settings.packages) if settings.packages else book
    run = Run(
        id=RUN_ID,
        playbook=book.name,
        plan=plan(book),
        hosts=hosts,
        connector=PywinrmConnector(SecretResolver(inventory.path.parent), threads=len(hosts), clock=settings.clock),
        engine=settings.engine,
        folder=settings.folder / "hosts",
        listeners=(),
        stop=StopSignal(),
        forks=len(hosts),
        clock=settings.clock,
        until=settings.until,
    )
    write_result(await run.execute(), settings.folder / RESULT)


def until_one_comes_through(work: Callable[[], Coroutine[Any, Any, None]]) -> int:
    """The exit code of the first of some processes, one after the other, that is not killed."""
    for _ in range(MOST_DEATHS):
        child = os.fork()
        if not child:
            asyncio.run(work())
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
            return os.waitstatus_to_exitcode(status)
    return TOO_MANY


def main() -> int:
    settings = decode(Settings, sys.argv[1])
    boundaries(settings.die_once)
    work = playbook if settings.playbook else careful
    return until_one_comes_through(lambda: work(settings))


if __name__ == "__main__":
    sys.exit(main())
