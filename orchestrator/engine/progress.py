"""How far each host of a run is, in the database: the last that each of its steps came to, and where it goes on.

This is what decides. The queue only calls; what it forgets or calls twice is found by what stands here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import sqlalchemy as sa

from orchestrator.engine.database import SCHEMA, Database, RunTaken
from orchestrator.model import threads
from orchestrator.model.clock import Moment, uptime
from orchestrator.model.codec import decode, encode
from orchestrator.model.errors import RecordNotKept, UsageError
from orchestrator.model.result import Rest, StepRecord

T = TypeVar("T")
Operation = Callable[[sa.Connection], None]
"""What is done in a transaction that others may share."""

SERVER_SECONDS: Final = 300.0
"""How long a database server may be away while a run goes on."""
_PAUSE: Final = 1.0
FORM: Final = 1
"""Of these tables, and of what stands in them."""
_TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS progress_form (form INTEGER NOT NULL)",
    """CREATE TABLE IF NOT EXISTS host_progress (
        run TEXT NOT NULL, host TEXT NOT NULL, phase INTEGER NOT NULL, due TEXT, ended INTEGER NOT NULL,
        PRIMARY KEY (run, host))""",
    """CREATE TABLE IF NOT EXISTS step_progress (
        run TEXT NOT NULL, host TEXT NOT NULL, step INTEGER NOT NULL, line TEXT NOT NULL,
        PRIMARY KEY (run, host, step))""",
)
TABLES_OF_RUNS: Final = ("host_progress", "step_progress")
"""Those of them that have rows of runs, by `run`."""
_SET_HOST: Final = sa.text(
    "INSERT INTO host_progress (run, host, phase, due, ended) VALUES (:run, :host, :phase, :due, :ended) "
    "ON CONFLICT (run, host) DO UPDATE SET phase = excluded.phase, due = excluded.due, ended = excluded.ended"
)
_SET_STEP: Final = sa.text(
    "INSERT INTO step_progress (run, host, step, line) VALUES (:run, :host, :step, :line) "
    "ON CONFLICT (run, host, step) DO UPDATE SET line = excluded.line"
)


@dataclass(frozen=True)
class Line:
    """The last that a step came to: its record, or none where it did not apply, or what it goes on from."""

    record: StepRecord | None = None
    rest: Rest | None = None


@dataclass(frozen=True, slots=True)
class HostProgress:
    """Where a host stands.

    Attributes:
        phase: The number of the one that is to come, or is under way; any other that is called is out of date.
        due: When it is to come; None for at once.
        ended: Whether there is none.
    """

    phase: int = 0
    due: Moment | None = None
    ended: bool = False


class Progress:
    """The progress of one run, which nobody else has until it is closed; to be used on one event loop.

    Hosts that write at the same moment share one transaction, and one wait for the disk.

    Args:
        database: Where.
        run: Whose.

    Raises:
        RunTaken: Another process is at work on the run.
        UsageError: The database is of another version of this program.
        OSError: Whether anybody is cannot be told.
        sqlalchemy.exc.SQLAlchemyError: It cannot be used.
    """

    def __init__(self, database: Database, run: str) -> None:
        self._database = database
        self._run = run
        self._held = ExitStack()
        self._connections = self._held.enter_context(database.held(run))
        self._thread = threads.started(1, "progress")
        self._waiting: list[Operation] = []
        self._writing: asyncio.Future[None] | None = None
        self._following: asyncio.Future[None] | None = None
        try:
            self._make_tables()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._thread.shutdown()
        self._held.close()

    async def hosts(self) -> dict[str, HostProgress]:
        """Where all hosts stand that were begun with."""

        def read(connection: sa.Connection) -> dict[str, HostProgress]:
            rows = connection.execute(
                sa.text("SELECT host, phase, due, ended FROM host_progress WHERE run = :run"),
                {"run": self._run},
            )
            return {
                host: HostProgress(phase, decode(Moment, due) if due else None, bool(ended))
                for host, phase, due, ended in rows
            }

        return await self._ask(read)

    async def untouched(self) -> set[str]:
        """The hosts that were to begin, and of which no step has come to anything."""

        def read(connection: sa.Connection) -> set[str]:
            rows = connection.execute(
                sa.text(
                    "SELECT host FROM host_progress AS h WHERE run = :run AND ended = 0 AND NOT EXISTS "
                    "(SELECT 1 FROM step_progress AS s WHERE s.run = h.run AND s.host = h.host)"
                ),
                {"run": self._run},
            )
            return {host for (host,) in rows}

        return await self._ask(read)

    async def rests(self) -> dict[str, tuple[int, Rest | None]]:
        """At which step each host is that was begun with and has not ended, and what that step rests with."""

        def read(connection: sa.Connection) -> dict[str, tuple[int, Rest | None]]:
            rows = connection.execute(
                sa.text(
                    "SELECT s.host, s.step, s.line FROM step_progress AS s JOIN host_progress AS h "
                    "ON h.run = s.run AND h.host = s.host WHERE s.run = :run AND h.ended = 0 AND s.step = "
                    "(SELECT max(step) FROM step_progress AS o WHERE o.run = s.run AND o.host = s.host)"
                ),
                {"run": self._run},
            )
            last = {host: (step, decode(Line, line).rest) for host, step, line in rows}
            return {host: (step if rest else step + 1, rest) for host, (step, rest) in last.items()}

        return await self._ask(read)

    async def steps(self, host: str) -> dict[int, Line]:
        """What the steps of a host came to."""

        def read(connection: sa.Connection) -> dict[int, Line]:
            rows = connection.execute(
                sa.text("SELECT step, line FROM step_progress WHERE run = :run AND host = :host"),
                {"run": self._run, "host": host},
            )
            return {step: decode(Line, line) for step, line in rows}

        return await self._ask(read)

    async def write(self, host: str, step: int, line: Line) -> None:
        """Keeps what a step came to. Raises RecordNotKept."""
        await self._commit(self._step(host, step, line))

    async def move(
        self, host: str, to: HostProgress, calling: Operation | None = None, left: tuple[int, Line] | None = None
    ) -> None:
        """Keeps where a host stands; all of it, or nothing.

        Args:
            host: Which.
            to: Where.
            calling: Has it called then.
            left: The step that it stopped at, and what that came to.

        Raises:
            RecordNotKept: It cannot be written.
        """
        values = {
            "run": self._run,
            "host": host,
            "phase": to.phase,
            "due": encode(to.due) if to.due else None,
            "ended": int(to.ended),
        }

        def together(connection: sa.Connection) -> None:
            if left:
                self._step(host, *left)(connection)
            connection.execute(_SET_HOST, values)
            if calling:
                calling(connection)

        await self._commit(together)

    def _step(self, host: str, step: int, line: Line) -> Operation:
        values = {"run": self._run, "host": host, "step": step, "line": encode(line)}
        return lambda connection: _execute(connection, _SET_STEP, values)

    async def _commit(self, operation: Operation) -> None:
        self._waiting.append(operation)
        if self._following is None:
            self._following = asyncio.ensure_future(self._write_after(self._writing))
        await asyncio.shield(self._following)

    async def _write_after(self, earlier: asyncio.Future[None] | None) -> None:
        if earlier is not None:
            await asyncio.wait([earlier])
        self._writing, self._following = self._following, None
        operations, self._waiting = self._waiting, []
        await self._ask(lambda connection: _carry_out(connection, operations))

    async def _ask(self, question: Callable[[sa.Connection], T]) -> T:
        """What a transaction finds or does; a server that is restarted meanwhile is waited for.

        So is a connection of ours that broke and that the server has not missed yet, which still has the run.

        Raises:
            RecordNotKept: The database cannot be used, or another process has taken the run after the restart.
        """

        def ask() -> T:
            waiting_until = uptime() + SERVER_SECONDS
            while True:
                try:
                    with self._connections.begin() as connection:
                        return question(connection)
                except (sa.exc.DBAPIError, RunTaken) as error:
                    away = isinstance(error, sa.exc.OperationalError | RunTaken) and not self._database.embedded
                    if not away or uptime() > waiting_until:
                        raise RecordNotKept(self._database.file, str(getattr(error, "orig", error))) from error
                    time.sleep(_PAUSE)

        return await asyncio.get_running_loop().run_in_executor(self._thread, ask)

    def _make_tables(self) -> None:
        with self._database.migrating(), self._connections.begin() as connection:
            if not self._database.embedded:
                connection.execute(sa.text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
            for table in _TABLES:
                connection.execute(sa.text(table))
            form = connection.execute(sa.text("SELECT max(form) FROM progress_form")).scalar()
            if form is None:
                connection.execute(sa.text("INSERT INTO progress_form VALUES (:form)"), {"form": FORM})
            elif form != FORM:
                age = "a newer" if form > FORM else "an older"
                raise UsageError(
                    f"{self._database.name} was written by {age} version of sspr (form {form}, here {FORM}); go on "
                    "with its runs by that one, and begin others with another database (--state)"
                )


def _carry_out(connection: sa.Connection, operations: Sequence[Operation]) -> None:
    for operation in operations:
        operation(connection)


def _execute(connection: sa.Connection, statement: sa.TextClause, values: dict[str, Any]) -> None:
    connection.execute(statement, values)
