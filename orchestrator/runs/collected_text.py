"""What runs brought home, as passages that can be searched: the events of each host, and its text files line by line.

Of a bundle the events are those of its timeline, which has each of them once, with its message; what else was made
there of the collected files says nothing that is not in them. A bundle is a folder or a zip file. Everything is
untrusted: links are not followed, zip files are judged before they are read, and how much is read is limited.
"""

from __future__ import annotations

import csv
import errno
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import chain, compress, takewhile
from pathlib import Path
from typing import BinaryIO, Final, cast

from orchestrator.harvest import text
from orchestrator.harvest.layout import COLLECTED, MANIFEST, TIMELINE_COLUMNS, TIMELINE_CSV, ZIP
from orchestrator.model.showable import printable
from orchestrator.model.spreadsheet import USUAL, Delimiter
from orchestrator.runs.folders import RunFolder

_LINE_BY_LINE: Final = (".log", ".txt", ".reg", ".csv", ".ini", ".inf", ".out", ".err")
_SEARCHED: Final = (*_LINE_BY_LINE, ZIP)
_IN_MEMORY: Final = 4 * 1024 * 1024
_MOST_BYTES: Final = 256 * 1024 * 1024
"""Of a file, as many as a harvest looks into."""
_LONGEST: Final = 32_000
"""Characters of a passage, as of a timeline's cell; the rest of a line is left out."""
_ERRORS: Final = ("critical", "error")
"""Levels, as a timeline names them."""
_UNFINISHED: Final = "."
"""Begins the names of folders that are still made."""


@dataclass(frozen=True)
class TextFile:
    """A file that can be searched.

    Attributes:
        path: Where it is stored: the file, or the zip file that it is in.
        host: Whose it is.
        name: Below the run's folder, with `/`, be it through a zip file.
        stored: The same of what is stored.
        size: Bytes of what is stored.
        changed: When that was written last, in nanoseconds.
    """

    path: Path
    host: str
    name: str
    stored: str
    size: int
    changed: int

    @property
    def inner(self) -> str:
        """Its name in the zip file that it is in; nothing where it is a file of its own."""
        return self.name.removeprefix(self.stored).removeprefix("/")

    @property
    def is_timeline(self) -> bool:
        return self.name.rpartition("/")[2] == TIMELINE_CSV


@dataclass(frozen=True)
class Passage:
    """A line that is not empty, or an event; see `LogHit`."""

    place: int
    log: str | None
    time: str | None
    text: str


@dataclass(frozen=True)
class ErrorEvent:
    """An event by which the add-in complains: on which host, its number, and what it says."""

    host: str
    event_id: str
    text: str


def text_files(run: RunFolder) -> Iterator[TextFile]:
    """The files of a run that can be searched, host by host. What goes meanwhile is left out."""
    for host in sorted(_folders(run.hosts), key=lambda entry: entry.name):
        named = None
        for above, folders, names in os.walk(host.path):
            folders[:] = sorted(name for name in folders if not name.startswith(_UNFINISHED))
            is_bundle = MANIFEST in names or COLLECTED in folders
            wanted = (name == TIMELINE_CSV if is_bundle else name.lower().endswith(_SEARCHED) for name in names)
            for name in sorted(compress(names, wanted)):
                named = named or _host(Path(host.path), host.name)
                for file in _text_file(run, named, f"{above}{os.sep}{name}"):
                    yield from _in_zip(file) if name.lower().endswith(ZIP) else [file]


def folders(run: RunFolder) -> dict[str, int]:
    """The folders of a run that hold what came home, with when each was changed last, in nanoseconds."""
    found = {}
    for above, below, _ in os.walk(run.hosts):
        below[:] = [name for name in below if not name.startswith(_UNFINISHED)]
        with suppress(OSError):
            found[above] = os.stat(above).st_mtime_ns  # noqa: PTH116 - thousands of times
    return found


