"""Time zones out of the registry, held against the zones that Python knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.maintenance import local
from orchestrator.windows import time_zone
from orchestrator.windows.command import Reply
from orchestrator.windows.time_zone import CURRENT_ZONE, TimeZone
from sspr_lab.clock import Clock
from sspr_lab.languages import LanguageTag
from sspr_lab.machine import Machine
from sspr_lab.profile import Profile
from tests.windows.test_on_lab_hosts import ask, clock

__all__ = ["clock"]

# As exported from machines and published: `TimeZoneInformation`, and `TZI` of the zones' own keys.
CURRENT = {
    "Europe/Berlin": (0xFFFFFFC4, "00000A00050003000000000000000000", "00000300050002000000000000000000"),
    "America/New_York": (0x12C, "00000B00010002000000000000000000", "00000300020002000000000000000000"),
    "Asia/Tokyo": (0xFFFFFDE4, "0" * 32, "0" * 32),
    "Australia/Sydney": (0xFFFFFDA8, "00000400010003000000000000000000", "00000A00010002000000000000000000"),
}
TZI = {
    "Europe/Berlin": "C4FFFFFF00000000C4FFFFFF00000A0000000500030000000000000000000300000005000200000000000000",
    "America/New_York": "2C01000000000000C4FFFFFF00000B0000000100020000000000000000000300000002000200000000000000",
    "Asia/Tokyo": "E4FDFFFF00000000C4FFFFFF" + "0" * 64,
    "Australia/Sydney": "A8FDFFFF00000000C4FFFFFF0000040000000100030000000000000000000A00000001000200000000000000",
}
BEFORE_2007 = "2C01000000000000C4FFFFFF00000A0000000500020000000000000000000400000001000200000000000000"
MOMENTS = st.datetimes(datetime(2016, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - as wanted


def current(bias: int, standard: str, daylight: str, values: Mapping[str, str] = MappingProxyType({})) -> Reply:
    lines = {
        "Bias": f"REG_DWORD    {bias:#x}",
        "StandardBias": "REG_DWORD    0x0",
        "DaylightBias": "REG_DWORD    0xffffffc4",
        "StandardStart": f"REG_BINARY    {standard}",
        "DaylightStart": f"REG_BINARY    {daylight}",
        **values,
    }
    shown = "".join(f"    {name}    {data}\n" for name, data in lines.items())
    return Reply(0, f"\n{time_zone.CURRENT.replace('HKLM', 'HKEY_LOCAL_MACHINE')}\n{shown}\n")


def own(tzi: str, **years: str) -> Reply:
    """The key of a zone, with rules of some years."""
    path = rf"{time_zone.ZONES}\Sample".replace("HKLM", "HKEY_LOCAL_MACHINE")
    dynamic = "".join(f"    {year[1:]}    REG_BINARY    {data}\n" for year, data in years.items())
    below = f"{path}\\Dynamic DST\n    FirstEntry    REG_DWORD    0x7d6\n{dynamic}\n" if years else ""
    return Reply(0, f"\n{path}\n    Display    REG_SZ    (UTC)\n    TZI    REG_BINARY    {tzi}\n\n{below}")


def fixed(name: str) -> TimeZone:
    found = CURRENT_ZONE.parse([current(*CURRENT[name])])
    assert found is not None
    return TimeZone(found.rules)


def named(reply: Reply) -> TimeZone:
    found = time_zone.named("Sample").parse([reply])
    assert found is not None
    return found


@pytest.mark.parametrize("name", CURRENT)
@given(moment=MOMENTS)
def test_clocks_show_what_python_says(name: str, moment: datetime) -> None:
    """In zones north and south of the equator, and without summer time, by either form in which dates are kept."""
    expected = moment.astimezone(ZoneInfo(name)).replace(tzinfo=None)
    assert local(fixed(name), moment) == expected
    assert local(named(own(TZI[name])), moment) == expected


@pytest.mark.parametrize("name", CURRENT)
def test_spans_leave_no_gap(name: str) -> None:
    """Over years each moment lies in one piece."""
    begins, ends = datetime(2025, 12, 31, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC)
    spans = fixed(name).spans(begins, ends)
    assert (spans[0].begins, spans[-1].ends) == (begins, ends)
    assert all(one.ends == other.begins for one, other in pairwise(spans))


@given(moment=st.datetimes(datetime(2004, 1, 1), datetime(2010, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_years_with_rules_of_their_own(moment: datetime) -> None:
    """America has had other dates until 2006: the first year that is told holds for those before, the last onwards."""
    zone = named(own(TZI["Europe/Berlin"], _2006=BEFORE_2007, _2007=TZI["America/New_York"]))
    assert local(zone, moment) == moment.astimezone(ZoneInfo("America/New_York")).replace(tzinfo=None)


def test_a_date_that_comes_once() -> None:
    """With a year it is a date; other years have no summer time."""
    zone = CURRENT_ZONE.parse(
        [current(0xFFFFFFC4, "EA070A00190003000000000000000000", "EA0703001D0002000000000000000000")]
    )
    assert zone is not None
    july = datetime(2026, 7, 1, tzinfo=UTC)
    ahead = {year: local(TimeZone(zone.rules), july.replace(year=year)).hour for year in (2025, 2026, 2027)}
    assert ahead == {2025: 1, 2026: 2, 2027: 1}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"TimeZoneKeyName": "REG_SZ    W. Europe Standard Time"}, "W. Europe Standard Time"),
        (
            {"TimeZoneKeyName": "REG_SZ    UTC+12", "DynamicDaylightTimeDisabled": "REG_DWORD    0x1"},
            None,
        ),
        ({"TimeZoneKeyName": 'REG_SZ    x" & calc & "'}, None),
        ({"TimeZoneKeyName": r"REG_SZ    ..\..\Run"}, None),
        ({}, None),
    ],
)
def test_whose_key_counts(values: dict[str, str], expected: str | None) -> None:
    """That of the zone's name, unless dates are fixed; what is no name is not asked for."""
    found = CURRENT_ZONE.parse([current(*CURRENT["Europe/Berlin"], values)])
    assert found is not None
    assert found.name == expected


