r"""findstr's search strings as compiled regular expressions over bytes.

Source: `findstr /?` and the public collection "undocumented features and limitations of FINDSTR"
(stackoverflow.com/q/8844868): which strings are regular expressions, how a backslash escapes, that $ stands before a
carriage return only, and how long a string may be.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

_METACHARACTERS: Final = re.compile(r"(?<!\\)[.*^$\[]|\\[<>]")
_LONGEST_LITERAL: Final = 511  # bytes, since Windows Vista
_LONGEST_EXPRESSION: Final = 254
_END_OF_LINE: Final = r"(?=\r\Z)"

Kind = Literal["literal", "expression"]


class RefusedString(Exception):
    """findstr does not take a search string; the message about `values` is what it prints, its exit code is 2."""

    def __init__(self, message: str, **values: str) -> None:
        super().__init__(message)
        self.message = message
        self.values = values


@dataclass(frozen=True)
class Matching:
    """/B, /E, /X and /I."""

    begins: bool = False
    ends: bool = False
    whole: bool = False
    ignore_case: bool = False


def looks_like_expression(text: str) -> bool:
    """Without /L or /R the first string decides for all: an unescaped metacharacter makes them expressions."""
    return _METACHARACTERS.search(text) is not None


def compiled(strings: list[str], kind: Kind, matching: Matching, codec: str) -> re.Pattern[bytes]:
    """One pattern that finds a line (without its line feed) in which any of the strings is found.

    Raises:
        RefusedString: a string is too long.
    """
    alternatives = []
    for text in strings:
        size = len(text.encode(codec, "replace"))
        if size > _LONGEST_LITERAL:
            raise RefusedString("FINDSTR: Search string too long.")
        if kind == "expression" and size > _LONGEST_EXPRESSION:
            raise RefusedString("FINDSTR: Out of memory.")
        body = _expression(text) if kind == "expression" else _literal(text)
        alternatives.append(_anchored(body, matching))
    flags = re.IGNORECASE if matching.ignore_case else 0
    return re.compile("|".join(alternatives).encode(codec, "replace"), flags)


def _anchored(body: str, matching: Matching) -> str:
    start = r"\A" if matching.begins or matching.whole else ""
    end = _END_OF_LINE if matching.ends or matching.whole else ""
    return f"{start}(?:{body}){end}"


def _literal(text: str) -> str:
    return re.escape(text.replace("\\\\", "\\").replace('\\"', '"'))


def _expression(text: str) -> str:
    pieces: list[str] = []
    at = 0
    while at < len(text):
        piece, at = _element(text, at)
        if at < len(text) and text[at] == "*" and not piece.startswith("(?"):
            piece, at = f"(?:{piece})*", at + 1
        pieces.append(piece)
    return "".join(pieces)


def _element(text: str, at: int) -> tuple[str, int]:
    character = text[at]
    if character == "\\" and at + 1 < len(text):
        escaped = text[at + 1]
        words = {"<": r"(?<![A-Za-z0-9_])(?=[A-Za-z0-9_])", ">": r"(?<=[A-Za-z0-9_])(?![A-Za-z0-9_])"}
        return words.get(escaped, re.escape(escaped)), at + 2
    if character == "^" and at == 0:
        return r"(?:\A)", at + 1
    if character == "$" and at == len(text) - 1:
        return _END_OF_LINE, at + 1
    if character == ".":
        return "[^\\n]", at + 1
    if character == "[":
        return _class(text, at)
    return re.escape(character), at + 1


def _class(text: str, at: int) -> tuple[str, int]:
    end = text.find("]", at + 2)
    if end < 0:
        return re.escape("["), at + 1
    members = text[at + 1 : end]
    negated = members.startswith("^")
    body = "".join(character if character == "-" else re.escape(character) for character in members[negated:])
    return f"[{'^' if negated else ''}{body}]", end + 1
