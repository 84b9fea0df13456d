"""A run in one ZIP archive, for support or an audit: all that it left, and the SHA-256 of each file.

The same run gives the same archive, byte by byte. It is made in pieces, since what came home may be large.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from orchestrator.harvest import names
from orchestrator.runs.folders import RunFolder

CHECKSUMS: Final = "SHA256SUMS"
_PIECE: Final = 1024 * 1024
_LARGE: Final = 1024 * _PIECE
"""From here on an entry has 64 bits for its size."""
_OF_FILES: Final = (stat.S_IFREG | 0o600) << 16
"""The mode that whoever unpacks gives them."""
_UNIX: Final = 3


def archive(folder: RunFolder, made: Mapping[str, bytes]) -> Iterator[bytes]:
    """The archive of a run, in pieces.

    Args:
        folder: Where the run is kept; links in it are left out.
        made: Files by name that are made for it, such as the report.

    Raises:
        OSError: A file cannot be read.
    """
    out = _Pieces()
    sums: list[str] = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, strict_timestamps=True) as zipped:
        for name, path in sorted(_files(folder, made)):
            place = f"{folder.name}/{name}"
            with io.BytesIO(made[name]) if path is None else _opened(path) as source:
                size = 0 if path is None else path.stat().st_size
                with zipped.open(_entry(place), "w", force_zip64=size > _LARGE) as entry:
                    digest = hashlib.sha256()
                    while piece := source.read(_PIECE):
                        digest.update(piece)
                        entry.write(piece)
                        yield from out.taken()
            sums.append(f"{digest.hexdigest()}  {name}\n")
        zipped.writestr(_entry(f"{folder.name}/{CHECKSUMS}"), "".join(sums).encode())
    yield from out.taken()


def _files(folder: RunFolder, made: Mapping[str, bytes]) -> Iterator[tuple[str, Path | None]]:
    """What belongs into it: its name there, and its file where it is one."""
    yield from ((name, None) for name in made)
    for path in (folder.result, folder.journal, folder.kept, folder.program_log):
        if path.name not in made and path.is_file() and not path.is_symlink():
            yield path.name, path
    for above, _, files in os.walk(folder.hosts):
        for file in files:
            path = Path(above, file)
            if stat.S_ISREG(path.lstat().st_mode):
                yield _safe(path.relative_to(folder.path)), path


def _safe(path: Path) -> str:
    """A name that means the same below whatever folder, on each system: parts that do not are given other names."""
    parts = (part if names.objection(part) is None else names.folder_name(part) for part in path.parts)
    return str(PurePosixPath(*parts))


def _entry(name: str) -> zipfile.ZipInfo:
    """An entry without the time and system of whoever makes it."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system, entry.external_attr = _UNIX, _OF_FILES
    return entry


def _opened(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)), "rb")


class _Pieces(io.RawIOBase):
    """What was written and not taken yet; nobody can go back in it."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, content: object) -> int:
        self._pieces.append(bytes(content))  # type: ignore[call-overload]
        return len(self._pieces[-1])

    def taken(self) -> Iterator[bytes]:
        pieces, self._pieces = self._pieces, []
        yield from pieces
