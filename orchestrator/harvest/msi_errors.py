"""What the error codes of a Windows Installer log mean for this job, and what an admin can do about each.

Source: learn.microsoft.com/windows/win32/msi/windows-installer-error-messages for the messages (numbers of the Error
table); the remedies are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.model.message import Message, phrase


@dataclass(frozen=True)
class Root:
    """A root cause: what is wrong, and what to do; None where nothing general is."""

    cause: Message
    remedy: Message | None = None


def _root(code: str) -> Root:
    says = phrase(f"msi-{code}", remedy=True)
    return Root(says(), says.remedy())


DISK_FULL: Final = _root("disk-full")
NOT_ALLOWED: Final = _root("file-refused")
IN_USE: Final = _root("file-in-use")
_REGISTRY: Final = _root("key-refused")
_SOURCE: Final = _root("old-package-gone")
_OLD_VERSION: Final = _root("old-version-stays")
_DAMAGED: Final = _root("package-damaged")
_BUSY: Final = _root("another-installation")
_RESTART: Final = _root("waits-for-restart")
SECURE_REPAIR: Final = _root("secure-repair")
"""Seen since KB2918614 as error 0x80090345 in lines that begin with SECREPAIR."""
_FILE_NOT_WRITTEN: Final = _root("file-not-written")
_TEMPORARY_FOLDER: Final = _root("temporary-folder")

BY_MESSAGE: Final[Mapping[int, Root]] = {
    1301: _root("folder-in-the-way"),
    1303: NOT_ALLOWED,
    1304: _FILE_NOT_WRITTEN,
    1305: _root("file-not-read"),
    1306: IN_USE,
    1307: DISK_FULL,
    1308: _root("package-file-missing"),
    1310: _FILE_NOT_WRITTEN,
    1311: _root("package-cabinet-missing"),
    1316: _SOURCE,
    1317: _root("folder-not-created"),
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
    1718: _root("signature-rejected"),
    1719: _root("service-silent"),
    1720: _root("script-failed"),
    1721: _root("program-not-started"),
    1722: _root("program-failed"),
    1723: _root("dll-not-run"),
    1730: _root("removal-for-administrators"),
    1904: _root("dll-not-registered"),
    1920: _root("service-not-started"),
    1921: _root("service-not-stopped"),
    1922: _root("service-not-deleted"),
    1923: _root("service-not-installed"),
    1925: _root("not-for-all-users"),
    1935: _root("assembly-not-installed"),
    2502: _TEMPORARY_FOLDER,
    2503: _TEMPORARY_FOLDER,
}

BY_SYSTEM_ERROR: Final[Mapping[str, Root]] = {"5": NOT_ALLOWED, "32": IN_USE, "33": IN_USE, "112": DISK_FULL}
"""Windows' own error code, where a message about a file carries one, says more than the message."""
FILE_MESSAGES: Final = frozenset(range(1301, 1336))
REGISTRY_MESSAGES: Final = frozenset(range(1401, 1407))
"""Notes of these with system error 2 are the engine's everyday way to find that a key is not there."""

REMEDIES: Final[Mapping[int, Message | None]] = {
    1601: phrase("msi-remedy-service")(),
    1602: phrase("msi-remedy-cancelled")(),
    1604: _RESTART.remedy,
    1612: _SOURCE.remedy,
    1618: _BUSY.remedy,
    1619: phrase("msi-remedy-not-opened")(),
    1620: _DAMAGED.remedy,
    1625: phrase("msi-remedy-policy")(),
    1632: phrase("msi-remedy-temporary-folder")(),
    1633: phrase("msi-remedy-architecture")(),
    1638: phrase("msi-remedy-other-version")(),
}
"""What to do about results that say by themselves what happened; their meaning is in `windows.exit_codes`."""
