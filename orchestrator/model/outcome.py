"""The closed set of outcomes that a step, and in the end a host, can have."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Outcome(StrEnum):
    """What became of a step or a host; declared from the mildest to the gravest."""

    SKIPPED = "skipped"
    """Nothing was to be done here: a condition of the playbook left the host out."""
    OK = "ok"
    """All was as wanted already."""
    CHANGED = "changed"
    """It was changed, and verified."""
    REBOOT_PENDING = "reboot_pending"
    """All is done but for a restart that nobody has asked for yet."""
    CANCELLED = "cancelled"
    """The operator, or a guard of the run, stopped the work before it began here."""
    BLOCKED = "blocked"
    """Not done, or in part: the host is in a state in which it must not or cannot be done; a person decides."""
    UNREACHABLE = "unreachable"
    """No WinRM conversation came about; what earlier steps did is done, and nothing else was begun."""
    UNKNOWN = "unknown"
    """The connection was lost in the middle of a change, or amid a restart, and looking again was not possible."""
    FAILED = "failed"
    """It was tried and did not succeed."""

    @property
    def gravity(self) -> int:
        """Position from mildest (0) to gravest; the gravest step decides about the host."""
        return list(Outcome).index(self)

    @property
    def fine(self) -> bool:
        """Whether an operator need do nothing about it."""
        return self.gravity <= Outcome.REBOOT_PENDING.gravity

    @classmethod
    def worst(cls, outcomes: Iterable[Outcome]) -> Outcome:
        """The gravest of several; SKIPPED when there are none."""
        return max(outcomes, key=lambda outcome: outcome.gravity, default=cls.SKIPPED)
