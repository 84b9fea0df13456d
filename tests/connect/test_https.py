"""HTTPS: whose certificates are accepted, each way of failing in its own words, and what is never given away."""

import asyncio
import gc
import hashlib
import select
import socket
import ssl
import struct
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

import pytest

from orchestrator.connect.channel import Channel
from orchestrator.connect.https import Securities
from orchestrator.model.clock import Clock
from orchestrator.model.errors import HandshakeFailed, LogonRefused, Retry, Unreachable
from orchestrator.model.host import Host, Https
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.sentences import say
from sspr_lab.faults import Faults, fault
from sspr_lab.profile import Profile, Trait
from sspr_lab.winrm.server import WinRMServer
from tests.connect.authentication import ALL, PASSWORD, Given, Listener, authority, said, serving
from tests.connect.peers import Peer, http, listening, saying
from tests.connect.reach import at
from tests.connect.recording_proxy import recording_proxy
from tests.saying import with_reason

SECURE = Listener("https", ALL)


def broken(kind: str) -> Faults:
    return Faults([fault(kind)])


async def failing(host: Host) -> HandshakeFailed:
    """The failure that a host's TLS ends with; it is never tried again, and says what to do."""
    with pytest.raises(HandshakeFailed) as caught:
        await said(host)
    assert caught.value.retry is Retry.NEVER
    assert caught.value.outcome is Outcome.UNREACHABLE
    assert say(caught.value.remedy or verbatim(""))
    assert caught.value.evidence["address"] == f"127.0.0.1:{host.port}"
    return caught.value


@dataclass(frozen=True)
class Failure:
    """A host whose TLS fails, and the words that say why."""

    words: str
    remedy: str
    kind: str = ""
    https: Https | None = None


