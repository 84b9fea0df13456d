"""What the error codes of a Windows Installer log mean for this job, and what an admin can do about each.

Source: learn.microsoft.com/windows/win32/msi/windows-installer-error-messages for the messages (numbers of the Error
table); the remedies are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Root:
    """A root cause: what is wrong, in words that go on after a colon, and what to do; None where nothing general is."""

    cause: str
    remedy: str | None = None


DISK_FULL: Final = Root("the disk is full", "Free space on the system drive, then install again.")
NOT_ALLOWED: Final = Root(
    "SYSTEM was refused access to a file or folder",
    "Look at the permissions of the path named in the evidence; security software may guard it.",
)
IN_USE: Final = Root(
    "a file is in use by another program", "Restart the computer, or end the program that holds the file, then retry."
)
_REGISTRY: Final = Root(
    "SYSTEM was refused access to a registry key",
    "Look at the permissions of the key named in the evidence; security software may guard it.",
)
_SOURCE: Final = Root(
    "the package that an installed version came from is no longer there",
    "Put the old package back where it was installed from, or remove the old version with Microsoft's install and "
    "uninstall troubleshooter.",
)
_OLD_VERSION: Final = Root("an older version could not be removed", _SOURCE.remedy)
_DAMAGED: Final = Root("the package is damaged", "Take a fresh copy of the package and compare its SHA-256.")
_BUSY: Final = Root("another installation is running on the computer", "Wait until it has finished, then retry.")
_RESTART: Final = Root("an earlier installation waits for a restart", "Restart the computer, then install again.")
_VENDOR: Final = "The package's own code failed: the lines above it in the log are its maker's to read."

SECURE_REPAIR: Final = Root(
    "Windows Installer could not hash the package, because the account that ran it has no profile on the computer",
    "Run msiexec as SYSTEM from a scheduled task, or log on once with that account.",
)
"""Seen since KB2918614 as error 0x80090345 in lines that begin with SECREPAIR."""

BY_MESSAGE: Final[Mapping[int, Root]] = {
    1301: Root("a folder has the name of a file that is to be installed", "Remove that folder."),
    1303: NOT_ALLOWED,
    1304: Root("a file could not be written", "Look at free space and permissions of the path in the evidence."),
    1305: Root("a file could not be read", NOT_ALLOWED.remedy),
    1306: IN_USE,
    1307: DISK_FULL,
    1308: Root("a file of the package is missing", _DAMAGED.remedy),
    1310: Root("a file could not be written", "Look at free space and permissions of the path in the evidence."),
    1311: Root("a cabinet of the package is missing", _DAMAGED.remedy),
    1316: _SOURCE,
    1317: Root("a folder could not be created", NOT_ALLOWED.remedy),
    1321: NOT_ALLOWED,
    1330: _DAMAGED,
    1335: _DAMAGED,
    1401: _REGISTRY,
    1402: _REGISTRY,
    1404: _REGISTRY,
    1406: _REGISTRY,
    1500: _BUSY,
    1601: DISK_FULL,
    1702: _RESTART,
    1704: _RESTART,
    1705: _RESTART,
    1706: _SOURCE,
    1711: DISK_FULL,
    1714: _OLD_VERSION,
    1718: Root("a policy rejected a file for its signature", "Allow the package in the software restriction policy."),
    1719: Root("the Windows Installer service does not answer", "Look whether the service msiserver starts."),
    1720: Root("a script of the package failed", _VENDOR),
    1721: Root("a program of the package could not be started", _VENDOR),
    1722: Root("a program of the package failed", _VENDOR),
    1723: Root(
        "a DLL of the package could not be run, most likely because a DLL that it needs is missing",
        "Install what the package requires, such as the Visual C++ runtime, then retry.",
    ),
    1730: Root("only an administrator may remove the installed version", "Run the removal as SYSTEM."),
    1904: Root("a DLL of the package could not be registered", _VENDOR),
    1920: Root("a service of the package did not start", "Look into the System log for why the service stopped."),
    1921: Root("a service could not be stopped", "Restart the computer, then retry."),
    1922: Root("a service could not be deleted", "Restart the computer, then retry."),
    1923: Root("a service could not be installed", "Restart the computer, so that an old service of that name goes."),
    1925: Root("the account may not install for all users", "Run the installation as SYSTEM."),
    1935: Root("an assembly could not be installed", "Repair Windows' component store, then retry."),
    2502: Root("the installer may not write its temporary folder", r"Give SYSTEM full access to C:\Windows\Temp."),
    2503: Root("the installer may not write its temporary folder", r"Give SYSTEM full access to C:\Windows\Temp."),
}

BY_SYSTEM_ERROR: Final[Mapping[str, Root]] = {"5": NOT_ALLOWED, "32": IN_USE, "33": IN_USE, "112": DISK_FULL}
"""Windows' own error code, where a message about a file carries one, says more than the message."""
FILE_MESSAGES: Final = frozenset(range(1301, 1336))
REGISTRY_MESSAGES: Final = frozenset(range(1401, 1407))
"""Notes of these with system error 2 are the engine's everyday way to find that a key is not there."""

REMEDIES: Final[Mapping[int, str | None]] = {
    1601: "Look whether the service msiserver starts.",
    1602: "Run it again.",
    1604: _RESTART.remedy,
    1612: _SOURCE.remedy,
    1618: _BUSY.remedy,
    1619: "Look whether the package is at its path and SYSTEM may read it.",
    1620: _DAMAGED.remedy,
    1625: "Look at the policy DisableMSI and at software restriction policies.",
    1632: r"Look at free space and at the permissions of C:\Windows\Temp.",
    1633: "Use the package for this Windows: x86 or x64.",
    1638: "Remove that version first, or use a package that upgrades it.",
}
"""What to do about results that say by themselves what happened; their meaning is in `windows.exit_codes`."""
