"""Credentials that may not last as long as a run: what a worker cannot have, and what is told beforehand."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.app import lasting
from orchestrator.app.requests import CheckHosts
from orchestrator.connect.tickets import Ticket
from orchestrator.model.errors import SecretUnavailable
from orchestrator.model.host import CredentialReference, Host, JumpHost
from orchestrator.model.result import shown
from orchestrator.sentences import say

CACHE = "FILE:/tmp/krb5cc_1000"
NOW = datetime.now(UTC)
HOST = Host("PC-1", "10.0.0.1", 5985, CredentialReference("u", "file:/s"))
TICKET = replace(HOST, logon="kerberos", credential=CredentialReference(None))
GATE = JumpHost("gate", "10.0.0.2", 22, "u", Path("known_hosts"))


def with_password(reference: str) -> Host:
    return replace(HOST, credential=CredentialReference("u", reference))


TOLD: Mapping[str, tuple[Host, bool, str | None]] = {
    "a file": (HOST, True, None),
    "a key ring": (
        with_password("keyring:corp/u"),
        True,
        "`keyring:corp/u` may not be readable once you have logged out",
    ),
    "a key ring at a terminal": (with_password("keyring:corp/u"), False, None),
    "a variable": (with_password("env:SECRET"), True, "the variable SECRET lasts as long as the worker"),
    "a variable at a terminal": (with_password("env:SECRET"), False, None),
    "a prompt": (with_password("prompt:u"), False, "`prompt:u` is asked for at a terminal"),
    "an agent": (
        replace(HOST, via=(replace(GATE, agent=True),)),
        True,
        "the jump host `gate` is logged on to with your",
    ),
    "an agent at a terminal": (replace(HOST, via=(replace(GATE, agent=True),)), False, None),
    "a ticket": (TICKET, True, f"ends on {shown(NOW + timedelta(hours=9))}"),
    "a ticket at a terminal": (TICKET, False, f"ends on {shown(NOW + timedelta(hours=9))}"),
}
"""A host, whether its run is left to a worker, and what is told; None for nothing."""


@pytest.fixture(autouse=True)
def nine_hours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker, and a session whose ticket lasts for a day's work."""
    monkeypatch.setenv("SSPR_STATE", str(tmp_path))
    ticket(monkeypatch, NOW + timedelta(hours=9))


def ticket(monkeypatch: pytest.MonkeyPatch, ends: datetime | None) -> None:
    monkeypatch.setattr(lasting, "ticket_of", lambda credential: Ticket(CACHE, "jane@LAB.TEST", ends))


def refused(hosts: Sequence[Host]) -> str | None:
    """Why a run on these hosts cannot be left to a worker."""
    try:
        lasting.checked(hosts, CheckHosts(inventory=Path("i.yaml")))
    except SecretUnavailable as error:
        return str(error)
    return None


@pytest.mark.parametrize(("host", "detached", "told"), TOLD.values(), ids=TOLD.keys())
def test_what_is_told(host: Host, detached: bool, told: str | None) -> None:
    """Once for all hosts, and of nothing that lasts."""
    said = [say(note) for note in lasting.notes([host, replace(host, name="PC-2")], detached=detached)]
    assert len(said) == (told is not None)
    assert told is None or told in said[0]
    if detached:
        assert refused([host]) is None


@pytest.mark.parametrize(
    ("ends", "said"),
    [(NOW - timedelta(hours=1), f"has ended on {shown(NOW - timedelta(hours=1))}"), (None, "is not there")],
)
def test_a_ticket_that_serves_nobody(ends: datetime | None, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused before the start, with when it ended and whom it is for."""
    ticket(monkeypatch, ends)
    assert f"the Kerberos ticket in {CACHE}, for PC-1 and 1 more, {said}" in str(
        refused([TICKET, replace(TICKET, name="2")])
    )


def test_what_a_jump_host_is_asked_with() -> None:
    """Its secrets are those of every host behind it."""
    host = replace(HOST, via=(replace(GATE, password="prompt:gate"),))
    assert "`prompt:gate`, for PC-1: a worker has nobody to ask" in str(refused([host]))
