"""The lockout guard: a wrong password is tried on three machines, and not on four thousand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from orchestrator.connect.connection import Completed, Connection
from orchestrator.fleet.lockout import REFUSALS_ALLOWED, LockoutGuard, OwnTrials, Standing
from orchestrator.fleet.stop import StoppedBy, StopSignal
from orchestrator.model.clock import Deadline
from orchestrator.model.errors import ConnectionLost, LogonImpossible, LogonRefused, RunStopped, Unreachable
from orchestrator.model.host import CredentialReference, Host
from orchestrator.model.message import verbatim
from orchestrator.sentences import say
from orchestrator.windows.branches import Quotas

ADMIN = CredentialReference("CONTOSO\\admin", "env:PASSWORD")
OTHER = CredentialReference("CONTOSO\\other", "env:OTHER")


class Line:
    """A connection that nobody uses."""

    async def run(self, line: str, deadline: Deadline, stdin: Iterable[bytes] | None = None) -> Completed:
        return Completed(0, b"", b"")

    def learn_quotas(self, quotas: Quotas) -> None: ...

    @property
    def clock_ahead(self) -> timedelta | None:
        return None

    async def close(self) -> None: ...


@dataclass
class Machines:
    """A Connector to machines that accept or refuse log-ons; notes who was tried, and how many at the same time."""

    answer: Callable[[Host], Exception | None]
    off: frozenset[str] = frozenset()
    tried: list[str] = field(default_factory=list)
    under_way: int = 0
    most_under_way: int = 0

    async def connect(self, host: Host, deadline: Deadline) -> Connection:
        self.tried.append(host.name)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.sleep(0.001)
        self.under_way -= 1
        if error := self.answer(host):
            raise error
        return Line()

    async def probe(self, host: Host, deadline: Deadline) -> bool:
        return host.name not in self.off


def hosts(count: int, credential: CredentialReference = ADMIN) -> list[Host]:
    return [Host(f"{credential.password}-{number}", f"10.0.0.{number}", 5985, credential) for number in range(count)]


async def connect_all(guard: LockoutGuard, machines: Iterable[Host]) -> list[object]:
    """What each host's connection ended with; all are begun at the same time."""
    return await asyncio.gather(*(guard.connect(host, Deadline.after(10)) for host in machines), return_exceptions=True)


def refuse(host: Host) -> Exception | None:
    return LogonRefused(verbatim("401"))


def accept(host: Host) -> Exception | None:
    return None


async def test_a_wrong_password_stops_the_run() -> None:
    """Three refusals in a row stop the run before a fourth; hosts that were not tried say why."""
    machines, stop = Machines(refuse), StopSignal()
    ends = await connect_all(LockoutGuard(machines, stop), hosts(30))
    assert len(machines.tried) == REFUSALS_ALLOWED == 3
    assert sum(isinstance(end, LogonRefused) for end in ends) == 3
    stopped = [end for end in ends if isinstance(end, RunStopped)]
    assert len(stopped) == 27
    assert stop.by is StoppedBy.GUARD
    assert all(ADMIN.account in say(end.reason) for end in stopped)


