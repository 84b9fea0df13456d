"""Files for their owner's eyes only: whether one is, and writing one so that it is there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

_GROUP_AND_OTHERS: Final = 0o077


def others_may_read(file: Path | int) -> bool:
    """Whether the mode of a file, given by its path or descriptor, lets others than its owner in. Raises OSError."""
    return os.name == "posix" and os.stat(file).st_mode & _GROUP_AND_OTHERS != 0  # noqa: PTH116 - a descriptor as well


def write_private(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 by way of a temporary file in the same folder, fsync and rename.

    Missing folders are made: a run of hours must not lose its result to a typing error.

    Raises:
        OSError: The file cannot be written; what stood at `path` before still stands.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # Windows has no fsync of folders
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
