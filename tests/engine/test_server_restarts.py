"""A database server that is restarted under a run: it has the run again before it does anything, or stops."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest

from orchestrator.engine import progress
from orchestrator.engine.database import Database, RunTaken
from orchestrator.engine.durable import DurableEngine
from orchestrator.engine.progress import HostProgress, Progress
from orchestrator.fleet.stop import StopSignal
from orchestrator.model.errors import RecordNotKept
from orchestrator.runs.folders import new_run_id
from tests.engine.test_contract import HOSTS, RecordingWork
from tests.postgres import Server, postgres

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A PostgreSQL server."""
    with postgres() as server:
        yield server


@pytest.fixture
def run() -> str:
    """A run that nobody has begun."""
    return new_run_id(datetime.now(UTC))


def restart(server: Server) -> None:
    server.stop()
    server.start()


async def test_a_run_is_taken_again(server: Server, run: str) -> None:
    """The restart has ended the hold on it, and what is written next has it first."""
    database = Database.at(server.address)
    with Progress(database, run) as kept:
        restart(server)
        await kept.move("pc", HostProgress(1))
        with pytest.raises(RunTaken, match=f"at work on run {run}"), database.held(run):
            pass
    with Progress(database, run) as kept:
        assert await kept.hosts() == {"pc": HostProgress(1)}


async def test_somebody_was_quicker(server: Server, run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has taken the run has it to itself: nothing is written, and not even read."""
    monkeypatch.setattr(progress, "SERVER_SECONDS", 0.0)
    database = Database.at(server.address)
    with Progress(database, run) as kept:
        await kept.move("pc", HostProgress(1))
        restart(server)
        with Progress(database, run) as other:
            with pytest.raises(RecordNotKept, match=f"at work on run {run}"):
                await kept.move("pc", HostProgress(2))
            with pytest.raises(RecordNotKept):
                await kept.hosts()
            assert await other.hosts() == {"pc": HostProgress(1)}


@pytest.mark.parametrize("taken", [False, True], ids=["goes on", "stops"])
async def test_a_run_that_is_at_work(server: Server, run: str, monkeypatch: pytest.MonkeyPatch, *, taken: bool) -> None:
    """Hosts are gone on with when the run is had again; where another process has it, no further step is begun."""
    if taken:
        monkeypatch.setattr(progress, "SERVER_SECONDS", 0.0)
    database, other = Database.at(server.address), ExitStack()

    def at_the_first(host: str, step: int) -> None:
        if sum(map(len, work.performed.values())) == 1:
            restart(server)
            if taken:
                other.enter_context(database.held(run))

    work = RecordingWork(steps=2, on_step=at_the_first)
    running = DurableEngine(database, run).run(HOSTS, work, 1, StopSignal())
    with other:
        if not taken:
            await asyncio.wait_for(running, timeout=120)
            assert work.performed == {host: [0, 1] for host in HOSTS}
            return
        with pytest.raises(ExceptionGroup) as failed:
            await asyncio.wait_for(running, timeout=120)
        assert {type(error) for error in failed.value.exceptions} == {RecordNotKept}
        assert sum(map(len, work.performed.values())) == 1
        assert work.concluded == {}
