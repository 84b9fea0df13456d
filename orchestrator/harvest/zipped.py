"""Zip files: bundles as one, with the manifest first and the others in the order of their names; and anybody's.

Whoever hands one on may have made it himself, so that it is judged before anything of it is read: how many files it
lists and how large they say they are, by which names, and that nothing stands before, behind or in between that no list
shows. Nothing is ever unpacked to a place that it names.
"""

from __future__ import annotations

import os
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from orchestrator.harvest import names
from orchestrator.harvest.layout import COLLECTED, MANIFEST
from orchestrator.harvest.manifest import Entry
from orchestrator.harvest.text import PORTION
from orchestrator.model.message import Message, message, phrase
from orchestrator.model.private_file import create_private
from orchestrator.sentences import say

MOST_FILES: Final = 300
"""What comes of a cabinet of 200, and what is made of it."""
MOST_BYTES: Final = 1024 * 1024 * 1024
"""Of all files together: twice what a cabinet may unpack to."""
MOST_OF_MANIFEST: Final = 4 * 1024 * 1024
_END: Final = struct.Struct("<4s4H2LH")
"""End of central directory record (APPNOTE.TXT 4.3.16), without a comment."""
_LISTED: Final = 1024
"""Bytes that a file may take in the list."""
_NO_DATE: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip file knows: when is what the manifest tells."""
_ENCRYPTED: Final = 0x1
_MOST_LISTED: Final = 5_000
"""Files of anybody's zip file."""
_LONGEST_COMMENT: Final = 0xFFFF
_DEEPEST: Final = 16

_PACKED_OTHERWISE = phrase("zip-packed-otherwise")
_NO_PLAIN_FILE = phrase("zip-no-plain-file")


@message("zip-name-not-accepted")
def _name_not_accepted(objection: Message) -> None: ...


class NoBundle(Exception):
    """It is no zip file of a bundle; the text says why."""


def pack(folder: Path, file: Path) -> None:
    """Makes one zip file of a sealed bundle, for its owner alone (0600), in the place of any that is there.

    Raises:
        OSError: It cannot be written; what stood there before still stands.
    """
    building = file.with_name(f".building-{file.name}")
    building.unlink(missing_ok=True)
    listed = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    listed.sort(key=lambda name: name != MANIFEST)
    try:
        with os.fdopen(create_private(building), "w+b") as opened, zipfile.ZipFile(opened, "w") as archive:
            for name in listed:
                described = zipfile.ZipInfo(name, _NO_DATE)
                described.compress_type = zipfile.ZIP_DEFLATED
                described.create_system = 3  # Unix, whose modes are understood wherever it was written
                described.external_attr = (stat.S_IFREG | 0o600) << 16
                with (folder / name).open("rb") as source, archive.open(described, "w") as packed:
                    shutil.copyfileobj(source, packed, PORTION)
        building.replace(file)
    finally:
        building.unlink(missing_ok=True)


class Zipped:
    """A zip file of a bundle, judged and open; see `opened`."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._files = {listed.filename: listed for listed in archive.infolist()}

    @property
    def names(self) -> set[str]:
        """What is in it besides the manifest."""
        return self._files.keys() - {MANIFEST}

    def manifest(self) -> bytes:
        """The content of its manifest. Raises FileNotFoundError, NoBundle."""
        if MANIFEST not in self._files:
            raise FileNotFoundError(MANIFEST)
        if self._files[MANIFEST].file_size > MOST_OF_MANIFEST:
            raise NoBundle(f"{MANIFEST} is larger than any that we write")
        return b"".join(self.content(MANIFEST))

    def altered(self, sealed: Entry) -> str | None:
        """What is wrong with a file that the manifest lists, in a sentence."""
        if self._files[sealed.name].file_size != sealed.bytes:
            return f"{sealed.name} was altered"
        digest = sha256()
        try:
            for portion in self.content(sealed.name):
                digest.update(portion)
        except NoBundle as error:
            return str(error)
        return None if digest.hexdigest() == sealed.sha256 else f"{sealed.name} was altered"

    @property
    def sizes(self) -> dict[str, int]:
        """How many bytes each file in it has, by name."""
        return {name: listed.file_size for name, listed in self._files.items()}

    def content(self, name: str) -> Iterator[bytes]:
        """What is in a file, in portions; never more than the list says, whatever there is. Raises NoBundle."""
        return _content(self._archive, self._files[name])


class AnyZip:
    """A zip file that anybody may have made, open; see `any_zip`."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def members(self) -> Iterator[tuple[str, Iterator[bytes] | Message]]:
        """The name of each file, with its content in pieces, or why it is not read.

        Whoever takes the pieces is told by NoBundle where they cannot be read to their end.
        """
        for listed in self._archive.infolist():
            name = listed.filename.replace("\\", "/")  # as .NET before 4.6.1 parts folders
            if not name.endswith("/"):
                yield name[:_LISTED], _objection_to(listed, name.split("/")) or _content(self._archive, listed)


