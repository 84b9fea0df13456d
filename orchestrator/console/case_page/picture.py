"""The picture of a timeline: where on a drawing each moment stands, when long times in which nothing happened are cut.

A month of events with one busy hour shows that hour: the longest gaps are taken out, one after the other, as long as
one is a good part of what is left. Each stretch between them is as wide as its time and its number of moments deserve.
What falls together is drawn once, by its gravest moment, so that thousands take no more room than the drawing has.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from orchestrator.console.case_words import LANES, LEVELS, Shown
from orchestrator.model.case import Lane, Moment
from orchestrator.model.showable import printable

LEFT: Final = 126.0
"""Where lanes begin, behind their names."""
RIGHT: Final = 988.0
_LANE_HEIGHT: Final = 34.0
_TOP: Final = 14.0
_BELOW: Final = 58.0
"""For the axis and its labels."""
_BREAK: Final = 12.0
_LONGEST_LABEL: Final = 160
_NARROWEST: Final = 14.0
"""Of a stretch: as wide as a sign."""
_MOST_BREAKS: Final = 20
_DWARFS: Final = 4
"""How many times longer than the next shorter a gap is that is cut with all longer ones."""
_LONG: Final = 0.15
"""Of what is left: from here on a gap is cut."""
_SHORTEST_CUT: Final = timedelta(minutes=2)
"""What is shorter is never cut out."""
_APART: Final = 5.0
"""What stands closer is drawn once."""
_LABEL_APART: Final = 76.0
_GAP_LABEL_APART: Final = 52.0
_MOST_FALLS: Final = 12
_GRAVITY: Final = {1: 0, 2: 1, 3: 2, 4: 3, 0: 4, 5: 5}
_DAY: Final = 86400
_UNITS: Final = (("days", _DAY), ("h", 3600), ("min", 60))
_STEPS: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (1, 5, 15, 30, 60, 300, 900, 1800, 3600, 10800, 21600, _DAY, 7 * _DAY, 30 * _DAY, 365 * _DAY)
)


@dataclass(frozen=True)
class Mark:
    """What is drawn for one or several moments of a lane.

    Attributes:
        x: Where.
        y: Where.
        shown: The gravest level's sign.
        radius: Of a round one: the more moments, the larger.
        said: What it stands for.
    """

    x: float
    y: float
    shown: Shown
    radius: float
    said: str


@dataclass(frozen=True)
class LaneView:
    """A lane: its name, its middle and its edges."""

    name: str
    y: float
    top: float
    height: float


@dataclass(frozen=True)
class Tick:
    """A time on the axis, in UTC and by the machine's own clock; `date` where it is not that of the one before."""

    x: float
    utc: str
    local: str
    date: str


@dataclass(frozen=True)
class Gap:
    """Where a time was cut out; whether its length can be written there."""

    x: float
    width: float
    lasted: timedelta
    has_room: bool

    @property
    def told(self) -> str:
        """In the unit that fits."""
        seconds = round(self.lasted.total_seconds())
        return next(f"{seconds // length:,} {unit}" for unit, length in _UNITS if seconds >= 2 * length)


@dataclass(frozen=True)
class Picture:
    """All that is drawn, in units of a drawing that is 1,000 wide."""

    height: float
    axis: float
    lanes: Sequence[LaneView]
    marks: Sequence[Mark]
    ticks: Sequence[Tick]
    gaps: Sequence[Gap]

    @property
    def has_falls(self) -> bool:
        """Whether errors are few enough for each to have a line down to the axis."""
        return sum(mark.shown.key == "error" for mark in self.marks) <= _MOST_FALLS


@dataclass(frozen=True)
class _Stretch:
    """Moments without a long gap between them, and where they are drawn."""

    moments: Sequence[Moment]
    left: float
    width: float

    @property
    def begins(self) -> datetime:
        return self.moments[0].utc

    @property
    def ends(self) -> datetime:
        return self.moments[-1].utc

    def x(self, utc: datetime) -> float:
        lasts = (self.ends - self.begins).total_seconds()
        share = (utc - self.begins).total_seconds() / lasts if lasts else 0.5
        return self.left + _NARROWEST / 2 + share * (self.width - _NARROWEST)


def picture_of(moments: Sequence[Moment], zone: int | None = None) -> Picture | None:
    """The picture of these moments, which are in the order of time; None of none.

    Args:
        moments: What happened.
        zone: How many minutes the host's wall clock was ahead of UTC, where a moment does not tell.
    """
    if not moments:
        return None
    lanes = _lanes(moments)
    axis = _TOP + len(lanes) * _LANE_HEIGHT
    stretches = _stretches(moments)
    places = {lane: view.y for lane, view in lanes.items()}
    return Picture(
        height=axis + _BELOW,
        axis=axis,
        lanes=list(lanes.values()),
        marks=list(_marks(stretches, places)),
        ticks=list(_ticks(stretches, zone)),
        gaps=list(_gaps(stretches)),
    )


def _lanes(moments: Sequence[Moment]) -> dict[Lane, LaneView]:
    there = {moment.lane for moment in moments}
    rows = enumerate(lane for lane in Lane if lane in there)
    return {
        lane: LaneView(LANES[lane], _TOP + (row + 0.5) * _LANE_HEIGHT, _TOP + row * _LANE_HEIGHT, _LANE_HEIGHT)
        for row, lane in rows
    }


