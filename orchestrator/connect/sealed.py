"""pywinrm's transport with its sharp edges taken off: one sealed connection, one log-on, and bounded answers.

Stock pywinrm leaves four things open (read in 0.5.0, reproduced against a lab host):

- When the server has closed the connection, urllib3 opens another one by itself and the body, sealed under the old
  context, is sent again. Here a connection is made once; a second one is refused before anything is sent.
- A 401 in the middle of a conversation makes requests_ntlm log on again. Here it is a refusal.
- An answer that is not sealed is taken as it is. Here only a sealed answer is SOAP.
- An answer may be of any size. Here it is read up to a bound.
"""

from __future__ import annotations

from typing import Any

import requests
from requests.adapters import DEFAULT_POOLBLOCK, HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.poolmanager import PoolManager
from winrm.exceptions import InvalidCredentialsError, WinRMTransportError
from winrm.transport import Transport

ANSWER_LIMIT = 4 * 1024 * 1024
"""Bytes; eight times the largest envelope that any stock host sends."""


class ConnectionReplaced(Exception):
    """The one connection is closed, and a second one would carry a body sealed for the first."""


class AnswerTooLarge(Exception):
    """The peer sends more than any WinRM service would."""


class AnswerNotSealed(Exception):
    """The peer answers in the clear after a sealed conversation was agreed."""


class _OneConnection(HTTPConnection):
    """Connects once."""

    _connected = False

    def connect(self) -> None:
        if self._connected:
            raise ConnectionReplaced
        super().connect()
        self._connected = True


class _OneConnectionPool(HTTPConnectionPool):
    ConnectionCls = _OneConnection

    def _new_conn(self) -> Any:
        if self.num_connections:
            raise ConnectionReplaced
        return super()._new_conn()


class _OneConnectionAdapter(HTTPAdapter):
    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = DEFAULT_POOLBLOCK, **pool_kwargs: Any
    ) -> None:
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = {"http": _OneConnectionPool}


class SealedTransport(Transport):
    """Speaks to one host over one connection, sealed from the first SOAP message on."""

    CONNECT_SECONDS = 10.0

    def setup_encryption(self, session: requests.Session) -> None:
        session.trust_env = False
        session.mount("http://", _OneConnectionAdapter(pool_connections=1, pool_maxsize=1, max_retries=0))
        super().setup_encryption(session)

    def _send_message_request(self, session: requests.Session, prepared: requests.PreparedRequest) -> requests.Response:
        """Sends, reads at most ANSWER_LIMIT bytes, and tells refusals from faults."""
        if self.encryption:
            prepared.hooks["response"] = []
        response = session.send(prepared, timeout=(self.CONNECT_SECONDS, self.read_timeout_sec), stream=True)
        response._content = _read(response)  # noqa: SLF001 - requests' own place for a body that was read
        if response.status_code == requests.codes.unauthorized:
            raise InvalidCredentialsError
        if response.status_code >= requests.codes.bad_request:
            text = self._get_message_response_text(response) if self._sealed(response) else b""
            raise WinRMTransportError("http", response.status_code, text.decode("utf-8", "replace"))
        if self.encryption and not self._sealed(response):
            raise AnswerNotSealed
        return response

    def _sealed(self, response: requests.Response) -> bool:
        if not self.encryption:
            return False
        wanted = f'protocol="{self.encryption.protocol_string.decode()}"'
        return wanted in response.headers.get("Content-Type", "")


def _read(response: requests.Response) -> bytes:
    body = bytearray()
    for part in response.iter_content(64 * 1024):
        body += part
        if len(body) > ANSWER_LIMIT:
            response.close()
            raise AnswerTooLarge
    return bytes(body)
