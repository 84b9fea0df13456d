"""The folders of runs: one each below the user's state folder, with its journal, its result and what came home."""

from __future__ import annotations

import json
import os
import re
import secrets
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from orchestrator.model.errors import UsageError

LAST: Final = "last"
"""What people call the newest run."""
_RUN_ID: Final = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{4}")
_LONGEST_LINE: Final = 10_000


def new_run_id(now: datetime) -> str:
    """An identifier that sorts by time, as in `20261122-130501-9f3c`."""
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


@dataclass(frozen=True)
class RunFolder:
    """Where one run keeps what it leaves."""

    path: Path

    @property
    def journal(self) -> Path:
        """Its events, a JSON line each."""
        return self.path / "log.jsonl"

    @property
    def result(self) -> Path:
        """Its result file; not there before the run has ended."""
        return self.path / "result.json"

    @property
    def ended(self) -> bool:
        """Whether the run has a result; one that has none is at work or was killed, and is known by its journal."""
        return self.result.is_file()

    @property
    def hosts(self) -> Path:
        """What came home, a folder a host."""
        return self.path / "hosts"

    def check(self) -> None:
        """Raises UsageError when another run has it: what that one has kept must not be mixed with more."""
        if self.path.exists() and not self.path.is_dir():
            raise UsageError(f"{self.path}: is a file; give a folder for what the run leaves")
        if any(path.exists() for path in (self.journal, self.result, self.hosts)):
            run = f" ({named})" if (named := self._named) else ""
            raise UsageError(
                f"{self.path}: another run{run} has this folder already; give each run a folder of its own"
            )

    @property
    def _named(self) -> str | None:
        """The name of the run that writes the journal, by its first line; None where that does not tell."""
        if not self.journal.is_file():
            return None
        try:
            with self.journal.open(encoding="utf-8") as file:
                run = json.loads(file.readline(_LONGEST_LINE))["run"]
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return None
        return run if isinstance(run, str) and _RUN_ID.fullmatch(run) else None

    def claim(self) -> None:
        """Makes it one run's own, by its journal.

        Raises:
            UsageError: Another run has it.
            OSError: It cannot be made.
        """
        self.check()
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            os.close(os.open(self.journal, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:  # of a process that was quicker
            self.check()
            raise


def runs_folder() -> Path:
    """`$SSPR_STATE`, or the place for state that the operating system's users expect."""
    chosen = os.environ.get("SSPR_STATE")
    if chosen:
        return Path(chosen) / "runs"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "sspr" / "runs"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "sspr" / "runs"
    return Path(os.environ.get("XDG_STATE_HOME", Path.home() / ".local" / "state")) / "sspr" / "runs"


def run_folders() -> list[RunFolder]:
    """The folders of runs that are kept below the state folder, newest first."""
    above = runs_folder()
    folders = [RunFolder(path) for path in sorted(above.iterdir(), reverse=True)] if above.is_dir() else []
    return [folder for folder in folders if folder.ended or folder.journal.is_file()]
