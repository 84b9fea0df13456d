"""Does the service take what Windows 7 has? Asked of real TLS servers on loopback that take this or that."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from orchestrator.connect.self_test import ask
from orchestrator.model.self_test import Answer
from orchestrator.windows import ciphers
from orchestrator.windows.ciphers import DOUBTFUL_IN_OPENSSL, SURE_IN_OPENSSL
from orchestrator.windows.egress import Endpoint
from sspr_lab.faults import Faults
from sspr_lab.tls.certificates import Authority
from tests.connect.old_certificates import OldAuthority, underscore

NAME = "localhost"
SECONDS = 3.0
AUTHORITY = Authority()
CERTIFICATE = AUTHORITY.for_server(NAME, Faults())
HAND_MADE = Authority(key_identifiers=False)
"""A company's own: its certificates do not say whose key signed them."""


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The CA that vouches for the servers here."""
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    path.write_bytes(AUTHORITY.pem)
    return path


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The servers' certificate and its key."""
    path = tmp_path_factory.mktemp("server") / "both.pem"
    path.touch(mode=0o600)
    path.write_bytes(CERTIFICATE.pem + CERTIFICATE.key)
    return path


@contextmanager
def serving(serve: Callable[[socket.socket], None]) -> Iterator[Endpoint]:
    """A server that does this with every connection, one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection, suppress(OSError):
                    serve(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield Endpoint(NAME, listener.getsockname()[1])
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def tls(pair: Path, suites: str | None = None, least: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2) -> ssl.SSLContext:
    """A server's TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    context.minimum_version = least
    if suites:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(suites)
    return context


def shaking_hands(context: ssl.SSLContext) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        context.wrap_socket(connection, server_side=True).close()

    return serve


def hanging_up(connection: socket.socket) -> None:
    connection.recv(4096)


@pytest.mark.parametrize(
    "suite", [suite for suite in (*SURE_IN_OPENSSL, *DOUBTFUL_IN_OPENSSL) if not suite.startswith("DHE")]
)
def test_one_suite_is_enough(suite: str, pair: Path, authorities: Path) -> None:
    """A server that takes a single one of Windows 7's suites is one that hosts can be fixed for."""
    with serving(shaking_hands(tls(pair, suite))) as endpoint:
        found = ask(endpoint, SECONDS, authorities)
    answer = Answer.TAKEN if suite in SURE_IN_OPENSSL else Answer.DOUBTFUL
    assert (found.answer, found.suite, found.endpoint, found.taken) == (answer, suite, str(endpoint), True)
    assert suite in found.sentence
    assert ("given up any day" in found.sentence) is (answer is Answer.DOUBTFUL)


def test_sure_suites_are_found_whatever_a_server_prefers(pair: Path, authorities: Path) -> None:
    """A server that would choose another of those that are offered takes a sure one all the same."""
    context = tls(pair, f"{DOUBTFUL_IN_OPENSSL[-1]}:{SURE_IN_OPENSSL[-1]}")
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    with serving(shaking_hands(context)) as endpoint:
        found = ask(endpoint, SECONDS, authorities)
    assert (found.answer, found.suite) == (Answer.TAKEN, SURE_IN_OPENSSL[-1])


def test_issuer_and_root_are_told(pair: Path, authorities: Path) -> None:
    """Whose certificate it is, as verified from here; nothing where it was not trusted."""
    with serving(shaking_hands(tls(pair))) as endpoint:
        found, refused = ask(endpoint, SECONDS, authorities), ask(endpoint, SECONDS)
    (named,) = x509.load_pem_x509_certificate(AUTHORITY.pem).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    issuer = str(named.value)
    assert (found.issuer, found.root) == (issuer, issuer)
    assert found.certificate == f"issued by {issuer}, under the root {issuer}"
    assert refused.certificate is None


def test_certificates_that_strict_parsers_refuse(tmp_path: Path) -> None:
    """What OpenSSL has verified is named as OpenSSL reads it, as where something inspects TLS on the way."""
    authority = OldAuthority(underscore)
    made = authority.for_server(NAME, Faults())
    both, ca = tmp_path / "both.pem", tmp_path / "ca.pem"
    both.touch(mode=0o600)
    both.write_bytes(made.pem + made.key)
    ca.write_bytes(authority.pem)
    with serving(shaking_hands(tls(both))) as endpoint:
        found = ask(endpoint, SECONDS, ca)
    assert found.answer is Answer.TAKEN
    assert found.root


