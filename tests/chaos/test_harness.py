"""The suite that breaks the product can fail: what is done twice, differently or not at all on lab hosts is found."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from orchestrator.connect.lockout.guard import _withheld
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, StepRecord, StepResult
from orchestrator.windows import lease
from orchestrator.windows.job import ROOT
from sspr_lab.accounts import SYSTEM
from sspr_lab.fleet import Fleet
from sspr_lab.machine import Machine
from sspr_lab.packages import standin
from tests.chaos import proxies
from tests.chaos.coordinator import Command, Coordinator
from tests.chaos.disturbances import UnderWay
from tests.chaos.host_disturbances import BrokenLine
from tests.chaos.hosts import HostKind, Hosts, hosts_up
from tests.chaos.ledger import judge_hosts, may_be_withheld, unrecorded
from tests.chaos.plan import Plan, plan_of
from tests.chaos.run_disturbances import LockedAccount, TwoAtOnce
from tests.kdc import Realm

KIND = HostKind("windows8.1")
CLIENT = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client"


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    """One disturbed host and its twin, on which all was done that has to be done."""
    nowhere = Realm(tmp_path, 0, tmp_path / "keytab", {"jane": ""})  # no host of this kind asks for Kerberos
    with hosts_up(tmp_path, nowhere, [KIND], {}, installed=False, speed=500) as up:
        for name in (up.twins[KIND], *up.disturbed):
            on(up, name, installed, "REINSTALL=ALL")
            on(up, name, restarted)
        yield up


def on(hosts: Hosts, name: str, work: Callable[..., object], *words: str) -> None:
    hosts.site.lab.call(partial(work, hosts.site.machine(name), *words))  # type: ignore[arg-type]


async def installed(machine: Machine, *words: object) -> None:
    """Installs the stand-in, by hand and from a file that stays."""
    path = r"C:\standin.msi"
    machine.files.write(path, standin(machine.profile.architecture).read_bytes())
    properties = " ".join(word for word in words if isinstance(word, str)) if machine.ledger.count("installed") else ""
    assert await machine.spawn(f'msiexec /i "{path}" {properties} /qn /norestart', account=SYSTEM).wait() == 0


async def restarted(machine: Machine, _: Fleet) -> None:
    started = machine.ledger.count("started")
    assert machine.power.initiate(0, force=True) == 0
    while machine.ledger.count("started") == started:
        await machine.clock.sleep(1)


async def removed(machine: Machine, _: Fleet) -> None:
    assert await machine.spawn(r'msiexec /x "C:\standin.msi" /qn /norestart', account=SYSTEM).wait() == 0


async def changed(machine: Machine, _: Fleet) -> None:
    assert await machine.spawn(rf'reg add "{CLIENT}" /v Enabled /t REG_DWORD /d 1 /f', account=SYSTEM).wait() == 0


async def ran(machine: Machine, line: str, *_: object) -> None:
    assert await machine.spawn(f"cmd /c {line}", account=SYSTEM).wait() == 0


def owner_file(holder: lease.Holder) -> str:
    return lease.FOLDER.replace("%SystemRoot%", r"C:\Windows") + rf"\{holder.mark}\owner.txt"


def rules(hosts: Hosts) -> set[str]:
    return {violation.rule for violation in judge_hosts(hosts, [], wanted=True)}


def test_equal_hosts_are_not_told_of(hosts: Hosts) -> None:
    assert rules(hosts) == set()
    assert unrecorded(hosts, []) == {}


def test_what_was_done_twice(hosts: Hosts) -> None:
    (name,) = hosts.disturbed
    on(hosts, name, installed, "REINSTALL=ALL")
    on(hosts, name, restarted)
    assert rules(hosts) == {"installed twice", "restarted twice"}


def test_what_was_forgotten(hosts: Hosts) -> None:
    on(hosts, hosts.twins[KIND], restarted)
    assert rules(hosts) == {"never restarted"}


def test_what_was_left_or_changed_without_a_record(hosts: Hosts) -> None:
    (name,) = hosts.disturbed
    on(hosts, name, changed)
    assert rules(hosts) == {"state differs"}
    assert set(unrecorded(hosts, [])) == {name}


def test_a_twin_that_was_never_reached_is_no_measure(hosts: Hosts) -> None:
    """What its run said of it is told; that other hosts are not like it is not."""
    on(hosts, hosts.twins[KIND], removed)
    assert rules(hosts) == set()


def test_who_may_find_a_host_down(hosts: Hosts) -> None:
    """Of two runs the one that has done nothing to a host that the other one has restarted."""
    (name,) = hosts.disturbed
    two = TwoAtOnce(1, elsewhere=False)
    under_way = UnderWay(hosts, Command((), Path()), Coordinator)
    idle = HostResult(name, "127.0.0.1")
    changing = replace(idle, steps=(StepRecord("msi", StepResult(Outcome.CHANGED, verbatim("installed")), 1, 1),))
    two.begin(under_way)
    two.end(under_way)
    assert Outcome.UNREACHABLE not in two.may_end(KIND, idle)
    two.begin(under_way)
    on(hosts, name, restarted)
    two.end(under_way)
    assert Outcome.UNREACHABLE in two.may_end(KIND, idle)
    assert Outcome.UNREACHABLE not in two.may_end(KIND, changing)


def test_what_another_computer_finds_of_a_killed_run(hosts: Hosts) -> None:
    """A lease whose time is over, where there was one."""
    (name,) = hosts.disturbed
    holder = lease.Holder("f" * 16, "20261128-090000-aaaa", "jane", "other-pc")
    since, until = datetime(2026, 11, 28, 9, tzinfo=UTC), datetime(2036, 11, 28, 9, tzinfo=UTC)
    on(hosts, name, ran, f"md {ROOT}&{lease.taken(holder).line}&{lease.held(holder, since, until, 'marker').line}")
    for ends in (until, since):
        shown = hosts.on(name, lambda machine: machine.files.read(owner_file(holder)).decode())
        found = lease._parse(["lease", holder.mark, shown])
        assert found == lease.Lease(holder.mark, "jane", "other-pc", since, ends)
        hosts.outdate_leases()


def test_who_unlocks_an_account_says_so() -> None:
    """In the runs after the one in which it was locked, and only where it was."""
    locked = LockedAccount(1)
    plan = Plan("", "install", [KIND], [[locked], []])
    assert [plan.unlocked_before(number) for number in (1, 2, 3)] == [False, False, False]
    locked.happened = True
    assert [plan.unlocked_before(number) for number in (1, 2, 3)] == [False, True, True]


def test_whose_account_may_be_left_alone() -> None:
    """Of a run that was told of a new password, where the log-ons that were to show it may have had no answer."""
    withheld = HostResult("pc", "127.0.0.1", verdict=StepResult(Outcome.CANCELLED, _withheld("jane", 2)))
    stopped = HostResult("pc", "127.0.0.1", verdict=StepResult(Outcome.CANCELLED, verbatim("stopped")))
    line = BrokenLine("pc", 0, proxies.Fault("rst", "down", 0))
    assert may_be_withheld(withheld, [line])
    assert not may_be_withheld(withheld, [LockedAccount(1)])
    assert not may_be_withheld(stopped, [line])


def test_plans_follow_from_their_seeds() -> None:
    """The same seed makes the same round, and many seeds make every kind of fault."""
    assert plan_of("7.1") == plan_of("7.1")
    assert plan_of("7.1") != plan_of("7.2")
    kinds = {each.kind for number in range(200) for each in plan_of(f"7.{number}").disturbances}
    assert kinds >= {
        *(f"line: {kind}" for kind in ("fin", "rst", "half-close", "stall", "delay", "dribble", "flip")),
        *(f"coordinator: {name}" for name in ("SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "disk full", "umask 000")),
        *("account locked", "jump host dies", "hostile peer, fast", "hostile peer, slow", "host: restarts by itself"),
    }
