"""HTTPS listeners of lab hosts: what TLS they speak by their registry, whom they let in, and channel binding."""

import functools
import hashlib
import socket
import ssl
import warnings
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import pypsrp.exceptions
import pytest
import requests
import spnego
import spnego.channel_bindings
from pypsrp.client import Client

from lab.tests.token_client import TokenClient, over_tls
from lab.tests.winrm_hosts import PASSWORD, WinRMHost, blocking, faulty, until, winrm_host
from sspr_lab.profile import Branch, Profile, Trait
from sspr_lab.registry import Value
from sspr_lab.tls.certificates import Authority
from sspr_lab.winrm.authorization import CERTIFICATE
from sspr_lab.winrm.server import Trust
from sspr_lab.winrm_settings import CbtHardeningLevel, Method, ServiceSettings

SERVER_KEY = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Server"
UPN = "sspr@lab.test"
WAYS: Sequence[Method] = ("kerberos", "negotiate")


@functools.cache
def authority() -> Authority:
    """One for all tests of a process: keys take time."""
    return Authority()


def profile(
    *auth: Method, cbt: CbtHardeningLevel = "relaxed", branch: Branch = "windows8.1", traits: Sequence[Trait] = ()
) -> Profile:
    """A machine with an HTTPS listener beside its HTTP one, and these ways to log on beside Windows' own."""
    settings = ServiceSettings(frozenset({"http", "https"}), frozenset({*auth, *WAYS}), cbt)
    return Profile(branch=branch, winrm=settings).with_traits(*traits)


@asynccontextmanager
async def https_host(made: Profile, *, speed: float = 20, fault: str = "") -> AsyncIterator[WinRMHost]:
    trust = Trust(authority(), certificates={UPN: "Administrator"})
    async with winrm_host(made, speed=speed, faults=faulty(fault) if fault else None, trust=trust) as host:
        yield host


@pytest.fixture
def ca(tmp_path: Path) -> str:
    """The file with the CA's certificate."""
    path = tmp_path / "ca.pem"
    path.write_bytes(authority().pem)
    return str(path)


def offered(host: WinRMHost) -> dict[str, str]:
    """The protocol versions at which the host shakes hands → the suite that was chosen, as Python's ssl asks for it."""
    chosen = {}
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = version
        try:
            certificate = handshake(host, context)
        except (ssl.SSLError, ConnectionError):
            continue
        chosen[certificate[0]] = certificate[1]
    return chosen


def handshake(host: WinRMHost, context: ssl.SSLContext, name: str = "PC-01") -> tuple[str, str]:
    """The version and the cipher suite of a TLS connection."""
    with (
        socket.create_connection(("127.0.0.1", host.server.https_port), timeout=120) as plain,
        context.wrap_socket(plain, server_hostname=name) as tls,
    ):
        cipher = tls.cipher()
        assert cipher is not None
        return str(tls.version()), cipher[0]


def unverified() -> ssl.SSLContext:
    """Python's context as it comes, but for the certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


VERSIONS: Mapping[str, tuple[Profile, set[str]]] = {
    "7 as it comes": (profile(branch="windows7"), {"TLSv1"}),
    "7 with TLS 1.2 switched on": (profile(branch="windows7", traits=["schannel_explicit"]), {"TLSv1", "TLSv1.2"}),
    "8": (profile(branch="windows8"), {"TLSv1", "TLSv1.1", "TLSv1.2"}),
    "8.1": (profile(), {"TLSv1", "TLSv1.1", "TLSv1.2"}),
    "8.1 with TLS 1.2 switched off": (profile(traits=["tls_hard_disabled"]), {"TLSv1", "TLSv1.1"}),
    "10": (profile(branch="windows10"), {"TLSv1", "TLSv1.1", "TLSv1.2"}),
}


@pytest.mark.parametrize(("made", "versions"), VERSIONS.values(), ids=VERSIONS.keys())
async def test_a_host_speaks_what_its_schannel_is_set_to(made: Profile, versions: set[str]) -> None:
    """The versions by branch and registry, and none of TLS 1.3, as an independent client gets them."""
    async with https_host(made) as host:
        assert set(await blocking(lambda: offered(host))) == versions


async def test_windows_7_has_no_gcm_for_rsa_with_ecdhe() -> None:
    """A client that offers everything gets a CBC suite of Windows 7's list; one that insists on GCM gets nothing."""
    modern = unverified()
    modern.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")
    async with https_host(profile(branch="windows7", traits=["schannel_explicit"])) as host:
        assert (await blocking(lambda: offered(host)))["TLSv1.2"] == "ECDHE-RSA-AES256-SHA384"
        with pytest.raises(ssl.SSLError):
            await blocking(lambda: handshake(host, modern))


