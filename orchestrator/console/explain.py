"""What a preflight found on one host: what was read, what should be there, what to do.

Its lines are folded on a terminal, with their indentation; for another program every field is a line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from orchestrator.console.groups import remedies
from orchestrator.console.preflight import findings, learned, windows
from orchestrator.console.since import Since, since
from orchestrator.console.words import one_line, wording
from orchestrator.model import beyond_machine
from orchestrator.model.finding import Finding, Read, Severity
from orchestrator.model.message import Message
from orchestrator.model.result import HostResult, RunResult
from orchestrator.sentences import say

INDENT = "    "
TERM_WIDTH = 12
"""Columns of a field's name with the space behind it."""
LONGEST = 2000
"""Characters of a value that are shown."""


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


def print_explanation(result: RunResult, glossary: Glossary, console: Console, later: Sequence[RunResult] = ()) -> None:
    """A page for each host of a run: every finding, what was ignored, and what was looked at and is fine.

    Where the host was changed since it was looked at, by the same run or by `later` ones (oldest first), the page says
    so, and what is done with is not told as if it were so still. The page begins with it where the newest of these did
    not get to look.
    """
    for host in result.hosts:
        _Page(console).print(result, host, glossary, since(host, later))


class _Page:
    """One host's page."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def print(self, result: RunResult, host: HostResult, glossary: Glossary, since_then: Since) -> None:
        detail = learned(host)
        self._heading(result, host, since_then.in_vain)
        if detail is None:
            self._line(Text("The host was not looked at, so that nothing can be said about it."))
            for remedy in remedies(host.deciding):
                self._field("To do", remedy)
            self._field("Look", _look_now(host))
            return
        self._since(since_then, host)
        found = findings(detail)
        settled = [each for each in found if each.code in since_then.settled]
        self._briefly("Found then, and done with since:", settled)
        standing = [each for each in found if each.code not in since_then.settled]
        if since_then.done and standing:
            self._title("Found then, and not among what was changed since:")
        for each in standing:
            self._finding(each, glossary)
        self._briefly("Found, and ignored by the policy:", detail.ignored)
        self._fine("Looked at then, and fine:" if since_then.done else "Looked at, and fine:", detail.fine, glossary)
        if not any(each.severity is Severity.BLOCK for each in standing):
            self._next(offers_reset=since_then.offers_reset)

    def _heading(self, result: RunResult, host: HostResult, in_vain: str | None) -> None:
        said = wording(host.outcome, check=result.check)
        facts = [one_line(host.name), f"Windows {windows(host)}" if windows(host) else "", one_line(host.address)]
        self._line(Text(", ".join(dict.fromkeys(filter(None, facts))), style="bold"))
        if in_vain:
            self._line(Text("A newer run did not get to look at it:", style="bold"))
            self._line(Text(in_vain), INDENT + "- ")
            self._line(Text("What follows is of an earlier look, and may not be so any more.", style="bold"))
            self._line()
        looked_at = "looked at " if learned(host) else ""
        self._line(Text(f"{looked_at}{result.started:%Y-%m-%d %H:%M} UTC, run {one_line(result.id)}", style="dim"))
        told_below = host.deciding.detail is not None and host.deciding.detail is learned(host)
        reason = "" if told_below else f": {one_line(say(host.reason))}"
        self._line(Text(f"{said.mark} {said.label}{reason}", style=said.style))

    def _since(self, since_then: Since, host: HostResult) -> None:
        if since_then.done:
            self._title("Changed after it was looked at:")
            for line in since_then.done:
                self._line(Text(line), INDENT + "- ")
            self._field("Look", f"for the host as it is now: {_look_now(host)}")

    def _next(self, *, offers_reset: bool | None) -> None:
        """What to do where the machine itself gives nobody anything to do."""
        if offers_reset is None:
            return
        if not offers_reset:
            self._line()
            self._line(Text(say(beyond_machine.NOT_THERE)))
            return
        self._title(f"{say(beyond_machine.WHEN)}:")
        for question in beyond_machine.QUESTIONS:
            self._line(Text(say(question)), INDENT + "? ")

    def _title(self, text: str) -> None:
        self._line()
        self._line(Text(text, style="bold"))

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

    def _briefly(self, title: str, found: Sequence[Finding]) -> None:
        if found:
            self._title(title)
        for each in found:
            self._line(Text.assemble("- ", *_told(each)), INDENT)

    def _fine(self, title: str, codes: Sequence[str], glossary: Glossary) -> None:
        known = [code for code in codes if code in glossary]
        if known:
            self._title(title)
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


def _look_now(host: HostResult) -> str:
    return f"`sspr check -i INVENTORY --explain {one_line(host.name)}`"


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
