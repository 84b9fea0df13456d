"""Words as SQLite takes them for letters alone, whatever signs people type."""

from __future__ import annotations

from typing import Final

LETTERS: Final = 3
"""Of a word that FTS5 knows where it takes three letters each; shorter ones are looked for in the texts, by LIKE."""


def quoted(word: str) -> str:
    """A word for MATCH."""
    doubled = word.replace('"', '""')
    return f'"{doubled}"'


def forms(word: str) -> list[str]:
    """A word in either case: LIKE knows only that ASCII has two."""
    return list(dict.fromkeys((word, word.lower(), word.upper(), word.title())))


def plain(word: str) -> str:
    """A word for LIKE, in which it finds no signs of its own where a backslash is its escape."""
    return "".join(f"\\{letter}" if letter in "\\%_" else letter for letter in word)
