"""Words looked up in the index of logs; `log_index.py` has its form, and keeps it true."""

from __future__ import annotations

import sqlite3
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from typing import Final

from orchestrator.model.log_hit import LogHit, LogHits
from orchestrator.runs.search_words import AFTER_ALL, LETTERS, forms, quoted

_MOST_COUNTED: Final = 100_000
_AT_A_TIME: Final = 10_000
"""Passages that are found before they are counted."""


def find(base: sqlite3.Connection, words: Sequence[str], folder: str | None, most: int, each: int) -> LogHits:
    """Searches what the index has.

    Args:
        base: The index.
        words: Each of them is in every passage that is found, without regard to case.
        folder: Of the run that is searched; None for all.
        most: How many passages are shown.
        each: How many of a host.

    Raises:
        sqlite3.Error: The index cannot be read.
    """
    files = base.execute(
        "SELECT first, last, run, host, name FROM files WHERE last >= first AND (? IS NULL OR folder = ?) "
        "ORDER BY first",
        (folder, folder),
    ).fetchall()
    firsts = [first for first, *_ in files]
    shown: list[tuple[int, LogHit]] = []
    found: Counter[str] = Counter()
    counted = 0
    matching = _matching(base, words, firsts[0], files[-1][1]) if files else None
    while matching and (chunk := matching.fetchmany(min(_AT_A_TIME, _MOST_COUNTED - counted) or 1)):
        numbers = [number for (number,) in reversed(chunk)]
        near = slice(max(0, bisect_right(firsts, numbers[0]) - 1), bisect_right(firsts, numbers[-1]))
        for first, last, run, host, name in reversed(files[near]):
            begin, end = bisect_left(numbers, first), bisect_right(numbers, last)
            if begin == end:
                continue
            if counted == _MOST_COUNTED:
                return _told(words, shown, found, complete=False)
            room = min(each - found[host], most - len(shown))
            newest = numbers[begin:end][::-1][: max(0, room)]
            shown += [(number, LogHit(host, run, name, *_passage(base, number))) for number in newest]
            found[host] += end - begin
            counted += end - begin
    return _told(words, shown, found, complete=True)


def _matching(base: sqlite3.Connection, words: Sequence[str], first: int, last: int) -> sqlite3.Cursor | None:
    """The numbers of passages that have all the words, the newest first; None where a word is in no passage."""
    asked = [_asked(base, word) for word in words]
    if not all(asked):
        return None
    return base.execute(
        "SELECT rowid FROM words WHERE words MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC",
        (" AND ".join(asked), first, last),
    )


def _asked(base: sqlite3.Connection, word: str) -> str:
    """What FTS5 is asked for a word; nothing where no text has it."""
    if len(word) >= LETTERS:
        return quoted(word)
    alike: list[str] = []
    for form in forms(word):
        if len(form) >= LETTERS:
            alike.append(form)
        else:
            between = (form, form + AFTER_ALL)
            terms = base.execute("SELECT term FROM terms WHERE term >= ? AND term < ?", between)
            alike += [term for (term,) in terms]
    return f"({' OR '.join(map(quoted, dict.fromkeys(alike)))})" if alike else ""


def _passage(base: sqlite3.Connection, number: int) -> tuple[int, str | None, str | None, str]:
    found: tuple[int, str | None, str | None, str] = base.execute(
        "SELECT place, log, time, text FROM passages WHERE id = ?", (number,)
    ).fetchone()
    return found


def _told(words: Sequence[str], shown: list[tuple[int, LogHit]], found: Counter[str], *, complete: bool) -> LogHits:
    ordered = sorted(shown, key=lambda pair: (pair[1].run, -pair[0]), reverse=True)
    return LogHits(tuple(words), tuple(hit for _, hit in ordered), found.total(), len(found), complete)
