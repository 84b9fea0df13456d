"""Each way of proving an account passes the guard, at hosts, domains and jump hosts: a third wrong try is not made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.connect.connector import PywinrmConnector
from orchestrator.connect.lockout import trial
from orchestrator.connect.lockout.guard import Guard
from orchestrator.connect.lockout.ledger import Ledger
from orchestrator.connect.tunnel.tunnels import Tunnels
from orchestrator.model.errors import JumpHostRefused, LogonImpossible, LogonRefused, LogonWithheld
from orchestrator.model.host import CredentialReference, Host, Kerberos
from tests.connect.authentication import ALL, Given, Listener, Plain, serving
from tests.connect.reach import soon
from tests.passwords import Passwords
from tests.sshd import sshd

AT = {"HTTP": Listener("http", ALL), "HTTPS": Listener("https", ALL)}
TRIES = 4
JANE = "jane@LAB.TEST"


@pytest.mark.parametrize(
    ("way", "listener"),
    [("NTLM", "HTTP"), ("NTLM with the NT hash", "HTTPS"), ("CredSSP", "HTTP"), ("Basic", "HTTPS")],
)
async def test_two_refusals_at_a_host(way: str, listener: str, given: Given) -> None:
    """A machine's own account sees two wrong proofs, though it is known by two passwords and two spellings."""
    async with serving(AT[listener], given) as server:
        wrong = [
            CredentialReference(name, None, secret) if "hash" in way else CredentialReference(name, secret)
            for name, secret in (("Administrator", "0" * 32), (r".\ADMINISTRATOR", "1" * 32)) * (TRIES // 2)
        ]
        tried = await _tried([given.host(way, server, AT[listener], credential=each) for each in wrong])
        assert tried == [LogonRefused, LogonRefused, LogonWithheld, LogonWithheld]
        assert server.counters.refused == 2


@pytest.mark.kerberos
async def test_two_refusals_at_a_domain_controller(given: Given) -> None:
    """With Kerberos it is the domain that judges, whichever host it is for."""
    async with serving(AT["HTTP"], given) as server:
        host = given.host("Kerberos with a password", server, AT["HTTP"], credential=CredentialReference(JANE, "wrong"))
        hosts = [replace(host, name=f"PC-{number:02}") for number in range(TRIES)]
        assert await _tried(hosts) == [LogonRefused, LogonRefused, LogonWithheld, LogonWithheld]
        assert server.counters.connections == 2


@pytest.mark.kerberos
async def test_what_nobody_judged_does_not_count(given: Given) -> None:
    """Hosts that the domain has no tickets for say nothing of the account, however many they are."""
    async with serving(AT["HTTP"], given) as server:
        nowhere = Kerberos("nobody.lab.test")
        host = given.host("Kerberos with a password", server, AT["HTTP"], kerberos=nowhere)
        assert await _tried([host] * 5) == [LogonImpossible] * 5


async def _tried(hosts: list[Host]) -> list[type[BaseException]]:
    connector = PywinrmConnector(Plain(), threads=1)
    ends: list[type[BaseException]] = []
    for host in hosts:
        with pytest.raises((LogonRefused, LogonWithheld)) as caught:
            await connector.connect(host, soon())
        ends.append(caught.type)
    connector.close()
    return ends


def test_two_refusals_at_a_jump_host(tmp_path: Path) -> None:
    """A jump host's account is guarded from run to run, whatever the jump host is called."""
    refused = []
    with sshd(tmp_path / "gate", passwords=True) as gate:
        for run in range(TRIES):
            made = Tunnels(Passwords("wrong"), Guard(Ledger(tmp_path / "logons.sqlite3")))
            hop = gate.jump_host(f"gate-{run}", key=None, password="env:PASSWORD")
            with pytest.raises((JumpHostRefused, LogonWithheld)) as caught:
                made.open((hop,), "127.0.0.1", 9, soon())
            made.close()
            made._guard.close()
            refused.append(caught.type)
    assert refused == [JumpHostRefused, JumpHostRefused, LogonWithheld, LogonWithheld]


async def test_a_turn_that_comes_late_is_used_on_a_new_connection(
    given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host does not keep a connection that waits for minutes: the turn is kept instead, and the host asked anew."""
    monkeypatch.setattr(trial, "FRESH_SECONDS", -1.0)
    async with serving(AT["HTTP"], given) as server:
        connector = PywinrmConnector(Plain(), threads=1)
        connection = await connector.connect(given.host("NTLM", server, AT["HTTP"]), soon())
        assert (await connection.run("echo there", soon())).stdout == b"there\r\n"
        await connection.close()
        connector.close()
        assert (server.counters.connections, server.counters.logons, server.counters.refused) == (2, 1, 0)
