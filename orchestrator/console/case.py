"""A case on the screen: the answer first, then what stands in the way with its evidence, and what happened last.

Its lines are folded on a terminal, with their indentation; for another program every line is whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from orchestrator.console.case_words import LANES, OWNERS
from orchestrator.console.words import counted, machines, one_line
from orchestrator.model import beyond_machine
from orchestrator.model.case import Answer, Case, Installation, Moment, Piece, Problem
from orchestrator.model.confidence import Confidence
from orchestrator.model.message import Message
from orchestrator.sentences import say

SHOWN: Final = 15
"""Moments of the timeline; all of them are in the file."""
_PIECES: Final = 3
_LOST: Final = 10
_INDENT: Final = "   "
_TERM: Final = 10
_LONGEST: Final = 2000
"""Characters of a message: what a file made of it may be of any length."""
_CLOCK_SHOWN: Final = 5
"""Seconds."""
_ANSWERS: Final = {
    Answer.YES: ("✓ Yes", "bold green"),
    Answer.NO: ("✕ No", "bold red"),
    Answer.DOUBTFUL: ("! Perhaps not", "bold yellow"),
    Answer.UNKNOWN: ("? Not known", "bold magenta"),
}
_SURE: Final = {Confidence.CERTAIN: "certain", Confidence.LIKELY: "likely", Confidence.UNCLEAR: "may be"}
_LANE_WIDTH: Final = max(map(len, LANES.values()))
_EVENTS: Final = "events"
"""The kind of files whose places are records."""
_LEVELS: Final = {1: "red", 2: "red", 3: "yellow"}


def print_cases(cases: Sequence[Case], console: Console) -> None:
    """Prints one case after the other, and of several how many have which answer."""
    for number, case in enumerate(cases):
        if number:
            console.print()
        _Page(console).print(case)
    if len(cases) > 1:
        counted_by = Counter(case.answer for case in cases)
        told = [f"{count:,} {_ANSWERS[answer][0]}" for answer in _ANSWERS if (count := counted_by[answer])]
        console.print(Text(f"\n{machines(len(cases))}: {', '.join(told)}", style="bold"), soft_wrap=True)


class _Page:
    """One machine's case."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._events: set[str] = set()

    def print(self, case: Case) -> None:
        self._events = {file.name for file in case.files if file.kind == _EVENTS}
        self._heading(case)
        word, style = _ANSWERS[case.answer]
        self._line(Text.assemble((f"{word}: ", style), _said(case.verdict)))
        stops = [each for each in case.problems if each.prevents]
        self._problems("What keeps password reset from working, or may:", stops)
        self._problems("Good to know besides:", [each for each in case.problems if not each.prevents])
        if case.installations:
            self._title("Installations:")
            told = {piece.file for problem in case.problems for piece in problem.evidence}
            for each in case.installations:
                self._installation(each, briefly=each.file in told)
        self._timeline(case)
        self._attempts(case)
        self._lost(case)
        if case.questions:
            self._title(f"{say(beyond_machine.WHEN)}:")
            for question in case.questions:
                self._line(Text(_said(question)), "  ? ")

    def _heading(self, case: Case) -> None:
        name = case.host or case.computer_name or "a machine that the files do not name"
        own = case.computer_name if case.host and case.computer_name != case.host else None
        facts = [f"it calls itself {own}" if own else "", case.windows or "Windows not known, judged as Windows 7"]
        self._line(Text(", ".join(map(one_line, filter(None, (name, *facts)))), style="bold"))
        known = [f"{counted(len(case.files), 'file', 'files')}"]
        if case.taken:
            known.append(f"taken {case.taken:%Y-%m-%d %H:%M} UTC")
        if case.zone_minutes is not None:
            known.append(f"its clock shows UTC{_zone(case.zone_minutes)}")
        if case.clock_ahead_seconds is not None and abs(case.clock_ahead_seconds) >= _CLOCK_SHOWN:
            way = "ahead" if case.clock_ahead_seconds > 0 else "behind"
            known.append(f"{abs(round(case.clock_ahead_seconds)):,} s {way}")
        self._line(Text(", ".join(known), style="dim"))

    def _problems(self, title: str, problems: Sequence[Problem]) -> None:
        if problems:
            self._title(title)
        for number, each in enumerate(problems, 1):
            sure = f" ({_SURE[each.sure]})"
            told = Text.assemble(_said(each.says), (sure, "dim"), (f"  [{one_line(each.code)}]", "dim"))
            self._line(told, f"{number}. ".ljust(len(_INDENT)))
            self._field("Task of", OWNERS[each.owner])
            if each.remedy:
                self._field("To do", _said(each.remedy))
            self._evidence(each.evidence)

    def _installation(self, each: Installation, *, briefly: bool) -> None:
        """What one log says; briefly where its evidence stands above."""
        result = "no result" if each.result is None else f"result {each.result}"
        self._line(Text(f"{one_line(each.file)}: {result}, {_said(each.cause)} ({_SURE[each.sure]})"), "- ")
        if briefly:
            return
        if each.remedy:
            self._field("To do", _said(each.remedy))
        self._evidence(each.evidence)

    def _evidence(self, pieces: Sequence[Piece]) -> None:
        for number, each in enumerate(pieces[:_PIECES]):
            self._field("" if number else "Seen in", f"{self._place(each)}  {one_line(each.text)}")
        if len(pieces) > _PIECES:
            self._field("", f"and {len(pieces) - _PIECES} more places")

    def _place(self, piece: Piece) -> str:
        """A file and a line, as editors take it; of a log of events the number of the record."""
        if piece.place is None:
            return one_line(piece.file)
        between = " record " if piece.file in self._events else ":"
        return f"{one_line(piece.file)}{between}{piece.place}"

    def _timeline(self, case: Case) -> None:
        shown = case.timeline[-SHOWN:]
        if not shown:
            return
        count = len(case.timeline) + case.left_out
        title = "What happened" if count == len(shown) else f"What happened last, {len(shown)} of {count:,} moments"
        self._title(f"{title} (UTC{', and by its own clock' if shown[-1].local else ''}):")
        for each in shown:
            self._moment(each)

    def _moment(self, each: Moment) -> None:
        """One line each: on a terminal what does not fit is cut, as the file has it whole."""
        local = f"  {each.local:%H:%M:%S}" if each.local else ""
        head = f"{each.utc:%Y-%m-%d %H:%M:%S}{local}  {LANES[each.lane]:<{_LANE_WIDTH}}  "
        told = one_line(each.label) + (f": {one_line(each.details)}" if each.details else "")
        line = Text.assemble((head, "dim"), (told, _LEVELS.get(each.level, "")))
        if self._console.is_terminal:
            line.truncate(self._console.width, overflow="ellipsis")
        self._console.print(line, soft_wrap=True)

    def _attempts(self, case: Case) -> None:
        """That an audit log was looked into in vain; those that are told stand in the timeline."""
        if case.attempts_left_out and not case.attempts:
            count = counted(case.attempts_left_out, "reset", "resets")
            self._line(Text(f"None of the {count} in the audit log is told as one of this machine or user."))

    def _lost(self, case: Case) -> None:
        lost = [(each.name, each.lost) for each in case.files if each.lost is not None]
        if lost:
            self._title("Could not be read, or not all of it:")
        for name, why in lost[:_LOST]:
            self._line(Text(f"{one_line(name)}: {_said(why)}"), "- ")
        if len(lost) > _LOST:
            self._line(Text(f"and {len(lost) - _LOST} more"), "- ")

    def _title(self, text: str) -> None:
        self._line()
        self._line(Text(text, style="bold"))

    def _field(self, term: str, text: str) -> None:
        name = f"{term}:" if term else ""
        self._line(Text(one_line(text)), _INDENT + name.ljust(_TERM))

    def _line(self, text: Text | None = None, lead: str = "") -> None:
        print_folded(self._console, text or Text(), lead)


def print_folded(console: Console, text: Text, lead: str = "", style: str = "dim") -> None:
    """A line; on a terminal folded, with all of it beside the lead."""
    for part in _parts(console, text, lead, style):
        console.print(part, soft_wrap=True)


def _parts(console: Console, whole: Text, lead: str, style: str) -> Iterator[Text]:
    room = max(console.width - len(lead), 1)
    parts = whole.wrap(console, room, overflow="fold") if console.is_terminal else [whole]
    for number, part in enumerate(parts):
        part.rstrip()
        yield Text.assemble((" " * len(lead) if number else lead, style), part)


def _said(message: Message) -> str:
    return one_line(say(message))[:_LONGEST]


def _zone(minutes: int) -> str:
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
