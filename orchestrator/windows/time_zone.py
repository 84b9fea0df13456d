r"""The time zone of a host, with its changes of summer time, as the registry has it.

A change is kept in two forms, both of eight 16-bit numbers: `Time Zones\NAME\TZI` has SYSTEMTIMEs (year, month, day of
the week, which one of the month, hour, minute, second, millisecond), `TimeZoneInformation` has the kernel's TIME_FIELDS
(year, month, which one of the month, hour, minute, second, millisecond, day of the week).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from orchestrator.model.maintenance import MINUTES_OF_A_DAY, Span
from orchestrator.windows import registry
from orchestrator.windows.command import Fact, Place, Reply
from orchestrator.windows.registry import Key

CURRENT: Final = r"HKLM\SYSTEM\CurrentControlSet\Control\TimeZoneInformation"
ZONES: Final = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Time Zones"

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .()+_-]{0,126}")
_TZI: Final = struct.Struct("<lll8H8H")
_CHANGE: Final = struct.Struct("<8H")
_LAST: Final = 5
_SUNDAY: Final = 6
_MINUTE: Final = timedelta(minutes=1)
_DAYS_OF_A_WEEK: Final = 7


class _Unreadable(Exception):
    """What stands there is no time zone."""


@dataclass(frozen=True)
class ChangeOver:
    """When clocks are changed, by what they show until then.

    Attributes:
        month: From 1.
        weekday: Monday 0.
        which: Which of those days of the month, from 1; 5 for the last.
        at: The time of day.
        year: The only one in which it comes; None where it comes every year. `which` is then the day of the month.
    """

    month: int
    weekday: int
    which: int
    at: timedelta
    year: int | None = None

    def in_year(self, year: int) -> datetime | None:
        """Local date and time; None in a year in which it does not come."""
        midnight = datetime(year, self.month, 1, tzinfo=UTC)
        if self.year is not None:
            return midnight.replace(day=self.which, tzinfo=None) + self.at if self.year == year else None
        first = midnight + timedelta(days=(self.weekday - midnight.weekday()) % _DAYS_OF_A_WEEK)
        found = first + timedelta(weeks=self.which - 1)
        while found.month != self.month:
            found -= timedelta(weeks=1)
        return found.replace(tzinfo=None) + self.at


@dataclass(frozen=True)
class Rules:
    """How clocks run in a year: how far ahead of UTC, and when that changes; None where it does not."""

    standard: timedelta
    daylight: timedelta
    to_standard: ChangeOver | None
    to_daylight: ChangeOver | None

    def changes(self, year: int) -> list[tuple[datetime | None, timedelta]]:
        """What holds one after the other in a year: from when on (UTC; None from its beginning), and how far ahead."""
        back, forth = (change.in_year(year) if change else None for change in (self.to_standard, self.to_daylight))
        if back is None or forth is None:
            return [(None, self.standard)]
        to_standard, to_daylight = _utc(back - self.daylight), _utc(forth - self.standard)
        if to_daylight < to_standard:
            return [(None, self.standard), (to_daylight, self.daylight), (to_standard, self.standard)]
        return [(None, self.daylight), (to_standard, self.standard), (to_daylight, self.daylight)]


@dataclass(frozen=True)
class TimeZone:
    """A time zone.

    Attributes:
        usual: What holds in years of which nothing else is said.
        by_year: Years with rules of their own; the first and the last hold for all before and after.
    """

    usual: Rules
    by_year: Mapping[int, Rules] = field(default_factory=dict)

    def rules(self, year: int) -> Rules:
        """Those of a year."""
        if not self.by_year:
            return self.usual
        nearest = min(max(year, min(self.by_year)), max(self.by_year))
        return self.by_year.get(nearest, self.usual)

    def spans(self, begins: datetime, ends: datetime) -> list[Span]:
        """See `model.maintenance.Zone`."""
        steps: list[tuple[datetime, timedelta]] = []
        for year in range(begins.year - 1, ends.year + 3):  # as a year begins up to a day before UTC's
            for moment, ahead in self.rules(year).changes(year):
                before = steps[-1][1] if steps else ahead
                new_year = datetime(year, 1, 1, tzinfo=UTC) - before
                steps.append((moment or new_year, ahead))
        following = [moment for moment, _ in steps[1:]]
        pieces = (
            Span(max(start, begins), min(end, ends), ahead)
            for (start, ahead), end in zip(steps, following, strict=False)
        )
        return [piece for piece in pieces if piece.begins < piece.ends]


@dataclass(frozen=True)
class Current:
    """What `TimeZoneInformation` says.

    Attributes:
        name: The zone whose own key counts; None where dates are fixed, or no name is to be read.
        rules: Those of this year.
    """

    name: str | None
    rules: Rules


def _parse_current(replies: Sequence[Reply]) -> Current | None:
    found = registry.parse_key(CURRENT, replies[0])
    try:
        return _current(found) if found else None
    except _Unreadable:
        return None


CURRENT_ZONE: Final[Fact[Current | None]] = Fact(
    "time_zone.current", (registry.query(Place(CURRENT), lasting=True),), _parse_current
)
"""The zone that is set; None when it cannot be read."""


@lru_cache(maxsize=256)
def named(name: str) -> Fact[TimeZone | None]:
    """The zone of that name, with the years that have rules of their own; None where the host has nothing to be read.

    What `TimeZoneInformation` says then holds in every year.
    """

    def parse(replies: Sequence[Reply]) -> TimeZone | None:
        try:
            return _with_years(registry.parse_keys(replies[0]))
        except _Unreadable:
            return None

    return Fact("time_zone", (registry.query(Place(rf"{ZONES}\{name}"), "/s", lasting=True),), parse)


def _current(key: Key) -> Current:
    bias, standard, daylight = (_signed(key, name) for name in ("Bias", "StandardBias", "DaylightBias"))
    if bias is None:
        raise _Unreadable
    back, forth = (_of_fields(key, name) for name in ("StandardStart", "DaylightStart"))
    rules = _rules(bias, standard or 0, daylight or 0, back, forth)
    name = (key.text("TimeZoneKeyName") or "").strip()
    follows = not key.number("DynamicDaylightTimeDisabled") and _NAME.fullmatch(name)
    return Current(name if follows else None, rules)


def _with_years(keys: Sequence[Key]) -> TimeZone | None:
    if not keys or (usual := keys[0].text("TZI")) is None:
        return None
    dynamic = next((key for key in keys if key.path.lower().endswith(r"\dynamic dst")), None)
    years = (
        {int(year): str(value.data) for year, value in dynamic.values.items() if re.fullmatch("[0-9]{1,4}", year)}
        if dynamic
        else {}
    )
    return TimeZone(_of_tzi(usual), {year: _of_tzi(data) for year, data in years.items()})


def _of_tzi(data: str) -> Rules:
    bias, standard, daylight, *dates = _unpacked(_TZI, data)
    back, forth = (_of_systemtime(*numbers) for numbers in (dates[:8], dates[8:]))
    return _rules(bias, standard, daylight, back, forth)


def _rules(bias: int, standard: int, daylight: int, back: ChangeOver | None, forth: ChangeOver | None) -> Rules:
    """Minutes behind UTC become what is ahead of it; without changes only the first counts, as documented."""
    if back is None or forth is None:
        return Rules(_ahead(bias), _ahead(bias), None, None)
    return Rules(_ahead(bias + standard), _ahead(bias + daylight), back, forth)


def _ahead(bias: int) -> timedelta:
    if abs(bias) >= MINUTES_OF_A_DAY:
        raise _Unreadable
    return -bias * _MINUTE


def _of_fields(key: Key, name: str) -> ChangeOver | None:
    data = key.text(name)
    if data is None:
        return None
    year, month, which, hour, minute, second, thousandths, weekday = _unpacked(_CHANGE, data)
    return _of_systemtime(year, month, weekday, which, hour, minute, second, thousandths)


def _of_systemtime(
    year: int, month: int, weekday: int, which: int, hour: int, minute: int, second: int, thousandths: int
) -> ChangeOver | None:
    if month == 0:
        return None
    try:
        datetime(year or 2000, month, which, hour, minute, second, 1000 * thousandths, tzinfo=UTC)
    except ValueError as error:
        raise _Unreadable from error
    if weekday >= _DAYS_OF_A_WEEK or (not year and which > _LAST):
        raise _Unreadable
    at = timedelta(hours=hour, minutes=minute, seconds=second, milliseconds=thousandths)
    return ChangeOver(month, (weekday + _SUNDAY) % _DAYS_OF_A_WEEK, which, at, year or None)


def _unpacked(form: struct.Struct, data: str) -> tuple[int, ...]:
    try:
        return form.unpack(bytes.fromhex(data))
    except (ValueError, struct.error) as error:
        raise _Unreadable from error


def _signed(key: Key, name: str) -> int | None:
    """A number of minutes, which a REG_DWORD has in two's complement."""
    number = key.number(name)
    return number - (1 << 32) if number is not None and number >= 1 << 31 else number


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)
