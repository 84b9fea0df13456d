"""The database in which runs keep how far they are: SQLite in a file of our own, or PostgreSQL."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from filelock import FileLock, Timeout

from orchestrator.model.errors import UsageError
from orchestrator.model.private_file import make_folder, open_private

SCHEMA: Final = "sspr"
"""Where PostgreSQL has our tables, and those of the queue."""
_BUSY_SECONDS: Final = 30
_CACHE_KIBIBYTES: Final = 256
"""Of each connection to a file; the operating system caches the file once for all of them."""
_PASSWORDS: Final = frozenset({"password", "sslpassword"})
_SOON: Final = {"connect_timeout": 10}
_MIGRATING: Final = "migration"


class RunTaken(UsageError):
    """Another process is at work on the run."""


@dataclass(frozen=True)
class Database:
    """Where it is.

    Attributes:
        url: As SQLAlchemy takes it; may hold a password, and is not shown.
        name: How people are told of it.
    """

    url: sa.URL
    name: str

    @classmethod
    def in_file(cls, path: Path) -> Database:
        """SQLite, in a file that is made where it is missing."""
        return cls(sa.URL.create("sqlite", database=str(path)), str(path))

    @classmethod
    def at(cls, address: str) -> Database:
        """PostgreSQL, by an address as `psql` takes it: `postgresql://user@host/database`.

        Raises:
            UsageError: It is none; the text does not repeat it.
        """
        try:
            url = sa.make_url(address)
        except sa.exc.ArgumentError:
            url = None
        if url is None or url.get_backend_name() != "postgresql":
            raise UsageError("this is no address of a PostgreSQL database; give it as postgresql://USER@HOST/DATABASE")
        return cls(url.set(drivername="postgresql+psycopg"), url.set(password=None, query={}).render_as_string())

    @property
    def has_password(self) -> bool:
        """Whether its address says one; libpq takes some as parameters, too."""
        return self.url.password is not None or not _PASSWORDS.isdisjoint(self.url.query)

    @property
    def embedded(self) -> bool:
        """Whether it is a file of this computer."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def file(self) -> Path:
        """The file of an embedded one; what is told of another where a path is wanted."""
        return Path(self.url.database or "") if self.embedded else Path(self.name)

    def prepare(self) -> None:
        """Finds out whether it can be used. A file is made for its owner alone; many may read it while one writes.

        Raises:
            OSError: The file cannot be made, or is another person's.
            UsageError: It is no database, or the server does not let us in.
        """
        if not self.embedded:
            self._try()
            return
        make_folder(self.file.parent)
        os.close(open_private(self.file, os.O_RDWR))
        with closing(sqlite3.connect(self.file, timeout=_BUSY_SECONDS)) as connection:
            try:
                connection.execute("PRAGMA journal_mode=WAL")
            except sqlite3.Error as error:
                raise UsageError(f"{self.file} cannot be used as a database: {error}") from error

    def _try(self) -> None:
        made = sa.create_engine(self.url, poolclass=sa.NullPool, connect_args=_SOON)
        try:
            made.connect().close()
        except sa.exc.DBAPIError as error:
            said = str(error.orig).splitlines()[0]
            raise UsageError(f"the database {self.name} cannot be used: {said}") from error

    def connections(self, most: int, *, outlives_power_cuts: bool = False) -> sa.Engine:
        """Connections to it, made as they are needed.

        Args:
            most: How many there may be at once.
            outlives_power_cuts: Whether what is committed by them is on the disk then; without, a power cut may take
                back the last of it, and a crash of ours nothing.
        """
        if not self.embedded:
            search = {"options": f"-c search_path={SCHEMA}"} if outlives_power_cuts else {}
            return sa.create_engine(
                self.url,
                pool_size=most,
                max_overflow=0,
                pool_pre_ping=True,
                connect_args=_SOON | search,
            )
        made = sa.create_engine(self.url, pool_size=most, max_overflow=0, connect_args={"timeout": _BUSY_SECONDS})
        flushing = "FULL" if outlives_power_cuts else "NORMAL"

        def begin(connection: Any, _: object) -> None:
            connection.isolation_level = "IMMEDIATE"
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute(f"PRAGMA cache_size=-{_CACHE_KIBIBYTES}")
            connection.execute(f"PRAGMA synchronous={flushing}")

        sa.event.listen(made, "connect", begin)
        return made

    @contextmanager
    def held(self, run: str) -> Iterator[sa.Engine]:
        """Inside the block, no other process has the run.

        Yields:
            The one connection by which what decides about the run is read and written. A server knows by it who has
            the run, so that nothing is done by another, made after a restart of the server, before that has the run
            again; it raises RunTaken where somebody else was quicker.

        Raises:
            RunTaken: Another process has it.
            OSError: That cannot be told.
        """
        if self.embedded:
            with self._file_locked(run, seconds=0):
                connections = self.connections(1, outlives_power_cuts=True)
                try:
                    yield connections
                finally:
                    connections.dispose()
            return
        connections = self.connections(1, outlives_power_cuts=True)
        sa.event.listen(connections, "connect", lambda connection, _: _take(connection, run))
        try:
            connections.connect().close()  # to the pool, where it stays open
            yield connections
        finally:
            connections.dispose()

    def forget_lock(self, run: str) -> None:
        """Takes away what `held` has left of a run that is no more; inside its block. Raises OSError."""
        if self.embedded:
            self._lock_file(run).unlink(missing_ok=True)

    def give_back_space(self) -> None:
        """Has a file become as small as what is in it, unless somebody is at work there; servers do it themselves."""
        if not self.embedded:
            return
        with closing(sqlite3.connect(self.file)) as connection, suppress(sqlite3.OperationalError):
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def migrating(self) -> Iterator[None]:
        """Inside the block, no other process makes or changes tables."""
        if self.embedded:
            with self._file_locked(_MIGRATING, seconds=_BUSY_SECONDS):
                yield
            return
        made = sa.create_engine(self.url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        with made.connect() as connection:
            connection.execute(sa.text("SELECT pg_advisory_lock(:number)"), {"number": _number(_MIGRATING)})
            yield

    @contextmanager
    def _file_locked(self, name: str, seconds: float) -> Iterator[None]:
        path = self._lock_file(name)
        make_folder(path.parent)
        lock = FileLock(path, mode=0o600)
        try:
            lock.acquire(timeout=seconds)
        except Timeout:
            raise (_held(name) if seconds else _at_work(name)) from None
        try:
            yield
        finally:
            lock.release()

    def _lock_file(self, name: str) -> Path:
        return self.file.with_name(f"{self.file.name}.locks") / name.replace(" ", "-")


def _held(what: str) -> UsageError:
    return UsageError(
        f"another process has had the {what} of the database for {_BUSY_SECONDS} s; end it, and try again"
    )


def _number(name: str) -> int:
    """What a server knows a lock by."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


def _take(connection: Any, run: str) -> None:
    """Has a new connection take the run, for as long as it lives. Raises RunTaken."""
    with connection.cursor() as cursor:
        (taken,) = cursor.execute("SELECT pg_try_advisory_lock(%s)", (_number(run),)).fetchone()
    connection.commit()
    if not taken:
        connection.close()
        raise _at_work(run)


def _at_work(run: str) -> RunTaken:
    return RunTaken(f"another process is at work on run {run}; `sspr runs show {run}` shows how far it is")
