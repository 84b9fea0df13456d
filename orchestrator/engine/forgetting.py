"""Progress that nobody needs any more, removed: that of runs which are no more, with their queues and locks."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from orchestrator.engine.database import SCHEMA, Database
from orchestrator.engine.durable import forget_queue
from orchestrator.engine.progress import TABLES_OF_RUNS
from orchestrator.model.errors import RecordNotKept


def forget(database: Database, runs: Iterable[str]) -> None:
    """Removes all that a database has of some runs, each whole or, where that fails in the middle, to be done again.

    Raises:
        UsageError: A process is at work on one of them.
        RecordNotKept: The database cannot be used.
        OSError: A lock cannot be had.
    """
    connections = database.connections(2, outlives_power_cuts=True)
    try:
        has_tables = sa.inspect(connections).has_table(TABLES_OF_RUNS[0], schema=None if database.embedded else SCHEMA)
        for run in runs:
            with database.held(run):
                if has_tables:
                    forget_queue(connections, run)
                    _forget_progress(connections, run)
                database.forget_lock(run)
    except sa.exc.DBAPIError as error:
        raise RecordNotKept(database.file, str(error.orig)) from error
    finally:
        connections.dispose()


def _forget_progress(connections: sa.Engine, run: str) -> None:
    with connections.begin() as connection:
        for table in TABLES_OF_RUNS:
            connection.execute(sa.text(f"DELETE FROM {table} WHERE run = :run"), {"run": run})  # noqa: S608 - our own
