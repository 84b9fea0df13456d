"""The NTLM acceptor of lab hosts: its hash, its handshake with an independent client, and what it does not believe."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import spnego
from hypothesis import given
from hypothesis import strategies as st

from sspr_lab.winrm.acceptor import LogonRefused, SealBroken, Step
from sspr_lab.winrm.channel import Channel
from sspr_lab.winrm.der import TokenError
from sspr_lab.winrm.md4 import md4
from sspr_lab.winrm.negotiation import Negotiation
from sspr_lab.winrm.ntlm import Identity, nt_hash
from sspr_lab.winrm.ntlm_messages import MessageError, decode_authenticate
from sspr_lab.winrm.spnego import decode

PASSWORD = "Pässw0rd!"
IDENTITY = Identity("LAB-0001", (6, 1, 7601), lambda: datetime.now(UTC))


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        (b"", "31d6cfe0d16ae931b73c59d7e0c089c0"),
        (b"abc", "a448017aaf21d8525fc10ae87aa6729d"),
        (b"message digest", "d9130a8164549fe818874806e1c7014b"),
        (b"1234567890" * 8, "e33b4ddc9c38f2199c3e7b164fcc0536"),
    ],
)
def test_md4_gives_the_published_digests(text: bytes, digest: str) -> None:
    """The test suite of RFC 1320, A.5."""
    assert md4(text).hex() == digest


def test_the_nt_hash_is_the_documented_one() -> None:
    """NTOWFv1 of "Password" as MS-NLMP 4.2.2.1.2 gives it."""
    assert nt_hash("Password").hex() == "a4f49c406510bdcab6824ee7c30fd852"


def negotiation(password: str = PASSWORD) -> Negotiation:
    return Negotiation(IDENTITY, lambda domain, user: nt_hash(password) if user == "jane" else None, Channel())


def present(server: Negotiation, token: bytes | None) -> Step:
    return server.step(token or b"")


def handshake(server: Negotiation, protocol: str, user: str = "jane") -> tuple[spnego.ContextProxy, Step]:
    """Log on with pyspnego's client."""
    client = spnego.client(user, PASSWORD, hostname="h", service="http", protocol=protocol)
    step = present(server, client.step())
    while step.logon is None:
        step = present(server, client.step(step.token))
    if step.token:
        client.step(step.token)
    return client, step


@pytest.mark.parametrize("protocol", ["ntlm", "negotiate"])
@pytest.mark.parametrize("user", ["jane", "LAB\\jane"])
def test_an_independent_client_logs_on_and_seals(protocol: str, user: str) -> None:
    """pyspnego and this acceptor agree on names, keys and the numbering of messages in both directions."""
    client, step = handshake(negotiation(), protocol, user)
    assert client.complete
    assert step.logon is not None
    assert (step.logon.domain, step.logon.user) == (user.rpartition("\\")[0], "jane")
    for number in range(3):
        text = b"message %d" % number
        out = client.wrap_winrm(text)
        assert step.logon.security.unseal(out.data, out.header) == text
        sealed, signature = step.logon.security.seal(text * 2)
        assert client.unwrap_winrm(signature, sealed) == text * 2


@pytest.mark.parametrize("spoil", ["repeat", "reorder", "tamper"])
def test_sealed_messages_have_an_order(spoil: str) -> None:
    """A message that comes twice, too early or changed is found out."""
    client, step = handshake(negotiation(), "ntlm")
    assert step.logon is not None
    first, second = client.wrap_winrm(b"first"), client.wrap_winrm(b"second")
    message = second if spoil == "reorder" else first
    data = bytes([message.data[0] ^ 1]) + message.data[1:] if spoil == "tamper" else message.data
    if spoil == "repeat":
        step.logon.security.unseal(first.data, first.header)
    with pytest.raises(SealBroken):
        step.logon.security.unseal(data, message.header)


@pytest.mark.parametrize("protocol", ["ntlm", "negotiate"])
@pytest.mark.parametrize(("user", "password"), [("jane", "other"), ("joe", PASSWORD)])
def test_wrong_password_and_unknown_user_are_refused(protocol: str, user: str, password: str) -> None:
    """Neither gets a logon."""
    with pytest.raises(LogonRefused):
        handshake(negotiation(password), protocol, user)


def authenticate(change: Callable[[bytes, bytes], bytes]) -> None:
    """A plain handshake whose AUTHENTICATE message is changed on its way."""
    server = negotiation()
    client = spnego.client("jane", PASSWORD, hostname="h", service="http", protocol="ntlm")
    negotiate = client.step() or b""
    message = client.step(present(server, negotiate).token) or b""
    present(server, change(message, negotiate))


def test_a_changed_handshake_is_found_out_by_its_mic() -> None:
    """The MIC covers the whole exchange: a bit of the flags that nothing else guards is enough."""
    with pytest.raises(LogonRefused):
        authenticate(lambda message, _: message[:63] + bytes([message[63] ^ 0x80]) + message[64:])


def test_messages_out_of_turn_are_refused() -> None:
    """A second NEGOTIATE where AUTHENTICATE is due, and an AUTHENTICATE to begin with."""
    with pytest.raises(LogonRefused):
        authenticate(lambda _, negotiate: negotiate)
    client = spnego.client("jane", PASSWORD, hostname="h", service="http", protocol="ntlm")
    message = client.step(present(negotiation(), client.step()).token)
    with pytest.raises(LogonRefused):
        present(negotiation(), message)


def test_the_challenge_introduces_the_machine() -> None:
    """The CHALLENGE carries the host's own name and version, not those of the computer that runs the lab."""
    client = spnego.client("jane", PASSWORD, hostname="h", service="http", protocol="ntlm")
    challenge = present(negotiation(), client.step()).token
    assert challenge.count("LAB-0001".encode("utf-16-le")) == 5
    assert challenge[48:56] == bytes([6, 1]) + (7601).to_bytes(2, "little") + bytes([0, 0, 0, 15])


@given(st.binary(max_size=200), st.booleans())
def test_garbage_is_refused_and_nothing_else(data: bytes, prefixed: bool) -> None:
    """Whatever bytes come as a token, at either turn, the answer is a refusal or a challenge."""
    token = b"NTLMSSP\x00" + data if prefixed else data
    server = negotiation()
    for _ in range(2):
        try:
            assert present(server, token).logon is None
        except LogonRefused:
            server = negotiation()
            client = spnego.client("jane", PASSWORD, hostname="h", service="http", protocol="ntlm")
            present(server, client.step())


@given(st.binary(max_size=300))
def test_readers_of_tokens_raise_their_own_errors(data: bytes) -> None:
    """Decoding what is no message never ends in another error."""
    for read, error in ((decode, TokenError), (decode_authenticate, MessageError)):
        try:
            read(b"NTLMSSP\x00\x03\x00\x00\x00" + data if read is decode_authenticate else data)
        except error:
            continue
