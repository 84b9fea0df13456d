"""Exit codes of msiexec, each with its name and what it means for us.

Names: MicrosoftDocs/win32 desktop-src/Msi/error-codes.md and winerror.h; that of the last row, which stands where a
task was ended and msiexec said nothing, is among Task Scheduler's error and success constants. The classes are ours. A
code that is not here is a failure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from orchestrator.model.message import Message, message, phrase
from orchestrator.windows.win32 import plain


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
    """One exit code: its name in the Windows headers, its class, and what it says."""

    code: int
    name: str
    meaning: Class
    says: Message


def _row(code: int, name: str, meaning: Class) -> ExitCode:
    """A row whose message is called as the code is, `msiexec-install-failure` for ERROR_INSTALL_FAILURE."""
    return ExitCode(code, name, meaning, phrase(f"msiexec-{name.removeprefix('ERROR_').lower().replace('_', '-')}")())


@message("msiexec-ended")
def _ended(code: int, hexadecimal: str) -> None: ...


_TABLE = (
    _row(0, "ERROR_SUCCESS", Class.DONE),
    _row(3010, "ERROR_SUCCESS_REBOOT_REQUIRED", Class.DONE_RESTART),
    _row(1641, "ERROR_SUCCESS_REBOOT_INITIATED", Class.DONE_RESTARTING),
    _row(1605, "ERROR_UNKNOWN_PRODUCT", Class.ABSENT),
    _row(1614, "ERROR_PRODUCT_UNINSTALLED", Class.ABSENT),
    _row(1618, "ERROR_INSTALL_ALREADY_RUNNING", Class.BUSY),
    _row(1601, "ERROR_INSTALL_SERVICE_FAILURE", Class.AGAIN),
    _row(1612, "ERROR_INSTALL_SOURCE_ABSENT", Class.AGAIN),
    _row(1619, "ERROR_INSTALL_PACKAGE_OPEN_FAILED", Class.AGAIN),
    _row(1631, "ERROR_CREATE_FAILED", Class.AGAIN),
    _row(1602, "ERROR_INSTALL_USEREXIT", Class.FAILED),
    _row(1603, "ERROR_INSTALL_FAILURE", Class.FAILED),
    _row(1604, "ERROR_INSTALL_SUSPEND", Class.BLOCKED),
    _row(1613, "ERROR_INSTALL_PACKAGE_VERSION", Class.BLOCKED),
    _row(1620, "ERROR_INSTALL_PACKAGE_INVALID", Class.FAILED),
    _row(1622, "ERROR_INSTALL_LOG_FAILURE", Class.FAILED),
    _row(1623, "ERROR_INSTALL_LANGUAGE_UNSUPPORTED", Class.BLOCKED),
    _row(1624, "ERROR_INSTALL_TRANSFORM_FAILURE", Class.FAILED),
    _row(1625, "ERROR_INSTALL_PACKAGE_REJECTED", Class.BLOCKED),
    _row(1632, "ERROR_INSTALL_TEMP_UNWRITABLE", Class.BLOCKED),
    _row(1633, "ERROR_INSTALL_PLATFORM_UNSUPPORTED", Class.BLOCKED),
    _row(1638, "ERROR_PRODUCT_VERSION", Class.BLOCKED),
    _row(1639, "ERROR_INVALID_COMMAND_LINE", Class.FAILED),
    _row(1643, "ERROR_PATCH_PACKAGE_REJECTED", Class.BLOCKED),
    _row(1644, "ERROR_INSTALL_TRANSFORM_REJECTED", Class.BLOCKED),
    _row(1652, "ERROR_INSTALL_SERVICE_SAFEBOOT", Class.BLOCKED),
    _row(1654, "ERROR_INSTALL_REJECTED", Class.BLOCKED),
    _row(1259, "ERROR_APPHELP_BLOCK", Class.BLOCKED),
    _row(5, "ERROR_ACCESS_DENIED", Class.FAILED),
    ExitCode(0x41306, "SCHED_S_TASK_TERMINATED", Class.FAILED, phrase("task-terminated")()),
)

_BY_CODE: Mapping[int, ExitCode] = {row.code: row for row in _TABLE}


def classify(code: int) -> ExitCode:
    """The table's row for a code, in either spelling; a failure without a name for one that is not in it."""
    return _BY_CODE.get(plain(code)) or ExitCode(code, "", Class.FAILED, _ended(code, f"{code:#x}"))
