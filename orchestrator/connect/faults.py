"""Faults of the WinRM service as data: what each code asks of us.

Codes: winerror.h and wsmerror.h as published in the Windows SDK metadata, and the quota set of PowerShell's source.
A fault arrives in one of two shapes: `f:WSManFault/@Code`, or `p:MSFT_WmiError/p:error_Code` without the former (seen
from Windows 7 for quotas: pywinrm's own tests, beaker issue 805). Texts are translated and never looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.model.errors import Retry

OPERATION_TIMEOUT = 2150858793
"""The normal answer to a Receive when nothing was written for a while: ask again."""
ACCESS_DENIED = 5


@dataclass(frozen=True)
class FaultRow:
    """One code of the table; `remedy` where something else is to be done than after any fault."""

    code: int
    name: str
    retry: Retry
    sentence: str
    remedy: str | None = None


_SHELLS = "end other remote sessions on the host (winrs, PowerShell), or wait for their end, and run the same again"
_ENVELOPE = 'set it to what Windows has anyway: `winrm set winrm/config @{MaxEnvelopeSizekb="150"}` on the host'
_ALLOW = 'allow it there: the policy "Allow Remote Shell Access" (Windows Remote Shell) must not be disabled'


_TABLE = (
    FaultRow(ACCESS_DENIED, "ERROR_ACCESS_DENIED", Retry.NEVER, "the account may log on but not run commands"),
    FaultRow(995, "ERROR_OPERATION_ABORTED", Retry.NEW_SHELL, "the operation was aborted on the host"),
    FaultRow(170, "ERROR_BUSY", Retry.BACK_OFF, "the command is not ready for input"),
    FaultRow(2147943418, "ERROR_KEY_DELETED", Retry.NEW_SHELL, "the account's profile was unloaded under the shell"),
    FaultRow(2150858843, "ERROR_WSMAN_UNEXPECTED_SELECTORS", Retry.NEW_SHELL, "the shell is gone"),
    FaultRow(2150859082, "ERROR_WSMAN_SHELL_ALREADY_CLOSED", Retry.NEW_SHELL, "the shell is closed"),
    FaultRow(2150858815, "ERROR_WSMAN_QUOTA_LIMIT", Retry.BACK_OFF, "a quota of the host is used up", _SHELLS),
    FaultRow(
        2150859173,
        "ERROR_WSMAN_QUOTA_MAX_SHELLS",
        Retry.BACK_OFF,
        "the host has as many remote shells as it allows",
        _SHELLS,
    ),
    FaultRow(2150859174, "ERROR_WSMAN_QUOTA_MAX_OPERATIONS", Retry.NEW_SHELL, "the shell has run all it may"),
    FaultRow(
        2150859175, "ERROR_WSMAN_QUOTA_USER", Retry.BACK_OFF, "the account's quota on the host is used up", _SHELLS
    ),
    FaultRow(2150859176, "ERROR_WSMAN_QUOTA_SYSTEM", Retry.BACK_OFF, "the host's quota is used up", _SHELLS),
    FaultRow(
        2150859179,
        "ERROR_WSMAN_QUOTA_MAX_SHELLUSERS",
        Retry.BACK_OFF,
        "too many users have remote shells there",
        _SHELLS,
    ),
    FaultRow(
        2150859180,
        "ERROR_WSMAN_REMOTESHELLS_NOT_ALLOWED",
        Retry.NEVER,
        "the host's policy forbids remote shells",
        _ALLOW,
    ),
    FaultRow(
        2150859236,
        "ERROR_WSMAN_QUOTA_MAX_SHELLS_PPQ",
        Retry.BACK_OFF,
        "the host has as many remote shells as it allows",
        _SHELLS,
    ),
    FaultRow(
        2150859237,
        "ERROR_WSMAN_QUOTA_MAX_USERS_PPQ",
        Retry.BACK_OFF,
        "too many users have remote shells there",
        _SHELLS,
    ),
    FaultRow(
        2150859238,
        "ERROR_WSMAN_QUOTA_MAX_PLUGINSHELLS_PPQ",
        Retry.BACK_OFF,
        "the host has as many remote shells as it allows",
        _SHELLS,
    ),
    FaultRow(
        2150859239,
        "ERROR_WSMAN_QUOTA_MAX_PLUGINOPERATIONS_PPQ",
        Retry.BACK_OFF,
        "the host has as many remote commands at work as it allows",
        _SHELLS,
    ),
    FaultRow(
        2150859240,
        "ERROR_WSMAN_QUOTA_MAX_OPERATIONS_USER_PPQ",
        Retry.BACK_OFF,
        "the account has as many remote commands at work there as it may",
        _SHELLS,
    ),
    FaultRow(
        2150859241, "ERROR_WSMAN_QUOTA_MAX_COMMANDS_PER_SHELL_PPQ", Retry.NEW_SHELL, "the shell has run all it may"
    ),
    FaultRow(
        2150859242, "ERROR_WSMAN_QUOTA_MIN_REQUIREMENT_NOT_AVAILABLE_PPQ", Retry.BACK_OFF, "the host is short of room"
    ),
    FaultRow(2150859046, "ERROR_WSMAN_NETWORK_TIMEDOUT", Retry.BACK_OFF, "the service timed out"),
    FaultRow(2150859026, "ERROR_WSMAN_HTTP_SERVICE_UNAVAILABLE", Retry.BACK_OFF, "the service is not up yet"),
    FaultRow(
        2150858823, "ERROR_WSMAN_MAX_ENVELOPE_SIZE", Retry.NEVER, "the message is larger than the host takes", _ENVELOPE
    ),
    FaultRow(
        2150858824,
        "ERROR_WSMAN_MAX_ENVELOPE_SIZE_EXCEEDED",
        Retry.NEVER,
        "the message is larger than the host takes",
        _ENVELOPE,
    ),
    FaultRow(
        2150858825,
        "ERROR_WSMAN_SERVER_ENVELOPE_LIMIT",
        Retry.NEVER,
        "the message is larger than the host takes",
        _ENVELOPE,
    ),
    FaultRow(
        2150859025,
        "ERROR_WSMAN_HTTP_REQUEST_TOO_LARGE",
        Retry.NEVER,
        "the message is larger than the host takes",
        _ENVELOPE,
    ),
    FaultRow(2150858806, "ERROR_WSMAN_FAILED_AUTHENTICATION", Retry.NEVER, "the log-on failed"),
    FaultRow(2150858817, "ERROR_WSMAN_SCHEMA_VALIDATION_ERROR", Retry.NEVER, "the host does not accept the message"),
    FaultRow(2150858880, "ERROR_WSMAN_REQUEST_INIT_ERROR", Retry.NEVER, "the host does not accept the message"),
)

FAULTS: Mapping[int, FaultRow] = {row.code: row for row in _TABLE}


def classify(code: int | None) -> FaultRow:
    """The row of a code; a fault that is never retried for one that is not in the table."""
    if code is not None and code in FAULTS:
        return FAULTS[code]
    return FaultRow(code or 0, "", Retry.NEVER, "the WinRM service answers with a fault")