async def test_schannel_looks_at_its_keys_when_the_machine_starts() -> None:
    """TLS 1.2 switched on in the registry is there after a restart, and neither at once nor with WinRM's restart."""
    async with https_host(profile(branch="windows7"), speed=2000) as host:
        host.machine.registry.set(SERVER_KEY, "Enabled", Value("REG_DWORD", 1))
        host.machine.registry.set(SERVER_KEY, "DisabledByDefault", Value("REG_DWORD", 0))
        assert "TLSv1.2" not in await blocking(lambda: offered(host))
        host.machine.services.stop("WinRM")
        await until(lambda: not host.server.listening)
        host.machine.services.start("WinRM")
        await until(lambda: host.server.listening)
        assert "TLSv1.2" not in await blocking(lambda: offered(host))
        host.machine.power.initiate(0)
        await until(lambda: not host.server.listening)
        await until(lambda: host.server.listening)
        assert "TLSv1.2" in await blocking(lambda: offered(host))


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        ("", None),
        ("certificate_expired", "certificate has expired"),
        ("certificate_self_signed", "self-signed certificate"),
        ("certificate_wrong_name", "Hostname mismatch"),
    ],
)
async def test_a_client_that_verifies_finds_what_is_wrong(ca: str, fault: str, problem: str | None) -> None:
    """The lab's CA vouches for a host's certificate; the faults make one that OpenSSL refuses for its own reason."""
    context = ssl.create_default_context(cafile=ca)
    async with https_host(profile(), fault=fault) as host:
        if problem is None:
            assert (await blocking(lambda: handshake(host, context)))[0] == "TLSv1.2"
            return
        with pytest.raises(ssl.SSLCertVerificationError, match=problem):
            await blocking(lambda: handshake(host, context))


def whoami(host: WinRMHost, auth: str, **options: Any) -> str:
    """What pypsrp's client hears from `whoami` over HTTPS; the certificate's name is the host's, and not 127.0.0.1."""
    given = {"username": "Administrator", "password": PASSWORD, **options}
    with Client(
        "127.0.0.1", port=host.server.https_port, auth=auth, cert_validation=False, no_proxy=True, **given
    ) as it:
        return str(it.execute_cmd("whoami")[0]).strip()


@pytest.mark.parametrize("encryption", ["auto", "always"])
@pytest.mark.parametrize("auth", ["ntlm", "negotiate"])
async def test_negotiate_works_over_tls(auth: str, encryption: str) -> None:
    """Over TLS messages may be sealed and need not be; the channel binding that the client sends is the right one."""
    async with https_host(profile(cbt="strict")) as host:
        assert await blocking(lambda: whoami(host, auth, encryption=encryption)) == "pc-01\\administrator"
        assert host.server.counters.logons == 1


@pytest.mark.parametrize("username", ["Administrator", "administrator"])
async def test_basic_is_for_local_accounts(username: str) -> None:
    """A local account logs on with its password in the header, with every request anew."""
    async with https_host(profile("basic")) as host:
        assert await blocking(lambda: whoami(host, "basic", username=username)) == "pc-01\\administrator"
        assert host.server.counters.logons > 1


REFUSED_BASIC = {
    "a wrong password": (profile("basic"), "Administrator", "wrong"),
    "an unknown account": (profile("basic"), "nobody", PASSWORD),
    "an account of a domain": (profile("basic"), "LAB\\jane", PASSWORD),
    "an account of another machine": (profile("basic"), "PC-02\\Administrator", PASSWORD),
    "an account with its machine": (profile("basic"), "PC-01\\Administrator", PASSWORD),
    "an account as on this machine": (profile("basic"), ".\\Administrator", PASSWORD),
    "an account as of a domain": (profile("basic"), "Administrator@PC-01", PASSWORD),
    "a service without Basic": (profile(), "Administrator", PASSWORD),
}


@pytest.mark.parametrize(("made", "username", "password"), REFUSED_BASIC.values(), ids=REFUSED_BASIC.keys())
async def test_basic_is_refused(made: Profile, username: str, password: str) -> None:
    """401, and nothing is done."""
    async with https_host(made) as host:
        with pytest.raises(pypsrp.exceptions.AuthenticationError):
            await blocking(lambda: whoami(host, "basic", username=username, password=password))
        assert host.messages == []


async def test_basic_needs_tls() -> None:
    """On plain HTTP Basic is neither offered nor taken: AllowUnencrypted is false."""

    def offers(host: WinRMHost, scheme: str, port: int, **options: Any) -> tuple[int, str]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answer = requests.post(f"{scheme}://127.0.0.1:{port}/wsman", verify=False, timeout=120, **options)
        return answer.status_code, answer.headers.get("WWW-Authenticate", "")

    right = {"auth": requests.auth.HTTPBasicAuth("Administrator", PASSWORD.encode("cp1252"))}
    async with https_host(profile("basic")) as host:
        http, https = host.server.port, host.server.https_port
        assert await blocking(lambda: offers(host, "http", http)) == (401, "Negotiate, Kerberos")
        assert await blocking(lambda: offers(host, "http", http, **right)) == (401, "Negotiate, Kerberos")
        assert (await blocking(lambda: offers(host, "https", https)))[1].endswith('Kerberos, Basic realm="WSMAN"')
        assert (await blocking(lambda: offers(host, "https", https, **right)))[0] == 200


