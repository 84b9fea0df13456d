"""A bundle: the folder that holds what one host gave, what was made of it, and a manifest to verify both by.

    <folder>/manifest.json     every file with its length and SHA-256, where it came from, and the cabinet it came in
    <folder>/summary.txt …     made here, from the collected files
    <folder>/collected/…       as the host gave them, byte for byte

A bundle is built beside its place and moved there when it is complete, so a folder without a manifest is never ours.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from pydantic import TypeAdapter, ValidationError

from orchestrator.harvest import names
from orchestrator.sentences import say

MANIFEST = "manifest.json"
COLLECTED = "collected"


@dataclass(frozen=True)
class Origin:
    """Where and when a bundle's files were taken.

    Attributes:
        host: The host's name in the inventory.
        run_id: The run that took them.
        taken: When, in UTC, by the coordinator's clock.
    """

    host: str
    run_id: str
    taken: datetime


@dataclass(frozen=True)
class Entry:
    """One file: its name below the bundle's folder (with `/`), its bytes, its hash, and what it is a copy of."""

    name: str
    bytes: int
    sha256: str
    source: str


@dataclass(frozen=True)
class Manifest:
    """What is in a bundle. `cabinet` is the file as it travelled, which itself is not kept."""

    host: str
    run_id: str
    taken: datetime
    cabinet: Entry
    files: tuple[Entry, ...]

    def to_json(self) -> bytes:
        return _MANIFEST.dump_json(self, indent=2) + b"\n"

    @property
    def sha256(self) -> str:
        """The hash of `manifest.json`: who keeps this elsewhere can prove that the manifest was not rewritten."""
        return _sha256(self.to_json())


_MANIFEST = TypeAdapter(Manifest)


class Bundle:
    """Builds a bundle; a context manager that leaves either the sealed bundle or nothing.

    Files are readable by their owner alone (0600, folders 0700). A bundle that stands at `folder` already, from an
    earlier attempt, is replaced.
    """

    def __init__(self, folder: Path, origin: Origin) -> None:
        self._folder = folder
        self._origin = origin
        self._entries: list[Entry] = []
        self._building: Path | None = None

    def __enter__(self) -> Self:
        self._folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._building = Path(tempfile.mkdtemp(prefix=".building-", dir=self._folder.parent))
        (self._building / COLLECTED).mkdir(mode=0o700)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._building is not None:
            shutil.rmtree(self._building, ignore_errors=True)
            self._building = None

    def add_collected(self, name: str, content: bytes, source: str) -> None:
        """Keeps a file of the host. Raises ValueError when its name is not a plain file name."""
        if problem := names.objection(name):
            raise ValueError(f"the file name {say(problem)}: {name[:200]!r}")
        self._write(f"{COLLECTED}/{name}", content, source)

    def add_made(self, name: str, content: bytes) -> None:
        """Keeps a file that was made here."""
        self._write(name, content, "made from the collected files")

    def seal(self, cabinet: Entry) -> Manifest:
        """Writes the manifest and moves the bundle to its place."""
        assert self._building is not None, "a bundle is built inside its `with` block"
        files = tuple(sorted(self._entries, key=lambda entry: entry.name))
        manifest = Manifest(self._origin.host, self._origin.run_id, self._origin.taken, cabinet, files)
        _create(self._building / MANIFEST, manifest.to_json())
        if self._folder.exists():
            shutil.rmtree(self._folder)
        self._building.rename(self._folder)
        self._building = None
        return manifest

    def _write(self, name: str, content: bytes, source: str) -> None:
        assert self._building is not None, "a bundle is built inside its `with` block"
        _create(self._building / name, content)
        self._entries.append(entry(name, content, source))


def entry(name: str, content: bytes, source: str) -> Entry:
    """The entry that describes a file's content."""
    return Entry(name, len(content), _sha256(content), source)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a bundle. Raises OSError or ValueError when it is missing or is none."""
    return _MANIFEST.validate_json(_manifest_bytes(folder))


def manifest_sha256(folder: Path) -> str:
    """The hash of `manifest.json` as it lies there. Raises OSError."""
    return _sha256(_manifest_bytes(folder))


def _manifest_bytes(folder: Path) -> bytes:
    """Of a plain file alone: a link may lead anywhere, and a pipe never ends."""
    path = folder / MANIFEST
    if os.path.lexists(path) and not _is_plain(path):
        raise OSError(errno.EINVAL, "it is not a plain file any more")
    return path.read_bytes()


def bundles_in(folder: Path) -> list[Path]:
    """The bundles at or below a folder, such as a run's: a bundle that has lost its manifest is one of them."""
    marks = (mark for name in (MANIFEST, COLLECTED) for mark in folder.rglob(name))
    return sorted({mark.parent for mark in marks if mark.parent.name != COLLECTED})


def verify(folder: Path) -> list[str]:
    """What is wrong with a bundle, a sentence each: files altered, missing or extra. Empty when it is as sealed."""
    try:
        manifest = read_manifest(folder)
    except FileNotFoundError:
        return [f"{MANIFEST} is missing, so that nothing can be said of the files"]
    except OSError as error:
        return [f"{MANIFEST} cannot be read: {error.strerror}"]
    except ValidationError as error:
        return [f"{MANIFEST} is not a manifest: {_first_problem(error)}"]
    if strange := next((entry.name for entry in manifest.files if not _is_possible(entry.name)), None):
        return [f"{MANIFEST} is not a manifest: no file of a bundle is named {strange}"]
    listed = {entry.name: entry for entry in manifest.files}
    found = set(_files(folder)) - {MANIFEST}
    problems = [f"{name} is not in the manifest" for name in found - listed.keys()]
    problems += [f"{name} is missing" for name in listed.keys() - found]
    problems += [problem for name in found & listed.keys() if (problem := _altered(folder / name, listed[name]))]
    return sorted(problems)


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    return ": ".join([".".join(map(str, problem["loc"])), problem["msg"]]).removeprefix(": ")


def _is_possible(name: str) -> bool:
    return names.objection(name.removeprefix(f"{COLLECTED}/")) is None


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _altered(path: Path, sealed: Entry) -> str | None:
    if not _is_plain(path):
        return f"{sealed.name} is not a plain file any more"
    try:
        with path.open("rb") as file:
            same = file.seek(0, os.SEEK_END) == sealed.bytes
            file.seek(0)
            same = same and hashlib.file_digest(file, "sha256").hexdigest() == sealed.sha256
    except OSError as error:
        return f"{sealed.name} cannot be read: {error.strerror}"
    return None if same else f"{sealed.name} was altered"


def _files(folder: Path) -> Iterator[str]:
    """Everything below `folder` but true folders that hold something, by names with `/`; an empty one ends in it."""
    for path in folder.rglob("*"):
        name = str(PurePosixPath(*path.relative_to(folder).parts))
        if path.is_symlink() or not path.is_dir():
            yield name
        elif name != COLLECTED and not any(path.iterdir()):
            yield f"{name}/"


def _create(path: Path, content: bytes) -> None:
    """Writes a new file that only its owner may read."""
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(content)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
