"""Moments as they are given on the command line."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Final

import typer

_FROM_NOW: Final = re.compile(r"\+(?P<count>[0-9]{1,4})(?P<unit>[dhm])")
_UNITS: Final = {"d": "days", "h": "hours", "m": "minutes"}
LONGEST_DAYS: Final = 366
"""How far ahead a moment may be, which is about as far as maintenance windows are looked for."""
_EXPECTED: Final = "expected a date as in 2026-12-01 or 2026-12-01T08:00, or a time from now as in +3d, +36h or +90m"


def moment(text: str, now: datetime | None = None) -> datetime:
    """A moment that is to come: ISO 8601, by this computer's zone unless it says another, or a time from now.

    A date alone means its end. Days from now are days of the calendar, also where a clock change makes one longer.

    Args:
        text: As given.
        now: With a zone; this moment, where none is given.

    Raises:
        typer.BadParameter: It is none, has passed, or is more than LONGEST_DAYS away.
    """
    now = now or datetime.now().astimezone()
    try:
        found = _read(text.strip(), now)
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"{text!r} is no moment; {_EXPECTED}") from None
    if found <= now:
        raise typer.BadParameter(f"{text!r} has passed: it is {found:%Y-%m-%d %H:%M %Z}, and now {now:%Y-%m-%d %H:%M}")
    if found > now + timedelta(days=LONGEST_DAYS):
        raise typer.BadParameter(
            f"{text!r} is too far ahead: it is {found:%Y-%m-%d}, and {LONGEST_DAYS} days are the most"
        )
    return found


def _read(text: str, now: datetime) -> datetime:
    if match := _FROM_NOW.fullmatch(text):
        count = int(match["count"])
        if match["unit"] == "d":
            return (now.replace(tzinfo=None) + timedelta(days=count)).astimezone()
        return now + timedelta(**{_UNITS[match["unit"]]: count})
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat(text).astimezone()
    return datetime.combine(day + timedelta(days=1), time.min).astimezone()
