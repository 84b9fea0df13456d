"""Words as FTS5 takes them for letters alone, whatever signs people type."""

from __future__ import annotations

from typing import Final

LETTERS: Final = 3
"""How many letters FTS5 takes together here; whatever is shorter is the beginning of some three."""
AFTER_ALL: Final = "\U0010ffff"
"""Behind a beginning, it comes after whatever begins so."""


def quoted(word: str) -> str:
    """A word for MATCH."""
    doubled = word.replace('"', '""')
    return f'"{doubled}"'


def forms(word: str) -> list[str]:
    """A word in either case: the index has one of them."""
    return list(dict.fromkeys((word, word.lower(), word.upper(), word.title())))
