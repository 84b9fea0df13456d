"""What lies outside a machine: a service of Microsoft's on the Internet, and what may be in the way to it.

Nothing leaves the lab. The way is modelled, and at its end stands a server whose handshake is a real one: OpenSSL's two
sides talk to each other in memory, set up as the machine's WinHTTP and Schannel are, and as the service is.
"""

import ssl
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from sspr_lab.faults import Faults
from sspr_lab.interfaces.platform import Platform
from sspr_lab.tls.certificates import Authority, Certificate
from sspr_lab.tls.schannel import client_context

SERVICES: Final = frozenset({"passwordreset.microsoftonline.com", "ajax.aspnetcdn.com"})
PORT: Final = 443
# Those that Microsoft's front ends are seen to take, of which an old Windows has the last two; not documented.
_SUITES: Final = (
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-SHA384:ECDHE-RSA-AES128-SHA256"
)

TIMEOUT: Final = 12002
NAME_NOT_RESOLVED: Final = 12007
CANNOT_CONNECT: Final = 12029
SECURE_INVALID_CA: Final = 12045
SECURE_CHANNEL_ERROR: Final = 12157


class Unreached(Exception):
    """A request ends without an answer; `code` is WinHTTP's."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Destination:
    """Where a request goes, and the proxy that it takes, if any."""

    name: str
    port: int
    proxy: str | None = None


async def ask(machine: Platform, destination: Destination, *, connect_seconds: float, protocols: frozenset[str]) -> int:
    """The HTTP status of an answer over TLS.

    Args:
        machine: who asks.
        destination: whom.
        connect_seconds: how long a connection is waited for.
        protocols: the versions of TLS that are offered.

    Raises:
        Unreached: there is none.
    """
    traits = machine.profile
    if destination.proxy is not None and traits.has("proxy_asks"):
        return 407
    if destination.proxy is None:
        if traits.has("internet_no_names") or destination.name.lower() not in SERVICES:
            raise Unreached(NAME_NOT_RESOLVED)
        if traits.has("internet_refused") or destination.port != PORT:
            raise Unreached(CANNOT_CONNECT)
        if traits.has("internet_silent"):
            await machine.clock.sleep(connect_seconds)
            raise Unreached(TIMEOUT)
    _shake_hands(machine, destination.name, protocols)
    return 200


def _shake_hands(machine: Platform, name: str, protocols: frozenset[str]) -> None:
    """Client and server in turns until both are done. Raises Unreached."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = client_context(machine, protocols, _authority().pem)
    client = context.wrap_bio(to_client, to_server, server_hostname=name)
    service = _service(name, inspected=machine.profile.has("tls_inspection"))
    server = service.wrap_bio(to_server, to_client, server_side=True)
    try:
        while not all([_is_done(client), _is_done(server)]):  # both get their turn
            pass
    except ssl.SSLCertVerificationError:
        raise Unreached(SECURE_INVALID_CA) from None
    except ssl.SSLError as error:
        raise Unreached(SECURE_CHANNEL_ERROR) from error


def _is_done(side: ssl.SSLObject) -> bool:
    """Go as far as one side gets."""
    try:
        side.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


@cache
def _authority() -> Authority:
    """The CA that vouches for the service, and that every machine trusts."""
    return Authority()


@cache
def _service(name: str, *, inspected: bool) -> ssl.SSLContext:
    """TLS 1.2 alone, with the suites of a strict server; or what inspects TLS on the way to it."""
    certificate = _authority().self_signed(name) if inspected else _authority().for_server(name, Faults())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_SUITES)
    _load(context, certificate)
    return context


def _load(context: ssl.SSLContext, certificate: Certificate) -> None:
    with tempfile.TemporaryDirectory() as folder:  # the standard library loads a chain from files alone
        path = Path(folder, "both.pem")
        path.touch(mode=0o600)
        path.write_bytes(certificate.pem + certificate.key)
        context.load_cert_chain(path)
