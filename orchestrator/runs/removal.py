"""Folders of runs removed: each is first taken from where runs are looked for, so that none is found in part."""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from pathlib import Path
from typing import Final

from orchestrator.model.private_file import make_folder
from orchestrator.runs.durable_file import DurableFile
from orchestrator.runs.folders import RunFolder, state_folder

_BIN: Final = "removed"


def size_of(path: Path) -> int:
    """The bytes of a folder's files; what goes meanwhile counts as nothing."""
    return sum(_size(Path(above, name)) for above, _, names in os.walk(path) for name in names)


def remove_run(folder: RunFolder) -> None:
    """Removes what is kept of a run. A folder of somebody's own choice stays; the run is not known among others then.

    Raises:
        BlockingIOError: Somebody is at work on it.
        OSError: It cannot be removed.
    """
    with closing(DurableFile(folder.journal)):  # held, so that nobody begins to go on with it
        if folder.listed_by is not None:
            folder.listed_by.unlink()
            return
        away = state_folder() / _BIN / folder.path.name
        make_folder(away.parent)
        folder.path.rename(away)
    empty_bin()


def empty_bin() -> None:
    """Removes what an earlier removal that was broken off has left. Raises OSError."""
    above = state_folder() / _BIN
    if above.is_dir():
        shutil.rmtree(above)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return 0
