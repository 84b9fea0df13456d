"""The folders of runs: one each below the user's state folder, with its journal, its result and what came home."""

from __future__ import annotations

import os
import secrets
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

LAST: Final = "last"
"""What people call the newest run."""


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
    def hosts(self) -> Path:
        """What came home, a folder a host."""
        return self.path / "hosts"


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
    return [folder for folder in folders if folder.result.is_file() or folder.journal.is_file()]
