"""What each problem means for password reset: the data of `problems.yaml`, which explains the keys, as look-ups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Self

from pydantic import Field, StringConstraints, model_validator

from orchestrator.harvest.eventlog import EventRecord
from orchestrator.model.case import Owner
from orchestrator.model.confidence import Confidence
from orchestrator.model.document import load_document
from orchestrator.model.message import Declared, message
from orchestrator.model.validation import Entry

FILE: Final = Path(__file__).with_name("problems.yaml")

_Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]+$")]


@dataclass(frozen=True)
class Weight:
    """Whose task a problem is, whether nobody can reset a password while it is so, and how sure that is."""

    owner: Owner
    prevents: bool
    sure: Confidence


class _Weighed(Entry):
    owner: Owner
    prevents: bool
    sure: Confidence

    @property
    def weight(self) -> Weight:
        return Weight(self.owner, self.prevents, self.sure)


class _Findings(_Weighed):
    codes: tuple[_Code, ...] = Field(min_length=1)


class _Own(_Weighed):
    code: _Code


class EventRule(Entry):
    """Events that show a problem."""

    code: _Code
    provider: str
    ids: tuple[int, ...] = Field(min_length=1)
    string: int | None = Field(default=None, ge=1)
    among: frozenset[str] = frozenset()
    has: tuple[str, ...] = ()
    owner: Owner
    source: str = Field(min_length=5)

    @model_validator(mode="after")
    def _string_with_values(self) -> Self:
        if (self.string is None) != (not self.among):
            raise ValueError("string and among go together")
        return self

    def fits(self, event: EventRecord) -> bool:
        """Whether an event of its provider and one of its numbers shows the problem."""
        if self.string is not None:
            return len(event.data) >= self.string and event.data[self.string - 1].strip() in self.among
        if not self.has:
            return True
        told = "\n".join((*event.data, event.message or "")).lower()
        return any(each.lower() in told for each in self.has)


class _File(Entry):
    findings: tuple[_Findings, ...]
    own: tuple[_Own, ...]
    events: tuple[EventRule, ...]
    beside: Mapping[_Code, str]


_READ: Final = load_document(FILE).parse(_File)

FINDINGS: Final[Mapping[str, Weight]] = {code: each.weight for each in _READ.findings for code in each.codes}
"""By a finding's code."""
BESIDE: Final = frozenset(_READ.beside)
"""Codes of findings that are no problem of password reset."""
OWN: Final[Mapping[str, Weight]] = {each.code: each.weight for each in _READ.own}
EVENTS: Final[Sequence[EventRule]] = _READ.events
_BY_EVENT: Final[Mapping[tuple[str, int], Sequence[EventRule]]] = {
    (rule.provider.lower(), number): [each for each in EVENTS if each.provider == rule.provider and number in each.ids]
    for rule in EVENTS
    for number in rule.ids
}


def _declared(code: str) -> Declared[[int, str]]:
    @message(f"problem-{code.replace('_', '-')}", remedy=True)
    def says(times: int, alert: str) -> None:
        """Events say so, that many times; `alert` is the first thing that the newest of them says."""

    return says


_SAYS: Final[Mapping[str, Declared[Any]]] = {
    code: _declared(code) for code in dict.fromkeys(each.code for each in EVENTS)
}


def of_event(event: EventRecord) -> EventRule | None:
    """The first rule that an event fits; None where it shows no problem."""
    rules = _BY_EVENT.get((event.provider.lower(), event.event_id), ())
    return next((rule for rule in rules if rule.fits(event)), None)


def said_of(code: str) -> Declared[Any]:
    """The message of a problem that events show."""
    return _SAYS[code]
