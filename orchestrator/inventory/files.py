"""Files that an inventory names: why one cannot be read."""

from __future__ import annotations

import os
from pathlib import Path


def unreadable(path: Path) -> str | None:
    """Why a file cannot be read; None when it can."""
    if not path.exists():
        return f"there is no file {path}"
    if not path.is_file():
        return f"{path} is not a file"
    return None if os.access(path, os.R_OK) else f"{path} cannot be read"
