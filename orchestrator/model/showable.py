"""Which characters are shown as they are: the one place that decides it, for tables, reports, logs and JSON alike.

Control characters move a terminal's cursor, marks of direction make text read as what it is not, separators of lines
begin lines where there is one, and halves of surrogate pairs cannot be encoded. Whatever shows text of a host leaves
them out, puts something in their place, or escapes them.
"""

from __future__ import annotations

import json
import re
from typing import Final

_ACTING: Final = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 and C1 controls but tab and newline
    "\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # unseen, or turning the direction
)
UNSHOWABLE: Final = re.compile(
    f"[{_ACTING}\ud800-\udfff\U000e0000-\U000e0fff]"  # lone surrogates, which no encoding takes; unseen tags
)
_TO_BLANK: Final = re.compile(f"[{_ACTING}]+")
_ESCAPE_SEQUENCE: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")


def clean(text: str) -> str:
    """A host's text without control sequences, control characters and direction overrides; lines are kept."""
    return UNSHOWABLE.sub("", _ESCAPE_SEQUENCE.sub("", text).replace("\r\n", "\n").replace("\r", "\n"))


def printable(text: str) -> str:
    """The text on one line, with a blank for whatever Unicode does not call printable, and so for all of them."""
    if text.isprintable() and "  " not in text and text == text.strip():  # as nearly all are: nothing is made anew
        return text
    line = " ".join(text.split())
    if not line.isprintable():
        line = " ".join(_TO_BLANK.sub(" ", line).split())
    if line.isprintable():
        return line
    blanks = {ord(letter): " " for letter in set(line) if not letter.isprintable()}
    return " ".join(line.translate(blanks).split())


def escaped(document: str) -> str:
    r"""A JSON document in which each of them is written as `\uXXXX`, and which so means the same.

    JSON has none of them but inside strings, and those below U+0020 are escaped there already.
    """
    return UNSHOWABLE.sub(lambda found: json.dumps(found[0])[1:-1], document)
