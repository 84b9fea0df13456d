"""What a TLS client of this program demands of a certificate: the same on every Python."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from orchestrator.connect.certificate_trust import trusting, unchecked
from sspr_lab.faults import Faults
from sspr_lab.tls.certificates import Authority

NAME = "pc-01"
AUTHORITIES = {identified: Authority(key_identifiers=identified) for identified in (True, False)}


@pytest.fixture(params=AUTHORITIES, ids=lambda identified: "with key identifiers" if identified else "without")
def identified(request: pytest.FixtureRequest) -> bool:
    """Whether the certificates say whose key signed them."""
    return bool(request.param)


@pytest.fixture
def vouching(tmp_path: Path, identified: bool) -> Path:
    """The authority's own certificate."""
    path = tmp_path / "ca.pem"
    path.write_bytes(AUTHORITIES[identified].pem)
    return path


@pytest.fixture
def server(tmp_path: Path, identified: bool) -> ssl.SSLContext:
    """A server with a certificate of that authority."""
    made = AUTHORITIES[identified].for_server(NAME, Faults())
    pair = tmp_path / "pair.pem"
    pair.touch(mode=0o600)
    pair.write_bytes(made.pem + made.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    return context


def shake_hands(client: ssl.SSLContext, server: ssl.SSLContext, name: str = NAME) -> str | None:
    """The version of TLS that both agree on, in memory. Raises ssl.SSLError."""
    onward, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(back, onward, server_hostname=name)
    answering = server.wrap_bio(onward, back, server_side=True)
    for end in (asking, answering, asking, answering):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return asking.version()


def test_key_identifiers_are_not_demanded(server: ssl.SSLContext, vouching: Path) -> None:
    """Hosts, and the service as old Windows sees it: a valid certificate of a trusted authority is enough."""
    assert shake_hands(trusting(vouching), server) == "TLSv1.3"


def test_where_they_are_what_is_missing_is_named(server: ssl.SSLContext, vouching: Path, *, identified: bool) -> None:
    """The strict measure is one and the same on every Python."""
    client = trusting(vouching, strict=True)
    if identified:
        assert shake_hands(client, server) == "TLSv1.3"
    else:
        with pytest.raises(ssl.SSLCertVerificationError) as refused:
            shake_hands(client, server)
        assert refused.value.verify_message == "Missing Authority Key Identifier"


def test_nothing_else_is_let_pass(server: ssl.SSLContext, vouching: Path) -> None:
    """Neither another name nor an authority that nobody named."""
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        shake_hands(trusting(vouching), server, "pc-02")
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer certificate"):
        shake_hands(trusting(), server)


def test_who_looks_at_fingerprints_takes_any(server: ssl.SSLContext) -> None:
    """Even in another name."""
    assert shake_hands(unchecked(), server, "pc-02") == "TLSv1.3"
