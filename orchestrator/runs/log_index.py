"""Which words are where in what came home: an index below the state folder, which is made anew from the files at need.

SQLite's FTS5 splits texts into three letters each, so that parts of words are found in any language, also in those that
have no blanks. A word of one or two letters is wherever three letters begin with it; so that this holds at the end of a
text too, the index has two line feeds there, which are in no text. One process at a time has the index, as whoever
comes meanwhile wants what that one reads.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import Final

from filelock import FileLock

from orchestrator.model.log_hit import LogHits
from orchestrator.model.private_file import make_folder, open_private
from orchestrator.runs import log_query
from orchestrator.runs.collected_text import TextFile, folders, passages, text_files
from orchestrator.runs.folders import RunFolder

_FORM: Final = 2
_SCHEMA: Final = f"""
BEGIN;
CREATE TABLE files (id INTEGER PRIMARY KEY, folder TEXT NOT NULL, name TEXT NOT NULL, run TEXT NOT NULL,
    host TEXT NOT NULL, stored TEXT NOT NULL, size INTEGER NOT NULL, changed INTEGER NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL, UNIQUE (folder, name));
CREATE TABLE folders (path TEXT PRIMARY KEY, folder TEXT NOT NULL, changed INTEGER NOT NULL);
CREATE TABLE passages (id INTEGER PRIMARY KEY, place INTEGER NOT NULL, log TEXT, time TEXT, text TEXT NOT NULL);
CREATE VIRTUAL TABLE words USING fts5 (text, content='', tokenize='trigram');
CREATE VIRTUAL TABLE terms USING fts5vocab (words, 'row');
PRAGMA user_version = {_FORM};
COMMIT;
"""
_SETTINGS: Final = "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA secure_delete = ON; PRAGMA journal_mode = TRUNCATE;"
_END: Final = "\n\n"
"""What the index has behind each text."""
_SETTLED: Final = 2_000_000_000
"""Nanoseconds after which a folder's time tells of any change: two within one tick of a clock have the same."""
_COMMITTED: Final = 50_000
"""Passages that are written at a time: what is read by then stays when the program is ended."""
_WRONG: Final = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
"""Codes of an index that is damaged, or is none of ours."""
_BASIC_CODE: Final = 0xFF


def search(
    path: Path,
    runs: Sequence[RunFolder],
    words: Sequence[str],
    *,
    only: RunFolder | None = None,
    most: int = 200,
    each: int = 3,
    reads: Callable[[int], None] = lambda _: None,
) -> LogHits:
    """Reads what is new or changed, forgets what is gone, and searches.

    Args:
        path: The index; it is made where it is missing, and made anew where it is damaged.
        runs: All that there are.
        words: Each of them is in every passage that is found, without regard to case.
        only: Where else than in all runs is searched; the others are not looked at then.
        most: How many passages are shown.
        each: How many of a host.
        reads: Told how many files are to be read, where there are any.

    Raises:
        OSError: The index cannot be written or read.
    """
    make_folder(path.parent)
    with FileLock(f"{path}.lock", mode=0o600):
        try:
            return _searched(path, runs, words, only, most, each, reads)
        except sqlite3.Error as error:
            if _code(error) not in _WRONG:
                raise OSError(None, str(error), str(path)) from error
        _remove(path)
        try:
            return _searched(path, runs, words, only, most, each, reads)
        except sqlite3.Error as error:
            raise OSError(None, str(error), str(path)) from error


def _code(error: sqlite3.Error) -> int:
    code = getattr(error, "sqlite_errorcode", None)  # what Python itself complains of has none
    return sqlite3.SQLITE_ERROR if code is None else code & _BASIC_CODE


def _remove(path: Path) -> None:
    for each in (path, path.with_name(f"{path.name}-journal")):
        each.unlink(missing_ok=True)


def _searched(
    path: Path,
    runs: Sequence[RunFolder],
    words: Sequence[str],
    only: RunFolder | None,
    most: int,
    each: int,
    reads: Callable[[int], None],
) -> LogHits:
    with _opened(path) as base:
        index = _Index(base)
        if only is None:
            index.forget_runs({str(run.path) for run in runs})
        index.refresh([only] if only else sorted(runs, key=lambda run: run.name), reads)
        return log_query.find(base, words, None if only is None else str(only.path), most, each)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    os.close(open_private(path, os.O_RDWR))
    with closing(sqlite3.connect(path, isolation_level=None)) as base:
        base.executescript(_SETTINGS)
        (form,) = base.execute("PRAGMA user_version").fetchone()
        if form == 0 and not base.execute("SELECT 1 FROM sqlite_master").fetchone():
            base.executescript(_SCHEMA)
        elif form != _FORM:
            raise sqlite3.DatabaseError("of another form")
        yield base