@pytest.mark.parametrize(
    "reply",
    [
        Reply(1, ""),
        current(0x7FFFFFFF, "0" * 32, "0" * 32),
        current(0, "00000D00050003000000000000000000", "00000300050002000000000000000000"),
        current(0, "00000A00060003000000000000000000", "00000300050002000000000000000000"),
        current(0, "00000A000500030000000000000007", "00000300050002000000000000000000"),
        current(0, "00000A00050003000000000000000700", "00000300050002000000000000000000"),
        current(0, "no hex", "00000300050002000000000000000000"),
    ],
)
def test_what_is_no_zone(reply: Reply) -> None:
    """Nothing is made of months, weeks and numbers that are none."""
    assert CURRENT_ZONE.parse([reply]) is None


@pytest.mark.parametrize("reply", [Reply(1, ""), own("00"), own(TZI["Asia/Tokyo"], _2020="FF")])
def test_a_zone_whose_key_tells_nothing(reply: Reply) -> None:
    """Then what is set holds in every year."""
    assert time_zone.named("Sample").parse([reply]) is None


@pytest.mark.parametrize(("language", "hours"), [("en-US", 0), ("de-DE", 1), ("fr-FR", 1), ("ja-JP", 9), ("ko-KR", 9)])
async def test_the_zone_of_a_lab_host(language: LanguageTag, hours: int, clock: Clock) -> None:
    """It is the one by which the machine's own clock goes."""
    machine = Machine(replace(Profile().in_language(language), administrators=("Administrator",)), clock)
    found = CURRENT_ZONE.parse(await ask(machine, CURRENT_ZONE.commands))
    assert found is not None
    zone = TimeZone(found.rules)
    if found.name:
        fact = time_zone.named(found.name)
        own_key = fact.parse(await ask(machine, fact.commands))
        assert own_key is not None
        zone = own_key
    now = datetime(2026, 7, 1, tzinfo=UTC)
    assert local(zone, now) - now.replace(tzinfo=None) == timedelta(hours=hours)
