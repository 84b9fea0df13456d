"""A case with pseudonyms in the place of persons: every text of it, and every parameter of its messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar

from orchestrator.harvest.redaction.pseudonyms import Pseudonyms
from orchestrator.model.case import Case
from orchestrator.model.message import Message

T = TypeVar("T")


def redacted_case(case: Case, pseudonyms: Pseudonyms) -> Case:
    """The same case, with how many names were replaced.

    Args:
        case: The case.
        pseudonyms: They should have learned the names of the case's files (`bundle.learned`); what the case itself
            calls an account is learned here.

    Raises:
        UnexpectedOutput: There are more names than any machine has.
    """
    pseudonyms.learn_text("\n".join(_texts(case)))
    for attempt in case.attempts:
        pseudonyms.learn_account(attempt.user)
    return replace(_redacted(case, pseudonyms), pseudonyms=pseudonyms.counts)


def _texts(value: Any) -> Iterator[str]:
    match value:
        case Enum():
            return
        case str():
            yield value
        case Message():
            yield from _texts(value.parameters)
        case Mapping():
            yield from _texts(tuple(value.values()))
        case tuple():
            for each in value:
                yield from _texts(each)
        case _ if is_dataclass(value) and not isinstance(value, type):
            for field in fields(value):
                yield from _texts(getattr(value, field.name))


def _redacted(value: T, pseudonyms: Pseudonyms) -> T:
    anew: Any = value
    match anew:
        case Enum():
            pass
        case str():
            anew = pseudonyms.text(anew)
        case Message():
            anew = Message(anew.code, _redacted(anew.parameters, pseudonyms))
        case Mapping():
            anew = {name: _redacted(each, pseudonyms) for name, each in anew.items()}
        case tuple():
            anew = tuple(_redacted(each, pseudonyms) for each in anew)
        case _ if is_dataclass(anew) and not isinstance(anew, type):
            anew = type(anew)(**{each.name: _redacted(getattr(anew, each.name), pseudonyms) for each in fields(anew)})
    result: T = anew
    return result
