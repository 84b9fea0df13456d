"""The user hives of a stock machine (HKEY_USERS), and what in the machine's hives depends on its name and users."""

from typing import Final

from sspr_lab.accounts import local_sid
from sspr_lab.languages import Language
from sspr_lab.profile import Profile
from sspr_lab.registry import Data, Value
from sspr_lab.stock import time_zone
from sspr_lab.stock.tree import DEFAULT, expand

_Table = dict[str, dict[str, Data | Value]]
_CONTROL: Final = r"HKLM\SYSTEM\ControlSet001\Control"
_NT: Final = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
_SERVICE_HIVES: Final = (".DEFAULT", "S-1-5-19", "S-1-5-20")


def service_hives(profile: Profile) -> _Table:
    """The hives of LocalSystem, LocalService and NetworkService."""
    table: _Table = {}
    for sid in _SERVICE_HIVES:
        table |= _hive(f"HKU\\{sid}", profile.spoken)
    return table


def own(profile: Profile) -> _Table:
    """The entries that make this machine this machine."""
    guid = f"{profile.seed:08x}-7d3c-4a51-9c0e-{profile.seed * 2654435761 % 2**48:012x}"
    table: _Table = {
        _CONTROL + r"\ComputerName\ComputerName": {DEFAULT: "mnmsrvc", "ComputerName": profile.computer_name},
        **time_zone.current(profile),
        r"HKLM\SYSTEM\ControlSet001\Services\Tcpip\Parameters": {
            "Hostname": profile.computer_name,
            "NV Hostname": profile.computer_name,
        },
        r"HKLM\SOFTWARE\Microsoft\Cryptography": {"MachineGuid": guid},
        _NT: {
            "ProductId": f"00371-OEM-{8992671 + profile.seed % 1000}-00524",
            "InstallDate": 1338508800 + profile.seed % 86400,
        },
        _NT + r"\Winlogon": {"DefaultUserName": profile.users[0] if profile.users else profile.administrators[0]},
    }
    for name in (*profile.administrators, *profile.users):
        sid = local_sid(profile, name)
        folder = expand(f"C:\\Users\\{name}")
        table[f"{_NT}\\ProfileList\\{sid}"] = {"ProfileImagePath": folder, "Flags": 0, "State": 0}
    for name in profile.administrators:
        table |= _hive(f"HKU\\{local_sid(profile, name)}", profile.spoken)
    return table


def own_volatile(profile: Profile) -> _Table:
    """The volatile keys that are there while the machine runs."""
    return {
        _CONTROL + r"\ComputerName\ActiveComputerName": {"ComputerName": profile.computer_name},
        _NT + r"\Winlogon\AutoLogonChecked": {},
    }


def _hive(base: str, spoken: Language) -> _Table:
    formats = spoken.formats
    return {
        f"{base}\\Control Panel\\International": {
            "Locale": f"{spoken.lcid:08X}",
            "LocaleName": spoken.tag,
            "s1159": formats.morning,
            "s2359": formats.afternoon,
            "sDecimal": formats.decimal,
            "sShortDate": formats.short_date,
            "sShortTime": formats.short_time,
            "sThousand": formats.thousands,
            "sTimeFormat": formats.time,
        },
        f"{base}\\Environment": {
            "TEMP": expand(r"%USERPROFILE%\AppData\Local\Temp"),
            "TMP": expand(r"%USERPROFILE%\AppData\Local\Temp"),
        },
        f"{base}\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings": {
            "MigrateProxy": 1,
            "ProxyEnable": 0,
            "User Agent": "Mozilla/4.0 (compatible; MSIE 8.0; Win32)",
        },
        f"{base}\\Software\\Microsoft\\Windows\\CurrentVersion\\Run": {},
        f"{base}\\Software\\Policies\\Microsoft\\Windows": {},
    }
