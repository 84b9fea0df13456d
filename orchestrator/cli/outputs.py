"""Where a command's results go: its standard output, and the files that it is asked for besides.

Those are refused before anything is done, or written at the end.

A slip of the keyboard must not cost a file. One that is there already is replaced only if it begins as an output of the
same kind does, so that no inventory, package or password file becomes a table; never if the command itself reads it.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orchestrator.model.errors import UsageError
from orchestrator.model.private_file import is_stream, place_of, try_private

if TYPE_CHECKING:
    from rich.console import Console

    from orchestrator.console.csv_file import Table
    from orchestrator.model.result import RunResult

NOT_WRITTEN: Final = 1
"""The exit code of a command that did its work, but could not write a file that it was asked for."""


@dataclass(frozen=True)
class _Kind:
    """A kind of output: the option that asks for it, what it is called, and how every file of it begins."""

    option: str
    name: str
    beginning: re.Pattern[bytes]


_JSON: Final = _Kind("--json", "result file", re.compile(rb'\{\s*("version":\s*\d+,\s*)?"run":\s*\{\s*"id"'))
_REPORT: Final = _Kind(
    "--report",
    "report",
    re.compile(
        rb'<!doctype html>\s<html lang="en">\s<head>\s<meta charset="utf-8">\s<meta http-equiv="Content-Security-'
    ),
)
_CSV: Final = _Kind(
    "--csv",
    "table",
    re.compile(
        rb"\xef\xbb\xbf(run.name.address|name.(address.port|sentence.holds|description.steps)|id.playbook.started"
        rb"|product_name.manufacturer.version)[,;\t\r\n]"
    ),
)
_LONGEST_BEGINNING: Final = 200
_UNBOUND: Final = 10_000  # columns


@dataclass(frozen=True)
class Outputs:
    """What is wanted, each by the path that was typed.

    Attributes:
        json: Where to write the result file.
        report: Where to write the HTML report.
        csv: Where to write the table for spreadsheets.
    """

    json: Path | None = None
    report: Path | None = None
    csv: Path | None = None

    def check(self, needed: Iterable[Path] = ()) -> None:
        """What cannot or must not be written is told before anything is done.

        Args:
            needed: Files that the command reads or keeps itself.

        Raises:
            UsageError: It names the path and says what to do.
        """
        taken = {_same(file): "the command needs this file itself" for file in needed} if self._wanted else {}
        for kind, path in self._wanted:
            try:
                if _can_be_replaced(path):
                    _check_file(kind, path)
                    if problem := taken.get(_same(path)):
                        raise UsageError(f"{kind.option} {path}: {problem}; give the name of another")
                    taken[_same(path)] = f"{kind.option} is to be written there already"
                try_private(path)
            except OSError as error:
                raise UsageError(f"{path}: cannot be written: {error.strerror}") from error

    def write(self, table: Table, result: RunResult | None = None) -> int:
        """Writes what is wanted, each file whatever becomes of the others, and tells which could not be written.

        Args:
            table: For `csv`.
            result: For `json` and `report`.

        Returns:
            An exit code: 0, or NOT_WRITTEN.
        """
        code = 0
        for path, write in self._writers(table, result):
            try:
                write(path)
            except OSError as error:
                tell_not_written(error)
                code = NOT_WRITTEN
        return code

    @property
    def _wanted(self) -> list[tuple[_Kind, Path]]:
        pairs = ((_JSON, self.json), (_REPORT, self.report), (_CSV, self.csv))
        return [(kind, path) for kind, path in pairs if path is not None]

    def _writers(self, table: Table, result: RunResult | None) -> Iterator[tuple[Path, Callable[[Path], None]]]:
        if self.json and result:
            from orchestrator.runs.result_file import write_result

            yield self.json, partial(write_result, result)
        if self.report and result:
            from orchestrator.console.report import write_report

            yield self.report, partial(write_report, result)
        if self.csv:
            from orchestrator.console.csv_file import write_csv

            yield self.csv, partial(write_csv, table)


def standard_output() -> Console:
    """As wide as the terminal or, where it is piped on, as its lines: nothing is cut for a program that reads them."""
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=_UNBOUND)


def _can_be_replaced(path: Path) -> bool:
    """Whether a path is that of a file, there or not yet, and not of what is written into.

    Raises:
        UsageError: It is neither.
        OSError: It cannot be looked at.
    """
    if is_stream(path):
        mode = path.stat().st_mode
        if stat.S_ISBLK(mode) or stat.S_ISSOCK(mode):
            raise UsageError(f"{path}: is a disk or a socket; give the name of a file")
        return False
    if path.is_dir():
        raise UsageError(f"{path}: is a folder; give the name of a file")
    for folder in (path.parent, place_of(path).parent):
        if not folder.is_dir():
            raise UsageError(f"{path}: there is no folder {folder}; make it first")
    return True


def _check_file(kind: _Kind, path: Path) -> None:
    """A file that is there already has to be an earlier output of this kind. Raises UsageError, OSError."""
    from orchestrator.runs.folders import RunFolder

    place = place_of(path)
    folder = RunFolder(place.parent)
    if place in {folder.journal, folder.result} and folder.journal.exists():
        raise UsageError(f"{kind.option} {path}: a run keeps its own record there; give the name of another file")
    if not place.exists():
        return
    with place.open("rb") as file:
        beginning = file.read(_LONGEST_BEGINNING)
    if beginning and not kind.beginning.match(beginning):
        raise UsageError(
            f"{kind.option} {path}: this file is there already, and is no {kind.name} of ours; give the name of "
            "another, or take it away first"
        )


def _same(path: Path) -> object:
    """Equal for two paths of one file, whether it is there or not."""
    place = place_of(path)
    try:
        found = place.stat()
    except OSError:
        return os.path.normcase(place)
    return (found.st_dev, found.st_ino)


def tell_not_written(error: OSError) -> None:
    """Says on the error stream which file could not be written, and why."""
    from rich.console import Console
    from rich.markup import escape

    text = f"{error.filename or 'a file'}: could not be written: {error.strerror}"
    Console(stderr=True, soft_wrap=True).print(f"[bold red]error:[/] {escape(text)}", highlight=False)
