"""Outputs of real Windows tools as other people published them, and which command lines have such a record.

The records lie in `data`, a file a tool; README.md tells what they are and what the fields mean.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from orchestrator.windows.batch import Batch
from orchestrator.windows.command import Command, Evidence, Reply, Sureness

DATA = Path(__file__).parent / "data"
_MARKER = "a8f3c6d1"
_PUBLISHED = Evidence("published output", Sureness.REPORTED)


@dataclass(frozen=True)
class Record:
    """One published output.

    Attributes:
        case: A few words, unique within its file.
        tool: Program and what it was asked for: `reg query`, `certutil -hashfile` …
        command: As published; only what matters where the source does not show it.
        windows: Version, where the source tells it; else `untold`.
        language: Of the output, ISO 639-1.
        source: Address.
        output: What was printed, with line feeds only.
        expect: What our parser must make of it; its form is the tool's test's to know.
        exit_code: As the source tells, or what the text implies.
        exit_told: Whether the source tells the exit code.
        replaced: What was put in place of somebody's own names, where there were any.
        note: What else a reader must know.
    """

    case: str
    tool: str
    command: str
    windows: str
    language: str
    source: str
    output: str
    expect: Any
    exit_code: int = 0
    exit_told: bool = False
    replaced: str | None = None
    note: str | None = None

    @property
    def printed(self) -> str:
        """The output as it comes from the host, with the CRLF that Windows ends lines with."""
        return self.output.replace("\n", "\r\n")

    @property
    def reply(self) -> Reply:
        """The output on the product's own way: as part of a batch of commands, taken apart again."""
        batch = Batch((Command(self.command, _PUBLISHED, accepts=None),), _MARKER)
        [reply] = batch.answers(f"{self.printed}{_MARKER}.1 {self.exit_code}\r\n").complete or []
        return reply


@cache
def records(file: str) -> tuple[Record, ...]:
    """The records of one file in `data`, by its name without the ending."""
    return tuple(Record(**entry) for entry in yaml.safe_load((DATA / f"{file}.yaml").read_text(encoding="utf-8")))


@cache
def all_records() -> tuple[Record, ...]:
    """Every record, by file."""
    return tuple(record for path in sorted(DATA.glob("*.yaml")) for record in records(path.stem))


def recorded(command_line: str) -> tuple[Record, ...]:
    """Records of the tool that a command line of ours runs; none when no output of it was found.

    A record of `reg query /ve` is one of `reg query`, too, but not the other way round where we ask with /ve.
    """
    words = frozenset(map(_program, command_line.lower().replace("(", " ").replace("&", " ").split()))
    fitting = [record for record in all_records() if words.issuperset(record.tool.split())]
    closest = max((len(record.tool.split()) for record in fitting), default=0)
    return tuple(record for record in fitting if len(record.tool.split()) == closest)


def _program(word: str) -> str:
    """A word of a command line; of a program's full path, its name alone."""
    return word.strip('"').rpartition("\\")[2].removesuffix(".exe")


def named(found: Iterable[Record]) -> list[Any]:
    """Records as pytest parameters, with readable names."""
    import pytest  # noqa: PLC0415 - the evidence page reads records without the test tools

    return [pytest.param(record, id=f"{record.language}: {record.case}") for record in found]
