"""Leasing: what a run knows of one host's lease, and what it sends in front of its commands to keep to it.

Nothing is asked for the lease alone: it is looked at in front of questions, and taken, proved and renewed in front of
changes, in the same exchange. Moments are the host's own, which every answer of it tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from orchestrator.model.clock import Deadline
from orchestrator.model.errors import CommandFailed, LeaseHeld, LeaseLost
from orchestrator.model.message import Message, message, phrase
from orchestrator.windows import lease
from orchestrator.windows.command import Command
from orchestrator.windows.lease import LEASE_SECONDS, OWNERLESS_SECONDS, Holder, Lease

LONG_REST_SECONDS: Final = 90.0
"""A host that rests longer than this, and for no restart of ours, is left to others meanwhile."""
_LONGEST_SECONDS: Final = 24 * 60 * 60
_LOOKS: Final = 4
"""How often a command line is sent again because the lease has changed hands, or was of no use any more."""

_UNKNOWN_OWNER = phrase("lease-owner-unknown")
_NOBODY = phrase("lease-owner-nobody")
_COULD_NOT_TAKE = phrase("lease-could-not-take")


@message("lease-owner")
def _owner(run: str, account: str, computer: str) -> None: ...


def owner(found: Lease | None) -> Message:
    """Who has a lease, in words."""
    return _NOBODY() if found is None else owned_by(found.run, found.account, found.computer)


def owned_by(run: str | None, account: str | None, computer: str | None) -> Message:
    """The same of what is known of a lease that there is."""
    return _owner(run, account, computer) if run and account and computer else _UNKNOWN_OWNER()


def _line(*commands: Command) -> str:
    """Commands with which a command line begins that goes on."""
    return "".join(f"{command.line}&" for command in commands)


class OtherRuns(Protocol):
    """What is known of the other runs of this coordinator."""

    def has_ended(self, lease: Lease) -> bool:
        """Whether the run that holds a lease has certainly ended."""

    def at_work(self) -> frozenset[str] | None:
        """The runs that may be at work, by their names; None where that cannot be told."""


class NothingKnown:
    """Of no other run anything is known."""

    def has_ended(self, _: Lease) -> bool:
        return False

    def at_work(self) -> None:
        return None


@dataclass(slots=True)
class Leasing:
    """One host's lease as a run sees it.

    Attributes:
        holder: The run.
        others: What is known of those who may hold it too.
        taking: Whether what the running step changes needs the lease; set by whoever runs steps.
        answered: Whether the host has answered, and let us through, since whoever runs steps has last set it to False.
    """

    holder: Holder
    others: OtherRuns = field(default_factory=NothingKnown)
    taking: bool = True
    answered: bool = False
    _held: bool = False
    _perhaps: bool = False
    _since: datetime | None = None
    _until: datetime | None = None
    _kept_until: datetime | None = None
    _of_no_use: str | None = None
    _any_is_useless: bool = False
    _over: tuple[str | None] | None = None
    _ownerless_since: datetime | None = None
    _looks: int = field(default=0)

    def opening(self, changing: bool, now: datetime, deadline: Deadline, marker: str) -> str:
        """What stands in front of a command line.

        Args:
            changing: Whether the command line changes the host.
            now: By the host's clock, UTC.
            deadline: Until when its answer is waited for.
            marker: A word that no output contains.
        """
        changing = changing and self.taking
        if not changing and not self._held:
            return "" if self._any_is_useless else _line(lease.untouched(self.holder, self._of_no_use, marker))
        if not changing and self._until and self._until - now > timedelta(seconds=LEASE_SECONDS):
            return ""
        taking: tuple[Command, ...] = ()
        over, self._over = self._over, None
        if not self._held:
            taking = (lease.taken(self.holder) if over is None else lease.taken_over(self.holder, *over),)
            self._since, self._perhaps = self._since or now, True
        lasting = timedelta(seconds=LEASE_SECONDS + min(deadline.remaining, _LONGEST_SECONDS))
        self._until = max(now + lasting, self._kept_until or now)
        return _line(*taking, lease.held(self.holder, self._since or now, self._until, marker))

    def passed(self, output: str, changing: bool, now: datetime, marker: str) -> bool:
        """Whether a command line was carried out; False where the same, with another opening, is to be sent again.

        Raises:
            LeaseHeld: Somebody else is at work on the host.
            LeaseLost: This run was, and its lease is gone.
            CommandFailed: No lease can be taken there.
        """
        refusal = lease.refusal(output, marker)
        if refusal is None:
            self.answered = True
            if changing and self.taking:
                self._held, self._ownerless_since = True, None
                self._of_no_use, self._any_is_useless = None, False
            self._looks, self._over = 0, None
            return True
        if self._held:
            raise LeaseLost(owner(refusal.lease))
        found = refusal.lease
        ours = found is not None and found.mark == self.holder.mark
        self._looks += 1
        if self._looks < _LOOKS and not ours and (found is None or self._useless(found, now)):
            return False
        self._looks, self._over, self._perhaps, self._since = 0, None, ours, None
        if found is None or ours:
            raise CommandFailed(_COULD_NOT_TAKE(), command=lease.FOLDER, exit_code=1, output=output)
        raise held(found)

    def _useless(self, found: Lease, now: datetime) -> bool:
        """Whether nobody needs that lease any more; then the next opening takes it over, or looks past it."""
        if found.until is not None:
            self._ownerless_since = None
            useless = found.until <= now or self.others.has_ended(found)
        else:
            self._ownerless_since = self._ownerless_since or now
            useless = now - self._ownerless_since >= timedelta(seconds=OWNERLESS_SECONDS)
        self._of_no_use = found.mark if useless else None
        self._any_is_useless = useless and found.mark is None
        self._over = (found.mark,) if useless else None
        return useless

    def keep_for(self, seconds: float, now: datetime) -> None:
        """Has the lease last so long, from the next change on, whatever rests there are."""
        self._kept_until = now + timedelta(seconds=seconds + LEASE_SECONDS)

    def outlasts(self, seconds: float, now: datetime) -> bool:
        """Whether the lease is to be kept over a rest of so many seconds."""
        kept = self._kept_until is not None and self._kept_until >= now + timedelta(seconds=seconds)
        return kept or seconds <= LONG_REST_SECONDS

    def leaving(self) -> Sequence[Command]:
        """What gives the lease back, and takes one away that was of no use and that nobody has taken meanwhile."""
        useless = self._of_no_use is not None or self._any_is_useless
        if not (self._held or self._perhaps or useless):
            return ()
        over = (lease.taken_over(self.holder, self._of_no_use),) if useless else ()
        return (*over, *lease.give_back(self.holder).commands)

    def left(self) -> None:
        """What `leaving` gives has been done: the host has no lease of this run, nor one of no use."""
        self._held = self._perhaps = self._any_is_useless = False
        self._since = self._until = self._kept_until = self._of_no_use = None


def held(found: Lease) -> LeaseHeld:
    """The error of whoever meets a lease of somebody else."""
    since = f"{found.since.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if found.since else "-"
    return LeaseHeld(owner(found), since, found.until.isoformat() if found.until else None)
