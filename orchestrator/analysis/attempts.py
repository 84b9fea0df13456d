"""Resets of passwords in the directory's audit log, and which of them were begun at a machine.

The log does not name the machine. What ties an attempt to one is

- `time`: the add-in did something there at that time. In a large directory other people reset theirs at that time, too.
- `address`: it came from an address that is known of the machine. What the directory sees is the address by which the
  machine's network reaches the internet, and behind a NAT or a proxy all machines have that one. So an address from
  which the log has several users joins nothing by itself, and no address proves a machine.

No file of a bundle tells a machine's addresses, least of all that one: who analyses it may know it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from orchestrator.harvest.audit_record import AuditRecord
from orchestrator.harvest.timeline import shorten
from orchestrator.model.case import Attempt, Lane, Moment, Piece
from orchestrator.model.host import in_one_form

USUAL_WINDOW: Final = timedelta(minutes=15)
"""A reset takes some minutes, from the add-in's link to the new password."""
_ENDS: Final = frozenset({"reset password (self-service)", "unlock user account (self-service)"})
"""Activities that are the attempt itself, where all others are steps on the way to it."""
_BLOCKED: Final = "blocked from self-service password reset"
"""Its success says that the user was kept from it (howto-sspr-reporting)."""
_LONGEST_PIECE: Final = 400


@dataclass(frozen=True)
class Joined:
    """What became of a log's attempts.

    Attributes:
        attempts: Those that are told, in the order of time.
        left_out: How many there are besides, of other machines or of other users than the one who was asked for.
    """

    attempts: tuple[Attempt, ...]
    left_out: int


def attempts(
    records: Iterable[AuditRecord],
    addresses: Collection[str],
    moments: Iterable[Moment],
    window: timedelta = USUAL_WINDOW,
    user: str | None = None,
) -> Joined:
    """The attempts that belong to a machine.

    Args:
        records: In the order of time.
        addresses: What is known of the machine; that by which its network reaches the internet, above all.
        moments: Of the machine; those of the add-in count. Their `utc` is by a right clock, as the log's is.
        window: How far the attempt and the add-in's moment may be apart.
        user: Whose attempts are told, all of them, be they of the machine or not; None for those of the machine.
            The name that the log has, or what stands before its `@`.
    """
    flows = list(_flows(records))
    own = {in_one_form(address) for address in addresses}
    users: defaultdict[str | None, set[str]] = defaultdict(set)
    for flow in flows:
        users[_address(flow)].add(_user(flow).casefold())
    times = sorted(moment.utc for moment in moments if moment.lane is Lane.ADD_IN)
    told: list[Attempt] = []
    for flow in flows:
        near = _is_near(flow, times, window)
        address = _address(flow)
        known = address is not None and address in own
        joined_by = ("address",) * (known and (near or len(users[address]) == 1)) + ("time",) * near
        if _is_of(user, flow) if user is not None else joined_by:
            told.append(_attempt(flow, joined_by))
    return Joined(tuple(told), len(flows) - len(told))


def _flows(records: Iterable[AuditRecord]) -> Iterator[Sequence[AuditRecord]]:
    """The steps of each attempt, in the order in which they began."""
    flows: dict[str, list[AuditRecord]] = {}
    for record in records:
        flows.setdefault(record.correlation, []).append(record)
    yield from flows.values()


def _attempt(flow: Sequence[AuditRecord], joined_by: tuple[str, ...]) -> Attempt:
    decisive, succeeded = _ended(flow)
    text = f"{decisive.utc.isoformat(' ', 'seconds')[:19]} {decisive.activity}: {decisive.reason}"
    return Attempt(
        utc=flow[0].utc,
        user=_user(flow),
        succeeded=succeeded,
        reason=decisive.reason,
        address=_address(flow),
        joined_by=joined_by,
        at=Piece(decisive.file, decisive.place, shorten(text, _LONGEST_PIECE)),
    )


def _ended(flow: Sequence[AuditRecord]) -> tuple[AuditRecord, bool | None]:
    """The step that decides about an attempt, and how it ended.

    Where the log does not have the reset itself, its last step decides if that failed; of several at one moment, the
    one that did. If it did not, the user may have gone away, or the export may leave the reset out.
    """
    for step in reversed(flow):
        if step.activity.casefold() == _BLOCKED:
            return step, False
        if step.activity.casefold() in _ENDS:
            return step, step.succeeded
    failed = [step for step in flow if step.utc == flow[-1].utc and step.succeeded is False]
    return (failed[-1], False) if failed else (flow[-1], None)


def _user(flow: Sequence[AuditRecord]) -> str:
    return next((step.user for step in flow if step.user), "")


def _address(flow: Sequence[AuditRecord]) -> str | None:
    return next((step.address for step in flow if step.address), None)


def _is_near(flow: Sequence[AuditRecord], times: Sequence[datetime], window: timedelta) -> bool:
    """Whether a step is near one of these times, which are in order."""
    return any(
        abs(step.utc - time) <= window
        for step in flow
        for at in [bisect_left(times, step.utc)]
        for time in times[max(at - 1, 0) : at + 1]
    )


def _is_of(user: str, flow: Sequence[AuditRecord]) -> bool:
    whole = _user(flow).casefold()
    return user.casefold() in (whole, whole.partition("@")[0])
