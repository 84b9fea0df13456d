"""Win32 error codes: the same code in its two spellings, and those that pass by themselves.

Names and numbers: winerror.h, as published in MicrosoftDocs/win32 (desktop-src/Debug/system-error-codes).
"""

from __future__ import annotations

from typing import Final

_FACILITY_WIN32: Final = 0x8007

PASSING: Final = {
    21: "ERROR_NOT_READY",  # what shutdown says while Windows starts
    32: "ERROR_SHARING_VIOLATION",
    33: "ERROR_LOCK_VIOLATION",
    170: "ERROR_BUSY",
    1450: "ERROR_NO_SYSTEM_RESOURCES",
    1453: "ERROR_WORKING_SET_QUOTA",
    1460: "ERROR_TIMEOUT",
    1722: "RPC_S_SERVER_UNAVAILABLE",
    1723: "RPC_S_SERVER_TOO_BUSY",
    1727: "RPC_S_CALL_FAILED_DNE",
    1753: "EPT_S_NOT_REGISTERED",
    1816: "ERROR_NOT_ENOUGH_QUOTA",
}
"""Codes after which nothing was done, and another try a little later may well succeed."""


def plain(code: int) -> int:
    """The number N of a code that is N or HRESULT_FROM_WIN32(N), which is 0x80070000 | N; any other, unsigned.

    Tools and services give the one or the other for the same trouble, signed or not.
    """
    unsigned = code & 0xFFFFFFFF
    return unsigned & 0xFFFF if unsigned >> 16 == _FACILITY_WIN32 else unsigned


def passes(code: int) -> bool:
    """Whether a tool that has ended with a code is worth another try."""
    return plain(code) in PASSING
