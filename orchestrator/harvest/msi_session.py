"""One run of the installer in a log: of everything that may explain a failure, the last is kept.

What explains an action's failure stands right before its end, so nothing that is kept grows with the log.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from orchestrator.harvest import msi_causes
from orchestrator.harvest import msi_trace as trace
from orchestrator.harvest.msi_causes import Rule
from orchestrator.windows import exit_codes
from orchestrator.windows.exit_codes import Class

T = TypeVar("T")

FAILED: Final = 3
"""The value of an action that failed."""
_SUCCESS: Final = frozenset({Class.DONE, Class.DONE_RESTART, Class.DONE_RESTARTING})
_MOST_ACTIONS: Final = 2_000
"""Names of actions; the largest packages have some hundreds."""
_MOST_WORDINGS: Final = 8
_NOTES_KEPT: Final = 16
"""Of messages that were noted: each may turn out to be harmless, and the one before it then is the last."""
_DIALOG_MESSAGES: Final = range(2801, 2900)
"""Of the user interface: a dialog or control that the package lacks, a font that was made."""


@dataclass(frozen=True)
class At(Generic[T]):
    """Something that a line says.

    Attributes:
        number: The line's, from 1.
        line: The line as it was read.
        what: What it says.
    """

    number: int
    line: str
    what: T


@dataclass(frozen=True)
class Clues:
    """The last of each kind of thing that may explain a failure, of an action or of a whole run.

    Attributes:
        shown: A message that was shown, and the rule and fields that it was recognised by.
        noted: Likewise, one that was only noted.
        told: A message that was shown and that no rule has.
        custom_action: Its name and the code that it failed with.
        operation: The action whose deferred work was under way.
        text: What was said about the product.
    """

    shown: At[tuple[Rule, Sequence[str]]] | None = None
    noted: At[tuple[Rule, Sequence[str]]] | None = None
    told: At[trace.Message] | None = None
    custom_action: At[tuple[str, int]] | None = None
    operation: str | None = None
    text: At[str] | None = None


@dataclass(frozen=True)
class Failure:
    """An action that ended with value 3, what may explain it, and the lines before its end."""

    action: str
    clues: Clues
    context: Sequence[At[None]]


class Session:
    """One run of the installer.

    Attributes:
        verbose: Whether it is logged with the engine's trace.
        open: Whether lines still belong to it.
        result: The exit code that it ended with, and where that stands.
        rolled_back: Whether what had been done was undone.
        traces: By the cause's rule, the last line of the trace that shows it.
        properties: Those at its end that rules ask for.
    """

    def __init__(self, number: int, *, verbose: bool) -> None:
        self.verbose = verbose
        self.open = True
        self.result: At[int] | None = None
        self.rolled_back = False
        self.traces: dict[Rule, At[str]] = {}
        self.properties: set[str] = set()
        self.acted = False
        self._begins = number
        self._began: dict[str, int] = {}
        self._failures: dict[str, Failure] = {}
        self._worded: Counter[str] = Counter()
        self._shown: At[tuple[Rule, Sequence[str]]] | None = None
        self._noted: deque[At[tuple[trace.Message, Rule]]] = deque(maxlen=_NOTES_KEPT)
        self._said = ""
        self._told: dict[bool, At[trace.Message]] = {}
        self._custom_action: At[tuple[str, int]] | None = None
        self._operation: At[str] | None = None
        self._text: At[str] | None = None

    @property
    def failed(self) -> bool:
        """Whether it ended badly."""
        return self.result is not None and exit_codes.classify(self.result.what).meaning not in _SUCCESS

    @property
    def failure(self) -> Failure | None:
        """The first action that ended with value 3. Actions nest, so it is the one that failed by itself.

        What words stand before values is learned from the log: every action ends with them, while few have a
        description that ends in a lone digit.
        """
        words = max(reversed(self._failures), key=self._worded.__getitem__, default=None)
        return self._failures[words] if words is not None else None

    def clues(self, since: int = 0) -> Clues:
        """The last of everything, from a line on."""

        def recent(at: At[T] | None) -> At[T] | None:
            return at if at and at.number >= since else None

        noted = recent(self._noted[-1]) if self._noted else None
        operation = recent(self._operation)
        return Clues(
            recent(self._shown),
            At(noted.number, noted.line, (noted.what[1], noted.what[0].fields)) if noted else None,
            recent(self._told.get(False)) or recent(self._told.get(True)),
            recent(self._custom_action),
            operation.what if operation else None,
            recent(self._text),
        )

    def begin(self, action: str, number: int) -> None:
        self.acted = True
        if len(self._began) < _MOST_ACTIONS or action in self._began:
            self._began[action] = number

    def message(self, number: int, line: str) -> None:
        """Takes what a line notes or shows of the Error table."""
        if text := trace.product_text(line):
            self._text = At(number, line, text)
        if (message := trace.message(line)) is None:
            return
        last = self._noted[-1].what[0] if self._noted and self._noted[-1].what[0].code == message.code else None
        if message.harmless:
            if last:
                self._noted.pop()
            return
        if message.shown and message.text == self._said and trace.traced(line) is None:
            return  # the log has it twice: in the trace, and as the user saw it
        self._said = message.text or self._said
        fields = last.fields if last and message.shown and last.fields else message.fields
        rule = msi_causes.of_message(message.code, fields, shown=message.shown)
        if message.shown:
            if rule:
                self._shown = At(number, line, (rule, fields))
            else:
                self._told[message.code in _DIALOG_MESSAGES] = At(number, line, message)
        elif rule and last != message:
            self._noted.append(At(number, line, (message, rule)))

    def custom_action(self, number: int, line: str) -> None:
        if failed := trace.custom_action_failure(line):
            self._custom_action = At(number, line, failed)

    def operated(self, number: int, line: str, action: str) -> None:
        self._operation = At(number, line, action)

    def action(self, told: trace.ActionLine, number: int, context: Sequence[At[None]]) -> None:
        """Takes a line that says that an action begins or has ended; `context` is the lines up to it."""
        self.acted = True
        if told.value is None:
            if told.name not in self._began:
                self.begin(told.name, number)
            return
        if told.words not in self._worded and len(self._worded) >= _MOST_WORDINGS:
            return
        self._worded[told.words] += 1
        if told.value == FAILED and told.words not in self._failures:
            began = self._began.get(told.name, self._begins)
            since = [line for line in context if line.number >= began]
            self._failures[told.words] = Failure(told.name, self.clues(began), since)
