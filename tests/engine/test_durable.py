"""What only the durable engine has to do: phases out of date, forgotten or delayed, and runs of other processes."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestrator.engine import durable, phases
from orchestrator.engine.database import Database
from orchestrator.engine.durable import DurableEngine
from orchestrator.fleet.stop import StopSignal
from orchestrator.model.codec import encode
from orchestrator.runs.folders import new_run_id
from tests.engine.dying import RUN_ID, Settings
from tests.engine.test_contract import HOSTS, RecordingWork
from tests.warned import warned

RUN = new_run_id(datetime.now(UTC))
REST = 1.5
"""Seconds, over which nothing of a host is in memory."""


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """One in a file."""
    made = Database.in_file(tmp_path / "state.sqlite3")
    made.prepare()
    return made


def changed(database: Database, statement: str) -> int:
    """Changes what the queue has; how many rows of it."""
    with closing(sqlite3.connect(database.file, timeout=120)) as connection, connection:
        return connection.execute(statement).rowcount


async def test_phases_that_are_out_of_date(database: Database) -> None:
    """Whatever the queue calls: a host is taken on by the one phase that is to come, and by nobody twice at once."""

    def again(host: str, step: int) -> None:
        fleet = durable._fleets[RUN]
        loop = asyncio.get_running_loop()
        calls.extend(loop.create_task(fleet.phase(host, number)) for number in (-1, 0, 1, 2))

    calls: list[asyncio.Task[None]] = []
    work = RecordingWork(steps=2, on_step=again)
    await DurableEngine(database, RUN).run(["pc"], work, 2, StopSignal())
    await asyncio.gather(*calls)
    assert work.performed == {"pc": [0, 1]}
    assert work.concluded == {"pc": [(["step0", "step1"], None)]}


@pytest.mark.parametrize(
    "trouble",
    [
        "DELETE FROM workflow_status WHERE status = 'DELAYED'",
        "UPDATE workflow_status SET status = 'SUCCESS' WHERE status = 'DELAYED'",
        "UPDATE workflow_status SET status = 'PENDING' WHERE status = 'DELAYED'",
        "UPDATE workflow_status SET delay_until_epoch_ms = delay_until_epoch_ms + 3600000 WHERE status = 'DELAYED'",
    ],
    ids=["forgotten", "taken for done", "taken for called", "a clock that was set back"],
)
async def test_what_the_queue_does_not_call(database: Database, monkeypatch: pytest.MonkeyPatch, trouble: str) -> None:
    """A host that is due and that nobody takes on is called again, once."""
    monkeypatch.setattr(phases, "_WATCH_SECONDS", 0.2)
    monkeypatch.setattr(phases, "_LOST_AFTER_SECONDS", 0.4)
    begun = asyncio.Event()
    work = RecordingWork(steps=1, rest=REST, on_step=lambda host, step: begun.set())

    async def spoil() -> None:
        await begun.wait()
        while not changed(database, trouble):  # noqa: ASYNC110 - another thread puts it there
            await asyncio.sleep(0.05)

    spoiling = asyncio.create_task(spoil())
    await asyncio.wait_for(DurableEngine(database, RUN).run(["pc"], work, 1, StopSignal()), timeout=120)
    await spoiling
    assert work.concluded == {"pc": [(["step0"], None)]}
    assert work.states == ["rested"]


@pytest.mark.slow
async def test_runs_of_other_processes(database: Database, tmp_path: Path) -> None:
    """Two processes on one database: each takes on the hosts of its own run, and no others."""
    settings = Settings(tmp_path, tuple(HOSTS), durable=True, immortal=True)
    other = await asyncio.create_subprocess_exec(*warned("tests.engine.dying", encode(settings)))
    work = RecordingWork(steps=2, rest=REST)
    await DurableEngine(database, RUN).run(["pc"], work, 1, StopSignal())
    assert await other.wait() == 0
    assert work.performed == {"pc": [0, 1]}
    with closing(sqlite3.connect(database.file)) as connection:
        taken = dict(
            connection.execute(
                "SELECT queue_name, group_concat(DISTINCT executor_id) FROM workflow_status GROUP BY queue_name"
            )
        )
    assert taken == {RUN: RUN, RUN_ID: RUN_ID}
