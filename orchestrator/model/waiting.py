"""What hosts of a run wait for, and what each does at a moment, as people are told of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from orchestrator.model.detail import Detail
from orchestrator.model.message import Message


@dataclass(frozen=True)
class Wait:
    """Something that a host waits for and that may take long: it is told once, not at each look whether it has come.

    Attributes:
        what: What it waits for, as in "waiting until PC-2 has restarted".
        until: When it ends, or at the latest does; None where nobody knows. UTC.
    """

    what: Message
    until: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Whether its end has come."""
        return self.until is not None and self.until <= now

    def like(self, other: Wait | None) -> bool:
        """Whether both are for the same kind of thing, be it that another host is in the way now."""
        return other is not None and self.what.code == other.what.code


@dataclass(frozen=True)
class Doing(Detail, kind="doing"):
    """What a host does in a run that is at work, as its log tells; the result that has it is none yet.

    Attributes:
        step: Its step; None where it has not begun.
        since: Since when it has done so, or waited.
        waits: Whether it waits.
        until: When the wait ends, or at the latest does; None where nobody knows, or it does not wait.
    """

    step: str | None = None
    since: datetime | None = None
    waits: bool = False
    until: datetime | None = None
