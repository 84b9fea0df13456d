"""What a preflight, or `sspr doctor`, found on one host: what was read, what should be there, what to do.

A preflight's lines are folded on a terminal, with their indentation; for another program every field is a line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from orchestrator.console.groups import remedies
from orchestrator.console.preflight import findings, learned, windows
from orchestrator.console.words import clean, one_line, wording
from orchestrator.model.doctor import DoctorDetail
from orchestrator.model.finding import Finding, Read, Severity
from orchestrator.model.message import Message
from orchestrator.model.result import HostResult, RunResult
from orchestrator.sentences import say

INDENT = "    "
TERM_WIDTH = 12
"""Columns of a field's name with the space behind it."""
LONGEST = 2000
"""Characters of a value that are shown."""

ANSWER_LENGTH = 600
"""Characters that are shown of what a command printed for `sspr doctor`."""


@dataclass(frozen=True)
class Entry:
    """What is known of a kind of finding, as it is shown.

    Attributes:
        meaning: What such a finding says.
        fine: What is so where there is none.
        where: Where it is looked for.
        wanted: What would have to stand there.
        source: Why it matters, and how sure that is.
    """

    meaning: Message
    fine: Message
    where: str
    wanted: Message
    source: str


Glossary = Mapping[str, Entry]
"""By the finding's code."""

_SEVERITIES = {
    Severity.BLOCK: ("! blocks", "bold yellow"),
    Severity.WARN: ("! warns", "bold"),
    Severity.INFO: ("i good to know", "bold"),
    Severity.IGNORE: ("- ignored", "dim"),
}


def print_explanation(result: RunResult, glossary: Glossary, console: Console) -> None:
    """A page for each host of a run: every finding, what was ignored, and what was looked at and is fine."""
    for host in result.hosts:
        _Page(console).print(result, host, glossary)


class _Page:
    """One host's page."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def print(self, result: RunResult, host: HostResult, glossary: Glossary) -> None:
        detail = learned(host)
        self._heading(result, host)
        if detail is None:
            self._line(Text("The host was not looked at, so that nothing can be said about it."))
            for remedy in remedies(host.deciding):
                self._field("To do", remedy)
            return
        for found in findings(detail):
            self._finding(found, glossary)
        self._ignored(detail.ignored)
        self._fine(detail.fine, glossary)

    def _heading(self, result: RunResult, host: HostResult) -> None:
        said = wording(host.outcome, check=result.check)
        facts = [one_line(host.name), f"Windows {windows(host)}" if windows(host) else "", one_line(host.address)]
        self._line(Text(", ".join(dict.fromkeys(filter(None, facts))), style="bold"))
        self._line(Text(f"looked at {result.started:%Y-%m-%d %H:%M} UTC, run {one_line(result.id)}", style="dim"))
        told_below = host.deciding.detail is not None and host.deciding.detail is learned(host)
        reason = "" if told_below else f": {one_line(say(host.reason))}"
        self._line(Text(f"{said.mark} {said.label}{reason}", style=said.style))

    def _finding(self, found: Finding, glossary: Glossary) -> None:
        mark, style = _SEVERITIES[found.severity]
        entry = glossary.get(found.code)
        self._line()
        self._line(Text.assemble((f"{mark}: ", style), *_told(found)))
        if entry:
            self._field("Meaning", say(entry.meaning))
            self._field("Looked at", entry.where)
        read = list(_shown(found.evidence))
        for number, line in enumerate(read or ["nothing is set there"]):
            self._field("" if number else "Read", line)
        if entry:
            self._field("Should be", say(entry.wanted))
        if found.remedy:
            self._field("To do", one_line(say(found.remedy)))
        if entry:
            self._field("Known from", entry.source)

    def _ignored(self, ignored: Sequence[Finding]) -> None:
        if ignored:
            self._line()
            self._line(Text("Found, and ignored by the policy:", style="bold"))
        for found in ignored:
            self._line(Text.assemble("- ", *_told(found)), INDENT)

    def _fine(self, codes: Sequence[str], glossary: Glossary) -> None:
        known = [code for code in codes if code in glossary]
        if known:
            self._line()
            self._line(Text("Looked at, and fine:", style="bold"))
        for code in known:
            self._line(Text.assemble(("✓ ", "green"), say(glossary[code].fine), (f"  [{code}]", "dim")), INDENT)

    def _field(self, term: str, text: str) -> None:
        """The field's name, and its text beside it."""
        name = f"{term}:" if term else ""
        self._line(Text(text), INDENT + name.ljust(TERM_WIDTH))

    def _line(self, text: Text | None = None, lead: str = "") -> None:
        """A line; on a terminal folded, with all of it beside the lead."""
        whole = text or Text()
        room = max(self._console.width - len(lead), 1)
        parts = whole.wrap(self._console, room, overflow="fold") if self._console.is_terminal else [whole]
        for number, part in enumerate(parts):
            part.rstrip()
            beside = (" " * len(lead) if number else lead, "dim")
            self._console.print(Text.assemble(beside, part), soft_wrap=True)


def _told(found: Finding) -> Sequence[str | tuple[str, str]]:
    return one_line(say(found.message)), (f"  [{one_line(found.code)}]", "dim")


def _shown(evidence: Mapping[str, Read]) -> Iterator[str]:
    """What was read, a line each: `name = value`, or a key of the registry with its values behind it."""
    for name, value in evidence.items():
        yield f"{one_line(name)} = {_value(value)}"[:LONGEST]


def _value(value: Read) -> str:
    match value:
        case None:
            return "not set"
        case bool():
            return "yes" if value else "no"
        case Mapping():
            return ", ".join(f"{one_line(str(key))}={_registry(inner)}" for key, inner in value.items()) or "(nothing)"
        case list() | tuple():
            return ", ".join(map(_value, value)) or "(nothing)"
        case _:
            return one_line(str(value))


def _registry(value: Read) -> str:
    """A value of a key; numbers of several digits in hex, as the sentences about them have it."""
    several = isinstance(value, int) and value >= 10  # noqa: PLR2004 - digits
    return f"{value:#x}" if several else _value(value)


def print_doctor_page(result: RunResult, console: Console) -> None:
    """A page a host in Markdown, to be pasted into an issue: without names of machines or people.

    A host that was not examined gets its reason.
    """
    for host in result.hosts:
        for line in _page(host):
            console.print(line, markup=False, highlight=False, soft_wrap=True)


def _page(host: HostResult) -> Sequence[str]:
    details = [record.result.detail for record in host.steps if isinstance(record.result.detail, DoctorDetail)]
    if not details:
        return [f"not examined: {one_line(say(host.reason))}"]
    (detail,) = details
    held = sum(belief.holds for belief in detail.beliefs)
    lines = [
        f"## {one_line(detail.machine)}, build {one_line(detail.build)}",
        "",
        f"{held} of {len(detail.beliefs)} beliefs hold.",
        "",
    ]
    for belief in detail.beliefs:
        if belief.difference is None:
            continue
        lines += [f"### {belief.name}: {say(belief.sentence)}", "", one_line(say(belief.difference)), ""]
        for answer in belief.answers:
            output = clean(_without_names(answer.output, host))[:ANSWER_LENGTH]
            lines += ["```", f"> {answer.command}", output.rstrip(), f"(exit code {answer.exit_code})", "```", ""]
    return lines


def _without_names(text: str, host: HostResult) -> str:
    for name in (host.name, host.address):
        text = text.replace(name, "HOST")
    return text
