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
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Final, Self

from pydantic import ValidationError

from orchestrator.harvest import names, zipped
from orchestrator.harvest.layout import COLLECTED, MANIFEST, ZIP
from orchestrator.harvest.manifest import Entry, Manifest, Origin, Redacted, Taken, parsed
from orchestrator.harvest.text import PORTION
from orchestrator.harvest.zipped import NoBundle
from orchestrator.model.private_file import create_private, make_folder, make_temporary_folder
from orchestrator.sentences import say

_MADE_HERE: Final = "made from the collected files"


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
        make_folder(self._folder.parent)
        self._building = make_temporary_folder(self._folder.parent, ".building-")
        make_folder(self._building / COLLECTED)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._building is not None:
            shutil.rmtree(self._building, ignore_errors=True)
            self._building = None

    def add_collected(self, name: str, content: Iterable[bytes], source: str) -> None:
        """Keeps a file of the host. Raises ValueError when its name is not a plain file name."""
        if problem := names.objection(name):
            raise ValueError(f"the file name {say(problem)}: {name[:200]!r}")
        self._write(f"{COLLECTED}/{name}", content, source)

    def add_made(self, name: str, content: Iterable[bytes]) -> None:
        """Keeps a file that was made here."""
        self._write(name, content, _MADE_HERE)

    def add_made_together(self, names: Sequence[str], content: Iterable[Sequence[bytes]]) -> None:
        """Keeps several that were made at once: the content gives a piece of each at a time."""
        assert self._building is not None, "a bundle is built inside its `with` block"
        with ExitStack() as stack:
            files = [stack.enter_context(_NewFile(self._building / name)) for name in names]
            for pieces in content:
                for file, piece in zip(files, pieces, strict=True):
                    file.write(piece)
        self._entries += [
            Entry(name, file.size, file.sha256, _MADE_HERE) for name, file in zip(names, files, strict=True)
        ]

    def note(self, name: str, said: str) -> None:
        """Says of a collected file in the manifest what was not read of it."""
        place = f"{COLLECTED}/{name}"
        self._entries = [replace(entry, note=said) if entry.name == place else entry for entry in self._entries]

    def forget(self, name: str) -> None:
        """Takes a file back that was begun and could not be made."""
        assert self._building is not None, "a bundle is built inside its `with` block"
        (self._building / name).unlink(missing_ok=True)

    @property
    def collected(self) -> Path:
        """The folder of the collected files, while the bundle is built."""
        assert self._building is not None, "a bundle is built inside its `with` block"
        return self._building / COLLECTED

    def seal(self, cabinet: Entry, sources: Sequence[Taken] = (), redacted: Redacted | None = None) -> Manifest:
        """Writes the manifest and moves the bundle to its place.

        Args:
            cabinet: What the files came in.
            sources: What was asked for and what became of it; files that did not come are left out there.
            redacted: What was replaced; None where the files are as the host gave them.
        """
        assert self._building is not None, "a bundle is built inside its `with` block"
        files = tuple(sorted(self._entries, key=lambda entry: entry.name))
        came = {file.name for file in files}
        sources = tuple(replace(each, files=tuple(name for name in each.files if name in came)) for each in sources)
        manifest = Manifest(
            **vars(self._origin),
            personal=tuple(f"{each.name}: {each.personal}" for each in sources if each.personal and each.files),
            cabinet=cabinet,
            files=files,
            sources=sources,
            redacted=redacted,
        )
        with _NewFile(self._building / MANIFEST) as file:
            file.write(manifest.to_json())
        if self._folder.exists():
            shutil.rmtree(self._folder)
        self._building.rename(self._folder)
        self._building = None
        return manifest

    def _write(self, name: str, content: Iterable[bytes], source: str) -> None:
        assert self._building is not None, "a bundle is built inside its `with` block"
        with _NewFile(self._building / name) as file:
            for piece in content:
                file.write(piece)
        self._entries.append(Entry(name, file.size, file.sha256, source))


