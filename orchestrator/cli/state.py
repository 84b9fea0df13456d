"""Where runs are kept: a folder a run below the user's state folder, with its log, its result and what came home."""

from __future__ import annotations

import os
import sys
from pathlib import Path

LOG = "log.jsonl"
RESULT = "result.json"
HOSTS = "hosts"


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
