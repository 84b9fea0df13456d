"""Which troubles a run met with, a sentence each: those of most machines first, and how many there are besides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from orchestrator.console.words import counted, machines, one_line, wording
from orchestrator.model.failure_group import FailureGroup
from orchestrator.model.result import RunResult

SHOWN: Final = 6
"""Of reasons, and of errors that the add-in reported."""
_LONGEST: Final = 300


def print_failure_groups(run: RunResult, groups: Sequence[FailureGroup], console: Console) -> None:
    """Prints them."""
    for line in _lines(run, groups):
        console.print(line, soft_wrap=True)


def _lines(run: RunResult, groups: Sequence[FailureGroup]) -> Iterator[Text]:
    reasons = [each for each in groups if each.outcome is not None]
    errors = [each for each in groups if each.outcome is None]
    not_fine = sum(each.hosts for each in reasons)
    said = f"{not_fine:,} of {machines(len(run.hosts))} are not fine" if not_fine else "no machine has failed"
    yield Text(f"{one_line(run.title)}: {said}", style="bold")
    for those, one, several in (
        (reasons, "reason", "reasons"),
        (errors, "error of the add-in", "errors of the add-in"),
    ):
        yield from (_sentence(each, check=run.check) for each in those[:SHOWN])
        if rest := those[SHOWN:]:
            most = machines(max(each.hosts for each in rest))
            yield Text(f"… and {counted(len(rest), f'more {one}', f'more {several}')}, each of {most} at most", "dim")


def _sentence(each: FailureGroup, *, check: bool) -> Text:
    if each.outcome is None:
        label, style = "reported by the add-in", "red"
        often = f"{machines(each.hosts)}, {counted(each.times, 'time', 'times')}"
    else:
        said = wording(each.outcome, check=check)
        label, style, often = said.label, said.style, machines(each.hosts)
    example = one_line(each.example_host)
    if each.signature != each.example:
        example = f"{example}, where it says: {_cut(each.example)}"
    line = Text.assemble((label, f"bold {style}"), f", {often}: {_cut(each.signature)}")
    return line.append(f" (as {example})", style="dim")


def _cut(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
