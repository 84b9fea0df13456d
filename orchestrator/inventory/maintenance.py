"""The key `maintenance` of an inventory: windows, extra ones and blackouts as a person writes them, made a calendar."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Annotated, Final, Literal, TypeAlias, get_args

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from orchestrator.model.maintenance import ALWAYS, MINUTES_OF_A_DAY, NEEDS_MINUTES, Between, Maintenance, Span, Weekly
from orchestrator.model.validation import Entry

Day: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: Final[tuple[Day, ...]] = get_args(Day)
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MIDNIGHT: Final = time()
_DAY: Final = timedelta(days=1)
_A_MONDAY: Final = date(2001, 1, 1)


def _time(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise ValueError("expected a time of day with two digits each, as in 22:30, up to 24:00")
    return text


def _date(text: str) -> str:
    _day(text)
    return text


def _day(text: str) -> date:
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError("expected a date, as in 2026-12-24")


def _date_or_moment(text: str) -> str:
    day, space, moment = text.partition(" ")
    try:
        _day(day)
        if space:
            _time(moment)
    except ValueError:
        raise ValueError("expected a date, as in 2026-12-24, or a date and a time, as in 2026-12-24 18:00") from None
    return text


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return 60 * int(hours) + int(minutes)


def _listed(days: object) -> object:
    return [days] if isinstance(days, str) else days


Time = Annotated[str, AfterValidator(_time), Field(json_schema_extra={"pattern": rf"^({_TIME.pattern})$"})]
Date = Annotated[str, AfterValidator(_date)]
DateOrMoment = Annotated[str, AfterValidator(_date_or_moment)]
Days = Annotated[
    tuple[Day, ...], Field(min_length=1), BeforeValidator(_listed, json_schema_input_type=Day | tuple[Day, ...])
]


class _Times(Entry):
    """A piece of a day, which may end on the next one."""

    from_: Time = Field(default="00:00", alias="from", description="When it opens, by the host's own clock.")
    to: Time = Field(
        default="24:00", description="When it closes; on the next day where that is not later than `from`."
    )

    @property
    def opens(self) -> int:
        """Minutes after midnight."""
        return _minutes(self.from_)

    @property
    def closes(self) -> int:
        """The same, of the day on which it opens."""
        closes = _minutes(self.to)
        return closes if closes > self.opens else closes + MINUTES_OF_A_DAY

    @model_validator(mode="after")
    def _is_a_piece(self) -> _Times:
        if self.from_ == "24:00":
            raise ValueError("`from` 24:00 is 00:00 of the next day; say that")
        if self.from_ == self.to:
            raise ValueError("`from` and `to` are the same; leave out both for the whole day")
        return self


class WindowEntry(_Times):
    """A window that comes every week."""

    days: Days = Field(default=DAYS, description="On which days it opens; every day unless said.")

    @property
    def weekly(self) -> Weekly:
        return Weekly(tuple(sorted({DAYS.index(day) for day in self.days})), self.opens, self.closes)


class ExtraEntry(_Times):
    """A window of one date."""

    date: Date = Field(description="On which date it opens, as in 2026-12-05.")

    @property
    def between(self) -> Between:
        midnight = datetime.combine(_day(self.date), _MIDNIGHT)
        return Between(midnight + timedelta(minutes=self.opens), midnight + timedelta(minutes=self.closes))


class BlackoutEntry(Entry):
    """A time in which nothing is changed, whatever windows say."""

    from_: DateOrMoment = Field(
        alias="from", description="Its first day, as in 2026-12-20, or day and time, as in 2026-12-20 12:00."
    )
    to: DateOrMoment = Field(description="Its last day, or the day and time at which it ends.")

    @property
    def between(self) -> Between:
        return Between(_moment(self.from_), _moment(self.to, whole_day=True))

    @model_validator(mode="after")
    def _runs_forwards(self) -> BlackoutEntry:
        if not self.between:
            raise ValueError("it ends before it begins; exchange `from` and `to`")
        return self


class _OneClock:
    """A zone in which nobody sets a clock."""

    def spans(self, begins: datetime, ends: datetime) -> Sequence[Span]:
        return [Span(begins, ends, timedelta())]


class MaintenanceEntry(Entry):
    """When hosts may be changed and restarted, by their own clocks; at any time where no window is given."""

    windows: Annotated[tuple[WindowEntry, ...], Field(min_length=1)] | None = Field(
        default=None, description="Windows that come every week."
    )
    extra: tuple[ExtraEntry, ...] = Field(default=(), description="Windows of certain dates, besides.")
    blackouts: tuple[BlackoutEntry, ...] = Field(
        default=(), description="When nothing is changed, whatever windows say."
    )
    needs_minutes: int = Field(
        default=NEEDS_MINUTES,
        strict=True,
        ge=0,
        le=MINUTES_OF_A_DAY,
        description="What must be left of a window for a change or a restart to be begun in it.",
    )

    @model_validator(mode="after")
    def _has_room(self) -> MaintenanceEntry:
        windows: tuple[WindowEntry | ExtraEntry, ...] = (*(self.windows or ()), *self.extra)
        for window in windows:
            if not any(map(self._is_enough, self._occurrences(window))):
                raise ValueError(
                    f"no change would ever begin from {window.from_} to {window.to}: that is not longer than "
                    f"`needs_minutes`, {self.needs_minutes}; make one longer or the other less"
                )
        return self

    def _occurrences(self, window: WindowEntry | ExtraEntry) -> Iterator[Between]:
        """When a window is open: in a week of its own, and where it may adjoin one of a certain date."""
        if isinstance(window, ExtraEntry):
            yield window.between
            return
        dates = [each.between.begins.date() for each in self.extra]
        beside = [day + _DAY * number for day in dates for number in (-1, 0, 1)]
        for day in (*(_A_MONDAY + _DAY * number for number in range(len(DAYS))), *beside):
            if opened := window.weekly.on(day):
                yield opened

    def _is_enough(self, opened: Between) -> bool:
        """Whether there is room for a change from then on, or in what adjoins it."""
        begins, ends = opened.begins.replace(tzinfo=UTC), opened.ends.replace(tzinfo=UTC)
        weekly = tuple(window.weekly for window in self.windows or ())
        every = Maintenance(weekly, tuple(each.between for each in self.extra))
        whole = next(each for each in every.openings(_OneClock(), begins - _DAY, ends + _DAY) if each.ends > begins)
        return whole.ends - whole.begins > timedelta(minutes=self.needs_minutes)

    @cached_property
    def calendar(self) -> Maintenance | None:
        """The same for the rest of the program; None where it allows any time."""
        windows: Sequence[WindowEntry] = self.windows or ()
        if not windows and not self.extra and not self.blackouts:
            return None
        weekly = (ALWAYS,) if not windows and not self.extra else tuple(window.weekly for window in windows)
        extra, blackouts = (tuple(each.between for each in entries) for entries in (self.extra, self.blackouts))
        return Maintenance(weekly, extra, blackouts, self.needs_minutes)


def _moment(text: str, *, whole_day: bool = False) -> datetime:
    """A date, or a date and a time; of a date alone its first moment, or with `whole_day` the first one after it."""
    day, _, moment = text.partition(" ")
    minutes = _minutes(moment) if moment else MINUTES_OF_A_DAY * whole_day
    return datetime.combine(_day(day), _MIDNIGHT) + timedelta(minutes=minutes)