def pem_files(folder: Path, principal: str, issuer: Authority) -> dict[str, str]:
    """A client's certificate and key as pypsrp takes them."""
    certificate = issuer.for_client(principal)
    paths = folder / "client.pem", folder / "client.key"
    paths[0].write_bytes(certificate.pem)
    paths[1].write_bytes(certificate.key)
    return {"certificate_pem": str(paths[0]), "certificate_key_pem": str(paths[1])}


async def test_a_client_certificate_stands_for_an_account(tmp_path: Path) -> None:
    """The user principal name in the certificate is mapped to a local account; no password is needed."""
    files = pem_files(tmp_path, UPN, authority())
    async with https_host(profile("certificate")) as host:
        assert await blocking(lambda: whoami(host, "certificate", **files)) == "pc-01\\administrator"


@pytest.mark.parametrize("why", ["no mapping", "switched off", "another CA"])
async def test_a_client_certificate_is_refused(tmp_path: Path, why: str) -> None:
    """A name that is mapped to nobody and a service without Certificate get 401, another CA's certificate no TLS."""
    files = pem_files(
        tmp_path,
        "somebody@lab.test" if why == "no mapping" else UPN,
        Authority() if why == "another CA" else authority(),
    )
    error = requests.ConnectionError if why == "another CA" else pypsrp.exceptions.AuthenticationError
    async with https_host(profile() if why == "switched off" else profile("certificate")) as host:
        with pytest.raises(error):
            await blocking(lambda: whoami(host, "certificate", **files))
        assert host.messages == []


async def test_a_certificate_is_not_claimed_without_one() -> None:
    """The header alone, on a connection whose TLS has seen no certificate, gets 401."""

    def work(host: WinRMHost) -> int:
        with over_tls(host.server.https_port) as (connection, _):
            connection.request("POST", "/wsman", b"", {"Authorization": CERTIFICATE})
            return connection.getresponse().status

    async with https_host(profile("certificate")) as host:
        assert await blocking(lambda: work(host)) == 401


Bound = Literal["right", "wrong", "not at all"]


def log_on(host: WinRMHost, bound: Bound) -> int:
    """The status at the end of an NTLM log-on that is bound to the channel, to another one, or to none."""
    with over_tls(host.server.https_port) as (connection, certificate):
        shown = hashlib.sha256(certificate if bound == "right" else b"another").digest()
        bindings = spnego.channel_bindings.GssChannelBindings(application_data=b"tls-server-end-point:" + shown)
        context = spnego.client(
            *("Administrator", PASSWORD),
            protocol="ntlm",
            channel_bindings=None if bound == "not at all" else bindings,
        )
        return TokenClient(connection, "Negotiate", context).log_on()


@pytest.mark.parametrize(
    ("cbt", "bound", "status"),
    [
        ("none", "right", 200),
        ("none", "wrong", 200),
        ("none", "not at all", 200),
        ("relaxed", "right", 200),
        ("relaxed", "wrong", 401),
        ("relaxed", "not at all", 200),
        ("strict", "right", 200),
        ("strict", "wrong", 401),
        ("strict", "not at all", 401),
    ],
)
async def test_a_log_on_may_have_to_be_bound_to_its_channel(cbt: CbtHardeningLevel, bound: Bound, status: int) -> None:
    """CbtHardeningLevel: Strict wants the right token, Relaxed lets those in that send none, None does not look."""
    async with https_host(profile(cbt=cbt)) as host:
        assert await blocking(lambda: log_on(host, bound)) == status


async def test_plain_http_has_no_channel_to_be_bound_to() -> None:
    """CbtHardeningLevel Strict leaves the HTTP listener as it was."""
    async with https_host(profile(cbt="strict")) as host:

        def work() -> None:
            with host.client() as client:
                client.close_shell(client.open_shell())

        await blocking(work)


async def test_an_unfixed_windows_7_is_out_of_reach_over_tls() -> None:
    """A client that wants TLS 1.2 is answered with TLS 1.0, and finds for itself that it does not support that."""
    async with https_host(profile(branch="windows7")) as host:
        with pytest.raises(ssl.SSLError) as caught:
            await blocking(lambda: handshake(host, unverified()))
        assert caught.value.reason == "UNSUPPORTED_PROTOCOL"
        with pytest.raises(requests.exceptions.SSLError):
            await blocking(lambda: whoami(host, "ntlm"))
        assert host.messages == []
