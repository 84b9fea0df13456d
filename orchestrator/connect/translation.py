"""Errors of pywinrm, the log-on, TLS and the line, turned into ours at one place."""

from __future__ import annotations

import errno
import os
import socket
import ssl
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final
from xml.etree.ElementTree import ParseError

from winrm.exceptions import (
    WinRMError,
    WinRMOperationTimeoutError,
    WinRMTransportError,
    WSManFaultError,
)

from orchestrator.connect import faults, refusals
from orchestrator.connect.certificate_hash import CertificateUnreadable
from orchestrator.connect.channel import AnswerIncomplete, AnswerNotHttp, AnswerTooLarge
from orchestrator.connect.https import ENDED, OTHER, FingerprintDiffers, failure_of
from orchestrator.connect.keytab import NoKeyServes
from orchestrator.connect.logon import CredsspCertificateUnreadable, LogonBrokenOff, LogonNotOffered, LogonRejected
from orchestrator.connect.sealing import AnswerNotSealed
from orchestrator.connect.soap import AnswerNotSoap
from orchestrator.model.coordinator import exhausted
from orchestrator.model.errors import (
    AccessDenied,
    AnswerDamaged,
    BrokenAtLogon,
    ConnectionLost,
    DeadlineExceeded,
    HandshakeDamaged,
    HandshakeFailed,
    NameUnknown,
    Retry,
    TargetError,
    UnknownFault,
    Unreachable,
    WsManFault,
)
from orchestrator.model.host import Host
from orchestrator.model.message import message, phrase

NAME_UNKNOWN = phrase("name-unknown")
NO_ANSWER = phrase("no-answer")
_REFUSES = phrase("winrm-port-refuses", remedy=True)
_NO_ANSWER_IN_TIME = phrase("winrm-no-answer-in-time")
_CONNECTION_BROKE = phrase("connection-broke")
_BROKE_AT_LOGON = phrase("connection-broke-at-logon")
_NO_WINRM = phrase("no-winrm")
_ANOTHER_CERTIFICATE = phrase("tls-another-certificate", remedy=True)
_UNREADABLE = phrase("tls-certificate-unreadable", remedy=True)


@message("no-way-there", remedy=True)
def _no_way(why: str) -> None:
    """Why is what the operating system of this computer says."""


_NO_WAY: Final = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EACCES, errno.EPERM)
"""What this computer's own network answers, or a router on the way: the machine was not asked."""


@message("winrm-http-in-conversation")
def _http_in_conversation(status: int) -> None: ...


@message("winrm-no-listener")
def _no_listener(status: int) -> None: ...


@message("winrm-http")
def _http(status: int) -> None: ...


_WINRM = (WinRMError, WinRMTransportError, WinRMOperationTimeoutError)
_REFUSALS = (LogonRejected, LogonNotOffered, LogonBrokenOff, CredsspCertificateUnreadable, NoKeyServes)
_LINE = (OSError, AssertionError)
"""pywinrm asserts that an answer belongs to its question; where it does not, the conversation is out of step."""
_DAMAGED = (AnswerNotSealed, AnswerNotHttp)
"""What a conversation that was agreed on has no room for: damaged on the way, or said by somebody else."""
_NONSENSE = (AnswerNotSoap, AnswerTooLarge, ParseError, StopIteration, LookupError, ValueError, struct.error)
"""What pywinrm raises on answers that no Windows machine gives, though they are whole and sealed."""


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
        raise refused or _damaged(host, logged_on=logged_on) from error
    except FingerprintDiffers as error:
        raise _another_certificate(host, *error.args) from error
    except CertificateUnreadable as error:
        raise HandshakeFailed(_UNREADABLE(), remedy=_UNREADABLE.remedy(), address=host.place) from error
    except (*_LINE, MemoryError) as error:
        raise _own(error, logged_on=logged_on) or _of_the_line(host, error, logged_on=logged_on) from error
    except _DAMAGED as error:
        raise _damaged(host, logged_on=logged_on) from error
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
    kind = WsManFault if row.name else UnknownFault
    return kind(row.says(), code=row.code or None, retry=row.retry, remedy=remedy)


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


def _own(error: Exception, *, logged_on: bool) -> TargetError | None:
    """What this computer has run out of; in the middle of a conversation, that is a connection that is lost."""
    own = exhausted(error)
    return ConnectionLost(own.reason, remedy=own.remedy) if own and logged_on else own


def _of_the_line(host: Host, error: Exception, *, logged_on: bool) -> TargetError:
    """What the connection's end comes to, and what TLS raises."""
    if logged_on:
        return ConnectionLost(_CONNECTION_BROKE(), address=host.place)
    if isinstance(error, AnswerIncomplete):
        return BrokenAtLogon(_BROKE_AT_LOGON(), address=host.place)
    if isinstance(error, socket.gaierror):
        return NameUnknown(NAME_UNKNOWN(), address=host.place)
    if not isinstance(error, ssl.SSLError):
        return _not_connected(host, error)
    failure = failure_of(error)
    if failure is None:
        return Unreachable(ENDED.reason, remedy=ENDED.remedy, address=host.place)
    kind = HandshakeDamaged if failure is OTHER else HandshakeFailed
    return kind(failure.reason, remedy=failure.remedy, address=host.place)


def _not_connected(host: Host, error: Exception) -> Unreachable:
    """Why no connection comes about, as far as anybody has answered."""
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.ECONNREFUSED:
        return Unreachable(_REFUSES(), remedy=_REFUSES.remedy(), address=host.place)
    if number in _NO_WAY:
        why = os.strerror(number)
        return Unreachable(_no_way(why), remedy=_no_way.remedy(why), address=host.place)
    if isinstance(error, ConnectionError):  # it was taken, and lost in TLS's handshake, say
        return BrokenAtLogon(_BROKE_AT_LOGON(), address=host.place)
    return Unreachable(NO_ANSWER(), address=host.place)


def _damaged(host: Host, *, logged_on: bool) -> TargetError:
    if logged_on:
        return AnswerDamaged(_NO_WINRM(), address=host.place)
    return Unreachable(_NO_WINRM(), address=host.place)


def _nonsense(host: Host, *, logged_on: bool) -> TargetError:
    if logged_on:
        return UnknownFault(_NO_WINRM(), code=None, retry=Retry.NEVER, address=host.place)
    return Unreachable(_NO_WINRM(), address=host.place)
