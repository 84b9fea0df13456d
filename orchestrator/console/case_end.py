"""The last three lines of `sspr case`: what is wrong, whose task it is, and what to attach to a ticket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from orchestrator.console.case import print_folded
from orchestrator.console.case_words import OWNERS
from orchestrator.console.words import one_line
from orchestrator.model import beyond_machine
from orchestrator.model.case import Answer, Case, Owner
from orchestrator.model.result import HostResult
from orchestrator.sentences import say

_NOTHING: Final = "nothing was found on this computer that keeps anybody from it"
_UNTRIED: Final = "the add-in wrote nothing while it could be tried"
_TRY_AGAIN: Final = "the user: try it again on this computer, after its screen was locked, and run the same once more"
_DOCTOR: Final = "`sspr doctor {}` tries step by step how far a connection comes"


@dataclass(frozen=True)
class CaseEnd:
    """What a case came to.

    Attributes:
        case: What its files say.
        attachments: What is left for the ticket.
        user: Who tried it; None where nobody said, or persons have pseudonyms.
        tried: Whether the add-in wrote anything while it could be tried.
    """

    case: Case
    attachments: Sequence[Path]
    user: str | None
    tried: bool


def print_end(end: CaseEnd, console: Console) -> None:
    """The three lines for a machine whose files were read."""
    case = end.case
    worst = next((each for each in case.problems if each.prevents), None)
    if worst is None and case.answer is not Answer.YES:
        worst = next(iter(case.problems), None)
    untried = "" if end.tried else f"; but {_UNTRIED}"
    if worst is not None:
        others = len(case.problems) - 1
        more = f" (and {others} more, in the page)" if others > 0 else ""
        remedy = f": {say(worst.remedy)}" if worst.remedy else ""
        _print(console, f"{say(worst.says)}{more}", f"{OWNERS[worst.owner]}{remedy}", end.attachments)
    elif case.answer is Answer.YES:
        asked = say(beyond_machine.QUESTIONS[0]) if end.tried else _TRY_AGAIN
        _print(console, f"{_NOTHING}{untried}", f"{end.user}, {asked}" if end.user else asked, end.attachments)
    else:
        _print(console, f"{say(case.verdict)}{untried}", OWNERS[Owner.MACHINES], end.attachments)


def print_unreached(host: HostResult, console: Console) -> None:
    """The three lines for a machine that gave nothing."""
    remedy = say(host.deciding.remedy) if host.deciding.remedy else _DOCTOR.format(one_line(host.name))
    _print(console, say(host.reason), f"{OWNERS[Owner.MACHINES]}: {remedy}", ())


def _print(console: Console, wrong: str, whose: str, attachments: Sequence[Path]) -> None:
    attached = " and ".join(map(str, attachments)) or "nothing: the computer gave no files"
    console.print()
    for term, told in (("What is wrong", wrong), ("Whose task", whose), ("To attach", attached)):
        print_folded(console, Text(one_line(told)), f"{term + ':':<15}", "bold")
