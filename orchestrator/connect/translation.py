"""Errors of pywinrm, requests and the sealing, turned into ours at one place."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from xml.etree.ElementTree import ParseError

import requests
from spnego.exceptions import SpnegoError
from urllib3.exceptions import HTTPError
from winrm.exceptions import (
    InvalidCredentialsError,
    WinRMError,
    WinRMOperationTimeoutError,
    WinRMTransportError,
    WSManFaultError,
)

from orchestrator.connect import faults
from orchestrator.connect.sealed import (
    AnswerNotSealed,
    AnswerNotSoap,
    AnswerTooLarge,
    ConnectionReplaced,
    LogonNotOffered,
)
from orchestrator.model.errors import (
    AccessDenied,
    ConnectionLost,
    DeadlineExceeded,
    LogonRefused,
    Retry,
    TargetError,
    Unreachable,
    WsManFault,
)
from orchestrator.model.host import Host

_REFUSALS = (InvalidCredentialsError, LogonNotOffered, PermissionError)
_LINE = (ConnectionReplaced, requests.RequestException, HTTPError, OSError, AssertionError)
"""pywinrm asserts that an answer belongs to its question; where it does not, the conversation is out of step."""
_NONSENSE = (
    AnswerNotSealed,
    AnswerNotSoap,
    AnswerTooLarge,
    WinRMError,
    SpnegoError,
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
        raise LogonRefused(_refusal(error, logged_on=logged_on), username=host.credential.username) from error
    except WSManFaultError as error:
        raise _fault(host, error) from error
    except WinRMTransportError as error:
        raise _http_error(host, error.code, logged_on=logged_on) from error
    except WinRMOperationTimeoutError as error:
        raise DeadlineExceeded("the WinRM service did not answer in time") from error
    except _LINE as error:
        if logged_on:
            raise ConnectionLost("the connection broke", address=_address(host)) from error
        raise Unreachable("no answer on the WinRM port", address=_address(host)) from error
    except _NONSENSE as error:
        raise _nonsense(host, logged_on=logged_on) from error


def row_of(error: WSManFaultError) -> faults.FaultRow:
    """The row of a fault in either shape."""
    return faults.classify(error.wsman_fault_code if error.wsman_fault_code is not None else error.wmierror_code)


def _refusal(error: Exception, *, logged_on: bool) -> str:
    if not isinstance(error, InvalidCredentialsError):
        return "the host offers no NTLM log-on"
    if logged_on:
        return "the host asks for another log-on in the middle of a conversation"
    return "the log-on was refused: user name or password are wrong, the account is locked, or it may not use WinRM"


def _fault(host: Host, error: WSManFaultError) -> TargetError:
    row = row_of(error)
    if row.code == faults.ACCESS_DENIED:
        return AccessDenied("the account may log on, but not run commands", username=host.credential.username)
    return WsManFault(row.sentence, code=row.code or None, retry=row.retry)


def _http_error(host: Host, status: int, *, logged_on: bool) -> TargetError:
    if status == requests.codes.request_entity_too_large:
        return WsManFault("the message is larger than the host takes", code=None, retry=Retry.NEVER)
    if logged_on:
        return ConnectionLost(f"the WinRM service answered HTTP {status} in the middle of a conversation")
    if status in {requests.codes.service_unavailable, requests.codes.not_found}:
        return Unreachable(f"WinRM is not up (HTTP {status})", address=_address(host))
    return Unreachable(f"the WinRM port answered HTTP {status}, not as WinRM does", address=_address(host))


def _nonsense(host: Host, *, logged_on: bool) -> TargetError:
    reason = "what answers on the WinRM port does not speak WinRM as a Windows machine does"
    if logged_on:
        return WsManFault(reason, code=None, retry=Retry.NEVER, address=_address(host))
    return Unreachable(reason, address=_address(host))


def _address(host: Host) -> str:
    return f"{host.address}:{host.port}"
