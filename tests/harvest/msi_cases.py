"""Logs of Windows Installer with what they must be understood as; data/msi_cases/README.md has the fields explained."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

DATA: Final = Path(__file__).parent / "data" / "msi_cases"
NOT_RECOGNISED: Final = "not recognised"
_MARK: Final = ">>> "


@dataclass(frozen=True)
class Expected:
    """What the reader must find.

    Attributes:
        result: The exit code; None where the log does not tell.
        action: The first action that failed.
        cause: The code of the message that says it, or `not recognised`.
        sure: How sure.
        about: What the cause is about, where that has to be said.
        sessions: How many runs the log holds.
    """

    result: int | None
    action: str | None
    cause: str
    sure: str
    about: str | None = None
    sessions: int = 1


@dataclass(frozen=True)
class Case:
    """A log and what is expected of it."""

    case: str
    file: str
    provenance: str
    source: str
    lines: tuple[str, ...]
    evidence: tuple[int, ...]
    expect: Expected
    language: str = "en"
    replaced: str | None = None
    note: str | None = None

    def encoded(self, encoding: str = "utf-16") -> bytes:
        """The log as Windows writes it, unless an encoding is named: UTF-16LE with a byte order mark, and CRLF."""
        return "".join(f"{line}\r\n" for line in self.lines).encode(encoding)


def read_case(file: str, entry: dict[str, Any]) -> Case:
    """A case of a file, as YAML has it; the marks are taken off its lines."""
    marked = entry.pop("log").removesuffix("\n").split("\n")
    evidence = tuple(number for number, line in enumerate(marked, 1) if line.startswith(_MARK))
    lines = tuple(line.removeprefix(_MARK) for line in marked)
    return Case(file=file, lines=lines, evidence=evidence, expect=Expected(**entry.pop("expect")), **entry)


@cache
def cases() -> tuple[Case, ...]:
    """All of them, by file."""
    return tuple(
        read_case(path.stem, entry)
        for path in sorted(DATA.glob("*.yaml"))
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))
    )
