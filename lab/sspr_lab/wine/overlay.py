"""Which programs of a Wine prefix are Wine's own, and which names the lab's stand-in takes so that the model answers.

Wine has programs that print nothing, do nothing and exit with 0 (certutil, wevtutil, shutdown, netsh and more). None of
them may be reached, so whatever is not listed here as Wine's own becomes a stand-in; what the lab does not model either
is then refused as on a modelled machine.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sspr_lab.profile import Profile
from sspr_lab.stock.programs import system32

WINE_DECIDES: Final = frozenset(
    {"attrib.exe", "cmd.exe", "cscript.exe", "msiexec.exe", "ping.exe", "reg.exe", "xcopy.exe"}
)
"""What a visitor may call and Wine does."""

_WINE_ITSELF: Final = frozenset(
    {
        "conhost.exe",
        "control.exe",
        "dllhost.exe",
        "explorer.exe",
        "iexplore.exe",
        "ntoskrnl.exe",
        "plugplay.exe",
        "regsvr32.exe",
        "rpcss.exe",
        "rundll32.exe",
        "services.exe",
        "spoolsv.exe",
        "start.exe",
        "svchost.exe",
        "termsv.exe",
        "uninstaller.exe",
        "wineboot.exe",
        "winecfg.exe",
        "winedevice.exe",
        "winemenubuilder.exe",
        "winhlp32.exe",
        "winmgmt.exe",
        "wscript.exe",
        "wuauserv.exe",
    }
)
"""What Wine needs to run; `start.exe` is its cmd's own `start`."""

_WBEM: Final = r"wbem\wmic.exe"
_POWERSHELL: Final = r"WindowsPowerShell\v1.0\powershell.exe"


def stand_ins(system: Path) -> Iterator[str]:
    """Paths below System32 that the stand-in takes, given the directory of that name in a fresh prefix."""
    keep = WINE_DECIDES | _WINE_ITSELF
    programs = {path.name.lower() for path in system.iterdir()} | {name.lower() for name in system32(Profile())}
    yield from sorted(name for name in programs if name.endswith((".exe", ".com")) and name not in keep)
    yield from (_WBEM, _POWERSHELL)
