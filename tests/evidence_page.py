"""docs/evidence.md: every command line and registry value that we rely on, with its source and how sure it is.

What testifies to them besides their sources is the tests' to know: python -m tests.evidence > docs/evidence.md
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from orchestrator.windows import beliefs
from orchestrator.windows.command import Command
from tests import catalogue
from tests.registry_values import REGISTRY_VALUES


@dataclass(frozen=True)
class Row:
    """A command line as a reader is shown it, the module it belongs to and what it is for."""

    module: str
    line: str
    purpose: str
    command: Command


@dataclass(frozen=True)
class Testimony:
    """What speaks for a row besides its source: a run on Wine, an output that somebody published; in a word each."""

    wine: str
    recorded: str


_INTRODUCTION = """\
# Evidence

Every command line that the orchestrator can run on a host, and every registry value that it relies on: what for, why
we believe that Windows does what we expect, and how sure that is.

**Nothing here was seen on a real Windows machine by us, unless the row says so.** `sspr doctor` runs what is believed
here against one real machine and prints what differs. How sure:

| word | meaning |
|---|---|
| documented | read in a primary source: Microsoft's documents or a protocol specification |
| reported | seen in other people's reports or code; consistent, but no primary source |
| inferred | follows from documented or reported facts |
| remembered | known from experience and seen in no source; the first to doubt when something is off |

A row is as sure as the least sure thing that it relies on. Where a host answers what we do not know, its step fails and
says so; nothing is guessed.

Several commands are sent as one line of cmd.exe, at most 8,000 characters long. Each stands in parentheses, and a
marker, another one each time, separates the outputs and brings the command's number and its exit code:
`(<command>)&call echo <marker>.<number> %^errorlevel%`. That cmd.exe leaves `%^errorlevel%` standing until `call`
expands it is inferred from public descriptions of its parser.

Words in angle brackets stand for what differs from case to case; `<job>` is 16 hex digits. "Exit codes" are those that
are no failure; where it says "any", the output or the code itself is the answer, or nothing depends on it.

Two more witnesses stand in columns of their own. **Wine**: a conformance case runs the line on Wine 8, an independent
implementation of Windows; "agrees" means that Wine's own program answered as we believe, "its cmd only" that Wine's
cmd.exe took the line apart and our model of the tool answered, "differs" that Wine is known to do otherwise than
Windows. **Recorded**: an output of a real machine, published by somebody, of the same tool asked in the same way, is
read by our parser (tests/recorded).

This page is made by `python -m tests.evidence > docs/evidence.md`.
"""


def rows() -> Sequence[Row]:
    """Each distinct command line once, as what the narrowest of those that send it has it for."""
    claimed: dict[str, Row] = {}
    for entry in sorted(catalogue.sendables(), key=lambda entry: len(catalogue.commands_of(entry.built))):
        for command in catalogue.commands_of(entry.built):
            claimed.setdefault(command.line, Row(entry.module, catalogue.shown(command.line), entry.purpose, command))
    for belief in beliefs.beliefs():
        for command in belief.question.commands:
            purpose = f"asked by `sspr doctor` to see whether {belief.sentence}"
            claimed.setdefault(command.line, Row("beliefs", command.line, purpose, command))
    for command in catalogue.task_lines():
        purpose = "what the scheduled task runs as SYSTEM"
        claimed[command.line] = Row("job", catalogue.shown(command.line), purpose, command)
    return sorted(claimed.values(), key=lambda row: row.module)


def render(of_line: Callable[[str], Testimony], of_key: Callable[[str], Testimony]) -> str:
    """The page; the two functions tell what testifies to a line as it is shown, and to a registry key."""
    lines, values = _command_tables(rows(), of_line), _values(of_key)
    return "\n".join([_INTRODUCTION, "## Command lines", "", *lines, "## Registry values", "", *values])


def _command_tables(rows: Sequence[Row], of_line: Callable[[str], Testimony]) -> Iterator[str]:
    for module, members in groupby(rows, key=lambda row: row.module):
        yield f"### {module}"
        yield ""
        yield from _table(
            ("command line", "what for", "exit codes", "how sure", "Wine", "recorded", "source"),
            (
                (
                    _code(row.line),
                    _capitalised(row.purpose),
                    _exit_codes(row.command),
                    row.command.evidence.sureness,
                    of_line(row.line).wine,
                    of_line(row.line).recorded,
                    row.command.evidence.source,
                )
                for row in members
            ),
        )
        yield ""


def _values(of_key: Callable[[str], Testimony]) -> Iterator[str]:
    yield from _table(
        ("key", "value", "meaning", "how sure", "Wine", "recorded", "source"),
        (
            (
                _code(value.key),
                _code(value.name) if value.name else "(the key itself)",
                _capitalised(value.meaning),
                value.evidence.sureness,
                of_key(value.key).wine,
                of_key(value.key).recorded,
                value.evidence.source,
            )
            for value in REGISTRY_VALUES
        ),
    )
    yield ""


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield _line(heading)
    yield "|" + "---|" * len(heading)
    yield from map(_line, rows)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _code(text: str) -> str:
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def _exit_codes(command: Command) -> str:
    return "any" if command.accepts is None else ", ".join(map(str, sorted(command.accepts)))


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
