"""Kerberos against a real KDC: each way of getting no ticket in its own words, and who has judged what."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from orchestrator.connect import credentials, kerberos
from orchestrator.connect.kerberos import ROWS
from orchestrator.model.errors import LogonImpossible, LogonRefused, Retry, Unreachable, UsageError
from orchestrator.model.host import CredentialReference, Host, Kerberos
from orchestrator.sentences import say
from tests.connect.authentication import Given, Listener, Plain, said, serving
from tests.connect.peers import http, listening, saying
from tests.connect.reach import at
from tests.connect.recording_proxy import recording_proxy
from tests.kdc import Realm, host_name
from tests.saying import with_reason

pytestmark = pytest.mark.kerberos

PLAIN = Listener("http")
JANE = "jane@LAB.TEST"


@dataclass(frozen=True)
class NoTicket:
    """A log-on that Kerberos says no to.

    Attributes:
        credential: With what; `{folder}` in a path stands for the realm's.
        name: krb5's name of the error.
        judged: Whether somebody has judged the credential.
        spn_host: Whose service a ticket is wanted for.
    """

    credential: CredentialReference
    name: str
    judged: bool = False
    spn_host: str = host_name("PC-01")


NO_TICKET: Mapping[str, NoTicket] = {
    "a wrong password": NoTicket(CredentialReference(JANE, "wrong"), "KRB5KRB_AP_ERR_BAD_INTEGRITY", judged=True),
    "no such account": NoTicket(
        CredentialReference("john@LAB.TEST", "x"), "KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN", judged=True
    ),
    "a realm that nobody knows": NoTicket(CredentialReference("jane@ELSEWHERE.TEST", "x"), "KRB5_REALM_UNKNOWN"),
    "no such ticket cache": NoTicket(CredentialReference(None, ccache="FILE:/nowhere/at/all"), "KRB5_FCC_NOFILE"),
    "a host outside of the domain": NoTicket(
        CredentialReference(JANE), "KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN", spn_host="pc-99.lab.test"
    ),
    "a keytab of somebody else": NoTicket(
        CredentialReference(JANE, keytab=Path("{folder}/computers.keytab")), "KRB5_KT_NOTFOUND"
    ),
}


@pytest.mark.parametrize("case", NO_TICKET.values(), ids=NO_TICKET.keys())
async def test_without_a_ticket_the_host_hears_nothing(case: NoTicket, given: Given, kdc: Realm) -> None:
    """What Kerberos says no to is told with its reason; only what a domain controller has judged is a refusal."""
    keytab = case.credential.keytab and Path(str(case.credential.keytab).format(folder=kdc.folder))
    async with serving(PLAIN, given) as server:
        host = given.host("Kerberos with a password", server, PLAIN, kerberos=Kerberos(case.spn_host))
        with pytest.raises(LogonRefused) as caught:
            await said(replace(host, credential=replace(case.credential, keytab=keytab)))
        error = caught.value
        assert error.evidence["kerberos_error"] == case.name
        assert isinstance(error, LogonImpossible) is not case.judged
        assert error.retry is Retry.NEVER
        assert error.remedy != LogonRefused.remedy
        assert server.counters.requests == 0


RC4, AES256, OTHER_AES = 23, 18, 20
KEYS: Mapping[str, tuple[Mapping[str, Sequence[int]], str, str]] = {
    "RC4 alone": (
        {JANE: [RC4]},
        r"for arcfour-hmac \(RC4\) alone, and the domain wants aes256-cts-hmac-sha1-96",
        "AES256-SHA1",
    ),
    "RC4 and another AES": ({JANE: [RC4, OTHER_AES]}, "arcfour-hmac .*, aes256-cts-hmac-sha384-192", "AES256-SHA1"),
    "RC4, and others with AES": ({JANE: [RC4], "john@LAB.TEST": [AES256]}, "the domain wants aes256", "AES256-SHA1"),
    "others": ({"john@LAB.TEST": [AES256]}, "no keys of the account, but of john@LAB.TEST", "check the name"),
}


@pytest.mark.parametrize(("keys", "told", "todo"), KEYS.values(), ids=KEYS.keys())
@pytest.mark.parametrize("preauthentication", [False, True])
async def test_a_keytab_without_the_key_that_is_wanted(
    preauthentication: bool, keys: Mapping[str, Sequence[int]], told: str, todo: str, given: Given, kdc: Realm
) -> None:
    """What it has and what the domain wants is told, whether or not the domain wants a proof first; nobody judged."""
    path = given.folder / "old.keytab"
    write_keytab(path, keys)
    async with proving_first(kdc, preauthentication), serving(PLAIN, given) as server:
        host = given.host("Kerberos with a password", server, PLAIN)
        with pytest.raises(LogonImpossible, check=with_reason(told)) as caught:
            await said(replace(host, credential=CredentialReference(JANE, keytab=path)))
        wanted_first = preauthentication and "but of" not in told
        name = "KRB5_PREAUTH_FAILED" if wanted_first else "KRB5_KT_NOTFOUND"
        assert caught.value.evidence["kerberos_error"] == name
        assert caught.value.remedy is not None
        assert todo in say(caught.value.remedy)
        assert server.counters.requests == 0


AES128 = 17
PERMITTED: Mapping[str, tuple[str, str, Sequence[int], str, str]] = {
    "an account of AES128 alone": (
        "aes128-cts",
        "",
        [AES256],
        "for aes256-cts-hmac-sha1-96 alone, and the domain wants aes128-cts-hmac-sha1-96",
        "write a new keytab with keys for aes128-cts-hmac-sha1-96 (`ktpass … /crypto AES128-SHA1`, or `addent -e",
    ),
    "an account of RC4 alone": (
        "arcfour-hmac",
        "",
        [AES256, AES128],
        r"for aes256-.*, aes128-.*, and the domain has none of these of the account, but arcfour-hmac \(RC4\)",
        "have to allow AES. RC4 has come",
    ),
    "a krb5.conf that permits another": (
        "aes256-cts",
        "permitted_enctypes = aes256-cts-hmac-sha384-192",
        [AES256],
        "krb5.conf on this computer does not permit aes256-cts-hmac-sha1-96, which the domain would take",
        "permit aes256-cts-hmac-sha1-96 in krb5.conf (`permitted_enctypes`",
    ),
    "a krb5.conf that asks for another": (
        "aes256-cts:normal,aes128-cts",
        "default_tkt_enctypes = aes128-cts",
        [AES256],
        "krb5.conf on this computer does not permit aes256-cts-hmac-sha1-96, which the domain would take",
        "permit aes256-cts-hmac-sha1-96 in krb5.conf (`permitted_enctypes`",
    ),
    "RC4 that krb5.conf forbids": (
        "arcfour-hmac",
        "permitted_enctypes = aes256-cts aes128-cts",
        [RC4],
        r"krb5.conf on this computer does not permit arcfour-hmac \(RC4\), which the domain would take",
        "see that the account has keys of AES",
    ),
}


@pytest.mark.parametrize(("types", "conf", "keys", "told", "todo"), PERMITTED.values(), ids=PERMITTED)
@pytest.mark.parametrize("preauthentication", ["+", "-"])
async def test_types_that_account_keytab_and_krb5_conf_have_not_in_common(
    types: str,
    conf: str,
    keys: Sequence[int],
    told: str,
    todo: str,
    preauthentication: str,
    given: Given,
    kdc: Realm,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is to be done is about the one of the three that is wrong, and names its type; nobody has judged."""
    account, path = "typed@LAB.TEST", given.folder / "typed.keytab"
    write_keytab(path, {account: keys})
    kdc.administrate(f"addprinc -e {types}:normal -pw password typed")
    kdc.administrate(f"modprinc {preauthentication}requires_preauth typed")
    there = (kdc.folder / "krb5.conf").read_text().replace("[libdefaults]\n", f"[libdefaults]\n  {conf}\n", 1)
    try:
        async with serving(PLAIN, given) as server:
            monkeypatch.setenv("KRB5_CONFIG", str(given.file("typed.conf", there.encode())))
            host = given.host("Kerberos with a password", server, PLAIN)
            with pytest.raises(LogonImpossible, check=with_reason(told)) as caught:
                await said(replace(host, credential=CredentialReference(account, keytab=path)))
            assert caught.value.remedy is not None
            remedy = say(caught.value.remedy)
            assert todo in remedy
            assert all(part[:1].isupper() for part in remedy.split(". ")[1:]), remedy
            assert server.counters.requests == 0
    finally:
        kdc.administrate("delprinc -force typed")


