"""What events mean: those of the add-in, of Windows Installer, and of Windows' starts and ends, in plain words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from orchestrator.harvest.eventlog import EventRecord
from orchestrator.windows.provider import EVENT_SOURCE

INSTALLER: Final = "MsiInstaller"
EVENT_LOG: Final = "EventLog"
USER32: Final = "User32"
KERNEL: Final = "Microsoft-Windows-Kernel-General"
STARTED: Final = frozenset({(KERNEL.lower(), 12), (EVENT_LOG.lower(), 6005)})
"""Windows has started. Both are written at every start; Kernel-General 12 is the earlier one."""
ENDED_AS: Final = {1033: "installation", 1034: "removal", 1035: "change"}
"""MsiInstaller events whose strings are product, version, language, exit code and manufacturer."""
_ADD_IN: Final = EVENT_SOURCE.lower()
_MESSAGE: Final = 10_000

_Label = str | Callable[[Sequence[str]], str]


def label(record: EventRecord) -> str:
    """What happened, in plain words; for an event that we do not know, its provider and number."""
    provider = record.provider.lower()
    if provider == _ADD_IN:
        return f"SSPR add-in, event {record.event_id}"
    known = _EVENTS.get(provider, {}).get(record.event_id)
    if known is not None:
        return known if isinstance(known, str) else known(record.data)
    if record.provider == INSTALLER and _MESSAGE < record.event_id < 2 * _MESSAGE:
        return f"Windows Installer reported error {record.event_id - _MESSAGE}"
    return f"{record.provider} event {record.event_id}"


def installer_result(record: EventRecord) -> tuple[str, int] | None:
    """Product and exit code of a Windows Installer run that ended; None for any other event."""
    if record.provider != INSTALLER or record.event_id not in ENDED_AS:
        return None
    code = _string(record.data, 4)
    return (f"{_string(record.data, 1)} {_string(record.data, 2)}".strip(), int(code)) if code.isdecimal() else None


def _string(data: Sequence[str], number: int) -> str:
    """Insertion string %number, where there is one."""
    return data[number - 1] if len(data) >= number and data[number - 1] != "(NULL)" else ""


def _ended(what: str) -> Callable[[Sequence[str]], str]:
    def describe(data: Sequence[str]) -> str:
        product = f"{_string(data, 1)} {_string(data, 2)}".strip()
        return f"{what} of {product or 'a product'} ended with code {_string(data, 4) or 'unknown'}"

    return describe


def _shutdown(data: Sequence[str]) -> str:
    return f"{_string(data, 1) or 'A program'} asked for a shutdown or restart for {_string(data, 7) or 'nobody named'}"


_EVENTS: Mapping[str, Mapping[int, _Label]] = {
    INSTALLER.lower(): {
        1005: "Windows Installer started a restart of the computer",
        1029: "A product needs a restart before its installation is complete",
        1033: _ended("Installation"),
        1034: _ended("Removal"),
        1035: _ended("Change"),
        1038: "Windows Installer needs a restart of the computer",
        1040: "Windows Installer began",
        1042: "Windows Installer finished",
        11707: "Installation succeeded",
        11708: "Installation failed",
        11724: "Removal succeeded",
        11725: "Removal failed",
        11728: "Change succeeded",
        11729: "Change failed",
    },
    EVENT_LOG.lower(): {
        6005: "The event log service started: Windows is up",
        6006: "The event log service stopped: Windows goes down in order",
        6008: "The shutdown before this was unexpected: power lost, or a crash",
        6009: "Windows version, noted at its start",
    },
    USER32.lower(): {1074: _shutdown},
    KERNEL.lower(): {12: "Windows started", 13: "Windows shut down"},
}
