"""msiexec's exit codes, against the classes that follow from their documentation."""

from __future__ import annotations

import pytest

from orchestrator.sentences import say
from orchestrator.windows import exit_codes
from orchestrator.windows.exit_codes import Class, classify

CLASSES = {
    0: Class.DONE,
    1641: Class.DONE_RESTARTING,
    3010: Class.DONE_RESTART,
    1605: Class.ABSENT,
    1614: Class.ABSENT,
    1618: Class.BUSY,
    **dict.fromkeys((1601, 1612, 1619, 1631), Class.AGAIN),
    **dict.fromkeys((1604, 1632, 1638), Class.BLOCKED),
    **dict.fromkeys((1613, 1623, 1625, 1633, 1643, 1644, 1652, 1654, 1259), Class.BLOCKED),
    **dict.fromkeys((1602, 1603, 1620, 1622, 1624, 1639), Class.FAILED),
    **dict.fromkeys((5, 13, 87, 120), Class.FAILED),
    **dict.fromkeys((*range(1606, 1612), *range(1615, 1618), 1621, *range(1626, 1631)), Class.FAILED),
    **dict.fromkeys((*range(1634, 1638), 1640, 1642, *range(1645, 1652), 1653), Class.FAILED),
    **dict.fromkeys((0x41306, 0xC000013A, 0x80090345, 0xFFFFFFFF), Class.FAILED),
}
"""Code → what the documentation makes of it. Fatal is BLOCKED where the host's state or policy is the reason."""

NAMES = {
    0: "ERROR_SUCCESS",
    5: "ERROR_ACCESS_DENIED",
    1259: "ERROR_APPHELP_BLOCK",
    1601: "ERROR_INSTALL_SERVICE_FAILURE",
    1602: "ERROR_INSTALL_USEREXIT",
    1603: "ERROR_INSTALL_FAILURE",
    1604: "ERROR_INSTALL_SUSPEND",
    1605: "ERROR_UNKNOWN_PRODUCT",
    1612: "ERROR_INSTALL_SOURCE_ABSENT",
    1613: "ERROR_INSTALL_PACKAGE_VERSION",
    1614: "ERROR_PRODUCT_UNINSTALLED",
    1618: "ERROR_INSTALL_ALREADY_RUNNING",
    1619: "ERROR_INSTALL_PACKAGE_OPEN_FAILED",
    1620: "ERROR_INSTALL_PACKAGE_INVALID",
    1622: "ERROR_INSTALL_LOG_FAILURE",
    1623: "ERROR_INSTALL_LANGUAGE_UNSUPPORTED",
    1624: "ERROR_INSTALL_TRANSFORM_FAILURE",
    1625: "ERROR_INSTALL_PACKAGE_REJECTED",
    1631: "ERROR_CREATE_FAILED",
    1632: "ERROR_INSTALL_TEMP_UNWRITABLE",
    1633: "ERROR_INSTALL_PLATFORM_UNSUPPORTED",
    1638: "ERROR_PRODUCT_VERSION",
    1639: "ERROR_INVALID_COMMAND_LINE",
    1641: "ERROR_SUCCESS_REBOOT_INITIATED",
    1643: "ERROR_PATCH_PACKAGE_REJECTED",
    1644: "ERROR_INSTALL_TRANSFORM_REJECTED",
    1652: "ERROR_INSTALL_SERVICE_SAFEBOOT",
    1654: "ERROR_INSTALL_REJECTED",
    3010: "ERROR_SUCCESS_REBOOT_REQUIRED",
    0x41306: "SCHED_S_TASK_TERMINATED",
}
"""Names in winerror.h, and the one that Task Scheduler has for a task that it has ended."""


@pytest.mark.parametrize(("code", "expected"), CLASSES.items())
def test_class(code: int, expected: Class) -> None:
    """Every documented code has the class that its documentation calls for."""
    assert classify(code).meaning is expected


@pytest.mark.parametrize(("code", "name"), NAMES.items())
def test_name(code: int, name: str) -> None:
    """A code is told by its name in the Windows headers and by a sentence."""
    row = classify(code)
    assert (row.code, row.name) == (code, name)
    assert say(row.says)


def test_each_code_stands_once() -> None:
    """No code of the table is classified twice, and the names checked here are all that it has."""
    codes = [row.code for row in exit_codes._TABLE]
    assert sorted(codes) == sorted(NAMES)


def test_an_unknown_code_is_told_both_ways() -> None:
    """A code without a row is a failure, shown in decimal and in hex, as people search for either."""
    assert say(classify(0x80090345).says) == "msiexec ended with 2148074309 (0x80090345)"
