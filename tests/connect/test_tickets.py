"""What a ticket cache has, with a real KDC: until when its ticket serves, and what cannot be told."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.connect.tickets import Ticket, Tickets, ticket_of
from orchestrator.model.host import CredentialReference, Host
from tests.kdc import Realm

pytestmark = pytest.mark.kerberos

JANE = "jane@LAB.TEST"


@pytest.fixture(autouse=True)
def session(kdc: Realm, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session of the realm without a ticket."""
    for name, value in kdc.environment.items():
        monkeypatch.setenv(name, value)


def by(cache: Path | None) -> Host:
    """A host that is logged on to with what a cache has, or that of the session."""
    name = None if cache is None else f"FILE:{cache}"
    return Host("pc-01", "127.0.0.1", 9, CredentialReference(None, ccache=name), logon="kerberos")


def ended(kdc: Realm) -> Path:
    """A cache whose ticket has ended."""
    cache = kdc.ticket_of("jane", lifetime="1s")
    while (ticket := ticket_of(by(cache).credential)) and ticket.serves:
        time.sleep(0.1)  # a domain gives no ticket of less than a second
    return cache


def test_until_when_it_serves(kdc: Realm) -> None:
    """To the second, whichever way the cache is named."""
    cache = kdc.ticket_of("jane", lifetime="2h")
    ticket = ticket_of(CredentialReference(None, ccache=str(cache)))
    assert ticket is not None
    assert ticket == ticket_of(by(cache).credential)
    assert (ticket.account, ticket.cache, ticket.serves) == (JANE, f"FILE:{cache}", True)
    assert ticket.ends is not None
    assert timedelta(minutes=110) < ticket.ends - datetime.now(UTC) <= timedelta(hours=2)


def test_that_of_the_session(kdc: Realm, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is found by itself, and by the account's name."""
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{kdc.ticket_of('jane')}")
    for username in (None, JANE):
        ticket = ticket_of(CredentialReference(username))
        assert ticket is not None
        assert (ticket.account, ticket.serves) == (JANE, True)


def test_where_there_is_none(tmp_path: Path) -> None:
    """A cache that is missing has a name and no ticket."""
    assert Tickets().of(by(tmp_path / "none")) == Ticket(f"FILE:{tmp_path / 'none'}")


def test_one_that_has_ended_and_is_renewed(kdc: Realm) -> None:
    """It is looked for again as soon as somebody wants to log on."""
    cache, tickets = ended(kdc), Tickets()
    before = tickets.of(by(cache))
    assert before is not None
    assert not before.serves
    kdc.ticket_of("jane").replace(cache)
    after = tickets.of(by(cache))
    assert after is not None
    assert after.serves


def with_client_keytab(kdc: Realm) -> dict[str, str]:
    return {"KRB5_CLIENT_KTNAME": f"FILE:{kdc.keytab_of('jane')}"}


def with_gssproxy(kdc: Realm) -> dict[str, str]:
    return {"GSS_USE_PROXY": "yes"}


@pytest.mark.parametrize("others", [with_client_keytab, with_gssproxy])
def test_where_another_is_got_by_itself(
    kdc: Realm, others: Callable[[Realm], dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is said of a cache then."""
    for name, value in others(kdc).items():
        monkeypatch.setenv(name, value)
    assert Tickets().of(by(None)) is None


def test_other_ways_to_log_on(tmp_path: Path) -> None:
    """Whoever has a password or keys gets tickets as long as the run lasts."""
    host = by(None)
    for credential in (CredentialReference(JANE, "env:X"), CredentialReference(JANE, keytab=tmp_path / "k")):
        assert Tickets().of(replace(host, credential=credential)) is None
    assert Tickets().of(replace(host, logon="ntlm")) is None
