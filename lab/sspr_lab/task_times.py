"""When a scheduled task runs: durations, boundaries and the next time of a trigger, in the machine's local time."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

_DURATION: Final = re.compile(
    r"P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)
_BOUNDARY: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")
_A_LONG_TIME: Final = 400  # days: every calendar trigger comes round within
_SHORTEST_INTERVAL: Final = timedelta(minutes=1)
_LONGEST_INTERVAL: Final = timedelta(days=31)
_NO_END: Final = timedelta(days=36500)

Kind = Literal["time", "calendar", "boot", "logon", "other"]
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)


def duration(text: str) -> timedelta:
    """An xs:duration; a year has 365 days, a month 30. Raises ValueError."""
    match = _DURATION.fullmatch(text)
    if match is None or text.endswith(("P", "T")):
        raise ValueError(f"no duration: {text!r}")
    part = {name: int(number or 0) for name, number in match.groupdict().items()}
    days = part["years"] * 365 + part["months"] * 30 + part["days"]
    return timedelta(days=days, hours=part["hours"], minutes=part["minutes"], seconds=part["seconds"])


def interval(text: str) -> timedelta:
    """How often a trigger repeats: a minute to 31 days ([MS-TSCH] 2.5.3.1). Raises ValueError."""
    found = duration(text)
    if not _SHORTEST_INTERVAL <= found <= _LONGEST_INTERVAL:
        raise ValueError(f"no interval: {text!r}")
    return found


def boundary(text: str, utc_offset: timedelta) -> datetime:
    """An xs:dateTime as local time without a zone; one with a zone is brought to the machine's. Raises ValueError."""
    if not _BOUNDARY.fullmatch(text):
        raise ValueError(f"no boundary: {text!r}")
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        return moment
    return moment.replace(tzinfo=None) - (moment.utcoffset() or timedelta()) + utc_offset


@dataclass(frozen=True)
class Calendar:
    """Which days a calendar trigger names: every n-th day, or days of every n-th week, or days of months."""

    every: int = 1
    weekdays: frozenset[int] = frozenset()
    days: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()

    def holds(self, start: datetime, day: datetime) -> bool:
        """Is `day` one of them, counted from `start`?"""
        if self.days or self.months:
            return day.month in (self.months or range(1, 13)) and day.day in self.days
        if self.weekdays:
            monday = start.date() - timedelta(days=start.weekday())
            return day.weekday() in self.weekdays and (day.date() - monday).days // 7 % self.every == 0
        return (day.date() - start.date()).days % self.every == 0


@dataclass(frozen=True)
class Trigger:
    """What starts a task. Boundaries are local; `delay` counts for boot and logon triggers.

    A trigger of any kind is activated at its start boundary and cannot start the task after its end boundary ("Trigger
    Type", StartBoundary and EndBoundary), so that a boot before the one or after the other starts nothing.
    """

    kind: Kind
    enabled: bool = True
    start: datetime | None = None
    end: datetime | None = None
    repeat_every: timedelta | None = None
    repeat_for: timedelta | None = None
    delay: timedelta = timedelta()
    calendar: Calendar = Calendar()

    def is_active(self, now: datetime) -> bool:
        """Whether what it waits for would start the task at this moment, local."""
        return self.enabled and (self.start is None or self.start <= now) and (self.end is None or now <= self.end)

    def next_after(self, now: datetime) -> datetime | None:
        """The trigger's next time after `now`, both local; None when there is none (or no clock decides it)."""
        if not self.enabled or self.start is None or self.kind not in ("time", "calendar"):
            return None
        found = next((moment for moment in self._candidates(now) if moment > now), None)
        return found if found is None or self.end is None or found <= self.end else None

    def _candidates(self, now: datetime) -> list[datetime]:
        assert self.start is not None
        begins = [self.start]
        if self.kind == "calendar":
            first = max(self.start, now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1))
            days = (first.date() - self.start.date()).days
            each = (self.start + timedelta(days=days + n) for n in range(_A_LONG_TIME))
            begins = [day for day in each if self.calendar.holds(self.start, day)]
        if self.repeat_every is None:
            return begins
        repeats = []
        for begin in begins:
            steps = max(0, (now - begin) // self.repeat_every) + 1
            repeat = begin + steps * self.repeat_every
            repeats += [begin] + ([repeat] if repeat - begin <= (self.repeat_for or _NO_END) else [])
        return sorted(repeats)
