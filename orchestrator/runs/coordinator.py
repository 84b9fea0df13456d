"""The coordinator: which one this is, and which of its runs are alive; what leases on hosts are told apart by.

It is known by a random identifier in the state folder, not by the computer's name: two people on one computer are two
coordinators. A run keeps a file locked there for as long as its process lives, however that ends.
"""

from __future__ import annotations

import getpass
import os
import re
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock

from orchestrator.model.private_file import create_private, make_folder
from orchestrator.runs.folders import state_folder
from orchestrator.windows.lease import Holder, Lease

_TURN_SECONDS: Final = 10.0
_ID: Final = re.compile(r"[0-9a-f]{16}")
_RUN: Final = re.compile(r"[-A-Za-z0-9_]{1,80}")


@dataclass(frozen=True)
class Coordinator:
    """One coordinator.

    Attributes:
        id: 16 hex digits.
        folder: Where its state is kept.
    """

    id: str
    folder: Path

    @classmethod
    def here(cls) -> Coordinator:
        """This one. Where its state folder cannot be written it is another one every time, and proves nothing."""
        folder = state_folder()
        try:
            return cls(_identifier(folder / "coordinator"), folder)
        except OSError:
            return cls(secrets.token_hex(8), folder)

    def holder(self, run: str) -> Holder:
        """A run of it, as leases name it."""
        return Holder(self.id, run, _account(), socket.gethostname())

    @contextmanager
    def alive(self, run: str) -> Iterator[None]:
        """Inside the block, no other process takes the run for ended."""
        lock = FileLock(self._lock(run), mode=0o600)
        try:
            make_folder(self._locks)
            with self._turn():
                lock.acquire(blocking=False)
        except OSError:  # see `here`
            yield
            return
        try:
            yield
        finally:
            with suppress(OSError):
                self._lock(run).unlink()
            lock.release()

    def has_ended(self, lease: Lease) -> bool:
        """Whether a lease is one of a run of this coordinator that no process is at work on any more."""
        run = lease.run or ""
        if lease.coordinator != self.id or lease.computer != socket.gethostname() or not _RUN.fullmatch(run):
            return False
        return self._is_dead(run) if self._lock(run).exists() else self._locks.is_dir()

    def at_work(self) -> frozenset[str] | None:
        """Its runs that may be at work; None where that cannot be told."""
        try:
            known = [lock.name for lock in self._locks.iterdir()]
        except OSError:
            return None
        return frozenset(run for run in known if not self._is_dead(run))

    def _is_dead(self, run: str) -> bool:
        """Whether no process is at work on a run whose lock file is there; of such a one it goes."""
        try:
            with self._turn():
                if not self._lock(run).exists():  # another has found it dead
                    return True
                with FileLock(self._lock(run), mode=0o600, blocking=False):
                    self._lock(run).unlink()
        except OSError:  # a Timeout too: it is alive
            return False
        return True

    def _turn(self) -> FileLock:
        """Held while a run's lock is made or tried, so that who tries one takes it from nobody who is making it."""
        return FileLock(self.folder / "alive.lock", mode=0o600, timeout=_TURN_SECONDS)

    @property
    def _locks(self) -> Path:
        return self.folder / "alive"

    def _lock(self, run: str) -> Path:
        return self._locks / run


def _identifier(path: Path) -> str:
    """The identifier in a file, which is made where there is none; of several that make it at once, one does."""
    with suppress(FileNotFoundError):
        if _ID.fullmatch(known := path.read_text("ascii").strip()):
            return known
        path.unlink()
    make_folder(path.parent)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(create_private(fresh), "w") as file:
        file.write(secrets.token_hex(8))
    with suppress(FileExistsError):  # of a process that was quicker
        path.hardlink_to(fresh)
    fresh.unlink()
    return path.read_text("ascii").strip()


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in a container
        return "-"
