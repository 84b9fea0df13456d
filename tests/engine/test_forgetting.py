"""All that a database has of a run that is no more goes, and nothing of another run; on each kind of database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from orchestrator.engine.database import SCHEMA, Database
from orchestrator.engine.durable import DurableEngine
from orchestrator.engine.forgetting import forget
from orchestrator.fleet.stop import StopSignal
from orchestrator.model.errors import UsageError
from tests.engine.test_contract import RecordingWork
from tests.postgres import postgres

GONE, STAYS = "20261122-130501-9f3c21", "20261122-130502-77aa01"
HOSTS = ("first", "second")


@pytest.fixture(params=["SQLite", pytest.param("PostgreSQL", marks=pytest.mark.slow)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "SQLite":
        made = Database.in_file(tmp_path / "progress.sqlite3")
        made.prepare()
        yield made
        return
    with postgres() as server:
        yield Database.at(server.address)


def rows_of(database: Database, run: str) -> dict[str, int]:
    """How many rows each table has in which this run is named anywhere, other than by 0."""
    connections = database.connections(1, outlives_power_cuts=True)
    schema = None if database.embedded else SCHEMA
    try:
        metadata = sa.MetaData(schema=schema)
        metadata.reflect(connections)
        with connections.connect() as connection:
            counted = {
                name: sum(run in str(row) for row in connection.execute(sa.select(table)))
                for name, table in metadata.tables.items()
            }
    finally:
        connections.dispose()
    return {name.rpartition(".")[2]: rows for name, rows in counted.items() if rows}


@pytest.mark.slow
async def test_nothing_is_left_of_it(database: Database) -> None:
    """Not in our tables, not in those of the queue, and nothing is taken from others or from a run at work."""
    with pytest.raises(UsageError, match="at work"), database.held(GONE):
        forget(database, [GONE])
    forget(database, [GONE])
    for run in (GONE, STAYS):
        await DurableEngine(database, run).run(HOSTS, RecordingWork(steps=2, rest=1.2), 2, StopSignal())
    before = rows_of(database, STAYS)
    assert before.keys() >= {"host_progress", "step_progress", "workflow_status", "queues"}
    assert rows_of(database, GONE).keys() == before.keys()
    forget(database, [GONE])
    assert rows_of(database, GONE) == {}
    assert rows_of(database, STAYS) == before
