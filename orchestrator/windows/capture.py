"""A capture: verbose logging that is on until a deadline; who is in it, who joins and leaves, and the way back."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Self

from orchestrator.model.message import phrase
from orchestrator.model.registry import Value
from orchestrator.windows import registry_change
from orchestrator.windows.command import Change
from orchestrator.windows.lease import Holder
from orchestrator.windows.provider import ENABLE_LOGGING, PROVIDER, Provider

ON: Final = 1
"""What `EnableLogging` is set to, and is set back from."""

_PUT_BACK = phrase("change-put-logging-back")
_PLAIN: Final = re.compile(r"[^-A-Za-z0-9._@\\]")


@dataclass(frozen=True)
class Member:
    """A run that captures on a host.

    Attributes:
        coordinator: Whose it is, by its 16 hex digits.
        run: The run's identifier.
        account: Who runs it; what is no plain letter is an underscore.
        computer: Where, likewise.
        until: Until when it wants logging to be verbose, by the host's clock, UTC.
    """

    coordinator: str
    run: str
    account: str
    computer: str
    until: datetime

    @classmethod
    def of(cls, holder: Holder, until: datetime) -> Self:
        """A run by what names it on the host's lease."""
        account, computer = (_PLAIN.sub("_", each)[:60] or "-" for each in (holder.account, holder.computer))
        return cls(holder.coordinator, holder.run, account, computer, until)

    def is_of(self, holder: Holder) -> bool:
        """Whether it is that run."""
        return (self.coordinator, self.run) == (holder.coordinator, holder.run)


@dataclass(frozen=True)
class Capture:
    """What one task stands for.

    Attributes:
        prior: `EnableLogging` before the first of its members; None where it was not there.
        since: From when on, by the host's clock, UTC.
        until: The deadline, likewise.
        members: Whose it is, in the order in which they came.
    """

    prior: int | None
    since: datetime
    until: datetime
    members: tuple[Member, ...]

    @classmethod
    def begun(cls, prior: int | None, now: datetime, member: Member) -> Self:
        """A first capture."""
        return cls(prior, now.replace(microsecond=0), member.until, (member,))

    def joined_by(self, member: Member, now: datetime) -> Self:
        """The same with one more member: the later deadline, and what stood before the first of them."""
        newer = (member.coordinator, member.run)
        others = (each for each in self.members if (each.coordinator, each.run) != newer and each.until > now)
        return replace(self, until=max(self.until, member.until), members=(*others, member))

    def left_by(self, holder: Holder, now: datetime) -> Self | None:
        """The same without a run, never with an earlier deadline; None where nobody else wants it any more."""
        others = tuple(each for each in self.members if not each.is_of(holder) and each.until > now)
        return replace(self, members=others) if others else None

    @property
    def before(self) -> Value | None:
        """What `EnableLogging` goes back to."""
        return None if self.prior is None else Value("REG_DWORD", self.prior)


def deadline(now: datetime, minutes: float) -> datetime:
    """The moment so many minutes from now, in whole seconds, as the task has it."""
    return (now + timedelta(minutes=minutes)).replace(microsecond=0) + timedelta(seconds=1)


def put_back(capture: Capture, now: Provider) -> Change:
    """Sets `EnableLogging` to what it was; only for a provider that is registered and has it as we set it."""
    before = now.key.values if now.key else {}
    return registry_change.values_change(_PUT_BACK(), PROVIDER, {ENABLE_LOGGING: capture.before}, before)


def is_ours(now: Provider) -> bool:
    """Whether `EnableLogging` stands as a capture sets it."""
    return now.key is not None and now.key.number(ENABLE_LOGGING) == ON
