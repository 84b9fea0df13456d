"""A host that is off and that a run looks for, as people are told of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from orchestrator.model.detail import Detail
from orchestrator.model.message import Message, message


@message("host-awaited")
def awaited(reason: Message, until: str) -> None:
    """Why it is waited for, and until when by this computer's clock."""


@message("looked-for-in-vain")
def looked_for_in_vain(reason: Message, until: str) -> None:
    """The same once that moment is over."""


LOOKED_FOR: Final = frozenset({awaited.code, looked_for_in_vain.code})
"""What is said of hosts that a run has looked for."""


@dataclass(frozen=True)
class Awaited(Detail, kind="awaited"):
    """A host that a run waits for, as its log tells.

    Attributes:
        looks: How often it was looked for.
        next_look: When it is looked for next; None where nobody does.
        last_seen: When it last answered; None where it never did in this run.
        until: The run's end date.
    """

    looks: int
    next_look: datetime | None
    last_seen: datetime | None
    until: datetime
