"""Errors of pywinrm, the log-on, TLS and the line, turned into ours at one place."""

from __future__ import annotations

import http.client
import socket
import ssl
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from xml.etree.ElementTree import ParseError

from winrm.exceptions import (
    WinRMError,
    WinRMOperationTimeoutError,
    WinRMTransportError,
    WSManFaultError,
)

from orchestrator.connect import faults, refusals
from orchestrator.connect.channel import AnswerTooLarge
from orchestrator.connect.https import ENDED, FingerprintDiffers, failure_of
from orchestrator.connect.logon import LogonBrokenOff, LogonNotOffered, LogonRejected
from orchestrator.connect.sealing import AnswerNotSealed
from orchestrator.connect.transport import AnswerNotSoap
from orchestrator.model.errors import (
    AccessDenied,
    ConnectionLost,
    DeadlineExceeded,
    HandshakeFailed,
    NameUnknown,
    Retry,
    TargetError,
    Unreachable,
    WsManFault,
)
from orchestrator.model.host import Host
from orchestrator.model.message import message, phrase

NAME_UNKNOWN = phrase("name-unknown")
NO_ANSWER = phrase("no-answer")
_NO_ANSWER_IN_TIME = phrase("winrm-no-answer-in-time")
_CONNECTION_BROKE = phrase("connection-broke")
_NO_WINRM = phrase("no-winrm")
_ANOTHER_CERTIFICATE = phrase("tls-another-certificate", remedy=True)


@message("winrm-http-in-conversation")
def _http_in_conversation(status: int) -> None: ...


@message("winrm-no-listener")
def _no_listener(status: int) -> None: ...


@message("winrm-http")
def _http(status: int) -> None: ...


_WINRM = (WinRMError, WinRMTransportError, WinRMOperationTimeoutError)
_REFUSALS = (LogonRejected, LogonNotOffered, LogonBrokenOff)
_LINE = (http.client.HTTPException, OSError, AssertionError)
"""pywinrm asserts that an answer belongs to its question; where it does not, the conversation is out of step."""
_NONSENSE = (
    AnswerNotSealed,
    AnswerNotSoap,
    AnswerTooLarge,
    ParseError,
    StopIteration,
    LookupError,
    ValueError,
    struct.error,
)
"""What pywinrm and the sealing raise on answers that no Windows machine gives."""


@contextmanager
def translated(host: Host, *, logged_on: bool) -> Iterator[None]:
    """Runs an exchange; whatever the libraries raise leaves as a `TargetError`, with the original as its cause."""
    try:
        yield
    except TargetError:
        raise
    except _REFUSALS as error:
        raise refusals.refusal(host, error, logged_on=logged_on) from error
    except _WINRM as error:
        raise _of_winrm(host, error, logged_on=logged_on) from error
    except refusals.TOKEN_ERRORS as error:
        refused = None if logged_on else refusals.of_tokens(host, error)
        raise refused or _nonsense(host, logged_on=logged_on) from error
    except FingerprintDiffers as error:
        raise _another_certificate(host, *error.args) from error
    except _LINE as error:
        raise _of_the_line(host, error, logged_on=logged_on) from error
    except _NONSENSE as error:
        raise _nonsense(host, logged_on=logged_on) from error


def row_of(error: WSManFaultError) -> faults.FaultRow:
    """The row of a fault in either shape."""
    return faults.classify(error.wsman_fault_code if error.wsman_fault_code is not None else error.wmierror_code)


def _of_winrm(host: Host, error: Exception, *, logged_on: bool) -> TargetError:
    """What pywinrm itself raises."""
    if isinstance(error, WSManFaultError):
        return _fault(host, error)
    if isinstance(error, WinRMTransportError):
        return _http_error(host, error.code, logged_on=logged_on)
    if isinstance(error, WinRMOperationTimeoutError):
        return DeadlineExceeded(_NO_ANSWER_IN_TIME())
    return _nonsense(host, logged_on=logged_on)


def _fault(host: Host, error: WSManFaultError) -> TargetError:
    row = row_of(error)
    if row.code == faults.ACCESS_DENIED:
        return AccessDenied(faults.NO_COMMANDS(), username=host.credential.username)
    remedy = row.says.remedy() if row.says.has_remedy else None
    return WsManFault(row.says(), code=row.code or None, retry=row.retry, remedy=remedy)


def _http_error(host: Host, status: int, *, logged_on: bool) -> TargetError:
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return WsManFault(faults.TOO_LARGE(), code=None, retry=Retry.NEVER, remedy=faults.TOO_LARGE.remedy())
    if logged_on:
        return ConnectionLost(_http_in_conversation(status))
    if status in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.NOT_FOUND}:
        return Unreachable(_no_listener(status), address=host.place)
    return Unreachable(_http(status), address=host.place)


def _another_certificate(host: Host, found: str) -> TargetError:
    assert host.https is not None, "without TLS there is no certificate"
    return HandshakeFailed(
        _ANOTHER_CERTIFICATE(),
        remedy=_ANOTHER_CERTIFICATE.remedy(),
        address=host.place,
        pinned=f"SHA256:{host.https.fingerprint}",
        found=f"SHA256:{found}",
    )


def _of_the_line(host: Host, error: Exception, *, logged_on: bool) -> TargetError:
    """What the connection's end comes to, and what the handshake of TLS raises."""
    if logged_on:
        return ConnectionLost(_CONNECTION_BROKE(), address=host.place)
    if isinstance(error, socket.gaierror):
        return NameUnknown(NAME_UNKNOWN(), address=host.place)
    if not isinstance(error, ssl.SSLError):
        return Unreachable(NO_ANSWER(), address=host.place)
    failure = failure_of(error)
    if failure is None:
        return Unreachable(ENDED.reason, remedy=ENDED.remedy, address=host.place)
    return HandshakeFailed(failure.reason, remedy=failure.remedy, address=host.place)


def _nonsense(host: Host, *, logged_on: bool) -> TargetError:
    if logged_on:
        return WsManFault(_NO_WINRM(), code=None, retry=Retry.NEVER, address=host.place)
    return Unreachable(_NO_WINRM(), address=host.place)
