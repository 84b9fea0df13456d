"""A client that logs on by any exchange of tokens: pyspnego's contexts over Python's HTTP, and pypsrp's shells on top.

pypsrp's own transport hides what these tests are about (which scheme, which binding, which version), and needs another
package for CredSSP.
"""

import base64
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from typing import Any, Literal

from pypsrp.encryption import WinRMEncryption
from pypsrp.exceptions import WinRMTransportError
from pypsrp.shell import Process, WinRS
from pypsrp.wsman import WSMan
from spnego import ContextProxy

Scheme = Literal["Negotiate", "Kerberos", "CredSSP"]

PROTOCOLS = {
    "Negotiate": WinRMEncryption.SPNEGO,
    "Kerberos": WinRMEncryption.KERBEROS,
    "CredSSP": WinRMEncryption.CREDSSP,
}


class TokenClient:
    """One connection.

    Args:
        connection: To the host.
        scheme: Of the Authorization header.
        context: The client's side of the log-on, not begun.
        protocol: How sealed bodies name what sealed them; the scheme's own name when left out.
    """

    def __init__(
        self, connection: HTTPConnection, scheme: Scheme, context: ContextProxy, protocol: str | None = None
    ) -> None:
        self.endpoint = "http://host/wsman"  # pypsrp asks its transport for it
        self._connection = connection
        self._scheme = scheme
        self._context = context
        self._protocol = protocol or PROTOCOLS[scheme]

    def log_on(self) -> int:
        """Exchange tokens until the client has no more. Returns the status of the last response."""
        token, status = self._context.step(), 0
        while token:
            answer, _ = self._post(b"", Authorization=f"{self._scheme} {base64.b64encode(token).decode()}")
            status = answer.status
            scheme, _, reply = (answer.getheader("WWW-Authenticate") or "").partition(" ")
            if status not in (200, 401) or scheme not in ("", self._scheme) or (status == 401 and not reply):
                return status
            token = self._context.step(base64.b64decode(reply)) if reply else None
        return status

    def send(self, message: bytes, **_: object) -> bytes:
        """One sealed message and the answer to it. Raises pypsrp's WinRMTransportError for any status but 200."""
        sealing = WinRMEncryption(self._context, self._protocol)
        kind, body = sealing.wrap_message(message)
        answer, sealed = self._post(
            body, **{"Content-Type": f'{kind};protocol="{self._protocol}";boundary="Encrypted Boundary"'}
        )
        plain = sealing.unwrap_message(sealed, "Encrypted Boundary") if b"Encrypted Boundary" in sealed else sealed
        if answer.status != 200:
            raise WinRMTransportError(self._scheme, answer.status, plain.decode())
        return plain

    def run(self, line: str) -> str:
        """What a command says in a shell of its own."""
        wsman = WSMan("host", username="", password="", auth="basic")
        wsman.transport = self  # type: ignore[assignment]
        with WinRS(wsman) as shell:
            process = Process(shell, line)
            process.invoke()
            return str(process.stdout.decode().strip())

    def close(self) -> None:
        """pypsrp closes its transport; the connection is its maker's."""

    def _post(self, body: bytes, **headers: str) -> tuple[HTTPResponse, bytes]:
        self._connection.request("POST", "/wsman", body, headers)
        answer = self._connection.getresponse()
        return answer, answer.read()


@contextmanager
def plain(port: int) -> Iterator[HTTPConnection]:
    """A connection to a host on 127.0.0.1, open inside the block."""
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def over_tls(port: int) -> Iterator[tuple[HTTPSConnection, bytes]]:
    """The same over TLS that verifies nothing, with the certificate that the host showed."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = HTTPSConnection("127.0.0.1", port, timeout=120, context=context)
    try:
        connection.connect()
        tls: Any = connection.sock
        yield connection, tls.getpeercert(binary_form=True)
    finally:
        connection.close()