@asynccontextmanager
async def proving_first(kdc: Realm, wanted: bool) -> AsyncIterator[None]:
    """Inside the block the realm wants a proof of Jane before it answers, or none."""
    kdc.administrate(f"modprinc {'+' if wanted else '-'}requires_preauth jane")
    try:
        yield
    finally:
        kdc.administrate("modprinc -requires_preauth jane")


@pytest.mark.usefixtures("kdc")
def test_a_keytab_without_keys(tmp_path: Path) -> None:
    """That is told before any host is touched, and would be no answer of a host's."""
    path = tmp_path / "empty.keytab"
    path.write_bytes(b"\x05\x02")
    host = replace(at(1), logon="kerberos", credential=CredentialReference(None, keytab=path))
    with pytest.raises(UsageError, match=r"empty\.keytab holds no keys"):
        credentials.check([host], Plain().resolve)


def write_keytab(path: Path, keys: Mapping[str, Sequence[int]]) -> None:
    """A keytab with keys of these accounts and encryption types; as ktutil would make it of a password."""
    import krb5  # noqa: PLC0415 - comes with the extra `kerberos`

    context = krb5.init_context()
    keytab = krb5.kt_resolve(context, str(path).encode())
    for name, types in keys.items():
        account = krb5.parse_name_flags(context, name.encode())
        for each in types:
            key = krb5.c_string_to_key(context, each, b"password", name.encode())
            krb5.kt_add_entry(context, keytab, account, 1, 0, key)


