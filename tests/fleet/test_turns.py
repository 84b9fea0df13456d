"""Names that lead to one address and port take turns; the same behind another jump host, or port, does not matter."""

import asyncio
import socket
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from lab.tests.winrm_hosts import PASSWORD, winrm_host
from orchestrator.app import CheckHosts, prepare
from orchestrator.connect.connector import PywinrmConnector
from orchestrator.fleet.turns import Turns
from orchestrator.fleet.work import TURN_PAUSE
from orchestrator.model.clock import Clock
from orchestrator.model.events import Event, HostAwaited, HostFinished, StepStarted
from orchestrator.model.host import CredentialReference, Host, JumpHost
from orchestrator.model.outcome import Outcome
from orchestrator.model.secret import Secret
from tests.connect.tunnels import closed_port

GATE = JumpHost("gate", "gate.example", 22, "jump", Path("known_hosts"))
ONE = Host("one", "one.example", 5985, CredentialReference("u", "env:X"))


class Nowhere:
    """Has no passwords; nobody logs on."""

    def resolve(self, reference: str) -> Secret:
        raise AssertionError(reference)


class Heard:
    """Which hosts began and ended, in order."""

    def __init__(self) -> None:
        self.order: list[str] = []

    def notify(self, event: Event) -> None:
        if isinstance(event, StepStarted):
            self.order.append(f"{event.host} begins")
        elif isinstance(event, HostFinished):
            self.order.append(f"{event.result.name} ends")


@pytest.mark.parametrize(
    ("other", "outcomes"),
    [
        ("kiosk: {address: localhost, identity: any}", {Outcome.BLOCKED}),
        ("PC-BOSS: {address: localhost}", {Outcome.BLOCKED, Outcome.UNREACHABLE}),
    ],
)
async def test_two_names_of_one_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: str, outcomes: set[Outcome]
) -> None:
    """Each is reported once, one is at work at a time, and the machine's own name says which of them is its own."""
    monkeypatch.setenv("SECRET", PASSWORD)
    heard = Heard()
    async with winrm_host() as host:
        inventory = tmp_path / "inventory.yaml"
        inventory.write_text(
            f"all: {{credential: {{username: Administrator, password: 'env:SECRET'}}, port: {host.server.port}}}\n"
            f"hosts:\n  PC-01: {{address: 127.0.0.1}}\n  {other}\n"
        )
        request = CheckHosts(inventory=inventory, folder=tmp_path / "run", forks=2)
        result = await prepare(request).begin([heard], clock=Clock(speed=10 * TURN_PAUSE)).execute()
    assert [each.name for each in result.hosts] == ["PC-01", other.partition(":")[0]]
    assert {each.outcome for each in result.hosts} == outcomes
    first, second = heard.order[0].split()[0], heard.order[-1].split()[0]
    assert heard.order == [f"{first} begins", f"{first} ends", f"{second} begins", f"{second} ends"]


async def test_two_names_of_a_machine_that_is_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is looked for is at work nowhere, and keeps nobody from a turn: the address may be another's by then."""
    monkeypatch.setenv("SECRET", PASSWORD)
    clock = Clock(speed=10 * TURN_PAUSE)
    inventory = tmp_path / "inventory.yaml"
    inventory.write_text(
        f"all: {{credential: {{username: Administrator, password: 'env:SECRET'}}, port: {closed_port()}}}\n"
        "hosts:\n  PC-01: {address: 127.0.0.1}\n  PC-02: {address: localhost}\n"
    )
    awaited: set[str] = set()

    class Stops:
        def notify(self, event: Event) -> None:
            if isinstance(event, HostAwaited):
                awaited.add(event.host)
            if len(awaited) == 2:
                session.stop()

    until = clock.now() + timedelta(days=2)
    request = CheckHosts(inventory=inventory, folder=tmp_path / "run", forks=2, until=until)
    session = prepare(request).begin([Stops()], clock=clock)
    result = await asyncio.wait_for(session.execute(), timeout=120)  # for one of them that never has its turn
    assert {host.outcome for host in result.hosts} == {Outcome.UNREACHABLE}


@pytest.mark.parametrize(
    ("other", "waits"),
    [
        (replace(ONE, name="two", address="two.example"), True),
        (replace(ONE, name="two", address="two.example", port=5986), False),
        (replace(ONE, name="two", address="two.example", via=(GATE,)), False),
        (replace(ONE, name="two", address="elsewhere.example"), False),
    ],
)
async def test_who_waits_for_whom(other: Host, waits: bool) -> None:
    """Until the first has ended; who has begun is never held up."""
    leads_to = {"one.example": {"10.0.0.1", "10.0.1.1"}, "two.example": {"10.0.1.1"}, "elsewhere.example": {"10.0.2.1"}}

    async def addresses(host: Host) -> frozenset[str]:
        return frozenset(leads_to[host.address])

    turns = Turns(addresses)
    assert await turns.before(ONE) is None
    assert await turns.before(other) == ("one" if waits else None)
    assert await turns.before(ONE) is None
    turns.end("one")
    assert await turns.before(other) is None


@pytest.mark.parametrize(
    ("address", "found", "one_form"),
    [
        ("127.20.0.1", None, "127.20.0.1"),
        ("::ffff:127.20.0.1", None, "127.20.0.1"),
        ("0:0:0:0:0:ffff:7f14:1", None, "127.20.0.1"),
        ("FD00:0::1", None, "fd00::1"),
        ("one.example", "127.20.0.1", "127.20.0.1"),
        ("two.example", "::ffff:127.20.0.1", "127.20.0.1"),
        ("three.example", "fd00::1", "fd00::1"),
    ],
)
async def test_addresses_in_one_form(
    monkeypatch: pytest.MonkeyPatch, address: str, found: str | None, one_form: str
) -> None:
    """However an address is written or found, what leads to one machine is equal."""
    answer = [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", (found, 0, 0, 0))]
    monkeypatch.setattr("orchestrator.connect.connector.socket.getaddrinfo", lambda *_, **__: answer)
    made = PywinrmConnector(Nowhere(), threads=1)
    try:
        assert await made.addresses(replace(ONE, address=address)) == {one_form}
    finally:
        made.close()