FAILURES: Mapping[str, Failure] = {
    "issued by nobody we know": Failure("not issued by a trusted authority", "ca:", https=Https()),
    "self-signed": Failure("self-signed", "fingerprint", kind="certificate_self_signed"),
    "another name": Failure("for another name", "server_name", kind="certificate_wrong_name"),
    "expired": Failure("has expired", "renewed", kind="certificate_expired"),
    "another fingerprint": Failure(
        "another certificate than the pinned one", "on the host", https=Https(None, "0" * 64)
    ),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
async def test_each_failure_says_what_it_is(failure: Failure, given: Given) -> None:
    """A certificate that is not accepted, or no TLS in common: the reason, what to do, and not a byte of a log-on."""
    async with serving(SECURE, given, faults=broken(failure.kind) if failure.kind else None) as server:
        host = given.host("Basic", server, SECURE)
        error = await failing(replace(host, https=failure.https) if failure.https else host)
        assert failure.words in say(error.reason)
        assert error.remedy is not None
        assert failure.remedy in say(error.remedy)
        assert server.counters.requests == 0


async def test_another_fingerprint_is_told(given: Given) -> None:
    """The one that was found is there to be compared with the host's own."""
    async with serving(SECURE, given) as server:
        host = given.host("NTLM", server, SECURE, https=Https(fingerprint="0" * 64))
        error = await failing(host)
        assert error.evidence["pinned"] == "SHA256:" + "0" * 64
        found = await asyncio.to_thread(fingerprint, server.https_port)
        assert error.evidence["found"] == f"SHA256:{found}"
        assert await said(replace(host, https=Https(fingerprint=found))) == "pc-01\\administrator"


@pytest.mark.parametrize("kind", ["certificate_self_signed", "certificate_wrong_name", "certificate_expired"])
async def test_a_pinned_certificate_may_be_as_it_likes(kind: str, given: Given) -> None:
    """Whoever pins a certificate has looked at it: nothing else of it counts."""
    async with serving(SECURE, given, faults=broken(kind)) as server:
        found = await asyncio.to_thread(fingerprint, server.https_port)
        host = given.host("NTLM", server, SECURE, https=Https(fingerprint=found))
        assert await said(host) == "pc-01\\administrator"


async def test_the_name_in_the_certificate_can_be_said(given: Given) -> None:
    """A host that is called otherwise than its certificate is accepted under the certificate's name alone."""
    async with serving(SECURE, given) as server:
        host = given.host("NTLM", server, SECURE, name="reception")
        assert "for another name" in say((await failing(host)).reason)
        assert host.https is not None
        assert await said(replace(host, https=replace(host.https, server_name="pc-01"))) == "pc-01\\administrator"


async def test_a_windows_7_that_was_fixed_is_reached(given: Given) -> None:
    """With TLS 1.2 switched on by registry, Windows 7's own cipher suites are enough."""
    async with serving(SECURE, given, Profile(branch="windows7").with_traits("schannel_explicit")) as server:
        assert await said(given.host("NTLM", server, SECURE)) == "pc-01\\administrator"


TLS_1_0 = bytes.fromhex("160301002a0200002603015b8a" + "5a" * 30 + "00c01400")
"""The ServerHello of a Schannel that has TLS 1.0 alone: whatever a client offers, it answers with its own best."""
BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html; charset=us-ascii\r\nConnection: close\r\n\r\n"
"""What http.sys says to a ClientHello on a port for HTTP."""
ANSWERS = {
    "TLS 1.0": (TLS_1_0, "an unfixed Windows 7 has only TLS 1.0", "HTTP 5985 first"),
    "an alert that says so": (bytes.fromhex("15030100020246"), "the host speaks no TLS 1.2", "sspr run enable-tls12"),
    "no suite in common": (bytes.fromhex("15030300020228"), "no cipher suite in common", "listener"),
    "HTTP": (BAD_REQUEST, "does not speak TLS", "5986"),
    "something else": (b"SSH-2.0-OpenSSH_9.2\r\n", "does not speak TLS", "5986"),
}


@pytest.mark.parametrize(("answer", "words", "todo"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_answers_to_a_client_hello(answer: bytes, words: str, todo: str, given: Given) -> None:
    """What old or other peers answer to a ClientHello, byte for byte: each is told for what it is."""

    async def handle(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)
        writer.write(answer)
        await writer.drain()
        await reader.read()

    async with listening(handle) as peer, serving(SECURE, given) as server:
        error = await failing(given.host("NTLM", server, SECURE, port=peer.port))
        assert words in say(error.reason)
        assert error.remedy is not None
        assert todo in say(error.remedy)
        assert peer.connections == 1


@pytest.mark.parametrize("traits", [(), ("tls_hard_disabled",)], ids=["as it comes", "switched off"])
async def test_a_windows_7_without_tls_1_2_gets_no_log_on(traits: tuple[Trait, ...], given: Given) -> None:
    """However the lab's host ends the handshake: no request comes to it, and what is told names TLS."""
    profile = Profile(branch="windows7").with_traits(*traits)
    async with serving(SECURE, given, profile) as server:
        with pytest.raises((HandshakeFailed, Unreachable), check=with_reason("TLS")) as caught:
            await said(given.host("NTLM", server, SECURE))
        assert caught.value.remedy is not None
        assert "HTTP 5985 first" in say(caught.value.remedy)
        assert server.counters.requests == 0


async def test_a_listener_without_a_certificate_is_unreachable(given: Given) -> None:
    """http.sys ends the connection when no certificate is bound: that may be mended, so it is tried again."""

    async def hang_up(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.close()

    async with listening(hang_up) as peer, serving(SECURE, given) as server:
        host = given.host("NTLM", server, SECURE, port=peer.port)
        with pytest.raises(Unreachable, check=with_reason("during the TLS handshake")):
            await said(host)
        assert peer.connections == 1


async def test_a_handshake_that_trickles_ends(given: Given) -> None:
    """A peer that sends a byte of TLS now and then is broken off at the deadline of the log-on."""

    async def trickle(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x16\x03\x03\x40\x00")
        while True:
            writer.write(b"\x02")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with listening(trickle) as peer, serving(SECURE, given) as server:
        with pytest.raises(Unreachable):
            await said(given.host("NTLM", server, SECURE, port=peer.port), seconds=0.5)


def test_a_line_that_is_reset_before_tls_is_closed() -> None:
    """Nothing stays open of what `ssl` was about to give away: left to be collected, it would warn."""
    security = Securities().of(replace(at(1), https=Https(fingerprint="0" * 64)), None)
    with socket.create_server(("127.0.0.1", 0)) as server:
        line = socket.create_connection(server.getsockname())
        answering, _ = server.accept()
        with answering:
            answering.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        select.select([line], [], [], 20)
        channel = Channel("127.0.0.1", 1, security, Clock())
        channel.speak_over(line)
        with pytest.raises(ConnectionResetError):
            channel.open(20)
        channel.close()
    gc.collect()


def fingerprint(port: int) -> str:
    """The SHA-256 of the certificate on a port of 127.0.0.1, as OpenSSL would show it."""
    der = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", port)))
    return hashlib.sha256(der).hexdigest()


def trusted(given: Given) -> ssl.SSLContext:
    """The server's side of TLS with a good certificate of PC-01."""
    made = authority().for_server("PC-01", Faults([]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(given.file("between.pem", made.pem + made.key))
    return context


@pytest.mark.parametrize(
    "way", ["NTLM", pytest.param("Kerberos with a password", marks=pytest.mark.kerberos), "CredSSP", "Basic"]
)
async def test_who_asks_for_no_log_on_is_no_host(way: str, given: Given) -> None:
    """A peer with a good certificate that says 200 to whatever it gets has proved nothing."""
    async with listening(saying(http("200 OK", b"")), trusted(given)) as peer, serving(SECURE, given) as server:
        with pytest.raises(Unreachable, check=with_reason("does not speak WinRM")):
            await said(given.host(way, server, SECURE, port=peer.port))
        assert peer.requests == 1


@asynccontextmanager
async def in_between(server: WinRMServer, given: Given) -> AsyncIterator[int]:
    """A port at which somebody ends TLS with a good certificate of their own, and passes on what they read."""
    outwards = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    outwards.check_hostname, outwards.verify_mode = False, ssl.CERT_NONE

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, onwards = await asyncio.open_connection("127.0.0.1", server.https_port, ssl=outwards)
        await asyncio.gather(pass_on(reader, onwards), pass_on(there, writer))

    listener = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=trusted(given))
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()


@pytest.mark.parametrize(
    "way", ["NTLM", pytest.param("Kerberos with a password", marks=pytest.mark.kerberos)], ids=["NTLM", "Kerberos"]
)
async def test_a_log_on_is_worth_nothing_to_somebody_in_between(way: str, given: Given) -> None:
    """It is bound to the certificate that we were shown: the host refuses it when it has shown another one."""
    async with serving(SECURE, given) as server, in_between(server, given) as port:
        with pytest.raises(LogonRefused) as caught:
            await said(given.host(way, server, SECURE, port=port))
        assert "channel binding" in say(caught.value.remedy)
        assert server.counters.logons == 0
        assert await said(given.host("Basic", server, SECURE, port=port)) == "pc-01\\administrator"


async def test_a_basic_password_never_crosses_in_clear(given: Given) -> None:
    """Neither the password nor what it is in Base64 is seen on the line, nor a word of SOAP."""
    pair = b64encode(f"Administrator:{PASSWORD}".encode())
    async with serving(SECURE, given) as server, recording_proxy(server.https_port) as proxy:
        assert await said(given.host("Basic", server, SECURE, port=proxy.port)) == "pc-01\\administrator"
        line = proxy.sent + proxy.received
        assert len(line) > 5_000
        for word in (PASSWORD.encode(), pair, b"Authorization", b"Envelope", b"whoami"):
            assert word not in line


async def test_basic_is_never_sent_without_tls(given: Given) -> None:
    """Whatever an inventory came to: over HTTP not even a connection is made."""
    plain = Listener("http", ALL)
    async with serving(plain, given) as server:
        with pytest.raises(ValueError, match="inside TLS"):
            await said(given.host("Basic", server, plain))
        assert server.counters.connections == 0
