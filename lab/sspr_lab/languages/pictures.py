"""Windows' pictures of dates and times ("yyyy-MM-dd", "tt h:mm:ss"), as GetDateFormat and GetTimeFormat fill them in.

Source: "Day, Month, Year, and Era Format Pictures" and "Hour, Minute, and Second Format Pictures" of the Win32
documentation.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final

_PART: Final = re.compile(r"'([^']*)'|(yyyy|yy|MM?|ddd?|dd?|hh?|HH?|mm?|ss?|tt)")
_PARTS: Final[dict[str, Callable[[datetime], str]]] = {
    "yyyy": lambda moment: f"{moment.year:04}",
    "yy": lambda moment: f"{moment.year % 100:02}",
    "MM": lambda moment: f"{moment.month:02}",
    "M": lambda moment: str(moment.month),
    "ddd": lambda moment: ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[moment.weekday()],
    "dd": lambda moment: f"{moment.day:02}",
    "d": lambda moment: str(moment.day),
    "HH": lambda moment: f"{moment.hour:02}",
    "H": lambda moment: str(moment.hour),
    "hh": lambda moment: f"{moment.hour % 12 or 12:02}",
    "h": lambda moment: str(moment.hour % 12 or 12),
    "mm": lambda moment: f"{moment.minute:02}",
    "m": lambda moment: str(moment.minute),
    "ss": lambda moment: f"{moment.second:02}",
    "s": lambda moment: str(moment.second),
}


def shown(picture: str, moment: datetime, morning: str, afternoon: str) -> str:
    """The moment by a picture; `morning` and `afternoon` are what "tt" stands for. Text in quotes stays."""

    def part(match: re.Match[str]) -> str:
        if match[2] is None:
            return match[1]
        if match[2] == "tt":
            return morning if moment.hour < 12 else afternoon
        return _PARTS[match[2]](moment)

    return _PART.sub(part, picture)
