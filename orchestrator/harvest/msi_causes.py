"""What makes installations fail, by numbers: the data of `causes.yaml`, which has the keys explained, as look-ups.

A cause is a code of `sentences`; words of a log decide nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Field, StringConstraints, model_validator

from orchestrator.model.confidence import Confidence
from orchestrator.model.document import load_document
from orchestrator.model.message import DECLARED, REMEDY, Declared, Message, phrase
from orchestrator.model.validation import Entry

FILE: Final = Path(__file__).with_name("causes.yaml")
_OWN_REMEDY: Final = "msi-remedy-"

_Span = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{4}$")]
_Number = Annotated[int, Field(ge=1, le=9999)]


class Trace(Entry):
    """Lines of the engine's own trace."""

    begins: tuple[str, ...] = Field(min_length=1)
    has: tuple[str, ...] = Field(min_length=1)


class Rule(Entry):
    """A pattern and the cause that it shows; see the head of the file for what the keys mean."""

    cause: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]+$")]
    messages: tuple[_Number | _Span, ...] = ()
    custom_action: tuple[int, ...] = ()
    trace: Trace | None = None
    action: str | None = None
    value: str | None = None
    fields: frozenset[str] = frozenset()
    unless_noted: frozenset[str] = frozenset()
    sure: Confidence = Confidence.CERTAIN
    source: str = Field(min_length=5)

    @model_validator(mode="after")
    def _one_pattern(self) -> Self:
        if sum(map(bool, (self.messages, self.custom_action, self.trace, self.action))) != 1:
            raise ValueError("exactly one of messages, custom_action, trace and action is expected")
        if self.value and not self.action:
            raise ValueError("value goes with action")
        if (self.fields or self.unless_noted) and not self.messages:
            raise ValueError("fields and unless_noted go with messages")
        return self

    @property
    def numbers(self) -> Iterable[int]:
        """Of its messages, one by one."""
        for entry in self.messages:
            first, _, last = str(entry).partition("-")
            yield from range(int(first), int(last or first) + 1)

    def fits(self, fields: Iterable[str], *, shown: bool) -> bool:
        """Whether a message of one of its numbers, which is about these fields, shows the cause."""
        if self.fields and self.fields.isdisjoint(fields):
            return False
        return shown or self.unless_noted.isdisjoint(fields)

    def says(self) -> Message:
        """The cause as a message."""
        return _SAYS[self.cause]()

    def remedy(self) -> Message:
        """What to do about it."""
        return _SAYS[self.cause].remedy()


class _Result(Entry):
    remedy: str
    source: str


class _File(Entry):
    causes: tuple[Rule, ...]
    results: Mapping[Annotated[int, Field(ge=1)], _Result]


def _read() -> _File:
    return load_document(FILE).parse(_File)


_READ: Final = _read()
RULES: Final[Sequence[Rule]] = _READ.causes
_SAYS: Final[Mapping[str, Declared[[]]]] = {
    cause: phrase(f"msi-{cause}", remedy=True) for cause in dict.fromkeys(rule.cause for rule in RULES)
}


def _by_message() -> Mapping[int, Sequence[Rule]]:
    found: defaultdict[int, list[Rule]] = defaultdict(list)
    for rule in RULES:
        for number in rule.numbers:
            found[number].append(rule)
    return found


def _remedies() -> Mapping[int, Message]:
    texts = [row.remedy for row in _READ.results.values()]
    own = {code: phrase(code) for code in dict.fromkeys(texts) if code.startswith(_OWN_REMEDY)}
    for code in texts:
        cause = DECLARED.get(code.removesuffix(f".{REMEDY}"))
        assert code in own or (cause is not None and cause.has_remedy), f"{FILE.name}: {code} is no remedy"
    return {code: Message(row.remedy) for code, row in _READ.results.items()}


_BY_MESSAGE: Final = _by_message()
NUMBERS: Final = frozenset(_BY_MESSAGE)
"""Of messages that may show a cause."""
EVERYDAY: Final[Mapping[int, frozenset[str]]] = {
    number: frozenset.intersection(*(rule.unless_noted for rule in rules)) for number, rules in _BY_MESSAGE.items()
}
"""By a message's number, what it may be about where it was only noted and means nothing."""
TRACES: Final = tuple(rule for rule in RULES if rule.trace)
REMEDIES: Final[Mapping[int, Message]] = _remedies()
"""What to do about exit codes that say by themselves what happened."""


def of_message(number: int, fields: Sequence[str], *, shown: bool) -> Rule | None:
    """The rule for a message of the Error table; None where it means nothing."""
    return next((rule for rule in _BY_MESSAGE.get(number, ()) if rule.fits(fields, shown=shown)), None)


def of_custom_action(code: int) -> Rule | None:
    """The rule for the code that a custom action failed with."""
    return next((rule for rule in RULES if code in rule.custom_action), None)


def of_action(action: str, properties: Iterable[str]) -> Rule | None:
    """The rule for an action that failed, in a run that ended with these properties, each as `name = value`."""
    return next(
        (rule for rule in RULES if rule.action == action and (not rule.value or rule.value in properties)), None
    )


def of_trace(trace: str) -> Rule | None:
    """The rule for a line of the engine's trace, without its head."""
    for rule in TRACES:
        if rule.trace and trace.startswith(rule.trace.begins) and any(text in trace for text in rule.trace.has):
            return rule
    return None