def read_manifest(place: Path) -> Manifest:
    """The manifest of a bundle, a folder or a zip file. Raises OSError, ValueError or NoBundle where it is none."""
    return parsed(_manifest_bytes(place))


def manifest_sha256(place: Path) -> str:
    """The hash of `manifest.json` as it lies there. Raises OSError, NoBundle."""
    return hashlib.sha256(_manifest_bytes(place)).hexdigest()


def _manifest_bytes(place: Path) -> bytes:
    """Of a plain file alone: a link may lead anywhere, and a pipe never ends."""
    if place.suffix == ZIP and not place.is_dir():
        with zipped.opened(place) as opened:
            return opened.manifest()
    path = place / MANIFEST
    if os.path.lexists(path) and not _is_plain(path):
        raise OSError(errno.EINVAL, "it is not a plain file any more")
    return path.read_bytes()


def bundles_in(place: Path) -> list[Path]:
    """The bundles at or below a folder, such as a run's: one that has lost its manifest is one of them.

    A zip file is one if it has a manifest, or is named itself.
    """
    if not place.is_dir():
        return [place]
    marks = (mark for name in (MANIFEST, COLLECTED) for mark in place.rglob(name))
    folders = {mark.parent for mark in marks if mark.parent.name != COLLECTED}
    return sorted(folders | {file for file in place.rglob(f"*{ZIP}") if _has_manifest(file)})


def _has_manifest(file: Path) -> bool:
    try:
        _manifest_bytes(file)
    except (OSError, NoBundle):
        return False
    return True


def verify(place: Path) -> list[str]:
    """What is wrong with a bundle, a sentence each: files altered, missing or extra. Empty when it is as sealed."""
    try:
        if place.suffix == ZIP and not place.is_dir():
            with zipped.opened(place) as opened:
                return _problems(parsed(opened.manifest()), opened.names, opened.altered)
        manifest, found = read_manifest(place), set(_files(place)) - {MANIFEST}
        return _problems(manifest, found, lambda sealed: _altered(place / sealed.name, sealed))
    except NoBundle as error:
        return [str(error)]
    except FileNotFoundError:
        return [f"{MANIFEST} is missing, so that nothing can be said of the files"]
    except OSError as error:
        return [f"{MANIFEST} cannot be read: {error.strerror}"]
    except ValidationError as error:
        return [f"{MANIFEST} is not a manifest: {_first_problem(error)}"]


def _problems(manifest: Manifest, found: set[str], altered: Callable[[Entry], str | None]) -> list[str]:
    """Where what is there differs from what the manifest lists."""
    if strange := next((entry.name for entry in manifest.files if not _is_possible(entry.name)), None):
        return [f"{MANIFEST} is not a manifest: no file of a bundle is named {strange}"]
    listed = {entry.name: entry for entry in manifest.files}
    problems = [f"{name} is not in the manifest" for name in found - listed.keys()]
    problems += [f"{name} is missing" for name in listed.keys() - found]
    problems += [problem for name in found & listed.keys() if (problem := altered(listed[name]))]
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


class _NewFile:
    """A new file that only its owner may read, written and hashed piece by piece; a context manager.

    Attributes:
        size: Bytes that were written, once it is closed.
        sha256: Their hash, likewise.
    """

    def __init__(self, path: Path) -> None:
        self.size, self.sha256 = 0, ""
        self._file = os.fdopen(create_private(path), "wb")
        self._digest = hashlib.sha256()
        self._waiting = bytearray()

    def __enter__(self) -> Self:
        return self

    def write(self, piece: bytes) -> None:
        self._waiting += piece
        if len(self._waiting) >= PORTION:
            self._write_out()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._write_out()
                self.sha256 = self._digest.hexdigest()
        finally:
            self._file.close()

    def _write_out(self) -> None:
        self._digest.update(self._waiting)
        self.size += len(self._waiting)
        self._file.write(self._waiting)
        self._waiting.clear()
