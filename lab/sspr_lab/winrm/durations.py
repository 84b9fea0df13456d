"""xs:duration as WS-Management uses it: PT20S, PT1M0.000S, PT60.000S."""

import re
from typing import Final

_DURATION: Final = re.compile(r"P(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?")


def seconds_of(text: str) -> float:
    """The seconds of a duration. Raises ValueError for anything else, years and months included."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        raise ValueError(f"not a duration: {text!r}")
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def duration_of(seconds: float) -> str:
    """Seconds as WinRM writes them."""
    return f"PT{seconds:.3f}S"
