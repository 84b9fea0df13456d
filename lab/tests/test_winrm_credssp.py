"""CredSSP on lab hosts, as pyspnego's client finds it: old and new versions of the protocol, and what is refused."""

import base64
import contextlib
import functools
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
import spnego
import spnego.exceptions
from hypothesis import given
from hypothesis import strategies as st
from spnego.tls import CredSSPTLSContext

from lab.tests.token_client import TokenClient, plain
from lab.tests.winrm_hosts import PASSWORD, WinRMHost, blocking, winrm_host
from sspr_lab.profile import Branch, Profile, Trait
from sspr_lab.tls.certificates import Authority
from sspr_lab.winrm import credssp_messages as messages
from sspr_lab.winrm import namespaces as ns
from sspr_lab.winrm.der import TokenError
from sspr_lab.winrm.server import Trust
from sspr_lab.winrm_settings import ServiceSettings


@functools.cache
def authority() -> Authority:
    """One for all tests of a process: keys take time."""
    return Authority()


@asynccontextmanager
async def credssp_host(
    branch: Branch = "windows8.1", traits: Sequence[Trait] = (), *, switched_on: bool = True
) -> AsyncIterator[WinRMHost]:
    """A host that takes nothing but CredSSP; or nothing but Kerberos."""
    settings = ServiceSettings(auth=frozenset({"credssp"} if switched_on else {"kerberos"}))
    profile = Profile(branch=branch, winrm=settings).with_traits(*traits)
    async with winrm_host(profile, trust=Trust(authority())) as host:
        yield host


def execute(host: WinRMHost, line: str = "whoami", username: str = "Administrator", **options: Any) -> str | int:
    """What a command says, over plain HTTP with everything sealed by the TLS inside; the status of a mute refusal."""
    options.setdefault("password", PASSWORD)
    context = spnego.client(username, protocol="credssp", hostname="PC-01", **options)
    with plain(host.server.port) as connection:
        client = TokenClient(connection, "CredSSP", context)
        status = client.log_on()
        return client.run(line) if status == 200 else status


@pytest.mark.parametrize("inner", ["negotiate", "ntlm"])
@pytest.mark.parametrize("username", ["Administrator", "PC-01\\Administrator"])
async def test_a_client_that_delegates_its_password_logs_on(inner: str, username: str) -> None:
    """TLS, SPNEGO or plain NTLM inside it, the proof of the public key, the password: and messages are sealed."""
    async with credssp_host() as host:
        context = spnego.client(username, PASSWORD, protocol=inner, hostname="PC-01")
        work = functools.partial(execute, host, username=username, credssp_negotiate_context=context)
        assert await blocking(work) == "pc-01\\administrator"
        assert host.server.counters.logons == 1


async def test_long_messages_come_in_parts() -> None:
    """Beyond 16 KB both sides seal in parts."""
    async with credssp_host() as host:
        host.machine.files.write("C:\\large.txt", b"y" * 60_000)
        line = f"echo {'x' * 4000} > nul & type C:\\large.txt"
        assert await blocking(lambda: execute(host, line)) == "y" * 60_000
        assert any(len(text) > 2 * 16_384 for text in host.envelopes(f"{ns.RECEIVE}Response"))


@pytest.mark.parametrize(("username", "password"), [("Administrator", "wrong"), ("nobody", PASSWORD)])
async def test_a_wrong_password_is_refused(username: str, password: str) -> None:
    """The NTLM inside fails, and CredSSP says so with the NTSTATUS for it."""
    async with credssp_host() as host:
        with pytest.raises(spnego.exceptions.InvalidCredentialError):  # pyspnego's name for STATUS_LOGON_FAILURE
            await blocking(lambda: execute(host, username=username, password=password))
        assert (host.server.counters.logons, host.server.counters.refused, host.messages) == (0, 1, [])