async def test_an_untried_password_is_tried_on_one_host_at_a_time() -> None:
    """Nobody else logs on before the first answer is there; once it is a yes, all do at the same time."""
    machines = Machines(accept)
    guard = LockoutGuard(machines, StopSignal())
    first = hosts(1)
    waiting = asyncio.create_task(connect_all(guard, hosts(10)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert machines.most_under_way <= 1
    ends = await waiting
    assert len(machines.tried) == 10
    assert all(isinstance(end, Line) for end in ends)
    assert machines.tried[0] == first[0].name
    assert machines.most_under_way > 1


async def test_refusals_are_serial() -> None:
    """Refusals come one after the other, so that none is under way when the third stops the run."""
    machines = Machines(refuse)
    await connect_all(LockoutGuard(machines, StopSignal()), hosts(10))
    assert machines.most_under_way == 1


async def test_an_accepted_password_is_not_doubted() -> None:
    """Hosts that refuse a password that is good elsewhere are their own trouble; the run goes on."""
    machines, stop = (
        Machines(lambda host: None if host.name.endswith("-0") else LogonRefused(verbatim("401"))),
        StopSignal(),
    )
    ends = await connect_all(LockoutGuard(machines, stop), hosts(10))
    assert sum(isinstance(end, LogonRefused) for end in ends) == 9
    assert stop.reason is None


async def test_two_refusals_are_not_enough() -> None:
    """A password that the third host accepts was right, and everybody is tried."""
    machines, stop = (
        Machines(lambda host: LogonRefused(verbatim("401")) if host.name[-2:] in {"-0", "-1"} else None),
        StopSignal(),
    )
    ends = await connect_all(LockoutGuard(machines, stop), hosts(9))
    assert [isinstance(end, Line) for end in ends] == [False, False] + [True] * 7
    assert stop.reason is None


async def test_each_credential_is_counted_alone() -> None:
    """One credential's refusals say nothing about another's; but the run is stopped for both."""
    machines = Machines(lambda host: LogonRefused(verbatim("401")) if host.credential == ADMIN else None)
    stop = StopSignal()
    ends = await connect_all(LockoutGuard(machines, stop), [*hosts(2), *hosts(5, OTHER)])
    assert sum(isinstance(end, Line) for end in ends) == 5
    assert stop.reason is None


async def test_guards_that_share_their_trials_count_together() -> None:
    """Of two runs, or two processes of one, that use the same credential, three hosts refuse it and not six."""
    trials, stop = OwnTrials(), StopSignal()
    machines = [Machines(refuse), Machines(refuse)]
    await asyncio.gather(*(connect_all(LockoutGuard(each, stop, trials), hosts(10)) for each in machines))
    assert sum(len(each.tried) for each in machines) == REFUSALS_ALLOWED


async def test_trials_that_cannot_be_asked_let_nobody_log_on() -> None:
    """A guard that does not know does not guess."""

    class Gone(OwnTrials):
        async def standing(self, credential: CredentialReference) -> Standing:
            raise ConnectionError("the database is gone")

    machines = Machines(accept)
    ends = await connect_all(LockoutGuard(machines, StopSignal(), Gone()), hosts(3))
    assert [type(end) for end in ends] == [ConnectionError] * 3
    assert machines.tried == []


async def test_machines_that_are_off_are_not_waited_for() -> None:
    """A machine that does not answer costs no log-on and holds nobody up."""
    machines = Machines(accept, off=frozenset(host.name for host in hosts(5)))
    ends = await connect_all(LockoutGuard(machines, StopSignal()), hosts(8))
    assert [type(end) for end in ends[:5]] == [Unreachable] * 5
    assert all(isinstance(end, Line) for end in ends[5:])
    assert len(machines.tried) == 3


async def test_a_lost_connection_is_no_refusal() -> None:
    """Trouble with the line does not count against the password."""
    machines, stop = Machines(lambda host: ConnectionLost(verbatim("broke"))), StopSignal()
    ends = await connect_all(LockoutGuard(machines, stop), hosts(6))
    assert [type(end) for end in ends] == [ConnectionLost] * 6
    assert stop.reason is None


async def test_a_log_on_that_nobody_judged_is_no_refusal() -> None:
    """Hosts that do not offer the way, or for which there is no ticket, say nothing of the credential."""
    machines, stop = Machines(lambda host: LogonImpossible(verbatim("not offered"))), StopSignal()
    ends = await connect_all(LockoutGuard(machines, stop), hosts(6))
    assert [type(end) for end in ends] == [LogonImpossible] * 6
    assert stop.reason is None


@pytest.mark.parametrize(
    "other",
    [
        CredentialReference("ops@LAB.TEST", keytab=Path("other.keytab")),
        CredentialReference("ops@LAB.TEST", "env:PASSWORD"),
        CredentialReference("ops@LAB.TEST", nt_hash="env:HASH"),
        CredentialReference(None, ccache="other"),
        CredentialReference(None, certificate=Path("ops.pem")),
    ],
)
async def test_every_kind_of_credential_is_counted_alone(other: CredentialReference) -> None:
    """A keytab that is refused twice and another proof of the same account that is refused twice stop nothing."""
    keytab, stop = CredentialReference("ops@LAB.TEST", keytab=Path("ops.keytab")), StopSignal()
    machines = Machines(refuse)
    await connect_all(LockoutGuard(machines, stop), [*hosts(2, keytab), *hosts(2, other)])
    assert len(machines.tried) == 4
    assert stop.reason is None


async def test_the_first_reason_to_stop_stays() -> None:
    """Who stops a run first gives its reason, and whoever waits is told."""
    stop = StopSignal()
    waiting = asyncio.create_task(stop.wait())
    stop.set(StoppedBy.OPERATOR, verbatim("interrupted"))
    stop.set(StoppedBy.GUARD, verbatim("late"))
    await asyncio.wait_for(waiting, 1)
    assert (stop.by, stop.reason) == (StoppedBy.OPERATOR, verbatim("interrupted"))


@pytest.mark.parametrize("reachable", [True, False])
async def test_probing_is_passed_on(reachable: bool) -> None:
    """Whether a port answers has nothing to do with log-ons."""
    (host,) = hosts(1)
    machines = Machines(accept, off=frozenset() if reachable else frozenset({host.name}))
    assert await LockoutGuard(machines, StopSignal()).probe(host, Deadline.after(1)) is reachable
    assert machines.tried == []