def _stretches(moments: Sequence[Moment]) -> list[_Stretch]:
    groups = _between_gaps(moments)
    spare = RIGHT - LEFT - _BREAK * (len(groups) - 1) - _NARROWEST * len(groups)
    lasting = sum((group[-1].utc - group[0].utc).total_seconds() for group in groups)
    stretches, left = [], LEFT
    for group in groups:
        by_time = (group[-1].utc - group[0].utc).total_seconds() / lasting if lasting else 1 / len(groups)
        width = _NARROWEST + spare * (by_time + len(group) / len(moments)) / 2
        stretches.append(_Stretch(group, left, width))
        left += width + _BREAK
    return stretches


def _between_gaps(moments: Sequence[Moment]) -> list[Sequence[Moment]]:
    """The moments in groups, cut at the longest gaps."""
    gaps = [behind.utc - before.utc for before, behind in pairwise(moments)]
    longest = sorted(range(len(gaps)), key=gaps.__getitem__, reverse=True)
    cut = longest[: _long_ones([gaps[place] for place in longest])]
    edges = [0, *sorted(place + 1 for place in cut), len(moments)]
    return [moments[begin:end] for begin, end in pairwise(edges)]


def _long_ones(gaps: Sequence[timedelta]) -> int:
    """How many of the longest are cut: those that are a good part of what is left, and all that dwarf the others."""
    left, many = sum(gaps, timedelta()), 0
    for place, gap in enumerate(gaps[:_MOST_BREAKS]):
        if gap < _SHORTEST_CUT:
            break
        others = gaps[place + 1] if place + 1 < len(gaps) else timedelta()
        if (gap >= left * _LONG and many == place) or gap >= others * _DWARFS:
            many = place + 1
        left -= gap
    return many


def _gaps(stretches: Sequence[_Stretch]) -> Iterator[Gap]:
    """Their lengths are told where they have room."""
    told = -_GAP_LABEL_APART
    for before, behind in pairwise(stretches):
        x = before.left + before.width
        has_room = x - told >= _GAP_LABEL_APART
        told = x if has_room else told
        yield Gap(x, _BREAK, behind.begins - before.ends, has_room=has_room)


def _marks(stretches: Sequence[_Stretch], places: Mapping[Lane, float]) -> Iterator[Mark]:
    """The mildest first, so that the gravest are drawn over them."""
    together: dict[tuple[Lane, int], list[Moment]] = {}
    for stretch in stretches:
        for moment in stretch.moments:
            together.setdefault((moment.lane, int(stretch.x(moment.utc) / _APART)), []).append(moment)
    drawn = [(min(group, key=_gravity), len(group), column) for (_, column), group in together.items()]
    for gravest, count, column in sorted(drawn, key=lambda each: -_gravity(each[0])):
        yield Mark(
            x=(column + 0.5) * _APART,
            y=places[gravest.lane],
            shown=LEVELS.get(gravest.level, LEVELS[0]),
            radius=round(min(3.2 + 0.9 * math.log2(count), 8.0), 1),
            said=_said(gravest, count),
        )


def _said(gravest: Moment, count: int) -> str:
    others = f", and {count - 1:,} more here" if count > 1 else ""
    return f"{gravest.utc:%Y-%m-%d %H:%M:%S} UTC: {printable(gravest.label)[:_LONGEST_LABEL]}{others}"


def _gravity(moment: Moment) -> int:
    return _GRAVITY.get(moment.level, len(_GRAVITY))


def _ticks(stretches: Sequence[_Stretch], zone: int | None) -> Iterator[Tick]:
    """Times as far as they have room, those of the fullest stretches first; each date once, from left to right."""
    placed: dict[float, tuple[datetime, _Stretch]] = {}
    for stretch in sorted(stretches, key=lambda each: -len(each.moments)):
        for utc in _times(stretch):
            x = stretch.x(utc)
            if all(abs(x - other) >= _LABEL_APART for other in placed):
                placed[x] = utc, stretch
    date = ""
    for x, (utc, stretch) in sorted(placed.items()):
        first = stretch.moments[0]
        ahead = first.local - first.utc.replace(tzinfo=None) if first.local else None
        if ahead is None and zone is not None:
            ahead = timedelta(minutes=zone)
        form = "%H:%M:%S" if utc.second else "%H:%M"
        local = f"{utc + ahead:{form}}" if ahead is not None else ""
        yield Tick(x, f"{utc:{form}}", local, "" if f"{utc:%Y-%m-%d}" == date else f"{utc:%Y-%m-%d}")
        date = f"{utc:%Y-%m-%d}"


def _times(stretch: _Stretch) -> list[datetime]:
    lasts = stretch.ends - stretch.begins
    most = stretch.width // _LABEL_APART
    step = next((step for step in _STEPS if lasts / step < most), None)
    if lasts and step and most > 1:
        midnight = stretch.begins.replace(hour=0, minute=0, second=0, microsecond=0)
        at = midnight + step * -(-(stretch.begins - midnight) // step)
        count = max(0, (stretch.ends - at) // step + 1)
        if count:
            return [at + step * number for number in range(count)]
    return [stretch.begins]
