"""pywinrm's transport with its sharp edges taken off: one sealed connection, one log-on, and bounded answers.

Stock pywinrm leaves these open (read in 0.5.0, reproduced against lab hosts):

- When the server has closed the connection, urllib3 opens another one by itself and the body, sealed under the old
  context, is sent again. Here a connection is made once; a second one is refused before anything is sent.
- A 401 in the middle of a conversation makes requests_ntlm log on again. Here it is a refusal.
- A redirection is followed, and the log-on offered to whoever it names. Here it is an answer like any other.
- A server that asks for no log-on is taken for one that accepted it. Here it is no WinRM service.
- An answer that is not sealed is taken as it is. Here only a sealed answer is SOAP.
- An answer may be of any size, compressed, and come a byte at a time. Here it is read as it is, up to a bound, and the
  line can be broken off from outside.
- Proxies and certificates are looked up in the environment, which is changed for a moment on the way: two threads that
  connect at once trip over each other. Here the environment is not looked at.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import requests
from requests.adapters import DEFAULT_POOLBLOCK, HTTPAdapter
from requests_ntlm import HttpNtlmAuth
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.poolmanager import PoolManager
from urllib3.util.timeout import Timeout
from winrm.exceptions import InvalidCredentialsError, WinRMTransportError
from winrm.transport import Transport

from orchestrator.connect.clock import ahead_of_us

ANSWER_LIMIT = 4 * 1024 * 1024
"""Bytes; eight times the largest envelope that any stock host sends."""


class LogonNotOffered(Exception):
    """The peer asks for a log-on, but takes none by NTLM."""


class ConnectionReplaced(Exception):
    """The one connection is closed, and a second one would carry a body sealed for the first."""


class AnswerTooLarge(Exception):
    """The peer sends more than any WinRM service would."""


class AnswerNotSealed(Exception):
    """The peer answers in the clear where a sealed conversation was agreed, or agrees to none."""


class AnswerNotSoap(Exception):
    """What was sealed is no XML that SOAP allows."""


class _OneConnection(HTTPConnection):
    """Connects once.

    Attributes:
        line: The socket, also after http.client has let go of it because the peer announced the connection's end.
        given: A connected socket to speak over, as through a tunnel; None to connect straight to the peer.
    """

    line: socket.socket | None = None
    given: socket.socket | None = None

    def connect(self) -> None:
        if self.line is not None:
            raise ConnectionReplaced
        super().connect()
        self.line = self.sock

    def _new_conn(self) -> socket.socket:
        if self.given is None:
            return super()._new_conn()
        self.given.settimeout(Timeout.resolve_default_timeout(self.timeout))
        return self.given


class _OneConnectionPool(HTTPConnectionPool):
    """Makes one connection, and tells of it."""

    ConnectionCls = _OneConnection

    def __init__(self, *arguments: Any, made: Callable[[Any], None], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._made = made

    def _new_conn(self) -> Any:
        if self.num_connections:
            raise ConnectionReplaced
        connection = super()._new_conn()
        self._made(connection)
        return connection


class _OneConnectionAdapter(HTTPAdapter):
    """Sends over one connection, and reads at most ANSWER_LIMIT bytes of an answer, as they come.

    The answers of the log-on too, which requests_ntlm would read to their end.

    Attributes:
        clock_ahead: How far the peer's clock was ahead of ours at its last answer; None while it has not told.
    """

    def __init__(self) -> None:
        self._connection: _OneConnection | None = None
        self._given: socket.socket | None = None
        self.clock_ahead: timedelta | None = None
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = DEFAULT_POOLBLOCK, **pool_kwargs: Any
    ) -> None:
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs)
        manager: PoolManager = self.poolmanager
        pools: Any = {"http": partial(_OneConnectionPool, made=self._remember)}
        manager.pool_classes_by_scheme = pools

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        response = super().send(request, *arguments, **{**options, "stream": True})
        self.clock_ahead = ahead_of_us(response.headers.get("Date"), datetime.now(UTC))
        body = bytearray()
        for part in response.raw.stream(64 * 1024, decode_content=False):
            body += part
            if len(body) > ANSWER_LIMIT:
                response.close()
                raise AnswerTooLarge
        response._content = bytes(body)  # noqa: SLF001 - requests' own place for a body that was read
        return response

    def close(self) -> None:
        """Closes the connection now; urllib3 leaves that to the garbage collector, and a traceback would keep it."""
        super().close()
        if self._connection is not None:
            self._connection.close()
        if self._given is not None:
            self._given.close()

    def speak_over(self, line: socket.socket) -> None:
        """Makes the one connection over a connected socket, which belongs to this adapter from now on."""
        self._given = line

    def break_off(self) -> None:
        """Whoever waits on the connection, on whichever thread, finds it ended."""
        if self._connection is not None and self._connection.line is not None:
            with suppress(OSError):
                self._connection.line.shutdown(socket.SHUT_RDWR)

    def _remember(self, connection: _OneConnection) -> None:
        connection.given = self._given
        self._connection = connection


class SealedTransport(Transport):
    """Speaks NTLM to one host over one connection, sealed from the first SOAP message on."""

    CONNECT_SECONDS = 10

    def __init__(self, endpoint: str, username: str, password: str) -> None:
        super().__init__(endpoint, username, password, auth_method="ntlm", message_encryption="always", proxy=None)
        self.read_timeout_sec: int = self.CONNECT_SECONDS
        self._adapter = _OneConnectionAdapter()
        self._log_on = HttpNtlmAuth(username, password, send_cbt=False)

    def build_session(self) -> requests.Session:
        """The session; logs on at the first call. One that was closed is not made anew."""
        if self.session is None:
            if self._log_on.session_security is not None:
                raise ConnectionReplaced
            self.session = requests.Session()
            self.session.trust_env = False
            self.session.mount("http://", self._adapter)
            self.session.headers.update(self.default_headers)
            self.session.auth = self._log_on
            self.setup_encryption(self.session)
        return self.session

    @property
    def clock_ahead(self) -> timedelta | None:
        """How far the host's clock was ahead of ours at its last answer; None while it has not told."""
        return self._adapter.clock_ahead

    def speak_over(self, line: socket.socket) -> None:
        """Reaches the host over a connected socket, as through a tunnel; it is closed with the session.

        To be called before the session is built.
        """
        self._adapter.speak_over(line)

    def break_off(self) -> None:
        """Ends the connection under whoever waits on it; may be called from any thread."""
        self._adapter.break_off()

    def setup_encryption(self, session: requests.Session) -> None:
        super().setup_encryption(session)
        if self._log_on.session_security is None:
            raise AnswerNotSealed

    def _send_message_request(self, session: requests.Session, prepared: requests.PreparedRequest) -> requests.Response:
        """Sends, and tells refusals from faults."""
        if self.encryption:
            prepared.hooks["response"] = []
        timeout = (min(self.CONNECT_SECONDS, self.read_timeout_sec), self.read_timeout_sec)
        response = session.send(prepared, timeout=timeout, allow_redirects=False)
        if response.status_code == requests.codes.unauthorized:
            raise InvalidCredentialsError if self._log_on.session_security else LogonNotOffered
        if response.status_code >= requests.codes.bad_request:
            text = self._get_message_response_text(response) if self._sealed(response) else b""
            raise WinRMTransportError("http", response.status_code, text.decode("utf-8", "replace"))
        if self.encryption and not self._sealed(response):
            raise AnswerNotSealed
        return response

    def _get_message_response_text(self, response: requests.Response) -> bytes:
        """The SOAP of a sealed answer; without the document types that SOAP forbids, which can grow without end."""
        text: bytes = super()._get_message_response_text(response)
        if b"<!DOCTYPE" in text or b"\0" in text:
            raise AnswerNotSoap
        return text

    def _sealed(self, response: requests.Response) -> bool:
        if not self.encryption:
            return False
        wanted = f'protocol="{self.encryption.protocol_string.decode()}"'
        return wanted in response.headers.get("Content-Type", "")