async def test_a_wrong_password_where_the_domain_wants_to_see_it_first(given: Given, kdc: Realm) -> None:
    """As Active Directory is set up: the domain controller itself refuses, and has counted it."""
    kdc.administrate("addprinc +requires_preauth -pw right careful")
    async with serving(PLAIN, given) as server:
        host = given.host("Kerberos with a password", server, PLAIN)
        with pytest.raises(LogonRefused) as caught:
            await said(replace(host, credential=CredentialReference("careful@LAB.TEST", "wrong")))
        assert caught.value.evidence["kerberos_error"] == "KRB5KDC_ERR_PREAUTH_FAILED"
        assert not isinstance(caught.value, LogonImpossible)


async def test_an_expired_ticket(given: Given, kdc: Realm) -> None:
    """A ticket of a second is none after two."""
    cache = kdc.ticket_of("jane", lifetime="1s")
    await asyncio.sleep(2.1)
    async with serving(PLAIN, given) as server:
        host = given.host(
            "NTLM", server, PLAIN, logon="kerberos", credential=CredentialReference(None, ccache=str(cache))
        )
        with pytest.raises(LogonImpossible, check=with_reason("expired")):
            await said(host)


async def test_a_kdc_that_is_away(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer from any domain controller is no judgement."""
    assert given.kdc is not None
    there = (given.kdc.folder / "krb5.conf").read_text()
    away = given.file("away.conf", there.replace(f"127.0.0.1:{given.kdc.port}", "127.0.0.1:9").encode())
    monkeypatch.setenv("KRB5_CONFIG", str(away))
    async with serving(PLAIN, given) as server:
        with pytest.raises(LogonImpossible) as caught:
            await said(given.host("Kerberos with a password", server, PLAIN))
        assert caught.value.evidence["kerberos_error"] == "KRB5_KDC_UNREACH"


async def test_a_ticket_for_another_computer_is_refused_by_the_host(given: Given) -> None:
    """The name in the ticket decides, not the address that was reached; the host says no once."""
    async with serving(PLAIN, given) as server:
        host = given.host("Kerberos with a ticket", server, PLAIN, kerberos=Kerberos(host_name("PC-02")))
        with pytest.raises(LogonRefused, check=with_reason("does not accept the Kerberos ticket")) as caught:
            await said(host)
        assert not isinstance(caught.value, LogonImpossible)
        assert (server.counters.refused, server.counters.requests) == (1, 1)


async def test_who_does_not_prove_itself_is_no_host(given: Given) -> None:
    """A peer that takes any ticket, and has no answer that only the real host could give, is told from it."""
    async with listening(saying(http("200 OK", b""))) as peer, serving(PLAIN, given) as server:
        with pytest.raises(Unreachable, check=with_reason("does not speak WinRM")):
            await said(given.host("Kerberos with a ticket", server, PLAIN, port=peer.port))
        assert peer.requests == 1


async def test_the_name_of_the_inventory_stands_for_an_address(given: Given) -> None:
    """A host that is reached at an IP address is asked for by its name."""
    async with serving(PLAIN, given) as server:
        host = given.host("Kerberos with a ticket", server, PLAIN, name=host_name("PC-01"), kerberos=Kerberos())
        assert host.address == "127.0.0.1"
        assert await said(host) == "lab\\jane"


async def test_tickets_are_given_away_only_where_that_is_said(given: Given) -> None:
    """With `delegate` the host gets a ticket to act with, which makes the first token longer by one."""
    sizes = {}
    for delegate in (False, True):
        async with serving(PLAIN, given) as server, recording_proxy(server.port) as proxy:
            host = given.host("Kerberos with a password", server, PLAIN, port=proxy.port)
            assert await said(replace(host, kerberos=replace(host.kerberos, delegate=delegate))) == "lab\\jane"
            sizes[delegate] = len(proxy.sent.partition(b"\r\n\r\n")[0])
    assert sizes[True] - sizes[False] > 500


async def test_nothing_of_the_conversation_crosses_in_clear(given: Given) -> None:
    """What Kerberos seals is not seen on the line, in any encoding."""
    async with serving(PLAIN, given) as server, recording_proxy(server.port) as proxy:
        assert await said(given.host("Kerberos with a keytab", server, PLAIN, port=proxy.port)) == "lab\\jane"
        line = proxy.sent + proxy.received
        assert line.count(b"HTTP-Kerberos-session-encrypted") > 5
        for word in ("Envelope", "CommandLine", "whoami", "lab\\jane", "http://schemas"):
            for encoding in ("utf-8", "utf-16-le"):
                assert word.encode(encoding) not in line, f"{word} in {encoding}"


@contextmanager
def without(module: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As on a machine where a package is not installed."""
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, module, None)
        yield


@pytest.mark.usefixtures("kdc")
@pytest.mark.parametrize("module", ["gssapi", "krb5"])
def test_a_missing_package_is_told_with_what_installs_it(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence with the command of pip; nothing where all is there."""
    assert kerberos.missing() is None
    with without(module, monkeypatch):
        assert "pip install 'sspr-orchestrator[kerberos]'" in str(kerberos.missing())


def test_every_row_says_what_to_do() -> None:
    """The table has each code once, with its reason and a remedy."""
    assert len(ROWS) == 20
    for row in ROWS.values():
        assert row.name.startswith(("KRB5KDC_", "KRB5KRB_", "KRB5_"))
        assert say(row.says())
        assert say(row.says.remedy())


async def test_a_log_on_costs_one_round_trip(given: Given) -> None:
    """The ticket goes with the first request, and the answer to it is all that is waited for."""
    async with serving(PLAIN, given) as server:
        host: Host = given.host("Kerberos with a ticket", server, PLAIN)
        await said(host)
        assert server.counters.unauthorized == 0
