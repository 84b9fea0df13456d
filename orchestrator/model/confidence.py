"""How sure something is that was read out of logs."""

from __future__ import annotations

from enum import StrEnum


class Confidence(StrEnum):
    """How sure a cause is."""

    CERTAIN = "certain"
    """The log or the result says so itself."""
    LIKELY = "likely"
    """It is the last known error before the failure."""
    UNCLEAR = "unclear"
    """The log names what failed, not why."""
