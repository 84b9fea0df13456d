"""What is remembered of log-ons, by every run and process on this computer together: who is asked, and what they said.

SQLite from the standard library: whoever asks and notes has to do both in one step among threads and processes, also
when one of them is killed in between. Nothing is synced to the disk at each step (WAL, NORMAL): a process that dies
loses nothing, and a computer that dies has lost a moment of it. No password and no digest of one is in it: a new
password is known by where it comes from.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from orchestrator.connect.lockout.account import Account, netbios_guess
from orchestrator.model.clock import boot, uptime
from orchestrator.model.errors import LogonsNotKept
from orchestrator.model.private_file import make_folder, open_private

MEMORY_SECONDS: Final = 3600.0
"""How long a log-on is remembered; Windows forgets a wrong password after half an hour unless told otherwise."""
BUSY_SECONDS: Final = 30.0
"""How long other processes may keep it from being written."""
_SCHEMA: Final = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS domains (name TEXT PRIMARY KEY, netbios TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS logons (
    sent INTEGER PRIMARY KEY AUTOINCREMENT, user TEXT NOT NULL, domain TEXT NOT NULL, machine TEXT NOT NULL,
    reference TEXT NOT NULL, version TEXT NOT NULL, state TEXT NOT NULL, answered INTEGER,
    seconds REAL NOT NULL, boot TEXT NOT NULL, uptime REAL NOT NULL, date REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS logons_by_account ON logons (user, machine);
PRAGMA user_version = 1;
"""
"""Its last line writes, also where all is there, so that a disk without room is found before any host is touched."""


class State(StrEnum):
    """What became of a log-on."""

    OPEN = "open"
    """Sent, and no answer yet."""
    ACCEPTED = "accepted"
    REFUSED = "refused"
    """Or its process died before it could tell, and the account had not been accepted yet."""
    LOST = "lost"
    """The line broke, the host fell silent or the process died: it may have been refused."""


@dataclass(frozen=True)
class Proof:
    """Where what proves an account comes from, and which edition of it; never a secret.

    Attributes:
        reference: As the inventory has it.
        version: Changes when what is there does, as a file's time; empty where nobody can tell.
    """

    reference: str
    version: str = ""


@dataclass(frozen=True)
class Entry:
    """A log-on that is remembered.

    Attributes:
        sent: Its number, in the order in which all were sent and answered.
        account: For whom.
        proof: By what.
        state: What became of it.
        answered: Its number when the answer came, in the same order; None while it is open.
        age: Seconds since it was sent.
        seconds: How long its answer may take.
    """

    sent: int
    account: Account
    proof: Proof
    state: State
    answered: int | None
    age: float
    seconds: float


class Ledger:
    """The memory; may be used on any thread, and by any number of processes that give the same file.

    Args:
        path: The file; None for a memory of this object's own.

    Raises:
        LogonsNotKept: It cannot be made or written.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._depth = 0
        self._opened: sqlite3.Connection | None = None
        if path is not None:
            with self._told():
                make_folder(path.parent)
                os.close(open_private(path, os.O_RDWR))
                self._opened = self._base

    @property
    def _base(self) -> sqlite3.Connection:
        """The database, open from its first use on; a log-on that ends after the run opens it once more."""
        if self._opened is None:
            opened = sqlite3.connect(
                self._path or ":memory:", timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                opened.executescript(_SCHEMA)
            except sqlite3.Error:
                opened.close()
                raise
            self._opened = opened
        return self._opened

    @contextmanager
    def writing(self) -> Iterator[None]:
        """What is asked and noted inside the block is one step to everybody else. Raises LogonsNotKept."""
        with self._lock, self._told():
            if self._depth == 0:
                self._base.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0 and self._base.in_transaction:
                    self._base.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._base.execute("COMMIT")

    def close(self) -> None:
        """Lets go of the file."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def learn(self, account: Account) -> None:
        """Notes which names of a domain are one; who told it first is believed."""
        netbios, dns = account.same
        if netbios and dns:
            self._base.executemany("INSERT OR IGNORE INTO domains VALUES (?, ?)", [(dns, netbios), (netbios, netbios)])

    def canonical(self, account: Account) -> Account:
        """The account by one name of its domain, whichever it was given by."""
        return Account(account.user, self._netbios(account.domain), account.machine)

    def entries(self, account: Account) -> list[Entry]:
        """What is remembered of an account, under all of its names, the oldest first."""
        wanted = self.canonical(account)
        rows = self._base.execute(
            "SELECT sent, user, domain, machine, reference, version, state, answered, seconds, boot, uptime, date "
            "FROM logons WHERE user = ? AND machine = ? ORDER BY sent",
            (account.user, account.machine),
        ).fetchall()
        return [entry for entry in map(_entry, rows) if self.canonical(entry.account) == wanted]

    def note(self, account: Account, proof: Proof, seconds: float) -> int:
        """Notes a log-on that is about to be sent, and gives its number."""
        cursor = self._base.execute(
            "INSERT INTO logons (user, domain, machine, reference, version, state, seconds, boot, uptime, date) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(account.user, account.domain, account.machine, proof.reference, proof.version),
                *(State.OPEN.value, seconds, boot(), uptime(), time.time()),
            ),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def settle(self, sent: int, state: State) -> None:
        """Notes what became of a log-on."""
        self._base.execute("UPDATE logons SET state = ?, answered = ? WHERE sent = ?", (state, self._newest(), sent))

    def forget(self, *sent: int) -> None:
        """Forgets log-ons by their numbers."""
        self._base.executemany("DELETE FROM logons WHERE sent = ?", [(each,) for each in sent])

    def newest(self) -> int:
        """The number of the newest log-on so far."""
        with self.writing():
            return self._newest()

    def _newest(self) -> int:
        found = self._base.execute("SELECT seq FROM sqlite_sequence WHERE name = 'logons'").fetchone()
        return int(found[0]) if found else 0

    def _netbios(self, domain: str) -> str:
        if not domain:
            return ""
        found = self._base.execute("SELECT netbios FROM domains WHERE name = ?", (domain,)).fetchone()
        return str(found[0]) if found else netbios_guess(domain)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            raise LogonsNotKept(self._path or Path(":memory:"), why or str(error)) from error


def _entry(row: tuple[int, str, str, str, str, str, str, int | None, float, str, float, float]) -> Entry:
    sent, user, domain, machine, reference, version, state, answered, seconds, booted, when, date = row
    age = uptime() - when if booted == boot() else time.time() - date
    account, proof = Account(user, domain, machine), Proof(reference, version)
    return Entry(sent, account, proof, State(state), answered, max(0.0, age), seconds)
