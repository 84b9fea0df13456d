"""Maintenance windows: when a host may be changed. A calendar by what the host's own clock shows; no input, no output.

A zone says how its clocks run: pieces of time, each with one distance from UTC. A host is inside while its clock shows
a time of a window and of no blackout. So an hour that the change to summer time leaves out opens nothing, and one that
comes twice in autumn is open twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Protocol

NEEDS_MINUTES: Final = 30
"""What must be left of a window for a change to be begun in it, unless the inventory says otherwise."""
MINUTES_OF_A_DAY: Final = 24 * 60
_DAY: Final = timedelta(days=1)
_HORIZONS: Final = (10, 60, 400)
"""Days ahead in which an opening is sought: first those that mostly have one."""


@dataclass(frozen=True)
class Span:
    """A piece of time, in UTC and without its end, in which clocks are so far ahead of UTC."""

    begins: datetime
    ends: datetime
    ahead: timedelta

    @property
    def shown(self) -> Between:
        """What clocks show in it."""
        return Between(_bare(self.begins + self.ahead), _bare(self.ends + self.ahead))


class Zone(Protocol):
    """How clocks run somewhere."""

    def spans(self, begins: datetime, ends: datetime) -> Sequence[Span]:
        """The pieces of the time between two moments (UTC), one after the other and without gaps."""
        ...


@dataclass(frozen=True, slots=True)
class Between:
    """A piece of local time, by dates and times as a clock shows them; the end is not in it."""

    begins: datetime
    ends: datetime

    def common(self, other: Between) -> Between:
        """What is in both; its end is not after its beginning where that is nothing."""
        return Between(max(self.begins, other.begins), min(self.ends, other.ends))

    def __bool__(self) -> bool:
        return self.begins < self.ends


@dataclass(frozen=True)
class Weekly:
    """A window that comes every week.

    Attributes:
        days: On which it opens, Monday 0.
        opens: Minutes after midnight.
        closes: The same; more than those of a day where it closes on the next one.
    """

    days: tuple[int, ...]
    opens: int
    closes: int

    def on(self, day: date) -> Between | None:
        """The window that opens on a day; None where none does."""
        if day.weekday() not in self.days:
            return None
        midnight = datetime.combine(day, time())
        return Between(midnight + timedelta(minutes=self.opens), midnight + timedelta(minutes=self.closes))


ALWAYS: Final = Weekly(tuple(range(7)), 0, MINUTES_OF_A_DAY)


@dataclass(frozen=True)
class Opening:
    """A piece of time in which a host may be changed, in UTC and without its end."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Maintenance:
    """When a host may be changed.

    Attributes:
        weekly: Windows that come every week.
        extra: Windows of certain dates.
        blackouts: When nothing is changed, be it in a window.
        needs_minutes: What must be left of an opening for a change, or a restart, to be begun in it.
    """

    weekly: tuple[Weekly, ...] = ()
    extra: tuple[Between, ...] = ()
    blackouts: tuple[Between, ...] = ()
    needs_minutes: int = NEEDS_MINUTES

    def openings(self, zone: Zone, begins: datetime, ends: datetime) -> list[Opening]:
        """Every opening between two moments (UTC), in order; those at the edges as far as they lie between."""
        found: list[Opening] = []
        for span in zone.spans(begins, ends):
            for window in self._shown_in(span.shown):
                opening = Opening(_utc(window.begins, span.ahead), _utc(window.ends, span.ahead))
                if found and opening.begins <= found[-1].ends:
                    opening = Opening(found.pop().begins, opening.ends)
                found.append(opening)
        return found

    def opening(self, zone: Zone, now: datetime, last: Callable[[datetime], datetime]) -> Opening | None:
        """The opening in which a piece of work may be begun, now or else later; None if none comes in a year.

        Args:
            zone: How the host's clock runs.
            now: UTC.
            last: Of the moment (UTC) at which the work would be begun, the last one at which it changes something;
                `needs_minutes` must be left then.
        """
        needed = timedelta(minutes=self.needs_minutes)
        for days in _HORIZONS:
            for opening in self.openings(zone, now, now + timedelta(days=days)):
                if last(max(now, opening.begins)) + needed <= opening.ends:
                    return opening
        return None

    def _shown_in(self, shown: Between) -> list[Between]:
        """The windows in a piece of local time, without blackouts: in order, none of them touching another."""
        merged: list[Between] = []
        for window in sorted(self._windows(shown), key=lambda window: window.begins):
            if merged and window.begins <= merged[-1].ends:
                merged.append(Between(merged[-1].begins, max(merged.pop().ends, window.ends)))
            else:
                merged.append(window)
        for blackout in self.blackouts:
            merged = [piece for window in merged for piece in _without(window, blackout)]
        return merged

    def _windows(self, shown: Between) -> Iterator[Between]:
        days = (shown.begins.date() + _DAY * number for number in range(-1, (shown.ends - shown.begins).days + 2))
        weekly = (window.on(day) for day in days for window in self.weekly)
        for window in (*weekly, *self.extra):
            if window and (common := window.common(shown)):
                yield common


def next_shown(zone: Zone, moment: time, after: datetime) -> datetime:
    """When (UTC) a zone's clock shows a time of day for the next time after a moment (UTC)."""
    for span in zone.spans(after, after + 3 * _DAY):
        shown = span.shown
        for number in range((shown.ends - shown.begins).days + 2):
            there = datetime.combine(shown.begins.date() + _DAY * number, moment)
            if shown.begins <= there < shown.ends and (found := _utc(there, span.ahead)) > after:
                return found
    raise ValueError(f"no clock shows {moment} in three days")


def local(zone: Zone, moment: datetime) -> datetime:
    """What a zone's clock shows at a moment (UTC)."""
    (span,) = zone.spans(moment, moment + timedelta(microseconds=1))
    return _bare(moment + span.ahead)


def _without(window: Between, blackout: Between) -> Iterable[Between]:
    if not window.common(blackout):
        return (window,)
    pieces = Between(window.begins, blackout.begins), Between(blackout.ends, window.ends)
    return tuple(piece for piece in pieces if piece)


def _bare(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def _utc(shown: datetime, ahead: timedelta) -> datetime:
    return (shown - ahead).replace(tzinfo=UTC)
