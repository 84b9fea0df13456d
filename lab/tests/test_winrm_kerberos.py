"""Kerberos on lab hosts, against a real KDC: log-on by ticket, sealing, channel binding, and what is refused."""

import base64
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pypsrp.exceptions
import pytest
import spnego
from pypsrp.client import Client
from pypsrp.encryption import WinRMEncryption
from spnego.channel_bindings import GssChannelBindings

from lab.tests.token_client import TokenClient, over_tls, plain
from lab.tests.winrm_hosts import PASSWORD, WinRMHost, blocking, winrm_host
from sspr_lab.profile import Profile
from sspr_lab.tls.certificates import Authority
from sspr_lab.winrm.server import Trust
from sspr_lab.winrm_settings import CbtHardeningLevel, Method, ServiceSettings
from tests.kdc import Realm, host_name, needs_kdc, realm

needs_kdc()


@pytest.fixture(scope="module")
def kdc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Realm]:
    with realm(tmp_path_factory.mktemp("realm"), ["PC-01", "PC-02"], ["jane", "Administrator"]) as up:
        yield up


@pytest.fixture(autouse=True)
def ticket(kdc: Realm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jane has a ticket, and is the one who runs the test."""
    for name, value in kdc.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{kdc.ticket_of('jane')}")


@asynccontextmanager
async def member(
    kdc: Realm, *auth: Method, cbt: CbtHardeningLevel = "relaxed", tls: bool = False
) -> AsyncIterator[WinRMHost]:
    """A host whose keys are in the realm."""
    listeners = frozenset({"http", "https"} if tls else {"http"})
    settings = ServiceSettings(listeners, frozenset(auth or ("kerberos", "negotiate")), cbt)  # type: ignore[arg-type]
    trust = Trust(Authority() if tls else None, keytab=kdc.keytab)
    async with winrm_host(Profile(branch="windows8.1", winrm=settings), trust=trust) as host:
        yield host


def whoami(host: WinRMHost, auth: str = "kerberos", computer: str = "PC-01", **options: Any) -> str:
    """What pypsrp's client hears from `whoami`."""
    given = {
        "port": host.server.port,
        "ssl": False,
        "negotiate_hostname_override": host_name(computer),
        "negotiate_service": "HTTP",
        "encryption": "always",
        **options,
    }
    with Client("127.0.0.1", auth=auth, no_proxy=True, **given) as client:
        return str(client.execute_cmd("whoami")[0]).strip()


@pytest.mark.parametrize("auth", ["kerberos", "negotiate"])
@pytest.mark.parametrize("service", ["HTTP", "WSMAN", "HOST"])
async def test_a_ticket_logs_on(kdc: Realm, auth: str, service: str) -> None:
    """Plain and inside SPNEGO, for each of a computer's service names; everything is sealed."""
    async with member(kdc) as host:
        assert await blocking(lambda: whoami(host, auth, negotiate_service=service)) == "lab\\jane"
        assert host.server.counters.logons == 1


async def test_a_password_gets_its_own_ticket(kdc: Realm) -> None:
    """A client with user name and password asks the KDC itself."""
    name, password = f"Administrator@{kdc.name}", kdc.passwords["Administrator"]
    async with member(kdc) as host:
        assert await blocking(lambda: whoami(host, username=name, password=password)) == "lab\\administrator"


async def test_the_kerberos_scheme_seals_by_its_own_name(kdc: Realm) -> None:
    """Where Kerberos is all that is offered, client and host name application/HTTP-Kerberos-session-encrypted."""
    async with member(kdc, "kerberos") as host:
        assert await blocking(lambda: whoami(host)) == "lab\\jane"


async def test_a_body_may_be_sealed_under_spnegos_name(kdc: Realm) -> None:
    """pywinrm names SPNEGO for what Kerberos sealed, and real hosts let it: so does the lab."""

    def work(host: WinRMHost) -> str:
        with plain(host.server.port) as connection:
            client = TokenClient(connection, "Kerberos", context(), WinRMEncryption.SPNEGO)
            assert client.log_on() == 200
            return client.run("whoami")

    async with member(kdc) as host:
        assert await blocking(lambda: work(host)) == "lab\\jane"


def context(bindings: GssChannelBindings | None = None) -> spnego.ContextProxy:
    """Jane's side of a log-on to PC-01."""
    return spnego.client(hostname=host_name("PC-01"), service="HTTP", protocol="kerberos", channel_bindings=bindings)


@pytest.mark.parametrize("auth", ["kerberos", "negotiate"])
async def test_a_ticket_for_another_computer_is_refused(kdc: Realm, auth: str) -> None:
    """What the KDC issued for PC-02 does not open PC-01, though the test's keytab has the keys of both."""
    async with member(kdc) as host:
        with pytest.raises(pypsrp.exceptions.AuthenticationError):
            await blocking(lambda: whoami(host, auth, "PC-02"))
        assert host.messages == []


async def test_ntlm_goes_on_working_in_a_domain(kdc: Realm) -> None:
    """A local account has no ticket: plain NTLM, and NTLM inside SPNEGO."""
    async with member(kdc) as host:
        for auth in ("ntlm", "negotiate"):
            answer = await blocking(lambda: whoami(host, auth, username="Administrator", password=PASSWORD))  # noqa: B023
            assert answer == "pc-01\\administrator"


async def test_a_ticket_for_nobody_is_refused(kdc: Realm) -> None:
    """A machine of no domain refuses Kerberos, whatever the ticket."""
    async with winrm_host() as host:
        with pytest.raises(pypsrp.exceptions.AuthenticationError):
            await blocking(lambda: whoami(host))
        assert host.messages == []


@pytest.mark.parametrize(
    ("cbt", "bound", "status"),
    [
        ("relaxed", "right", 200),
        ("relaxed", "wrong", 401),
        ("relaxed", "", 200),
        ("strict", "right", 200),
        ("strict", "wrong", 401),
        ("strict", "", 401),
        ("none", "wrong", 200),
    ],
)
async def test_a_ticket_may_have_to_be_bound_to_its_channel(
    kdc: Realm, cbt: CbtHardeningLevel, bound: str, status: int
) -> None:
    """The bindings in the authenticator's checksum are held to the listener's certificate as CbtHardeningLevel says."""
    async with member(kdc, cbt=cbt, tls=True) as host:
        assert await blocking(lambda: log_on(host, bound)) == status


async def test_on_plain_http_no_binding_is_asked_for(kdc: Realm) -> None:
    """Strict is about TLS."""
    async with member(kdc, cbt="strict") as host:
        assert await blocking(lambda: whoami(host)) == "lab\\jane"


def log_on(host: WinRMHost, bound: str) -> int:
    """The status of a Kerberos log-on over TLS that is bound to the channel, to another one, or to none."""
    with over_tls(host.server.https_port) as (connection, certificate):
        shown = hashlib.sha256(certificate if bound == "right" else b"another").digest()
        bindings = GssChannelBindings(application_data=b"tls-server-end-point:" + shown)
        return TokenClient(connection, "Kerberos", context(bindings if bound else None)).log_on()


async def test_a_damaged_ticket_is_refused(kdc: Realm) -> None:
    """One octet of the token changed: 401."""

    def work(host: WinRMHost) -> int:
        token = bytearray(context().step() or b"")
        token[len(token) // 2] ^= 1
        with plain(host.server.port) as connection:
            authorization = f"Kerberos {base64.b64encode(token).decode()}"
            connection.request("POST", "/wsman", b"", {"Authorization": authorization})
            return connection.getresponse().status

    async with member(kdc) as host:
        assert await blocking(lambda: work(host)) == 401


@pytest.mark.parametrize("scheme", ["Negotiate", "Kerberos"])
@pytest.mark.parametrize(
    "token", ["YA==", "YAt4eHh4eHh4eHh4eA==", "YIIB", "YBgGBisGAQUFAqAOMAygCjAIBgYqhkiG9xI=", "oQMKAQA="]
)
async def test_garbage_is_refused(kdc: Realm, scheme: str, token: str) -> None:
    """Tokens that end too early, name other mechanisms or nothing at all: 401, and the next ticket is taken."""

    def work(host: WinRMHost) -> int:
        with plain(host.server.port) as connection:
            connection.request("POST", "/wsman", b"", {"Authorization": f"{scheme} {token}"})
            return connection.getresponse().status

    async with member(kdc) as host:
        assert await blocking(lambda: work(host)) == 401
        assert await blocking(lambda: whoami(host)) == "lab\\jane"