async def test_credssp_is_refused_where_it_is_off() -> None:
    """As Windows has it by default."""
    async with credssp_host(switched_on=False) as host:
        assert await blocking(lambda: execute(host)) == 401


def old_tls() -> CredSSPTLSContext:
    """A client that still speaks TLS 1.0."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    return CredSSPTLSContext(context)


async def test_an_unpatched_windows_7_speaks_tls_1_0_and_version_2() -> None:
    """Without KB3080079 a client of today gets nowhere; one that lets itself down to both does, and is told less."""
    async with credssp_host("windows7", ["unpatched", "schannel_explicit"]) as host:
        with pytest.raises(spnego.exceptions.InvalidTokenError, match="TLS handshake"):
            await blocking(lambda: execute(host))
        assert await blocking(lambda: execute(host, credssp_tls_context=old_tls())) == "pc-01\\administrator"
        assert await blocking(lambda: execute(host, credssp_tls_context=old_tls(), password="wrong")) == 401
        with pytest.raises(spnego.exceptions.InvalidTokenError):
            await blocking(lambda: execute(host, credssp_tls_context=old_tls(), credssp_min_protocol=6))


async def test_a_patched_windows_7_speaks_what_its_schannel_is_set_to() -> None:
    """With KB3080079, TLS 1.2 still has to be switched on."""
    async with credssp_host("windows7") as host:
        with pytest.raises(spnego.exceptions.InvalidTokenError, match="TLS handshake"):
            await blocking(lambda: execute(host))
    async with credssp_host("windows7", ["schannel_explicit"]) as host:
        assert await blocking(lambda: execute(host, credssp_min_protocol=6)) == "pc-01\\administrator"


@given(st.binary(max_size=200), st.sampled_from([b"", b"\x30\x10\xa0\x03\x02\x01\x06\xa1"]))
def test_readers_of_messages_raise_their_own_error(data: bytes, head: bytes) -> None:
    """Whatever comes through TLS as a TSRequest or as credentials, it is read or refused."""
    for read in (messages.decode, messages.decode_credentials):
        with contextlib.suppress(TokenError):
            read(head + data)


@pytest.mark.parametrize("token", [b"", b"x", b"\x16\x03\x01\x00\x05hello", bytes(70_000)])
async def test_garbage_is_refused(token: bytes) -> None:
    """What is no TLS, too short or too long: the client is asked for more or told 400 or 401, and the host lives on."""

    def work(host: WinRMHost) -> int:
        with plain(host.server.port) as connection:
            authorization = f"CredSSP {base64.b64encode(token).decode()}"
            connection.request("POST", "/wsman", b"", {"Authorization": authorization})
            return connection.getresponse().status

    async with credssp_host() as host:
        assert await blocking(lambda: work(host)) == (400 if len(token) > 16_384 else 401)
        assert await blocking(lambda: execute(host)) == "pc-01\\administrator"


async def test_a_client_that_closes_tls_is_not_waited_for() -> None:
    """The end of the TLS inside the tokens is no message; the client is not logged on, and the host lives on."""

    def work(host: WinRMHost) -> int:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing)
        with plain(host.server.port) as connection:

            def exchange() -> int:
                authorization = f"CredSSP {base64.b64encode(outgoing.read()).decode()}"
                connection.request("POST", "/wsman", b"", {"Authorization": authorization})
                answer = connection.getresponse()
                answer.read()
                incoming.write(base64.b64decode((answer.getheader("WWW-Authenticate") or "").partition(" ")[2]))
                return answer.status

            while tls.version() is None:
                with contextlib.suppress(ssl.SSLWantReadError):
                    tls.do_handshake()
                exchange()
            with contextlib.suppress(ssl.SSLWantReadError):
                tls.unwrap()
            return exchange()

    async with credssp_host() as host:
        assert await blocking(lambda: work(host)) == 401
        assert await blocking(lambda: execute(host)) == "pc-01\\administrator"
