"""Turns of hosts that must not restart together: one at a time of each `anti_affinity`, over all runs of a user.

A turn is a file of the state folder with the host that has it, the run that took it, and the end by which it is over at
the latest, so that nobody has to be watched: a run that dies between a restart's scheduling and its proof keeps the
others waiting as long as the host may take to come back, and no longer. Until then its restart may still come, so that
such a turn is free before that only once somebody has looked at the host, or says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock

from orchestrator.model.clock import Clock, Moment
from orchestrator.model.codec import decode, encode
from orchestrator.model.errors import UsageError, did_you_mean
from orchestrator.model.private_file import make_folder, write_private
from orchestrator.runs.durable_file import being_written
from orchestrator.runs.folders import RunFolder, state_folder
from orchestrator.steps.declaration import LeftTurn

SETTLED_SECONDS: Final = 300.0
"""After which no request of a process that died can still be on its way to a host."""
_LOCK_SECONDS: Final = 10.0


@dataclass(frozen=True)
class RestartTurn:
    """A turn that somebody has.

    Attributes:
        host: Whose it is.
        until: When it is over at the latest.
        group: The name of the hosts of which no two may restart together; turns of earlier versions lack it and those
            below.
        run: The run that took it.
        folder: Where that is kept.
        taken: When.
    """

    host: str
    until: Moment
    group: str = ""
    run: str | None = None
    folder: Path | None = None
    taken: Moment | None = None

    @property
    def is_of_a_run_at_work(self) -> bool:
        """Whether the run's process lives, as far as this system tells."""
        if self.run is None or self.folder is None:
            return True
        log = RunFolder(self.folder, self.run).journal
        return log.exists() and being_written(log) is not False


@dataclass(frozen=True)
class RestartTurns:
    """See `steps.declaration.Turns`.

    Attributes:
        folder: Where they are kept.
        clock: The run's.
        run: The run; None for whoever only looks.
    """

    folder: Path
    clock: Clock
    run: RunFolder | None = None

    @classmethod
    def kept(cls, clock: Clock, run: RunFolder | None = None) -> RestartTurns:
        """Those of this user. Raises UsageError."""
        return cls(state_folder() / "restarts", clock, run)

    def before(self, group: str, host: str) -> str | None:
        turn = self._turn(self._file(group))
        return turn.host if turn and turn.host.casefold() != host.casefold() else None

    def left(self, group: str) -> LeftTurn | None:
        turn = self._turn(self._file(group))
        if turn is None or turn.run is None or turn.taken is None or turn.is_of_a_run_at_work:
            return None
        return LeftTurn(turn.host, turn.run) if self.clock.until(turn.taken) < -SETTLED_SECONDS else None

    def take(self, group: str, host: str, until: Moment) -> str | None:
        with self._alone():
            other = self.before(group, host)
            if other is None:
                name, folder = (self.run.name, self.run.path.absolute()) if self.run else (None, None)
                turn = RestartTurn(host, until, group, name, folder, self.clock.after(0))
                write_private(self._file(group), encode(turn).encode())
            return other

    def end(self, group: str, host: str) -> None:
        with self._alone():
            turn = self._turn(self._file(group))
            own = turn is None or turn.run is None or (self.run is not None and self.run.name == turn.run)
            if self.before(group, host) is None and (own or self.left(group)):
                self._file(group).unlink(missing_ok=True)

    def free(self, host: str) -> RestartTurn:
        """Ends the turn of a host by a person's word that it is up, and that no restart of it is set.

        Raises:
            UsageError: It has none, or the run that took it is at work.
        """
        with self._alone():
            turns = self.turns()
            found = next((turn for turn in turns if turn.host.casefold() == host.casefold()), None)
            if found is None:
                hint = did_you_mean(host, [turn.host for turn in turns]) or ""
                raise UsageError(f"no host `{host}` has a turn to restart (`sspr reboot turns` shows those){hint}")
            if found.run and found.is_of_a_run_at_work:
                raise UsageError(
                    f"run {found.run}, which has {found.host} restart, is at work and ends its turn itself; `sspr runs "
                    f"watch {found.run}` shows it"
                )
            self._file(found.group).unlink(missing_ok=True)
            return found

    def turns(self) -> list[RestartTurn]:
        """Those that are not over, by group; those of earlier versions, which do not name it, are left out."""
        files = self.folder.iterdir() if self.folder.is_dir() else ()
        turns = (self._turn(file) for file in files if file.name != "lock")
        return sorted((turn for turn in turns if turn and turn.group), key=lambda turn: turn.group.casefold())

    def _turn(self, path: Path) -> RestartTurn | None:
        """What a file says, if it is not over; what nobody can read says nothing."""
        with suppress(FileNotFoundError, ValueError):
            turn = decode(RestartTurn, path.read_text("utf-8"))
            return turn if self.clock.until(turn.until) > 0 else None
        return None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        make_folder(self.folder)
        with FileLock(self.folder / "lock", mode=0o600, timeout=_LOCK_SECONDS):
            yield

    def _file(self, group: str) -> Path:
        """Names may be longer than those of files, and differ in case alone."""
        return self.folder / hashlib.sha256(group.casefold().encode()).hexdigest()
