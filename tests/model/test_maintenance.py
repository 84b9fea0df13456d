"""Maintenance windows: which moments are inside, over both nights on which clocks are changed."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from orchestrator.inventory.maintenance import MaintenanceEntry
from orchestrator.model.codec import decode, encode
from orchestrator.model.maintenance import Maintenance, Opening, local, next_shown
from orchestrator.windows.time_zone import ChangeOver, Rules, TimeZone

HOUR = timedelta(hours=1)
BERLIN = TimeZone(Rules(HOUR, 2 * HOUR, ChangeOver(10, 6, 5, 3 * HOUR), ChangeOver(3, 6, 5, 2 * HOUR)))
SEOUL = TimeZone(Rules(9 * HOUR, 9 * HOUR, None, None))


def calendar(text: dict[str, object]) -> Maintenance:
    made = MaintenanceEntry.model_validate(text).calendar
    assert made is not None
    return made


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shown(openings: list[Opening]) -> list[str]:
    """In UTC, as in `27 01:00-02:00`; what ends on another day names it."""
    return [
        f"{each.begins:%d %H:%M}-{each.ends:%H:%M}"
        if each.begins.date() == each.ends.date()
        else f"{each.begins:%d %H:%M}-{each.ends:%d %H:%M}"
        for each in openings
    ]


@pytest.mark.parametrize(
    ("window", "since", "expected"),
    [
        # 28/29 March 2026: 02:00 becomes 03:00
        ({"from": "02:00", "to": "03:00"}, "2026-03-28T12:00", ["30 00:00-01:00"]),
        ({"from": "01:30", "to": "03:30"}, "2026-03-28T20:00", ["29 00:30-01:30", "29 23:30-30 01:30"]),
        ({"from": "22:00", "to": "05:00"}, "2026-03-28T12:00", ["28 21:00-29 03:00", "29 20:00-30 03:00"]),
        # 24/25 October 2026: 03:00 becomes 02:00
        ({"from": "02:00", "to": "03:00"}, "2026-10-25", ["25 00:00-02:00", "26 01:00-02:00"]),
        (
            {"from": "01:00", "to": "02:30"},
            "2026-10-24T12:00",
            ["24 23:00-25 00:30", "25 01:00-01:30", "26 00:00-01:30"],
        ),
        ({"from": "22:00", "to": "05:00"}, "2026-10-24T12:00", ["24 20:00-25 04:00", "25 21:00-26 04:00"]),
    ],
)
def test_the_nights_of_the_change(window: dict[str, object], since: str, expected: list[str]) -> None:
    """An hour that no clock shows opens nothing; one that clocks show twice is open twice."""
    found = calendar({"windows": [window]}).openings(BERLIN, at(since), at(since) + timedelta(days=2))
    assert shown(found) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Monday is 30 November 2026; all in UTC, nine hours behind Seoul
        ({"windows": [{"days": "mon", "from": "22:00", "to": "05:00"}]}, ["30 13:00-20:00"]),
        ({"windows": [{"days": ["mon", "wed"], "from": "12:00", "to": "13:00"}]}, ["30 03:00-04:00", "02 03:00-04:00"]),
        (
            {"windows": [{"days": "mon", "from": "20:00"}, {"days": "tue", "to": "06:00"}]},
            ["30 11:00-21:00"],
        ),
        ({"extra": [{"date": "2026-12-01", "from": "23:00", "to": "01:00"}]}, ["01 14:00-16:00"]),
        (
            {
                "windows": [{"from": "22:00", "to": "02:00"}],
                "blackouts": [
                    {"from": "2026-12-01", "to": "2026-12-01"},
                    {"from": "2026-12-02 23:00", "to": "2027-01-06"},
                ],
            },
            ["29 15:00-17:00", "30 13:00-15:00", "01 15:00-17:00", "02 13:00-14:00"],
        ),
        ({"blackouts": [{"from": "2026-12-01 09:00", "to": "2026-12-03"}]}, ["29 15:00-01 00:00"]),
    ],
)
def test_windows_exceptions_and_blackouts(text: dict[str, object], expected: list[str]) -> None:
    """Several a week, over midnight, adjoining ones as one, of single dates; blackouts win, by days and by hours."""
    assert shown(calendar(text).openings(SEOUL, at("2026-11-29T15:00"), at("2026-12-03T15:00"))) == expected


@pytest.mark.parametrize(
    ("now", "minutes", "begins"),
    [
        ("2026-11-30T12:59", 0, "2026-11-30T13:00"),
        ("2026-11-30T13:00", 0, None),
        ("2026-11-30T13:29", 0, None),
        ("2026-11-30T13:31", 0, "2026-12-01T13:00"),
        ("2026-11-30T13:00", 29, None),
        ("2026-11-30T13:02", 29, "2026-12-01T13:00"),
        ("2026-11-30T13:00", 31, "never"),
    ],
)
def test_when_work_may_begin(now: str, minutes: int, begins: str | None) -> None:
    """Inside while there is room for it, else from the next opening on; never where there is room in none."""
    windows = calendar({"windows": [{"from": "22:00", "to": "23:00"}], "needs_minutes": 30})
    moment = at(now)
    found = windows.opening(SEOUL, moment, lambda begun: begun + timedelta(minutes=minutes))
    if begins == "never":
        assert found is None
    else:
        assert found is not None
        assert (found.begins <= moment) if begins is None else (found.begins == at(begins))


def test_a_blackout_over_all_that_is_to_come() -> None:
    """Nothing opens within a year, and that is known."""
    closed = calendar({"blackouts": [{"from": "2026-01-01", "to": "2030-01-01"}]})
    assert closed.opening(SEOUL, at("2026-11-30"), lambda begun: begun) is None


def test_a_window_that_comes_late_in_the_year() -> None:
    """One of a single date is found months ahead."""
    rare = calendar({"extra": [{"date": "2027-06-01"}]})
    found = rare.opening(SEOUL, at("2026-11-30"), lambda begun: begun)
    assert found is not None
    assert found.begins == at("2027-05-31T15:00")


@pytest.mark.parametrize(
    ("moment", "after", "expected"),
    [
        ("04:00", "2026-03-28T21:00", "2026-03-29T02:00"),
        ("02:30", "2026-03-28T21:00", "2026-03-30T00:30"),
        ("04:00", "2026-10-24T20:00", "2026-10-25T03:00"),
        ("02:30", "2026-10-24T20:00", "2026-10-25T00:30"),
        ("02:30", "2026-10-25T00:30", "2026-10-25T01:30"),
        ("12:00", "2026-07-01T10:00", "2026-07-02T10:00"),
    ],
)
def test_when_a_clock_shows_a_time(moment: str, after: str, expected: str) -> None:
    """The next time, over both nights: one that is left out comes on the next day, one that comes twice comes twice."""
    found = next_shown(BERLIN, time.fromisoformat(moment), at(after))
    assert found == at(expected)
    assert local(BERLIN, found).time() == time.fromisoformat(moment)


@given(
    after=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    moment=st.times(),
)
def test_the_next_time_comes_soon(after: datetime, moment: time) -> None:
    """Within a day, or a day and the hour of a change; where a change leaves the time out, on the day after."""
    for zone in (BERLIN, SEOUL):
        found = next_shown(zone, moment, after)
        assert local(zone, found).time() == moment
        left_out = zone is BERLIN and 2 <= moment.hour < 3
        assert timedelta(0) < found - after <= timedelta(days=1 + left_out, hours=1)


def test_it_goes_through_json() -> None:
    """A run that is gone on with has the windows that it began with."""
    text = {
        "windows": [{"days": ["mon"], "from": "22:00", "to": "05:00"}],
        "extra": [{"date": "2026-12-05"}],
        "blackouts": [{"from": "2026-12-20", "to": "2027-01-06"}],
    }
    assert decode(Maintenance, encode(calendar(text))) == calendar(text)


def test_nothing_said_is_any_time() -> None:
    """An empty `maintenance` frees a host from what its group says."""
    assert MaintenanceEntry.model_validate({}).calendar is None


@pytest.mark.parametrize(
    ("written", "fits"),
    [
        ({"windows": [{"from": "02:00", "to": "02:20"}]}, False),
        ({"windows": [{"from": "02:00", "to": "02:20"}, {"from": "02:20", "to": "02:40"}]}, True),
        ({"windows": [{"from": "23:45", "to": "24:00"}, {"from": "00:00", "to": "00:20"}]}, True),
        ({"windows": [{"from": "02:00", "to": "02:20"}, {"from": "02:21", "to": "02:41"}]}, False),
        ({"windows": [{"days": "sun", "from": "23:40"}, {"days": "mon", "to": "00:20"}]}, True),
        ({"windows": [{"days": "sun", "from": "23:40"}, {"days": "tue", "to": "00:20"}]}, False),
        (
            {
                "windows": [{"from": "02:00", "to": "02:20"}],
                "extra": [{"date": "2026-12-05", "from": "02:20", "to": "03:00"}],
            },
            True,
        ),
        ({"extra": [{"date": "2026-12-05", "from": "23:50"}, {"date": "2026-12-06", "to": "00:25"}]}, True),
        ({"extra": [{"date": "2026-12-05", "from": "23:50"}, {"date": "2026-12-07", "to": "00:25"}]}, False),
    ],
)
def test_windows_that_adjoin_have_room_together(written: dict[str, object], fits: bool) -> None:
    """One in which no change would ever begin is a mistake, unless those beside it lengthen it."""
    if fits:
        MaintenanceEntry.model_validate(written)
        return
    with pytest.raises(ValidationError, match="no change would ever begin from"):
        MaintenanceEntry.model_validate(written)