def _folders(above: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(above) as entries:
            return [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _text_file(run: RunFolder, host: str, path: str) -> Iterator[TextFile]:
    """A plain file that is not empty, with a name that files from hosts can have."""
    try:
        found = os.lstat(path)
    except OSError:
        return
    name = path.removeprefix(f"{run.path}{os.sep}").replace(os.sep, "/")
    if stat.S_ISREG(found.st_mode) and found.st_size and name.isprintable():
        yield TextFile(Path(path), host, name, name, found.st_size, found.st_mtime_ns)


def _in_zip(file: TextFile) -> Iterator[TextFile]:
    """The files that can be searched in a zip file; none where it is not one of a bundle."""
    from orchestrator.harvest import zipped  # noqa: PLC0415 - slow to load, and most bundles are folders

    try:
        with zipped.opened(file.path) as opened:
            sizes = opened.sizes
    except (OSError, zipped.NoBundle):
        return
    for name in sorted(sizes) if MANIFEST in sizes else ():
        is_text = name == TIMELINE_CSV or (name.startswith(f"{COLLECTED}/") and name.lower().endswith(_LINE_BY_LINE))
        if is_text and sizes[name]:
            yield replace(file, name=f"{file.name}/{name}")


def _host(folder: Path, name: str) -> str:
    """What the host of a folder is called: where its name is no safe one, a manifest tells."""
    if not name.startswith("host-"):
        return name
    from orchestrator.harvest.bundle import read_manifest  # noqa: PLC0415 - slow to load, and seldom needed
    from orchestrator.harvest.names import folder_name  # noqa: PLC0415
    from orchestrator.harvest.zipped import NoBundle  # noqa: PLC0415

    places = [*folder.glob(f"*/{MANIFEST}"), *folder.glob(f"*{ZIP}")]
    for place in places:
        try:
            host = read_manifest(place.parent if place.name == MANIFEST else place).host
        except (OSError, ValueError, NoBundle):
            continue
        if folder_name(host) == name:
            return printable(host)
    return name


def passages(file: TextFile) -> Iterator[Passage]:
    """What is in a file; of a timeline that is none, nothing. Raises OSError."""
    with _parts(file) as parts:
        yield from filter(None, map(_event, _rows(parts))) if file.is_timeline else _lines(parts)


def add_in_errors(run: RunFolder) -> Iterator[ErrorEvent]:
    """The add-in's errors in the timelines of a run; of one that cannot be read, nothing."""
    from orchestrator.windows.provider import EVENT_SOURCE  # noqa: PLC0415 - as above

    for file in text_files(run):
        if file.is_timeline:
            with suppress(OSError), _parts(file) as parts:
                for row in _rows(parts):
                    if row.get("level") in _ERRORS and (row.get("source") or "").casefold() == EVENT_SOURCE.casefold():
                        yield ErrorEvent(file.host, row.get("event id") or "", printable(row.get("details") or ""))


@contextmanager
def _parts(file: TextFile) -> Iterator[Iterator[str]]:
    with _unpacked(file) if file.inner else _opened(file.path) as stream:
        yield takewhile(lambda _: stream.tell() <= _MOST_BYTES, text.pieces(stream, text.encoding_of(stream)))


def _opened(path: Path) -> BinaryIO:
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    return os.fdopen(descriptor, "rb")


@contextmanager
def _unpacked(file: TextFile) -> Iterator[BinaryIO]:
    """A file of a zip file, out of it: in memory where it is small, and else on the disk. Raises OSError."""
    from orchestrator.harvest import zipped  # noqa: PLC0415 - slow to load, and most bundles are folders

    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as stream:
        try:
            with zipped.opened(file.path) as opened:
                for portion in opened.content(file.inner):
                    stream.write(portion)
                    if stream.tell() > _MOST_BYTES:
                        break
        except (KeyError, zipped.NoBundle) as error:
            raise OSError(errno.EINVAL, str(error), str(file.path)) from error
        yield cast(BinaryIO, stream)


def _lines(parts: Iterable[str]) -> Iterator[Passage]:
    for number, line in enumerate(_split(parts), start=1):
        if told := printable(line):
            yield Passage(number, None, None, told)


def _split(parts: Iterable[str]) -> Iterator[str]:
    """The lines, of each the first `_LONGEST` characters."""
    rest = ""
    for part in parts:
        *ended, last = part.split("\n")
        for line in ended:
            yield (rest + line)[:_LONGEST]
            rest = ""
        rest = (rest + last)[:_LONGEST]
    yield rest


def _rows(parts: Iterable[str]) -> Iterator[Mapping[str, str | None]]:
    """The rows of a timeline, whatever separates its cells."""
    lines = _split(parts)
    heading = next(lines, "")
    sign = next((each.sign for each in Delimiter if each.sign in heading), USUAL.sign)
    with suppress(csv.Error):
        yield from csv.DictReader(chain([heading], lines), delimiter=sign)


def _event(row: Mapping[str, str | None]) -> Passage | None:
    try:
        time, _, what, told, source, event_id, log, record, _ = (row[column] or "" for column in TIMELINE_COLUMNS)
        place = int(record.removeprefix("'"))
    except (KeyError, ValueError):
        return None
    said = f"{what}: {told}" if told else what
    return Passage(place, printable(log), printable(time), printable(f"{said} ({source} {event_id})"))
