"""Names of accounts: which are a person's, how one may be written in a file, and where one is a word of its own."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from html import escape
from typing import Final

from orchestrator.harvest.redaction.places import pseudonyms
from orchestrator.harvest.redaction.well_known import ACCOUNTS, EVERYDAY, NO_DOMAINS

_SHORTEST: Final = 3
_SHORTEST_NUMBER: Final = 6
_LONGEST_NAME: Final = 256
_BEFORE: Final = re.compile(
    rb"(?<![0-9a-z])|(?<=[\x81-\xfe][a-z])|(?<=\\[nrt])|(?<=%[0-9a-f]{2})",
)
_BEHIND: Final = re.compile(rb"(?![0-9a-z])")
CODE_PAGES: Final = (
    "utf-8", "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874", "cp932",
    "gb18030", "cp949", "cp950", "cp850", "cp437", "cp852", "cp866",
)  # fmt: skip
"""In which a text may be that does not say so: those of Windows, and of its console."""


def folded(name: str) -> str:
    """The same for all spellings of a name."""
    return unicodedata.normalize("NFC", name).casefold()


def is_account(name: str) -> bool:
    """Whether it may be a person's: no account of every Windows, no computer's, no placeholder, no pseudonym."""
    if not 0 < len(name) <= _LONGEST_NAME or name.endswith("$") or name.startswith("%") or not name.isprintable():
        return False
    if not any(map(str.isalnum, name)) or any(pseudonyms(name.encode("utf-8", "surrogatepass"))):
        return False
    return folded(name) not in ACCOUNTS


def is_looked_for(name: str) -> bool:
    """Whether it is a person's wherever it stands."""
    if name.isdecimal():
        return len(name) >= _SHORTEST_NUMBER
    cased = any(letter.lower() != letter.upper() for letter in name)  # a name of two signs is whole in Chinese
    return len(name) >= (_SHORTEST if cased else 2) and folded(name) not in EVERYDAY | NO_DOMAINS


def written(name: str) -> Iterator[bytes]:
    """How a name may stand in files, in lower case of ASCII."""
    spellings = {name} if name.isascii() else {name, name.lower(), name.upper(), name.title(), name.capitalize()}
    spellings |= {unicodedata.normalize(form, each) for each in spellings for form in ("NFC", "NFD")}
    spellings |= {escape(each, quote=True) for each in spellings} | {
        escape(each).replace("&#x27;", "&apos;") for each in spellings
    }
    spellings |= {json.dumps(each)[1:-1] for each in spellings}
    forms = set()
    for page in CODE_PAGES:
        for each in spellings:
            with suppress(UnicodeEncodeError):
                forms.add(each.encode(page).lower())
    yield from sorted(forms)


def is_word(lowered: bytes, form: bytes, at: int) -> bool:
    """Whether a form that stands there is a word of its own.

    Only letters of ASCII continue a word: what others are depends on a code page that nobody knows, and names of
    Korea and Japan have their particles right behind them. A letter before it is none if it is the second byte of
    another, or an escape's.
    """
    if form[:1].isalnum() and not _BEFORE.match(lowered, at):
        return False
    return not form[-1:].isalnum() or _BEHIND.match(lowered, at + len(form)) is not None
