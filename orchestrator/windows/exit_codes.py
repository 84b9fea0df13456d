"""Exit codes of msiexec, each with its name and what it means for us.

Names: MicrosoftDocs/win32 desktop-src/Msi/error-codes.md and winerror.h. The classes are ours. A code that is not here
is a failure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Class(Enum):
    """What to do about an exit code."""

    DONE = "done"
    DONE_RESTART = "done, restart needed"
    DONE_RESTARTING = "done, restart under way"
    ABSENT = "no such product"
    BUSY = "another installation is running"
    AGAIN = "worth another attempt"
    BLOCKED = "the host's state or policy forbids it"
    FAILED = "failed"


@dataclass(frozen=True)
class ExitCode:
    """One exit code: its name in the Windows headers, its class, and a plain sentence."""

    code: int
    name: str
    meaning: Class
    sentence: str


_TABLE = (
    ExitCode(0, "ERROR_SUCCESS", Class.DONE, "it was carried out"),
    ExitCode(3010, "ERROR_SUCCESS_REBOOT_REQUIRED", Class.DONE_RESTART, "it was carried out and needs a restart"),
    ExitCode(1641, "ERROR_SUCCESS_REBOOT_INITIATED", Class.DONE_RESTARTING, "it was carried out and restarts the host"),
    ExitCode(1605, "ERROR_UNKNOWN_PRODUCT", Class.ABSENT, "the product is not installed"),
    ExitCode(1614, "ERROR_PRODUCT_UNINSTALLED", Class.ABSENT, "the product is uninstalled"),
    ExitCode(1618, "ERROR_INSTALL_ALREADY_RUNNING", Class.BUSY, "another installation is running"),
    ExitCode(1601, "ERROR_INSTALL_SERVICE_FAILURE", Class.AGAIN, "the Windows Installer service does not answer"),
    ExitCode(1612, "ERROR_INSTALL_SOURCE_ABSENT", Class.AGAIN, "the package's source is not there"),
    ExitCode(1619, "ERROR_INSTALL_PACKAGE_OPEN_FAILED", Class.AGAIN, "the package cannot be opened"),
    ExitCode(1631, "ERROR_CREATE_FAILED", Class.AGAIN, "the Windows Installer service failed to start"),
    ExitCode(1602, "ERROR_INSTALL_USEREXIT", Class.FAILED, "it was cancelled on the host"),
    ExitCode(1603, "ERROR_INSTALL_FAILURE", Class.FAILED, "it failed; the log tells why"),
    ExitCode(1604, "ERROR_INSTALL_SUSPEND", Class.BLOCKED, "it is suspended until a restart"),
    ExitCode(1613, "ERROR_INSTALL_PACKAGE_VERSION", Class.BLOCKED, "the host's Windows Installer is too old"),
    ExitCode(1620, "ERROR_INSTALL_PACKAGE_INVALID", Class.FAILED, "the package is not a valid one"),
    ExitCode(1622, "ERROR_INSTALL_LOG_FAILURE", Class.FAILED, "the log file cannot be written"),
    ExitCode(1623, "ERROR_INSTALL_LANGUAGE_UNSUPPORTED", Class.BLOCKED, "the package's language is not supported"),
    ExitCode(1624, "ERROR_INSTALL_TRANSFORM_FAILURE", Class.FAILED, "a transform failed"),
    ExitCode(1625, "ERROR_INSTALL_PACKAGE_REJECTED", Class.BLOCKED, "a policy of the host forbids installations"),
    ExitCode(1632, "ERROR_INSTALL_TEMP_UNWRITABLE", Class.BLOCKED, "the temporary folder is full or not writable"),
    ExitCode(1633, "ERROR_INSTALL_PLATFORM_UNSUPPORTED", Class.BLOCKED, "the package is for another architecture"),
    ExitCode(1638, "ERROR_PRODUCT_VERSION", Class.BLOCKED, "another version of the product is installed"),
    ExitCode(1639, "ERROR_INVALID_COMMAND_LINE", Class.FAILED, "msiexec does not accept the command line"),
    ExitCode(1643, "ERROR_PATCH_PACKAGE_REJECTED", Class.BLOCKED, "a policy of the host forbids the patch"),
    ExitCode(1644, "ERROR_INSTALL_TRANSFORM_REJECTED", Class.BLOCKED, "a policy of the host forbids the transform"),
    ExitCode(1652, "ERROR_INSTALL_SERVICE_SAFEBOOT", Class.BLOCKED, "the host is in safe mode"),
    ExitCode(1654, "ERROR_INSTALL_REJECTED", Class.BLOCKED, "this Windows refuses the package"),
    ExitCode(1259, "ERROR_APPHELP_BLOCK", Class.BLOCKED, "this Windows refuses the program as incompatible"),
    ExitCode(5, "ERROR_ACCESS_DENIED", Class.FAILED, "access was denied"),
)

_BY_CODE: Mapping[int, ExitCode] = {row.code: row for row in _TABLE}


def classify(code: int) -> ExitCode:
    """The table's row for a code (unsigned, 32 bits); a failure without a name for one that is not in it."""
    return _BY_CODE.get(code) or ExitCode(code, "", Class.FAILED, f"msiexec ended with {code} ({code:#x})")
