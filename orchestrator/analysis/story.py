"""The timeline of a case: what the machine's logs and our own runs tell, in one order and by a right clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from orchestrator.analysis import pieces
from orchestrator.analysis.exported import Answering
from orchestrator.analysis.material import Material
from orchestrator.harvest.event_meanings import (
    CAPI2,
    EVENT_LOG,
    INSTALLER,
    KERNEL,
    POWER,
    SCHANNEL,
    SERVICES,
    USER32,
    label,
)
from orchestrator.harvest.registry_snapshot import Snapshot
from orchestrator.harvest.timeline import details, shorten
from orchestrator.model.case import Lane, Moment
from orchestrator.model.maintenance import local
from orchestrator.model.showable import printable
from orchestrator.windows import time_zone
from orchestrator.windows.command import Fact
from orchestrator.windows.provider import EVENT_SOURCE
from orchestrator.windows.time_zone import TimeZone

MOST: Final = 2_000
"""Moments of a timeline: the newest."""
_LONGEST_DETAILS: Final = 400
_LANES: Final[Mapping[str, Lane]] = {
    EVENT_SOURCE.lower(): Lane.ADD_IN,
    INSTALLER.lower(): Lane.INSTALLER,
    **dict.fromkeys((name.lower() for name in (EVENT_LOG, USER32, KERNEL, POWER, SERVICES)), Lane.WINDOWS),
    **dict.fromkeys((name.lower() for name in (SCHANNEL, CAPI2)), Lane.NETWORK),
}
"""By the provider, in lower case; events of others are not told."""
_CHATTER: Final = (SERVICES.lower(), 7036)
"""A service has started or stopped: dozens at every start of Windows. Those that fail are told by other numbers."""


@dataclass(frozen=True)
class Story:
    """A timeline.

    Attributes:
        moments: In the order of time.
        left_out: How many more, older ones were there.
        zone_minutes: How far the machine's wall clock was ahead of UTC at the end; None where its zone is not known.
    """

    moments: tuple[Moment, ...]
    left_out: int
    zone_minutes: int | None


def told(material: Material) -> Story:
    """The timeline of what was read."""
    zone = zone_of(material.reading.registry)
    moments = sorted(_moments(material, zone), key=lambda moment: moment.utc)
    kept = tuple(moments[-MOST:])
    end = kept[-1].utc if kept else material.taken
    minutes = _minutes(zone, end) if zone and end else None
    return Story(kept, len(moments) - len(kept), minutes)


def zone_of(snapshot: Snapshot) -> TimeZone | None:
    """The machine's time zone; with the rules of other years only where its own key was exported too."""
    registry = Answering(snapshot)

    def answered(fact: Fact[TimeZone | None]) -> TimeZone | None:
        return fact.parse([registry.reply(command) for command in fact.commands])

    current = time_zone.CURRENT_ZONE.parse([registry.reply(command) for command in time_zone.CURRENT_ZONE.commands])
    if current is None:
        return None
    named = answered(time_zone.named(current.name)) if current.name else None
    return named or TimeZone(current.rules)


def _moments(material: Material, zone: TimeZone | None) -> Iterator[Moment]:
    for event, file in zip(material.reading.events, material.reading.event_files, strict=True):
        lane = _LANES.get(event.provider.lower())
        if lane is None or (event.provider.lower(), event.event_id) == _CHATTER:
            continue
        ahead = timedelta(seconds=material.clocks.get(file, 0.0))
        yield Moment(
            _moved(event.time, -ahead),
            _local(zone, event.time),
            lane,
            event.level,
            printable(label(event)),
            shorten(details(event), _LONGEST_DETAILS),
            pieces.of_event(event, file),
        )
    ahead = timedelta(seconds=material.clock_ahead_seconds or 0.0)
    for step in material.steps:
        yield replace(step, local=_local(zone, _moved(step.utc, ahead)))


def _moved(moment: datetime, by: timedelta) -> datetime:
    """As far as dates go."""
    try:
        return moment + by
    except OverflowError:
        return moment


def _local(zone: TimeZone | None, moment: datetime) -> datetime | None:
    """What the machine's clock showed; None where no zone is known, or the year is none that has one."""
    if zone is None or not _FIRST < moment < _LAST:
        return None
    return local(zone, moment)


_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _minutes(zone: TimeZone, moment: datetime) -> int | None:
    shown = _local(zone, moment)
    return round((shown - moment.replace(tzinfo=None)) / timedelta(minutes=1)) if shown else None
