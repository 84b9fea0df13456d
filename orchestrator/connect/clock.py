"""The host's clock, as every answer shows it: http.sys puts a Date into each, whatever the language of the host."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime


def ahead_of_us(date: str | None, now: datetime) -> timedelta | None:
    """How far a host's clock is ahead of ours, to the second and the time that the answer took.

    The header stands outside of what is sealed, so it is good for a warning and not for more.

    Args:
        date: The Date header (RFC 9110, 5.6.7); None when the answer has none.
        now: Our time.

    Returns:
        None when the header is missing or no date.
    """
    try:
        shown = parsedate_to_datetime(date) if date else None
    except (ValueError, OverflowError):
        return None
    if shown is None:
        return None
    return (shown if shown.tzinfo else shown.replace(tzinfo=UTC)) - now
