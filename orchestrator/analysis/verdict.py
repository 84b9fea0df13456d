"""The answer: can this machine reset a password today, as far as its files tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from orchestrator.model import beyond_machine
from orchestrator.model.case import Answer, Problem
from orchestrator.model.confidence import Confidence
from orchestrator.model.message import Message, message, phrase

_YES = phrase("case-yes")


@message("case-no")
def _no(problem: Message, more: int) -> None: ...


@message("case-doubtful")
def _doubtful(problem: Message, more: int) -> None: ...


@message("case-unknown")
def _unknown(missing: tuple[Message, ...]) -> None:
    """What would have to be known, and is not among the files."""


MISSING_TLS = phrase("case-missing-tls")()
MISSING_ADD_IN = phrase("case-missing-add-in")()
MISSING_FILE = phrase("case-missing-add-in-file")()
MISSING_POLICY = phrase("case-missing-policy")()
_SURENESS: Final = list(Confidence)


def ranked(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """The gravest first: what prevents before what does not, and what is sure before what is not."""
    return tuple(sorted(problems, key=lambda each: (not each.prevents, _SURENESS.index(each.sure))))


def answer(problems: Sequence[Problem], missing: Sequence[Message]) -> tuple[Answer, Message]:
    """The answer, and it in a sentence.

    Args:
        problems: As `ranked`.
        missing: What is not known and would have to be for a yes.
    """
    prevents = [each for each in problems if each.prevents]
    certain = [each for each in prevents if each.sure is Confidence.CERTAIN]
    if certain:
        return Answer.NO, _no(certain[0].says, len(certain) - 1)
    if prevents:
        return Answer.DOUBTFUL, _doubtful(prevents[0].says, len(prevents) - 1)
    if missing:
        return Answer.UNKNOWN, _unknown(tuple(missing))
    return Answer.YES, _YES()


def questions(answer: Answer) -> tuple[Message, ...]:
    """What to ask next, where nothing that was found tells why."""
    return beyond_machine.QUESTIONS if answer in {Answer.YES, Answer.UNKNOWN} else ()
