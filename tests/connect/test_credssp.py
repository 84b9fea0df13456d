"""CredSSP: messages in parts, the password on the host, and what an old Windows 7 lacks for it."""

import asyncio
import ssl
from base64 import b64decode, b64encode

import pytest

from orchestrator.connect.connector import PywinrmConnector
from orchestrator.connect.sealing import CREDSSP_PART
from orchestrator.model.errors import LogonImpossible, LogonRefused
from orchestrator.model.host import CredentialReference
from orchestrator.sentences import say
from sspr_lab.profile import Profile
from tests.connect.authentication import ALL, PASSWORD, Given, Listener, Plain, said, serving
from tests.connect.peers import Peer, http, listening, next_request
from tests.connect.reach import soon
from tests.connect.recording_proxy import recording_proxy
from tests.saying import with_reason

PLAIN = Listener("http", ALL)
UPDATED = Profile(branch="windows8.1")
SIZES = [CREDSSP_PART // 2, CREDSSP_PART, 3 * CREDSSP_PART]


@pytest.mark.parametrize("size", SIZES)
async def test_messages_and_answers_of_any_size(size: int, given: Given) -> None:
    """What is beyond 16 KB goes in parts, and comes in parts; all of it arrives in order."""
    text = b"".join(b"%063x\n" % number for number in range(size // 64))
    async with serving(PLAIN, given, UPDATED) as server, recording_proxy(server.port) as proxy:
        connector = PywinrmConnector(Plain(), threads=1)
        connection = await connector.connect(given.host("CredSSP", server, PLAIN, port=proxy.port), soon())
        completed = await connection.run('findstr "^"', soon(), stdin=[text])
        await connection.close()
        connector.close()
        assert completed.stdout.replace(b"\r\n", b"\n") == text
        assert (b"multipart/x-multi-encrypted" in proxy.sent) is (size >= CREDSSP_PART)
        assert b"000000" not in proxy.sent + proxy.received


async def test_the_password_is_seen_by_nobody_on_the_way(given: Given) -> None:
    """CredSSP hands the password to the host, inside its TLS."""
    async with serving(PLAIN, given, UPDATED) as server, recording_proxy(server.port) as proxy:
        assert await said(given.host("CredSSP", server, PLAIN, port=proxy.port)) == "pc-01\\administrator"
        tokens = b"".join(b64decode(part.split(b"\r\n")[0]) for part in proxy.sent.split(b"CredSSP ")[1:])
        assert len(tokens) > 1_000
        for encoding in ("utf-8", "utf-16-le"):
            assert PASSWORD.encode(encoding) not in tokens + bytes(proxy.sent)


@pytest.mark.parametrize("branch", ["windows8.1", "windows10"])
async def test_a_wrong_password_is_tried_once(branch: str, given: Given) -> None:
    """NTLM inside CredSSP, and nothing else after it: one refusal, as the account is counted."""
    async with serving(PLAIN, given, Profile(branch=branch)) as server:  # type: ignore[arg-type]
        wrong = CredentialReference("Administrator", "wrong")
        with pytest.raises(LogonRefused, check=with_reason("password are wrong")) as caught:
            await said(given.host("CredSSP", server, PLAIN, credential=wrong))
        assert not isinstance(caught.value, LogonImpossible)
        assert server.counters.refused == 1
        assert server.counters.connections == 1


async def test_a_windows_7_without_its_update_is_told_by_it(given: Given) -> None:
    """Without KB3080079 its CredSSP has TLS 1.0 alone; the password is not blamed, and not sent."""
    async with serving(PLAIN, given, Profile(branch="windows7").with_traits("unpatched")) as server:
        with pytest.raises(LogonImpossible, check=with_reason(r"TLS 1\.2")) as caught:
            await said(given.host("CredSSP", server, PLAIN))
        assert "KB3080079" in str(say(caught.value.remedy))
        assert server.counters.requests == 1


async def test_a_server_hello_of_tls_1_0_is_told_the_same(given: Given) -> None:
    """A Schannel that answers with its own best, byte for byte, instead of saying no."""
    hello = bytes.fromhex("160301002a0200002603015b8a" + "5a" * 30 + "00c01400")

    async def handle(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await next_request(peer, reader):
            writer.write(http("401 Unauthorized", b"", f"WWW-Authenticate: CredSSP {b64encode(hello).decode()}"))

    async with listening(handle) as peer, serving(PLAIN, given) as server:
        with pytest.raises(LogonImpossible, check=with_reason(r"TLS 1\.2")) as caught:
            await said(given.host("CredSSP", server, PLAIN, port=peer.port))
        assert "KB3080079" in str(say(caught.value.remedy))
        assert isinstance(caught.value.__cause__, Exception)
        assert not isinstance(caught.value.__cause__, ssl.SSLError)
        assert peer.requests == 1
