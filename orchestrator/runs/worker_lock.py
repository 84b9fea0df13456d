"""Which worker a state folder has: one at a time, known by a lock that it holds for as long as it lives.

What is to be known of it besides stands in a file; whether it is there is told by the lock alone, never by a number of
a process.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from orchestrator.model.codec import decode, encode
from orchestrator.model.private_file import make_folder, write_private
from orchestrator.runs.folders import state_folder

_TAKE_SECONDS, _LOOK_SECONDS = 2.0, 0.5
"""Who only looks whether the lock is free holds it for a moment; whoever comes meanwhile outlasts that."""


@dataclass(frozen=True)
class KnownWorker:
    """A worker, as it has written of itself.

    Attributes:
        process: Its number.
        stays: Whether it waits for more when every run has ended.
        variables: The names of its environment's variables, which its runs' secrets may be in.
        credentials: Files with secrets that systemd gives to it alone (systemd.exec(5), LoadCredential=).
    """

    process: int
    stays: bool
    variables: frozenset[str] = frozenset()
    credentials: frozenset[Path] = frozenset()

    @classmethod
    def this(cls, *, stays: bool) -> KnownWorker:
        """This process."""
        given = Path(os.environ.get("CREDENTIALS_DIRECTORY") or os.devnull)
        credentials = frozenset(given.iterdir() if given.is_dir() else ())
        return cls(os.getpid(), stays, frozenset(os.environ), credentials)

    def alone_has(self, reference: str) -> bool:
        """Whether a reference leads to a secret for the worker that this process cannot have."""
        scheme, _, rest = reference.partition(":")
        if scheme == "env":
            return rest in self.variables and rest not in os.environ
        return scheme == "file" and Path(rest) in self.credentials and not os.access(rest, os.R_OK)


class WorkerLock:
    """What a worker holds."""

    def __init__(self) -> None:
        make_folder(state_folder())
        self._lock = FileLock(state_folder() / "worker.lock", mode=0o600, thread_local=False)

    def take(self, *, stays: bool) -> bool:
        """Whether this process is the state folder's worker now.

        Raises:
            OSError: The lock cannot be had, or not be written beside.
        """
        try:
            self._lock.acquire(timeout=_TAKE_SECONDS)
        except Timeout:
            return False
        try:
            write_private(_file(), encode(KnownWorker.this(stays=stays)).encode())
        except BaseException:
            self._lock.release()
            raise
        return True

    def leave(self) -> None:
        """Lets go of it; may be called again."""
        self._lock.release()

    def is_free(self) -> bool:
        """Whether no process has it. Raises OSError."""
        try:
            with self._lock.acquire(timeout=_LOOK_SECONDS):
                return True
        except Timeout:
            return False


def known_worker() -> KnownWorker | None:
    """The worker of this state folder; None where there is none. Raises OSError."""
    if WorkerLock().is_free():
        return None
    with suppress(OSError, ValueError):
        return decode(KnownWorker, _file().read_text("utf-8"))
    return KnownWorker(0, stays=False)


def _file() -> Path:
    return state_folder() / "worker.json"
