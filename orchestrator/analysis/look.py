"""What `sspr check` has said of a machine, read back from the `check.json` of a bundle."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

from orchestrator.harvest.timeline import shorten
from orchestrator.model.codec import decode
from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.message import phrase
from orchestrator.model.preflight import PreflightDetail
from orchestrator.model.showable import printable

_LONGEST: Final = 4 * 1024 * 1024
_LONGEST_REASON: Final = 500
_CODE: Final = re.compile(r'\s*"code": "(?P<code>[a-z0-9_]{1,60})"')
_NAME: Final = re.compile(r'\s*"(?P<name>[a-z0-9_]{1,60})": ')

_NO_CHECK = phrase("check-none")


@dataclass(frozen=True)
class _File:
    """The file, as `steps/collect.py` writes it."""

    outcome: str | None = None
    reason: str = ""
    learned: PreflightDetail | None = None


@dataclass(frozen=True)
class Look:
    """A look at a machine.

    Attributes:
        file: The file's name.
        learned: What was learned; None where the machine could not be looked at.
        reason: What came of it, in words.
        lines: Where a finding's code stands, or else a name of the file, by the numbers of lines, from 1.
    """

    file: str
    learned: PreflightDetail | None
    reason: str
    lines: Mapping[str, int]

    def line(self, *names: str) -> int | None:
        """The line of the first of these that the file has."""
        return next((self.lines[name] for name in names if name in self.lines), None)


def read(file: BinaryIO, name: str) -> Look:
    """Reads a `check.json`. Raises UnexpectedOutput where it is none."""
    file.seek(0)
    content = file.read(_LONGEST + 1)
    if len(content) > _LONGEST:
        raise UnexpectedOutput(_NO_CHECK())
    try:
        text = content.decode("utf-8-sig")
        told = decode(_File, text)
    except ValueError as error:
        raise UnexpectedOutput(_NO_CHECK()) from error
    return Look(name, told.learned, shorten(printable(told.reason), _LONGEST_REASON), _lines(text))


def _lines(text: str) -> dict[str, int]:
    """Codes of findings go before names, as a code may be the name of something else, too."""
    codes: dict[str, int] = {}
    names: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if found := _CODE.match(line):
            codes.setdefault(found["code"], number)
        elif found := _NAME.match(line):
            names.setdefault(found["name"], number)
    return {**names, **codes}
