"""The engine whose runs outlive their process. The one place that knows DBOS, which queues phases and calls them.

A phase (`engine/phases.py`) takes a host as far as it goes without waiting. Then the next one is put into the run's own
queue with its due time, in the transaction that writes down where the host stands, and nothing of the host stays in
memory.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions, Serializer

from orchestrator.engine.database import SCHEMA, Database
from orchestrator.engine.phases import Phases
from orchestrator.engine.progress import Operation, Progress
from orchestrator.engine.protocol import HostWork, Stop
from orchestrator.model.clock import Clock
from orchestrator.model.errors import RecordNotKept, UsageError

_LOG = logging.getLogger(__name__)

_PROTOCOL: Final = "1"
"""Of phases, as DBOS knows versions: by default it would take any edit of this file for another one, and leave all
phases of the one before alone."""
_APPLICATION: Final = "sspr"
_WORKFLOW: Final = "phase"
_POLL_SECONDS: Final = 0.25
"""Between two looks into the queue."""
_MOST_AT_ONCE: Final = 5000
"""Identifiers in one question; SQLite takes 32,766 at most."""
_CONNECTIONS, _THREADS = 4, 8
_RETURNING, _ASIDE = 1, 2
"""Priorities in the queue; the smaller goes first. Those that are only looked at go last."""


class _Json(Serializer):
    """What DBOS keeps is the names and numbers that phases are called by."""

    def serialize(self, data: Any) -> str:
        return json.dumps(data, default=lambda value: type(value).__name__)

    def deserialize(self, serialized_data: str) -> Any:
        return json.loads(serialized_data)

    def name(self) -> str:
        return "json"


class _ToOurLog(logging.Handler):
    """Hands on what DBOS logs, which would print it."""

    def emit(self, record: logging.LogRecord) -> None:
        _LOG.handle(record)


_fleets: dict[str, Phases] = {}
"""By run: what this process is at work on."""


@DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=None)
async def _phase(run: str, host: str, number: int) -> None:
    if fleet := _fleets.get(run):
        await fleet.phase(host, number)


@dataclass(frozen=True)
class DurableEngine:
    """See `engine.protocol.Engine`; a run that is begun again, by whichever process, goes on where it broke off.

    What a stop cuts short ends for the process alone: hosts that have not come to their end are gone on with.

    Attributes:
        database: Where what must not be forgotten is kept.
        run_id: The run.
        clock: By which rests are waited for.
    """

    database: Database
    run_id: str
    clock: Clock = field(default_factory=Clock)

    async def run(self, hosts: Sequence[str], work: HostWork, forks: int, stop: Stop) -> None:
        """Takes every host through the plan; see `Engine.run`.

        Raises:
            UsageError: Another process is at work on the run, this one is at work on another, or a newer version of
                this program has the database.
            RecordNotKept: The database cannot be used, or not any more.
            ExceptionGroup: see `Engine.run`.
        """
        if _fleets:  # DBOS is one in a process
            raise UsageError(f"this process is at work on run {next(iter(_fleets))}; start another one for this run")
        try:
            with Progress(self.database, self.run_id) as progress:
                async with _queue(self.database, self.run_id, forks) as queue:
                    fleet = Phases(work, forks, stop, self.clock, progress, queue)
                    _fleets[self.run_id] = fleet
                    try:
                        await fleet.carry_through(hosts)
                    finally:
                        del _fleets[self.run_id]
        except sa.exc.DBAPIError as error:
            raise RecordNotKept(self.database.file, str(error.orig)) from error


class _Queue:
    """A run's own queue."""

    def __init__(self, run: str, client: DBOSClient) -> None:
        self._run = run
        self._client = client

    def calling(self, host: str, number: int, seconds: float | None, *, aside: bool = False) -> Operation:
        """Puts a phase into the queue, to be called in so many seconds, or as soon as there is room."""
        options = EnqueueOptions(
            workflow_name=_WORKFLOW,
            queue_name=self._run,
            workflow_id=self._identifier(host, number),
            app_version=_PROTOCOL,
            priority=_ASIDE if aside else _RETURNING,
        )
        if seconds:
            options["delay_seconds"] = seconds
        return lambda connection: self._enqueue(connection, options, host, number)

    async def known(self, phases: Mapping[str, int], *states: str) -> set[str]:
        """The hosts whose phase is in one of these states, as DBOS has them."""
        hosts = {self._identifier(host, number): host for host, number in phases.items()}
        identifiers, found = list(hosts), set[str]()
        for place in range(0, len(identifiers), _MOST_AT_ONCE):
            asked = identifiers[place : place + _MOST_AT_ONCE]
            known = await self._client.list_workflows_async(
                workflow_ids=asked, status=list(states), load_input=False, load_output=False
            )
            found |= {hosts[workflow.workflow_id] for workflow in known}
        return found

    def _enqueue(self, connection: sa.Connection, options: EnqueueOptions, host: str, number: int) -> None:
        self._client.enqueue_in_transaction(connection, options, self._run, host, number)

    def _identifier(self, host: str, number: int) -> str:
        return f"{self._run}/{host}/{number}"


@asynccontextmanager
async def _queue(database: Database, run: str, forks: int) -> AsyncIterator[_Queue]:
    """DBOS at work on a run's queue and on nobody else's."""
    log = logging.getLogger("dbos")
    if not log.handlers:
        log.addHandler(_ToOurLog())
        log.propagate = False
    connections = database.connections(_CONNECTIONS)
    config: DBOSConfig = {
        "name": _APPLICATION,
        "system_database_url": database.url.set(password=None).render_as_string(),
        "system_database_engine": connections,
        "dbos_system_schema": SCHEMA,
        "run_migrations": False,
        "application_version": _PROTOCOL,
        "executor_id": run,
        "serializer": _Json(),
        "max_executor_threads": _THREADS,
        "use_listen_notify": False,
        "log_level": "WARNING",
        "enable_otlp": False,
        "notification_listener_polling_interval_sec": _POLL_SECONDS,
        "scheduler_polling_interval_sec": 3600.0,
    }
    try:
        client = await asyncio.to_thread(_prepared, database, connections, run, 3 * forks)
        try:
            DBOS(config=config)
            try:
                DBOS.listen_queues([run])
                DBOS.launch()
                yield _Queue(run, client)
            finally:
                await asyncio.to_thread(DBOS.destroy)
        finally:
            client.destroy()
    finally:
        connections.dispose()


def _prepared(database: Database, connections: sa.Engine, run: str, most: int) -> DBOSClient:
    """A client of a database that has its tables, and the run's queue, which DBOS looks for at its launch."""
    with database.migrating():
        DBOS.migrate(database.url.render_as_string(hide_password=False), schema=SCHEMA)
    client = _client(connections)
    client.register_queue(run, worker_concurrency=most, polling_interval_sec=_POLL_SECONDS)
    return client


def forget_queue(connections: sa.Engine, run: str) -> None:
    """Removes a run's queue and all phases that are or were in it; nobody may be at work on the run.

    Args:
        connections: To a database that has the queue's tables.
        run: The run.
    """
    client = _client(connections)
    try:
        while phases := client.list_workflows(queue_name=run, limit=_MOST_AT_ONCE, load_input=False, load_output=False):
            client.delete_workflows([phase.workflow_id for phase in phases])
        client.delete_queue(run)
    finally:
        client.destroy()


def _client(connections: sa.Engine) -> DBOSClient:
    return DBOSClient(
        system_database_engine=connections,
        dbos_system_schema=SCHEMA,
        serializer=_Json(),
        application_name=_APPLICATION,
        lazy=True,
    )
