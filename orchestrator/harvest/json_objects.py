"""The objects of a JSON file one by one, so that a file of any size costs no more memory than its longest object.

It may be a list of them, lines of JSON, or pages as an OData service gives them: `{"@odata.…": …, "value": […]}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from orchestrator.harvest.text import encoding_of, pieces

LONGEST: Final = 256 * 1024
"""Characters of one object, or of what stands beside the list of a page: a record of a directory has some 2,000."""
_BLANKS: Final = re.compile(r"[ \t\r\n]*")
_DECODER: Final = json.JSONDecoder()


class NoJson(ValueError):
    """What stands there is no JSON of objects; `line` is where, from 1."""

    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__(f"line {line} is no JSON")


def objects(file: BinaryIO) -> Iterator[tuple[int, dict[str, object]]]:
    """Each object with the number of the line on which it begins; what stands beside a page's list is one, too.

    Raises:
        NoJson: It is cut off, longer than `LONGEST`, or something else.
        OSError: It cannot be read.
    """
    text = _Text(pieces(file, encoding_of(file)))
    while sign := text.next_sign():
        if sign == "[":
            yield from _elements(text)
        elif sign == "{":
            yield from _page(text)
        else:
            raise text.complaint()


def _elements(text: _Text) -> Iterator[tuple[int, dict[str, object]]]:
    text.expect("[")
    if text.next_sign() == "]":
        text.expect("]")
        return
    while True:
        text.next_sign()
        line, element = text.line, text.value(LONGEST)
        if not isinstance(element, dict):
            raise text.complaint()
        yield line, element
        if text.next_sign() == "]":
            text.expect("]")
            return
        text.expect(",")


def _page(text: _Text) -> Iterator[tuple[int, dict[str, object]]]:
    """An object; where one of its members is a list by the name of `value`, each of that before the rest of it."""
    begin, room, paged = text.line, LONGEST, False
    members: dict[str, object] = {}
    text.expect("{")
    while text.next_sign() != "}":
        before = text.passed
        key = text.value(room)
        if not isinstance(key, str):
            raise text.complaint()
        text.next_sign()
        text.expect(":")
        if key == "value" and text.next_sign() == "[":
            yield from _elements(text)
            paged = True
        else:
            text.next_sign()
            members[key] = text.value(room)
            room -= text.passed - before
        if text.next_sign() != "}":
            text.expect(",")
    text.expect("}")
    if members or not paged:
        yield begin, members


class _Text:
    """A text that comes in pieces, of which no more is held than what has not been taken yet.

    Attributes:
        line: The number of the line that is read.
        passed: How many characters were taken.
    """

    def __init__(self, parts: Iterator[str]) -> None:
        self._parts = parts
        self._held = ""
        self._at = 0
        self.line = 1
        self.passed = 0

    def next_sign(self) -> str:
        """The next character that is no blank, which is not taken; nothing at the end."""
        while True:
            found = _BLANKS.match(self._held, self._at)
            assert found, "it matches nothing at all, too"
            self._take(found.end())
            if self._at < len(self._held):
                return self._held[self._at]
            if not self._more():
                return ""

    def expect(self, sign: str) -> None:
        """Takes the next character. Raises NoJson where it is another."""
        if not self._held.startswith(sign, self._at):
            raise self.complaint()
        self._take(self._at + 1)

    def value(self, most: int) -> object:
        """Takes the value that begins here. Raises NoJson where there is none, or it has more characters than `most`.

        What cannot be read may be cut off by the end of what is held: it is tried again with twice as much.
        """
        while True:
            value, length = self._decoded()
            held = len(self._held) - self._at
            if 0 <= length < held or held > most or not self._grow(2 * held):
                break
        if not 0 <= length <= most:
            raise self.complaint()
        self._take(self._at + length)
        return value

    def _decoded(self) -> tuple[object, int]:
        """What can be read here, and its length; -1 where nothing can."""
        try:
            value, end = _DECODER.raw_decode(self._held, self._at)
        except (ValueError, RecursionError):
            return None, -1
        return value, end - self._at

    def _grow(self, wanted: int) -> bool:
        """Whether there was more."""
        before = len(self._held) - self._at
        while len(self._held) - self._at < wanted and self._more():
            pass
        return len(self._held) - self._at > before

    def complaint(self) -> NoJson:
        return NoJson(self.line)

    def _take(self, end: int) -> None:
        self.line += self._held.count("\n", self._at, end)
        self.passed += end - self._at
        self._at = end

    def _more(self) -> bool:
        part = next(self._parts, None)
        if part is None:
            return False
        self._held, self._at = self._held[self._at :] + part, 0
        return True