def _objection_to(listed: zipfile.ZipInfo, parts: Sequence[str]) -> Message | None:
    """Why a file of anybody's zip file is not read."""
    if problem := next(filter(None, map(names.objection, parts[:_DEEPEST])), None):
        return _name_not_accepted(problem)
    if listed.flag_bits & _ENCRYPTED or listed.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return _PACKED_OTHERWISE()
    if len(parts) > _DEEPEST or stat.S_IFMT(listed.external_attr >> 16) not in {0, stat.S_IFREG}:
        return _NO_PLAIN_FILE()
    return None


def _content(archive: zipfile.ZipFile, listed: zipfile.ZipInfo) -> Iterator[bytes]:
    """Never more than the list says, whatever there is."""
    try:
        with archive.open(listed) as file:
            while portion := file.read(PORTION):
                yield portion
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError, OSError, zlib.error) as error:
        raise NoBundle(f"{listed.filename} cannot be read: {error}") from error


@contextmanager
def any_zip(file: BinaryIO) -> Iterator[AnyZip]:
    """A zip file that anybody may have made, open inside the block.

    Raises:
        NoBundle: It is none, or lists more than is looked at.
        OSError: It cannot be read.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END.size - _LONGEST_COMMENT))
    tail = file.read()
    place = tail.rfind(b"PK\5\6")
    if place < 0 or len(tail) - place < _END.size:
        raise NoBundle("it is no zip file, or its end is missing")
    _, _, _, _, count, length, _, _ = _END.unpack_from(tail, place)
    if count > _MOST_LISTED or length > count * _LISTED:
        raise NoBundle(f"it lists more than is looked at: {count} files in {length} bytes")
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as error:
        raise NoBundle(f"it is no zip file that can be read: {error}") from error
    with archive:
        yield AnyZip(archive)


@contextmanager
def opened(path: Path) -> Iterator[Zipped]:
    """A zip file of a bundle, open inside the block.

    Raises:
        NoBundle: It is none, or names or sizes in it are none that we write.
        OSError: It cannot be read.
    """
    if path.is_symlink() or not path.is_file():
        raise NoBundle("it is not a plain file any more")
    with path.open("rb") as file:
        _check_end(file)
        try:
            archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as error:
            raise NoBundle(f"it is no zip file that can be read: {error}") from error
        with archive:
            if objection := next(_objections(archive.infolist()), None):
                raise NoBundle(objection)
            yield Zipped(archive)


def _check_end(file: BinaryIO) -> None:
    """Looks at the end, which says how long the list is, before that is read. Raises NoBundle, OSError."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END.size))
    end = file.read(_END.size)
    if len(end) < _END.size or not end.startswith(b"PK\5\6"):
        raise NoBundle("it is no zip file that we have written: its end is missing, or something stands behind it")
    _, disk, first_disk, on_disk, count, length, start, _ = _END.unpack(end)
    if count > MOST_FILES or length > count * _LISTED:
        raise NoBundle(f"it lists more than any that we write: {count} files in {length} bytes")
    if disk or first_disk or on_disk != count or start + length + _END.size != size:
        raise NoBundle("it is no zip file that we have written: it is a part of one, or something stands before it")


def _objections(files: Sequence[zipfile.ZipInfo]) -> Iterator[str]:
    """What is wrong with what is listed."""
    seen: set[str] = set()
    place = 0
    for listed in files:
        name = listed.filename
        if problem := names.objection(name.removeprefix(f"{COLLECTED}/")):
            yield f"no file of a bundle is named {name[:200]!r}: it {say(problem)}"
        elif listed.orig_filename != name or name.casefold() in seen:
            yield f"{name} is in it twice"
        elif listed.flag_bits & _ENCRYPTED or listed.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            yield f"{name} is packed in a way in which we pack nothing"
        elif stat.S_IFMT(listed.external_attr >> 16) not in {0, stat.S_IFREG}:
            yield f"{name} is not a plain file"
        elif listed.header_offset < place:
            yield f"{name} shares its content with another file"
        seen.add(name.casefold())
        place = listed.header_offset + listed.compress_size
    if sum(listed.file_size for listed in files) > MOST_BYTES:
        yield f"it would unpack to more than {MOST_BYTES // 1024 // 1024} MB"
