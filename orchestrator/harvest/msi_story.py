"""What a log of Windows Installer tells, gathered in one pass over all of its lines: its runs, and how each ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import BinaryIO, Final

from orchestrator.harvest import msi_causes, msi_lines
from orchestrator.harvest import msi_trace as trace
from orchestrator.harvest.msi_session import FAILED, At, Session

_CONTEXT_LINES: Final = 6
_LOOKED_BACK: Final = 40
_PROPERTIES: Final = frozenset(rule.value for rule in msi_causes.RULES if rule.value)
_NOTED: Final = frozenset(map(str, msi_causes.NUMBERS))
_WORDS: Final = frozenset(begins[:4] for rule in msi_causes.TRACES if rule.trace for begins in rule.trace.begins)
_HEAD: Final = len("MSI (s) (64:F0) [20:27:50:018]: ")
_LANGUAGE: Final = "SystemLanguageID = "
_EVERYDAY: Final = {
    str(number): tuple(f": {field}{end}" for field in fields for end in ("", " ", "\r", " \r"))
    for number, fields in msi_causes.EVERYDAY.items()
}
"""How notes end that mean nothing, by the message's number: most notes are such."""
_VALUES: Final = frozenset({"PROP", "Comm", "Swit"})
"""How lines of the trace begin that show values of properties, which may look like anything."""


class Story:
    """A whole log.

    Attributes:
        sessions: How many runs it holds.
        session: The last run that failed, or whose end is missing at the end of the log; the last one where none did.
        language: Of Windows, by its number, where the log shows it.
        empty: Whether nothing is in it.
        tail: Its last lines.
    """

    def __init__(self) -> None:
        self.sessions = 1
        self.language: int | None = None
        self.empty = True
        self.tail: list[At[None]] = []
        self._now = Session(1, verbose=False)
        self._failed: Session | None = None
        self._first = 1
        self._lines: Sequence[str] = ()
        self._before: list[str] = []
        self._traced: Mapping[str, Callable[[int, str, str], None]] = {
            **dict.fromkeys(_WORDS, self._ruled),
            **dict.fromkeys(_VALUES, _nothing),
            "Note": self._note,
            "Doin": self._doing,
            "Main": self._returning,
            "Exec": self._executing,
        }
        self._plain: Mapping[str, Callable[[int, str, str], None]] = {
            "=== ": self._framed,
            "Prop": self._property,
            "Cust": self._custom_action,
            "    ": _nothing,
        }

    @property
    def session(self) -> Session:
        unfinished = self._now.result is None and self._now.acted
        return self._now if self._now.failed or unfinished else self._failed or self._now

    def _begin(self, number: int, *, verbose: bool) -> None:
        if self._now.failed:
            self._failed = self._now
        if self._blank_before(number):
            self.sessions = 0
        self._now = Session(number, verbose=verbose)
        self.sessions += 1

    def _frame(self, number: int, line: str) -> None:
        """A log in few words has no more than such a line where it begins, and one where it ends."""
        if trace.session_begins(line):
            self._begin(number, verbose=True)
        elif not self._now.verbose:
            if self._blank_before(number) or not self._now.open:
                self._begin(number, verbose=False)
            else:
                self._now.open = False

    def take(self, first: int, lines: Sequence[str]) -> None:
        """Goes through a block of lines, the first of which has this number; most say nothing, and cost little."""
        self._first, self._lines = first, lines
        traced, plain, telling, longest = self._traced.get, self._plain.get, trace.TELLING.search, msi_lines.LONGEST
        for number, line in enumerate(lines, first):
            if line[:5] == "MSI (":
                told = line[_HEAD:] if line[_HEAD - 3 : _HEAD] == "]: " else trace.traced(line[:longest]) or ""
                if handler := traced(told[:4]):
                    handler(number, line[:longest], told[:longest])
                elif " -- " in told or "Windows Installer" in told:
                    self._told(number, line[:longest], told[:longest])
            elif handler := plain(line[:4]):
                handler(number, line[:longest], "")
            elif telling(line, 0, longest):
                self._acted(number, line[:longest])
        self.empty = self.empty and self._blank_before(first + len(lines))
        self._before = [*self._before, *lines[-_LOOKED_BACK:]][-_LOOKED_BACK:]
        self._lines = ()
        self.tail = self._up_to(first + len(lines) - 1)

    def _blank_before(self, number: int) -> bool:
        return self.empty and not any(map(str.strip, self._lines[: number - self._first]))

    def _note(self, number: int, line: str, told: str) -> None:
        code = told[9:13]
        if code in _NOTED and not (code in _EVERYDAY and told.endswith(_EVERYDAY[code])):
            self._now.message(number, line)

    def _doing(self, number: int, _line: str, told: str) -> None:
        if action := trace.action_begun(told):
            self._now.begin(action, number)
            self._now.verbose = True

    def _returning(self, number: int, line: str, told: str) -> None:
        if (code := trace.result(told)) is not None:
            self._now.result = At(number, line, code)
            self._now.verbose = True

    def _executing(self, number: int, line: str, told: str) -> None:
        if action := trace.operation(told):
            self._now.operated(number, line, action)

    def _ruled(self, number: int, line: str, told: str) -> None:
        if rule := msi_causes.of_trace(told):
            self._now.traces[rule] = At(number, line, told)

    def _told(self, number: int, line: str, told: str) -> None:
        if " -- " in told:
            self._now.message(number, line)
        elif (self._now.result is None or not _by_engine(self._now.result)) and (
            code := trace.status(told)
        ) is not None:
            self._now.result = At(number, line, code)

    def _property(self, _number: int, line: str, _told: str) -> None:
        _, _, told = line.partition(": ")
        told = told.rstrip()
        if told in _PROPERTIES:
            self._now.properties.add(told)
        elif told.startswith(_LANGUAGE) and (number := told.removeprefix(_LANGUAGE)).isdecimal():
            self.language = int(number[:5])

    def _framed(self, number: int, line: str, _told: str) -> None:
        if trace.framed(line):
            self._frame(number, line)

    def _custom_action(self, number: int, line: str, _told: str) -> None:
        self._now.custom_action(number, line)

    def _acted(self, number: int, line: str) -> None:
        if trace.rolls_back(line):
            self._now.rolled_back = True
        if told := trace.action_line(line):
            self._now.action(told, number, self._up_to(number) if told.value == FAILED else ())
        else:
            self._now.message(number, line)

    def _up_to(self, number: int) -> list[At[None]]:
        """The last telling lines up to one, in order."""
        index = number - self._first
        begin = max(0, index + 1 - _LOOKED_BACK)
        near = [*self._before, *self._lines[begin : index + 1]] if self._lines else self._before
        found: list[At[None]] = []
        for at, line in zip(range(number, number - _LOOKED_BACK, -1), reversed(near), strict=False):
            if trace.telling(line) and not trace.secretive(line):
                found.append(At(at, line[: msi_lines.LONGEST], None))
            if len(found) == _CONTEXT_LINES:
                break
        return found[::-1]


def _nothing(_number: int, _line: str, _told: str) -> None:
    """Lines that show values of properties may look like anything."""


def _by_engine(result: At[int]) -> bool:
    return trace.result(result.line) is not None


def read(file: BinaryIO) -> Story:
    """Reads a log from beginning to end."""
    story = Story()
    for first, lines in msi_lines.blocks(file):
        story.take(first, lines)
    return story
