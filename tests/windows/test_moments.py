"""Moments that hosts write: in UTC, or none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given

from orchestrator.windows import moments
from tests.damage import damaged_text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22T13:05:01Z", datetime(2026, 11, 22, 13, 5, 1, tzinfo=UTC)),
        ("2026-11-22T13:05:01.1234567Z", datetime(2026, 11, 22, 13, 5, 1, 123456, tzinfo=UTC)),
        ("20261122T130501Z", datetime(2026, 11, 22, 13, 5, 1, tzinfo=UTC)),
        ("2026-11-22T13:05:01+09:00", datetime(2026, 11, 22, 4, 5, 1, tzinfo=UTC)),
        ("2026-11-22T13:05:01", datetime(2026, 11, 22, 13, 5, 1, tzinfo=UTC)),
        ("1601-01-01T00:00:00Z", datetime(1601, 1, 1, tzinfo=UTC)),
        ("1601-01-01T00:00:00+09:00", None),
        ("0001-01-01T00:00:00+09:00", None),
        ("9999-12-31T23:59:59-09:00", None),
        ("2026-02-30T00:00:00Z", None),
        ("", None),
    ],
)
def test_what_is_a_moment(text: str, expected: datetime | None) -> None:
    assert moments.read(text) == expected


@given(damaged_text(("2026-11-22T13:05:01.123456700Z", "1601-01-01T00:00:00-14:00", "9000-12-31T23:59:59+14:00")))
def test_any_moment_can_be_shown_anywhere(text: str) -> None:
    if moment := moments.read(text):
        for hours in (-14, 14):
            assert moment.astimezone(timezone(timedelta(hours=hours))) == moment
