"""`python -m tests.engine.dying SETTINGS`: does a run in processes that each die at the first boundary not died at yet.

Whoever runs this gets the exit code of the process that came through. SIGKILL is what ends the others, so that nothing
is tidied up, flushed or said; they are forked from one that has imported everything, which saves a second for each.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.app.prepare import plan
from orchestrator.connect.connector import PywinrmConnector
from orchestrator.fleet.run import Run
from orchestrator.fleet.stop import StopSignal
from orchestrator.inventory.credentials import SecretResolver
from orchestrator.inventory.load import load_inventory
from orchestrator.model.codec import decode
from orchestrator.playbook.load import load_playbook
from orchestrator.runs.result_file import write_result
from tests.engine.careful_work import CarefulWork
from tests.engine.journal_engine import JournalEngine

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
    """

    folder: Path
    hosts: tuple[str, ...] = ()
    inventory: Path | None = None
    playbook: Path | None = None
    packages: tuple[Path, ...] = ()

    @property
    def deaths(self) -> Path:
        return self.folder / "deaths.txt"

    @property
    def engine(self) -> JournalEngine:
        return JournalEngine(self.folder / "journal.db", self._die_once)

    def _die_once(self, boundary: str) -> None:
        known = self.deaths.read_text().splitlines() if self.deaths.exists() else []
        if boundary not in known:
            with self.deaths.open("a") as deaths:
                deaths.write(f"{boundary}\n")
            os.kill(os.getpid(), signal.SIGKILL)


async def careful(settings: Settings) -> None:
    """Runs `CarefulWork`."""
    work = CarefulWork(settings.folder / "hosts.db")
    await settings.engine.run(settings.hosts, work, 2, StopSignal())
    assert set(work.concluded) == set(settings.hosts)


async def playbook(settings: Settings) -> None:
    """Runs the playbook, and writes its result beside the journal."""
    assert settings.inventory
    inventory = load_inventory(settings.inventory)
    hosts = inventory.select(None)
    book = load_playbook(str(settings.playbook)).with_packages(settings.packages)
    run = Run(
        id=RUN_ID,
        playbook=book.name,
        plan=plan(book),
        hosts=hosts,
        connector=PywinrmConnector(SecretResolver(inventory.path.parent), threads=len(hosts)),
        engine=settings.engine,
        folder=settings.folder / "hosts",
        listeners=(),
        stop=StopSignal(),
        forks=len(hosts),
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
    work = playbook if settings.playbook else careful
    return until_one_comes_through(lambda: work(settings))


if __name__ == "__main__":
    sys.exit(main())
