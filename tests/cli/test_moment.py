"""Moments on the command line: what each way to say one comes to, and that one which has passed is none."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

import pytest
import typer

from orchestrator.cli.moment import moment

NOW = datetime.fromisoformat("2026-03-27T18:00:00+01:00")
"""A Friday in Berlin, two days before the clocks go forward."""


@pytest.fixture(autouse=True)
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This computer's zone."""
    with monkeypatch.context() as there:
        there.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-03-27", "2026-03-28T00:00+01:00"),
        ("2026-03-29", "2026-03-30T00:00+02:00"),
        ("20260330", "2026-03-31T00:00+02:00"),
        ("2026-03-30T08:00", "2026-03-30T08:00+02:00"),
        ("2026-03-30 08:00", "2026-03-30T08:00+02:00"),
        ("2026-03-30T08:00+09:00", "2026-03-29T23:00Z"),
        ("2026-03-30T08:00Z", "2026-03-30T08:00Z"),
        (" +3d ", "2026-03-30T18:00+02:00"),
        ("+72h", "2026-03-30T19:00+02:00"),
        ("+90m", "2026-03-27T19:30+01:00"),
    ],
)
def test_what_is_meant(text: str, meant: str) -> None:
    """A date means its end; without an offset this computer's zone counts; days are the calendar's."""
    assert moment(text, NOW) == datetime.fromisoformat(meant)


@pytest.mark.parametrize(
    "text", ["", "monday", "3d", "+3", "+3w", "+-3d", "2026-13-01", "2026-03-30T25:00", "9999-12-31", "+999999d", "now"]
)
def test_what_is_none(text: str) -> None:
    """It says how one is written."""
    with pytest.raises(typer.BadParameter, match=r"is no moment; expected a date as in .* or a time from now as in"):
        moment(text, NOW)


@pytest.mark.parametrize("text", ["2026-03-26", "2026-03-27T18:00", "2026-03-27T18:30+02:00", "+0d"])
def test_what_has_passed(text: str) -> None:
    """It says when that was, and what time it is."""
    with pytest.raises(typer.BadParameter, match=r"has passed: it is 2026-03-2.* and now 2026-03-27 18:00"):
        moment(text, NOW)


@pytest.mark.parametrize("text", ["+9999d", "+367d", "2027-03-29", "9998-12-31"])
def test_what_is_too_far_ahead(text: str) -> None:
    """It says when that would be, and how far one may go."""
    with pytest.raises(typer.BadParameter, match=r"is too far ahead: it is \d{4}-\d\d-\d\d, and 366 days are the most"):
        moment(text, NOW)


def test_a_year_is_not_too_far() -> None:
    assert moment("+366d", NOW) == datetime.fromisoformat("2027-03-28T18:00+02:00")