@pytest.mark.parametrize(
    ("suites", "least"),
    [
        ("ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256", ssl.TLSVersion.TLSv1_2),
        ("ECDHE-RSA-CHACHA20-POLY1305", ssl.TLSVersion.TLSv1_2),
        (None, ssl.TLSVersion.TLSv1_3),
    ],
)
def test_suites_that_old_windows_lacks(
    suites: str | None, least: ssl.TLSVersion, pair: Path, authorities: Path
) -> None:
    """A modern server that takes none of them is found out, and told apart from one that speaks no TLS."""
    with serving(shaking_hands(tls(pair, suites, least))) as endpoint:
        found = ask(endpoint, SECONDS, authorities)
    assert (found.answer, found.suite) == (Answer.REFUSED, None)
    assert "no fix on such hosts can make password reset work" in found.sentence


def test_no_tls_at_all() -> None:
    """Something that takes connections and hangs up says nothing about suites."""
    with serving(hanging_up) as endpoint:
        assert ask(endpoint, SECONDS).answer is Answer.NO_TLS


def test_a_certificate_of_somebody_else(pair: Path) -> None:
    """A handshake with a certificate that nobody here trusts is said to be one."""
    with serving(shaking_hands(tls(pair))) as endpoint:
        found = ask(endpoint, SECONDS)
    assert found.answer is Answer.NOT_TRUSTED
    assert "inspect TLS" in found.sentence
    assert "unable to get local issuer certificate" in found.sentence


def test_a_chain_that_says_all(pair: Path, authorities: Path) -> None:
    """Nothing is said of certificates that the strictest client takes."""
    with serving(shaking_hands(tls(pair))) as endpoint:
        found = ask(endpoint, SECONDS, authorities)
    assert found.answer is Answer.TAKEN
    assert "certificate" not in found.sentence


def test_a_chain_without_key_identifiers(tmp_path: Path) -> None:
    """Whatever Python asks for by default: Windows takes such certificates, and what they lack is said in words."""
    vouching, made = tmp_path / "ca.pem", HAND_MADE.for_server(NAME, Faults())
    vouching.write_bytes(HAND_MADE.pem)
    both = tmp_path / "both.pem"
    both.touch(mode=0o600)
    both.write_bytes(made.pem + made.key)
    with serving(shaking_hands(tls(both))) as endpoint:
        found = ask(endpoint, SECONDS, vouching)
    assert (found.answer, found.suite) == (Answer.TAKEN, "ECDHE-RSA-AES256-SHA384")
    assert "Missing Authority Key Identifier" in found.sentence


def test_a_name_that_nobody_knows() -> None:
    """Without a way to the Internet nothing is claimed about the service."""
    found = ask(Endpoint("passwordreset.invalid"), SECONDS)
    assert found.answer is Answer.NOT_REACHED
    assert "its name is not known" in found.sentence
    assert "hosts may have a way of their own" in found.sentence


def test_a_closed_port() -> None:
    """A refused connection is no refusal of suites."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert ask(Endpoint(NAME, port), SECONDS).answer is Answer.NOT_REACHED


def test_a_silent_server() -> None:
    """A server that takes a connection and says nothing is waited for no longer than was allowed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found = ask(Endpoint(NAME, listener.getsockname()[1]), 0.3)
    assert found.answer is Answer.NOT_REACHED
    assert "in time" in found.sentence or "timed out" in found.sentence


def test_windows_7_has_these_suites() -> None:
    """What is offered here is what preflight takes for usable in the order that a policy sets."""

    def by_windows(name: str) -> str:
        key, _, rest = name.replace("AES256", "AES_256").replace("AES128", "AES_128").rpartition("AES_")
        exchange = key.strip("-").replace("-", "_") or "RSA"
        mode = rest.replace("-", "_") if "GCM" in rest else rest.replace("-", "_CBC_")
        return f"TLS_{exchange}_WITH_AES_{mode}"

    assert tuple(map(by_windows, SURE_IN_OPENSSL)) == ciphers.SURE
    assert tuple(map(by_windows, DOUBTFUL_IN_OPENSSL)) == ciphers.DOUBTFUL