class _Index:
    def __init__(self, base: sqlite3.Connection) -> None:
        self._base = base

    def refresh(self, runs: Iterable[RunFolder], reads: Callable[[int], None]) -> None:
        """Has the index hold what is in the folders of these runs, the newest last."""
        new: list[tuple[RunFolder, TextFile]] = []
        gone: list[int] = []
        looked_through: list[tuple[str, str, int]] = []
        for run in runs:
            if self._is_as_known(run):
                continue
            settled = time.time_ns() - _SETTLED
            stamps = ((path, changed if changed < settled else 0) for path, changed in folders(run).items())
            looked_through += ((path, str(run.path), changed) for path, changed in stamps)
            rows = self._base.execute("SELECT name, id, size, changed FROM files WHERE folder = ?", (str(run.path),))
            known = {name: rest for name, *rest in rows}
            for file in text_files(run):
                number, *seen = known.pop(file.name, (None, 0, 0))
                if seen != [file.size, file.changed]:
                    new.append((run, file))
                    gone += [] if number is None else [number]
            gone += [number for number, *_ in known.values()]
        if gone:
            self._forget(gone)
        if new:
            reads(len(new))
            self._read(new)
        if looked_through:
            self._note(looked_through)

    def _note(self, looked_through: Sequence[tuple[str, str, int]]) -> None:
        """Keeps when folders were changed last, by their paths and those of their runs."""
        self._base.execute("BEGIN")
        self._base.executemany("DELETE FROM folders WHERE folder = ?", {(folder,) for _, folder, _ in looked_through})
        self._base.executemany(
            "INSERT OR REPLACE INTO folders (path, folder, changed) VALUES (?, ?, ?)", looked_through
        )
        self._base.execute("COMMIT")

    def _is_as_known(self, run: RunFolder) -> bool:
        """Whether nothing has come or gone in a run's folders, and no file that is known was written again."""
        folder = str(run.path)
        kept = self._base.execute("SELECT path, changed FROM folders WHERE folder = ?", (folder,)).fetchall()
        rows = self._base.execute("SELECT stored, size, changed FROM files WHERE folder = ?", (folder,))
        try:
            for path, changed in kept:
                if os.stat(path).st_mtime_ns != changed:  # noqa: PTH116 - thousands of times
                    return False
            for name, size, changed in dict.fromkeys(rows):  # a zip file is there once for each of its files
                found = os.lstat(f"{folder}/{name}")
                if found.st_size != size or found.st_mtime_ns != changed:
                    return False
        except OSError:
            return False
        return bool(kept)

    def forget_runs(self, known: set[str]) -> None:
        """Forgets all runs but those in these folders."""
        folders_of_files = self._base.execute("SELECT DISTINCT folder FROM files").fetchall()
        for each in folders_of_files:
            if each[0] not in known:
                files = self._base.execute("SELECT id FROM files WHERE folder = ?", each)
                self._forget([number for (number,) in files])
        kept = self._base.execute("SELECT DISTINCT folder FROM folders").fetchall()
        self._base.executemany("DELETE FROM folders WHERE folder = ?", [row for row in kept if row[0] not in known])

    def _read(self, files: Iterable[tuple[RunFolder, TextFile]]) -> None:
        written = 0
        self._base.execute("BEGIN")
        for run, file in files:
            written += self._add(run, file)
            if written >= _COMMITTED:
                self._base.execute("COMMIT")
                self._base.execute("BEGIN")
                written = 0
        self._base.execute("COMMIT")

    def _add(self, run: RunFolder, file: TextFile) -> int:
        """How many passages were added; none of a file that is gone, or cannot be read."""
        (last,) = self._base.execute("SELECT coalesce(max(last), 0) FROM files").fetchone()
        number = last
        self._base.execute("SAVEPOINT file")
        try:
            for passage in passages(file):
                number += 1
                row = (number, *astuple(passage))
                self._base.execute("INSERT INTO passages (id, place, log, time, text) VALUES (?, ?, ?, ?, ?)", row)
                self._base.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (number, passage.text + _END))
        except OSError:
            self._base.execute("ROLLBACK TO file")
            number = last
        else:
            known = (run.name, file.name, file.host, file.stored, file.size, file.changed, last + 1, number)
            self._base.execute(
                "INSERT INTO files (folder, run, name, host, stored, size, changed, first, last) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (str(run.path), *known),
            )
        self._base.execute("RELEASE file")
        return int(number - last)

    def _forget(self, files: Iterable[int]) -> None:
        self._base.execute("BEGIN")
        for file in files:
            span = self._base.execute("SELECT first, last FROM files WHERE id = ?", (file,)).fetchone()
            self._base.execute(
                "INSERT INTO words (words, rowid, text) SELECT 'delete', id, text || ? FROM passages "
                "WHERE id BETWEEN ? AND ?",
                (_END, *span),
            )
            self._base.execute("DELETE FROM passages WHERE id BETWEEN ? AND ?", span)
            self._base.execute("DELETE FROM files WHERE id = ?", (file,))
        self._base.execute("COMMIT")
        self._base.execute("PRAGMA incremental_vacuum").fetchall()
