"""Faults of the WinRM service as data: what each code asks of us.

Codes: winerror.h and wsmerror.h as published in the Windows SDK metadata, and the quota set of PowerShell's source.
A fault arrives in one of two shapes: `f:WSManFault/@Code`, or `p:MSFT_WmiError/p:error_Code` without the former (seen
from Windows 7 for quotas: pywinrm's own tests, beaker issue 805). Texts are translated and never looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.model.errors import Retry
from orchestrator.model.message import Declared, phrase
from orchestrator.windows.win32 import PASSING, plain

OPERATION_TIMEOUT = 2150858793
"""The normal answer to a Receive when nothing was written for a while: ask again."""
ACCESS_DENIED = 5


@dataclass(frozen=True)
class FaultRow:
    """One code of the table; its message has a remedy where something else is to be done than after any fault."""

    code: int
    name: str
    retry: Retry
    says: Declared[[]]


NO_COMMANDS = phrase("winrm-no-commands")
TOO_LARGE = phrase("winrm-message-too-large", remedy=True)
_GONE = phrase("winrm-shell-gone")
_USED_UP = phrase("winrm-shell-used-up")
_TOO_MANY_SHELLS = phrase("winrm-too-many-shells", remedy=True)
_TOO_MANY_USERS = phrase("winrm-too-many-users", remedy=True)
_ANY_FAULT = phrase("winrm-fault")
_NOT_ACCEPTED = phrase("winrm-message-not-accepted")
_PASSES = phrase("winrm-fault-passes")

_TABLE = (
    FaultRow(ACCESS_DENIED, "ERROR_ACCESS_DENIED", Retry.NEVER, NO_COMMANDS),
    FaultRow(995, "ERROR_OPERATION_ABORTED", Retry.NEW_SHELL, phrase("winrm-operation-aborted")),
    FaultRow(170, "ERROR_BUSY", Retry.BACK_OFF, phrase("winrm-not-ready-for-input")),
    FaultRow(1018, "ERROR_KEY_DELETED", Retry.NEW_SHELL, phrase("winrm-profile-unloaded")),
    FaultRow(2150858843, "ERROR_WSMAN_UNEXPECTED_SELECTORS", Retry.NEW_SHELL, _GONE),
    FaultRow(2150859082, "ERROR_WSMAN_SHELL_ALREADY_CLOSED", Retry.NEW_SHELL, phrase("winrm-shell-closed")),
    FaultRow(2150858815, "ERROR_WSMAN_QUOTA_LIMIT", Retry.BACK_OFF, phrase("winrm-quota", remedy=True)),
    FaultRow(
        2150859173,
        "ERROR_WSMAN_QUOTA_MAX_SHELLS",
        Retry.BACK_OFF,
        _TOO_MANY_SHELLS,
    ),
    FaultRow(2150859174, "ERROR_WSMAN_QUOTA_MAX_OPERATIONS", Retry.NEW_SHELL, _USED_UP),
    FaultRow(2150859175, "ERROR_WSMAN_QUOTA_USER", Retry.BACK_OFF, phrase("winrm-quota-of-account", remedy=True)),
    FaultRow(2150859176, "ERROR_WSMAN_QUOTA_SYSTEM", Retry.BACK_OFF, phrase("winrm-quota-of-host", remedy=True)),
    FaultRow(
        2150859179,
        "ERROR_WSMAN_QUOTA_MAX_SHELLUSERS",
        Retry.BACK_OFF,
        _TOO_MANY_USERS,
    ),
    FaultRow(
        2150859180,
        "ERROR_WSMAN_REMOTESHELLS_NOT_ALLOWED",
        Retry.NEVER,
        phrase("winrm-shells-forbidden", remedy=True),
    ),
    FaultRow(
        2150859236,
        "ERROR_WSMAN_QUOTA_MAX_SHELLS_PPQ",
        Retry.BACK_OFF,
        _TOO_MANY_SHELLS,
    ),
    FaultRow(
        2150859237,
        "ERROR_WSMAN_QUOTA_MAX_USERS_PPQ",
        Retry.BACK_OFF,
        _TOO_MANY_USERS,
    ),
    FaultRow(
        2150859238,
        "ERROR_WSMAN_QUOTA_MAX_PLUGINSHELLS_PPQ",
        Retry.BACK_OFF,
        _TOO_MANY_SHELLS,
    ),
    FaultRow(
        2150859239,
        "ERROR_WSMAN_QUOTA_MAX_PLUGINOPERATIONS_PPQ",
        Retry.BACK_OFF,
        phrase("winrm-too-many-commands", remedy=True),
    ),
    FaultRow(
        2150859240,
        "ERROR_WSMAN_QUOTA_MAX_OPERATIONS_USER_PPQ",
        Retry.BACK_OFF,
        phrase("winrm-too-many-commands-of-account", remedy=True),
    ),
    FaultRow(2150859241, "ERROR_WSMAN_QUOTA_MAX_COMMANDS_PER_SHELL_PPQ", Retry.NEW_SHELL, _USED_UP),
    FaultRow(
        2150859242, "ERROR_WSMAN_QUOTA_MIN_REQUIREMENT_NOT_AVAILABLE_PPQ", Retry.BACK_OFF, phrase("winrm-short-of-room")
    ),
    FaultRow(2150859046, "ERROR_WSMAN_NETWORK_TIMEDOUT", Retry.BACK_OFF, phrase("winrm-service-timed-out")),
    FaultRow(2150859026, "ERROR_WSMAN_HTTP_SERVICE_UNAVAILABLE", Retry.BACK_OFF, phrase("winrm-service-not-up")),
    FaultRow(2150858823, "ERROR_WSMAN_MAX_ENVELOPE_SIZE", Retry.NEVER, TOO_LARGE),
    FaultRow(
        2150858824,
        "ERROR_WSMAN_MAX_ENVELOPE_SIZE_EXCEEDED",
        Retry.NEVER,
        TOO_LARGE,
    ),
    FaultRow(
        2150858825,
        "ERROR_WSMAN_SERVER_ENVELOPE_LIMIT",
        Retry.NEVER,
        TOO_LARGE,
    ),
    FaultRow(
        2150859025,
        "ERROR_WSMAN_HTTP_REQUEST_TOO_LARGE",
        Retry.NEVER,
        TOO_LARGE,
    ),
    FaultRow(2150858806, "ERROR_WSMAN_FAILED_AUTHENTICATION", Retry.NEVER, phrase("winrm-logon-failed")),
    FaultRow(2150858817, "ERROR_WSMAN_SCHEMA_VALIDATION_ERROR", Retry.NEVER, _NOT_ACCEPTED),
    FaultRow(2150858880, "ERROR_WSMAN_REQUEST_INIT_ERROR", Retry.NEVER, _NOT_ACCEPTED),
)

_PASSING = tuple(FaultRow(code, name, Retry.BACK_OFF, _PASSES) for code, name in PASSING.items())
"""What passes when a tool ends with it passes when the service says it; a row above has better words."""

FAULTS: Mapping[int, FaultRow] = {row.code: row for row in (*_PASSING, *_TABLE)}


def classify(code: int | None) -> FaultRow:
    """The row of a code, in either of its spellings; one that is never retried for a code that is not in the table."""
    if code is not None and (row := FAULTS.get(plain(code))):
        return row
    return FaultRow(code or 0, "", Retry.NEVER, _ANY_FAULT)
