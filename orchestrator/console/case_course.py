"""What `sspr case` is doing at each moment, in plain words: a listener of its run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rich.console import Console
from rich.text import Text

from orchestrator.console.case import print_folded
from orchestrator.console.words import one_line
from orchestrator.model.events import Event, StepFinished, StepStarted
from orchestrator.sentences import say

_MARK: Final = "· "


class Course:
    """Prints a line whenever something else begins on the machine.

    Args:
        says: By the names of steps, what is done there.
        console: Where to.
    """

    def __init__(self, says: Mapping[str, str], console: Console) -> None:
        self._says = says
        self._console = console
        self._told = ""

    def notify(self, event: Event) -> None:
        if isinstance(event, StepStarted) and event.step != self._told and (doing := self._says.get(event.step)):
            self._told = event.step
            tell(f"{event.host}: {doing}", self._console)
        elif isinstance(event, StepFinished) and not event.record.result.outcome.fine:
            tell(f"{event.host}: {say(event.record.result.reason)}", self._console)


def tell(text: str, console: Console) -> None:
    """A line of it."""
    print_folded(console, Text(one_line(text)), _MARK)
