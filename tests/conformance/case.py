"""The table of cases: a command line, what is there before it, what it answers and what it leaves.

Each file of `cases/` is a subject. A case whose line is one of the product's is written as docs/evidence.md shows it,
with the same words in angle brackets; those words stand for the catalogue's sample arguments everywhere in a case.
`<100 x>` is a hundred times the letter x.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from orchestrator.windows import beliefs
from sspr_lab.profile import Architecture, Branch, Profile
from tests import catalogue, evidence_page

from .contents import Contents

FOLDER = Path(__file__).with_name("cases")

Data = int | str | list[str] | dict[str, str]
"""Of a registry value: REG_DWORD, REG_SZ, REG_MULTI_SZ, or `{REG_EXPAND_SZ: text}`, REG_QWORD or REG_BINARY in hex."""


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Given(Entry):
    r"""What is so before the line runs.

    Attributes:
        absent: Keys, files and folders that are not there; taken away before all else.
        registry: Key → value name → data; null where the value is not there.
        folders: Folders that are there.
        files: Path → contents.
        before: Lines that are run last of all this; what they answer does not matter.
    """

    absent: tuple[str, ...] = ()
    registry: dict[str, dict[str, Data | None]] = Field(default_factory=dict)
    folders: tuple[str, ...] = ()
    files: dict[str, Contents] = Field(default_factory=dict)
    before: tuple[str, ...] = ()


class Leaves(Entry):
    r"""What is so after the line.

    Attributes:
        registry: Key → value name → data, null where the value is gone; null instead where the key is gone.
        files: Path → contents, null where there is no such file; a path that ends in `\` is a folder, `true` or null.
        then: Line that is run afterwards → exit code that shows what became of the first.
    """

    registry: dict[str, dict[str, Data | None] | None] = Field(default_factory=dict)
    files: dict[str, Contents | Literal[True] | None] = Field(default_factory=dict)
    then: dict[str, int] = Field(default_factory=dict)


class OnWine(Entry):
    """Where Wine cannot speak for Windows, why, and how that is known.

    Attributes:
        differs: Wine does something else than Windows; the case is run on it all the same, and has to fail.
        not_available: Wine cannot be asked.
    """

    differs: str | None = None
    not_available: str | None = None
    source: str

    @model_validator(mode="after")
    def _is_one(self) -> OnWine:
        if (self.differs is None) == (self.not_available is None):
            raise ValueError("say either `differs` or `not_available`")
        return self


class Case(Entry):
    r"""One row.

    Attributes:
        line: What cmd.exe is to run.
        way: `batch`: in parentheses with a marker behind it, as the product asks; the exit code is the marker's.
            `alone`: right behind `cmd.exe /C`, as lines go that read standard input; the exit code is cmd.exe's.
            `process`: a whole command line for CreateProcess, as the Task Scheduler starts one.
        stdin: What comes on standard input.
        account: `user` has no administrator's token.
        machines: Those that it holds for, where tools or what they work on differ: branches, or architectures; all when
            left out.
        code: The exit code; null where nothing depends on it.
        reads: Reader → what it makes of the output; see `readers`.
        source: Why we believe that Windows does this; the catalogue knows it of the product's own lines.
        wine: None where Wine does what Windows does.
    """

    line: str
    way: Literal["batch", "alone", "process"] = "batch"
    given: Given = Given()
    stdin: Contents | None = None
    account: Literal["Administrator", "user"] = "Administrator"
    machines: tuple[Branch | Architecture, ...] = ()
    code: int | None = 0
    reads: dict[str, Any] = Field(default_factory=dict)
    leaves: Leaves = Leaves()
    source: str | None = None
    wine: OnWine | None = None


@dataclass(frozen=True)
class Row:
    """A case with its subject and name, all sample arguments in place."""

    subject: str
    name: str
    case: Case
    shown: str

    def holds_for(self, profile: Profile) -> bool:
        """Whether it says something of such a machine."""
        return not self.case.machines or bool({profile.branch, profile.architecture} & set(self.case.machines))

    def __str__(self) -> str:
        return f"{self.subject}: {self.name}"


@cache
def rows() -> tuple[Row, ...]:
    """The whole table."""
    return tuple(_rows())


def product_lines() -> dict[str, str]:
    """Every command line that the product can send, as it is shown → as it is sent."""
    lines = {row.line: row.command.line for row in evidence_page.rows()}
    asked = {command.line for belief in beliefs.beliefs() for command in belief.commands}
    return lines | {line: line for line in asked - set(lines.values())}


def spelled(shown: str) -> str:
    """A text with the catalogue's sample arguments in place of the words in angle brackets."""
    shown = re.sub("<([0-9]+) x>", lambda match: "x" * int(match[1]), shown)
    for sample, placeholder in sorted(catalogue.PLACEHOLDERS.items(), key=lambda pair: -len(pair[1])):
        shown = shown.replace(placeholder, sample)
    return shown


def _rows() -> Iterator[Row]:
    for path in sorted(FOLDER.glob("*.yaml")):
        for name, entry in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            yield Row(path.stem, name, Case.model_validate(_filled(entry)), entry["line"])


def _filled(node: Any) -> Any:
    match node:
        case str():
            return spelled(node)
        case list():
            return [_filled(item) for item in node]
        case dict():
            return {_filled(key): _filled(item) for key, item in node.items()}
        case _:
            return node
