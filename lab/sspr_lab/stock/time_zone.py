r"""The time zone of a stock machine: `TimeZoneInformation`, and the zones that `Time Zones` has of the lab's countries.

The clocks of lab machines know of no summer time, so where a zone has one it is switched off, as by the check box of
"Date and Time": no dates, no daylight bias, DynamicDaylightTimeDisabled=1.
"""

import struct
from dataclasses import dataclass
from typing import Final

from sspr_lab.languages import LanguageTag, language
from sspr_lab.profile import Profile
from sspr_lab.registry import Data, Value

_Table = dict[str, dict[str, Data | Value]]
_CURRENT: Final = r"HKLM\SYSTEM\ControlSet001\Control\TimeZoneInformation"
_ZONES: Final = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Time Zones"
_MINUTES_IN_A_DWORD: Final = 1 << 32
_NEVER: Final = (0,) * 8


@dataclass(frozen=True)
class _Zone:
    """A zone: its key, its strings in tzres.dll, minutes ahead of UTC, and SYSTEMTIMEs of its changes."""

    name: str
    strings: int
    ahead: int
    to_standard: tuple[int, ...] = _NEVER
    to_daylight: tuple[int, ...] = _NEVER

    @property
    def tzi(self) -> bytes:
        """REG_TZI_FORMAT: Bias, StandardBias, DaylightBias, StandardDate, DaylightDate."""
        daylight = -60 if self.to_daylight != _NEVER else 0
        return struct.pack("<lll8H8H", -self.ahead, 0, daylight, *self.to_standard, *self.to_daylight)


_LAST_SUNDAY_OF_OCTOBER: Final = (0, 10, 0, 5, 3, 0, 0, 0)
_LAST_SUNDAY_OF_MARCH: Final = (0, 3, 0, 5, 2, 0, 0, 0)
_OF_LANGUAGES: Final[dict[LanguageTag, _Zone]] = {
    "en-US": _Zone("UTC", 930, 0),
    "de-DE": _Zone("W. Europe Standard Time", 320, 60, _LAST_SUNDAY_OF_OCTOBER, _LAST_SUNDAY_OF_MARCH),
    "fr-FR": _Zone("Romance Standard Time", 300, 60, _LAST_SUNDAY_OF_OCTOBER, _LAST_SUNDAY_OF_MARCH),
    "ja-JP": _Zone("Tokyo Standard Time", 630, 540),
    "ko-KR": _Zone("Korea Standard Time", 620, 540),
}


def current(profile: Profile) -> _Table:
    """The zone that is set; one without a name where the machine's time is not that of its language."""
    zone = _OF_LANGUAGES[profile.language]
    bias = -profile.utc_offset_minutes % _MINUTES_IN_A_DWORD
    values: dict[str, Data | Value] = {
        "ActiveTimeBias": bias,
        "Bias": bias,
        "DaylightBias": 0,
        "DaylightStart": bytes(16),
        "DynamicDaylightTimeDisabled": int(zone.to_daylight != _NEVER),
        "StandardBias": 0,
        "StandardStart": bytes(16),
    }
    if profile.utc_offset_minutes == language(profile.language).utc_offset_minutes:
        values |= {
            "DaylightName": f"@tzres.dll,-{zone.strings + 1}",
            "StandardName": f"@tzres.dll,-{zone.strings + 2}",
            "TimeZoneKeyName": zone.name,
        }
    return {_CURRENT: values}


def zones() -> _Table:
    """What can be set."""
    return {rf"{_ZONES}\{zone.name}": {"TZI": zone.tzi} for zone in _OF_LANGUAGES.values()}
