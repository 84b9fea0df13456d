"""What events mean, in plain words: the add-in's, Windows Installer's, those of Windows' starts, of services and TLS.

Schannel: learn.microsoft.com, previous-versions dn786445 (Schannel Events); its alerts: secauthn/schannel-error-codes-
for-tls-and-ssl-alerts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from orchestrator.harvest.eventlog import EventRecord
from orchestrator.windows.provider import EVENT_SOURCE

INSTALLER: Final = "MsiInstaller"
EVENT_LOG: Final = "EventLog"
USER32: Final = "User32"
KERNEL: Final = "Microsoft-Windows-Kernel-General"
SCHANNEL: Final = "Schannel"
CAPI2: Final = "Microsoft-Windows-CAPI2"
POWER: Final = "Microsoft-Windows-Kernel-Power"
SERVICES: Final = "Service Control Manager"
STARTED: Final = frozenset({(KERNEL.lower(), 12), (EVENT_LOG.lower(), 6005)})
"""Windows has started. Both are written at every start; Kernel-General 12 is the earlier one."""
ENDED_AS: Final = {1033: "installation", 1034: "removal", 1035: "change"}
"""MsiInstaller events whose strings are product, version, language, exit code and manufacturer."""
_ADD_IN: Final = EVENT_SOURCE.lower()
_MESSAGE: Final = 10_000
_CODE: Final = re.compile("[0-9]{1,10}")

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
    product = f"{_string(record.data, 1)} {_string(record.data, 2)}".strip()
    return (product, int(code)) if _CODE.fullmatch(code) else None


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


def _alert(what: str) -> Callable[[Sequence[str]], str]:
    def describe(data: Sequence[str]) -> str:
        number = _string(data, 1)
        return f"{what}, alert {number} ({ALERTS.get(number, 'of another kind')})" if number else what

    return describe


ALERTS: Final[Mapping[str, str]] = {
    "10": "unexpected message",
    "20": "bad checksum",
    "40": "no common cipher suite",
    "42": "bad certificate",
    "43": "unsupported certificate",
    "44": "revoked certificate",
    "45": "expired certificate",
    "46": "certificate not accepted",
    "47": "illegal parameter",
    "48": "authority not trusted",
    "49": "access denied",
    "50": "not to be decoded",
    "51": "not to be decrypted",
    "70": "version of TLS not supported",
    "71": "no cipher suite that is strong enough",
    "80": "internal error",
    "86": "an older version than could be had",
    "112": "name not known",
}
"""Fatal alerts of TLS, by their numbers."""


def _service(what: str) -> Callable[[Sequence[str]], str]:
    return lambda data: f"Service {_string(data, 1) or 'of no name'} {what}"


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
    KERNEL.lower(): {1: "The clock was set", 12: "Windows started", 13: "Windows shut down"},
    POWER.lower(): {41: "Windows started after it had not been shut down in order"},
    SCHANNEL.lower(): {
        36870: "TLS: the private key of a certificate could not be used",
        36871: "TLS: no credential could be made",
        36873: "TLS: no cipher suite is left to connect with",
        36874: "TLS: a client came with no cipher suite that is supported here",
        36876: "TLS: the server's certificate was not accepted",
        36881: "TLS: the server's certificate has expired, or is not valid yet",
        36882: "TLS: the server's certificate is of an authority that is not trusted",
        36883: "TLS: the server's certificate has been revoked",
        36884: "TLS: the server's certificate is for another name",
        36887: _alert("TLS: the other side ended the connection"),
        36888: _alert("TLS: this machine ended the connection"),
    },
    CAPI2.lower(): {
        11: "A certificate's chain was built",
        30: "A certificate's chain was judged",
        41: "Whether a certificate is revoked was asked",
        53: "A list of certificates was fetched",
    },
    SERVICES.lower(): {
        7000: _service("could not be started"),
        7001: _service("could not be started for want of another"),
        7009: "A service did not start in time",
        7011: "A service did not answer in time",
        7022: _service("hung when it started"),
        7023: _service("ended with an error"),
        7024: _service("ended with an error of its own"),
        7031: _service("ended unexpectedly"),
        7034: _service("ended unexpectedly"),
        7036: lambda data: (
            f"Service {_string(data, 1) or 'of no name'} is now {_string(data, 2) or 'in another state'}"
        ),
        7040: _service("starts in another way from now on"),
        7045: _service("was installed"),
    },
}
