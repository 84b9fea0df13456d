"""Installer packages for the matrix: the lab's stand-in and its variants, and others made of it with msitools."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from sspr_lab.packages import standin

VARIANTS = Path(__file__).parents[2] / "lab" / "tests" / "packages"
OLD_CODE = "{3F0C9B5E-7E0B-4B55-9B63-5D2F0E6A6401}"
NEW_CODE = "{3F0C9B5E-7E0B-4B55-9B63-5D2F0E6A6402}"
_PACKAGE_CODE = "{9A4D2C60-51C4-4F60-8A35-6E0B6A110A7%d}"
_WAITS = (
    "INSERT INTO `CustomAction` (`Action`, `Type`, `Source`, `Target`) VALUES ('Wait', 50, 'Ping', '-n 4 127.0.0.1')",
    r"INSERT INTO `Property` (`Property`, `Value`) VALUES ('Ping', 'C:\windows\system32\ping.exe')",
    "INSERT INTO `InstallExecuteSequence` (`Action`, `Sequence`) VALUES ('Wait', 1450)",
)


def made(folder: Path) -> Mapping[str, bytes]:
    """Every package by what it is called in the matrix."""
    whole = standin("x64").read_bytes()
    return {
        "old": whole,
        "new": (VARIANTS / "newer.x64.msi").read_bytes(),
        "same-code": (VARIANTS / "same-product-code.x64.msi").read_bytes(),
        "condition": (VARIANTS / "impossible-condition.x64.msi").read_bytes(),
        "schedule-reboot": (VARIANTS / "schedule-reboot.x64.msi").read_bytes(),
        "force-reboot": (VARIANTS / "force-reboot.x64.msi").read_bytes(),
        "itanium": _altered(folder / "itanium.msi", template="Intel64;1033"),
        "arm": _altered(folder / "arm.msi", template="Arm64;1033"),
        "slow": _altered(folder / "slow.msi", *_WAITS),
        "truncated": whole[:3000],
        "noise": bytes(range(256)) * 20,
        "empty": b"",
    }


def _altered(path: Path, *queries: str, template: str = "") -> bytes:
    """The stand-in after these statements, its platform replaced by `template`."""
    shutil.copyfile(standin("x64"), path)
    for query in queries:
        subprocess.run(["msibuild", path, "-q", query], check=True, capture_output=True)
    if template:
        about = ["Installation Database", "lab", template, _PACKAGE_CODE % len(path.stem)]
        subprocess.run(["msibuild", path, "-s", *about], check=True, capture_output=True)
    return path.read_bytes()
