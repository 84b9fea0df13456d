r"""Servicing packages as they stand below Component Based Servicing\Packages.

Windows 7 machines are patched up to January 2020, when its updates ended, unless they have the trait `unpatched`: then
they have Service Pack 1 and nothing since. Names and versions as in public servicing logs of such machines.
"""

from typing import Final

from sspr_lab.profile import Branch, Profile
from sspr_lab.registry import Data, Value

_PACKAGES: Final = r"Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages"
_SIGNER: Final = "31bf3856ad364e35"  # of the key that Microsoft signs Windows' packages with
_INSTALLED: Final = 0x70
_SUPERSEDED: Final = 0x50
_STAGED: Final = 0x40

_FOUNDATION: Final[dict[Branch, str]] = {
    "windows7": "6.1.7601.17514",
    "windows8": "6.2.9200.16384",
    "windows8.1": "6.3.9600.16384",
    "windows10": "10.0.19041.1",
}
_SERVICE_PACK: Final = {
    "Package_for_KB976902": ("6.1.1.17514", _INSTALLED),
    "Package_for_KB976932": ("6.1.1.17514", _INSTALLED),
    "Package_for_KB2534111": ("6.1.1.17514", _INSTALLED),
}
_UNTIL_2020: Final = {
    "Package_for_KB2533552": ("6.1.1.1", _SUPERSEDED),
    "Package_for_KB2952664": ("6.1.23.2", _STAGED),
    "Package_for_KB3020369": ("6.1.1.1", _SUPERSEDED),
    "Package_for_KB3033929": ("6.1.1.1", _INSTALLED),
    "Package_1_for_KB3080079": ("6.1.1.0", _INSTALLED),
    "Package_for_KB3080079": ("6.1.1.0", _INSTALLED),
    "Package_1_for_KB3140245": ("6.1.1.0", _INSTALLED),
    "Package_2_for_KB3140245": ("6.1.1.0", _INSTALLED),
    "Package_for_KB3140245": ("6.1.1.0", _INSTALLED),
    "Package_for_KB4474419": ("6.1.3.2", _INSTALLED),
    "Package_for_KB4490628": ("6.1.1.2", _SUPERSEDED),
    "Package_for_KB4536952": ("6.1.1.1", _INSTALLED),
    "Package_for_RollupFix": ("7601.24545.1.8", _INSTALLED),
}
_LATER: Final[dict[Branch, dict[str, tuple[str, int]]]] = {
    "windows7": {},
    "windows8": {"Package_for_KB2871690": ("6.2.1.0", _INSTALLED)},
    "windows8.1": {
        "Package_for_KB2919355": ("6.3.1.14", _INSTALLED),
        "Package_for_RollupFix": ("9600.20778.1.9", _INSTALLED),
    },
    "windows10": {"Package_for_RollupFix": ("19041.3803.1.6", _INSTALLED)},
}


def packages(profile: Profile) -> dict[str, dict[str, Data | Value]]:
    r"""The entries below HKLM\SOFTWARE."""
    architecture = "amd64" if profile.is_x64 else "x86"
    named = {"Microsoft-Windows-Foundation-Package": (_FOUNDATION[profile.branch], _INSTALLED)}
    named |= _windows_7(profile) if profile.branch == "windows7" else _LATER[profile.branch]
    return {
        f"{_PACKAGES}\\{name}~{_SIGNER}~{architecture}~~{version}": {"CurrentState": state, "SelfUpdate": 0}
        for name, (version, state) in named.items()
    }


def _windows_7(profile: Profile) -> dict[str, tuple[str, int]]:
    if profile.service_pack == 0:
        return {}
    return _SERVICE_PACK if profile.has("unpatched") else _SERVICE_PACK | _UNTIL_2020
