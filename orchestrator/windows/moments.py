"""Moments as hosts write them.

Whoever puts in a year 1 or 9999 has a clock of no computer, and no time zone can be reckoned with there: in Python that
ends in an OverflowError, wherever somebody shows the moment by another clock.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

_FIRST: Final = 1601
"""The year in which Windows' own times begin (learn.microsoft.com/windows/win32/api/minwinbase/ns-minwinbase-filetime).
"""
_LAST: Final = 9000


def read(text: str) -> datetime | None:
    """A moment of ISO 8601 in UTC, which it is in where it names no zone; None where it is none."""
    try:
        return in_utc(datetime.fromisoformat(text))
    except ValueError:
        return None


def in_utc(moment: datetime) -> datetime | None:
    """A moment in UTC, which it is in where it has no zone; None for one that no host's clock can show."""
    if not _FIRST <= moment.year <= _LAST:
        return None
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return aware if aware.year >= _FIRST else None
