"""Hosts are sent files in turns, within bytes a second: by numbers alone, and on lab hosts over sockets."""

from __future__ import annotations

import random
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from orchestrator.fleet.pushes import FIRST_PAUSE, LONGEST_PAUSE, SHARE, HostPushing, Pushes
from orchestrator.fleet.token_bucket import TokenBucket
from orchestrator.model.clock import Clock
from orchestrator.model.errors import PushAwaited
from orchestrator.model.events import Event, HostWaits, StepRetried
from orchestrator.model.outcome import Outcome
from orchestrator.playbook.plan import Playbook
from orchestrator.playbook.strategy import Limits
from sspr_lab.fleet import Fleet
from sspr_lab.winrm import namespaces as ns
from tests.fleet.test_absent_hosts import engine
from tests.lab_fixtures import Lineup, Site, fleet_site, kind
from tests.playbook.written import playbook

MEGABYTE = 1024 * 1024
SPEED = 10
"""Host seconds in a real second: a shell times out after 18 s, be the computer ever so busy."""
SIZE = 400_000


def waits(pushes: Pushes, host: str, size: int = MEGABYTE) -> PushAwaited | None:
    """What a host is told that asks for its turn; None when it has it."""
    try:
        pushes.of(host).take(size)
    except PushAwaited as awaited:
        return awaited
    return None


def pushes(limits: Limits, **groups: str) -> Pushes:
    """Hosts are called by letters; each group has those of its text."""
    hosts = {letter: [name for name, members in groups.items() if letter in members] for letter in "abcdefghij"}
    return Pushes(limits, hosts, Clock())


def test_as_many_at_once_as_have_a_share() -> None:
    """The others stand in line, in which nobody who comes later gets past them, and ask until it is their turn."""
    line = pushes(Limits(push_bytes_per_second=2 * SHARE))
    assert [waits(line, host) for host in "ab"] == [None, None]
    assert all(waits(line, host) for host in "cde")
    assert waits(line, "a") is None
    line.end("a")
    assert waits(line, "f")
    assert waits(line, "d") is None
    assert waits(line, "c")
    line.leave("b")
    assert waits(line, "c") is None
    assert waits(line, "f")


def test_the_less_often_they_ask_the_more_are_before_them() -> None:
    """By the bytes that stand before them."""
    line = pushes(Limits(push_bytes_per_second=SHARE))
    pauses = [wait.pause for host in "abcdefghij" if (wait := waits(line, host, 4 * MEGABYTE))]
    assert pauses[:4] == [FIRST_PAUSE, 32.0, 64.0, 96.0]
    assert max(pauses) == 256.0 < LONGEST_PAUSE


def test_a_slow_site_holds_up_nobody_else() -> None:
    """Neither by those at work there nor by those who wait for it; and each has both limits."""
    limits = Limits(push_bytes_per_second=3 * SHARE, push_bytes_per_second_per_group={"seoul": SHARE // 2})
    line = pushes(limits, seoul="abc")
    assert waits(line, "a") is None
    assert [bool(waits(line, host)) for host in "bc"] == [True, True]
    assert [waits(line, host) for host in "de"] == [None, None]
    wait = waits(line, "f")
    assert wait
    assert wait.pause == FIRST_PAUSE
    line.end("a")
    assert waits(line, "b") is None


def test_without_limits_it_is_everybodys_turn() -> None:
    """And a group of its own is each that is not named."""
    line = pushes(Limits())
    assert [waits(line, host) for host in "abcdefghij"] == [None] * 10
    assert line.of("a").throttle is None
    line = pushes(Limits(push_bytes_per_second_per_group={"*": SHARE}), x="abc", y="de")
    assert [bool(waits(line, host)) for host in "abcdef"] == [False, True, True, False, True, False]


@dataclass
class Counted:
    """What a run sent to hosts, by its clock.

    Attributes:
        clock: The run's.
        let_go: When messages were let go, to which host, how large they were taken to be.
        arrived: When messages with content came to the lab, to which host, how large they were there.
        asked: How many requests each host had had whenever it was not its turn.
    """

    clock: Clock
    let_go: list[tuple[float, str, int]] = field(default_factory=list)
    arrived: list[tuple[float, str, int]] = field(default_factory=list)
    asked: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    @property
    def now(self) -> float:
        return self.clock.after(0).uptime

    def of(self, hosts: frozenset[str]) -> tuple[list[tuple[float, int]], list[tuple[float, int]]]:
        """Of these hosts."""
        let_go = [(moment, size) for moment, host, size in self.let_go if host in hosts]
        return let_go, [(moment, size) for moment, host, size in self.arrived if host in hosts]


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Site, Counted]]:
    """Six hosts, three of them in Seoul; what is sent to them is counted where it is let go, and at their sockets."""
    kinds = tuple(kind(branch="windows8.1" if number % 2 else "windows7") for number in range(6))
    before: dict[str, int] = defaultdict(int)

    def passes(host: str, action: str, _: str) -> None:
        so_far = up.lab.fleet.hosts[host].counters.bytes_in
        if action == ns.SEND:
            counted.arrived.append((counted.now, host, so_far - before[host]))
        before[host] = so_far

    lineup = Lineup(Path("lineup"), (), kinds)
    with fleet_site(tmp_path, lambda port: Fleet(6, mix=lineup, speed=SPEED, port=port, transcript=passes)) as up:
        inventory = yaml.safe_load(up.inventory.read_text("utf-8"))
        inventory["groups"] = {"seoul": {"hosts": list(up.hosts)[:3]}}
        up.inventory.write_text(yaml.safe_dump(inventory), encoding="utf-8")
        counted = Counted(up.clock)
        on_thread, wait, take, ask = threading.local(), HostPushing.wait, TokenBucket.take, HostPushing.take

        def waiting(self: HostPushing, size: int) -> float:
            on_thread.host, on_thread.told = self.host, False
            return wait(self, size)

        def taking(self: TokenBucket, size: int) -> None:
            if not on_thread.told:  # by the first bucket of several
                counted.let_go.append((counted.now, on_thread.host, size))
            on_thread.told = True
            take(self, size)

        def asking(self: HostPushing, size: int) -> None:
            try:
                ask(self, size)
            except PushAwaited:
                counted.asked[self.host].append(up.lab.fleet.hosts[self.host].counters.requests)
                raise

        monkeypatch.setattr(HostPushing, "take", asking)
        monkeypatch.setattr(HostPushing, "wait", waiting)
        monkeypatch.setattr(TokenBucket, "take", taking)
        yield up, counted


@dataclass
class Waiting:
    """Notes who was told to wait for its turn, and whatever was tried again."""

    hosts: list[str] = field(default_factory=list)
    retried: list[StepRetried] = field(default_factory=list)

    def notify(self, event: Event) -> None:
        if isinstance(event, StepRetried):
            self.retried.append(event)
        if isinstance(event, HostWaits) and event.wait.what.code == "progress-waiting-to-be-sent":
            self.hosts.append(event.host)


def copying(folder: Path, size: int, **limits: object) -> Playbook:
    """A playbook that copies so many bytes to every host."""
    (folder / "file.bin").write_bytes(random.Random(size).randbytes(size))
    made = playbook(folder, r"copy: {source: file.bin, destination: '%ProgramData%\Contoso\file.bin'}")
    return made.overridden([f"limits.{name}={value}" for name, value in limits.items()])


RUNS: Mapping[str, tuple[Mapping[str, str], Mapping[str, int]]] = {
    "whole run": ({"push_bytes_per_second": "128KB"}, {"all": 128 * 1024}),
    "and a group": (
        {"push_bytes_per_second": "192KB", "push_bytes_per_second_per_group": "{Seoul: 64 KB}"},
        {"all": 192 * 1024, "seoul": 64 * 1024},
    ),
}


@pytest.mark.parametrize("durable", [False, True], ids=["in process", "durable"])
@pytest.mark.parametrize("name", RUNS)
async def test_within_bytes_a_second(lab: tuple[Site, Counted], name: str, durable: bool, tmp_path: Path) -> None:
    """In any time no more is sent than its rate and a burst; who waits is left alone; nobody's shell times out."""
    site, counted = lab
    limits, rates = RUNS[name]
    waiting, began = Waiting(), counted.now
    plan = copying(tmp_path, SIZE, **limits)
    results = await site.run(
        plan, clock=counted.clock, listeners=[waiting], engine=engine(durable, tmp_path, counted.clock)
    )
    assert {host.outcome for host in results.values()} == {Outcome.CHANGED}
    assert waiting.retried == []
    assert len(waiting.hosts) >= 3
    assert sorted(waiting.hosts) == sorted(counted.asked), "it is told once"
    for requests in counted.asked.values():
        assert len(set(requests[1:])) <= 1, "who waits is not asked anything"
    assert {host for _, host, _ in counted.arrived} == set(site.hosts)
    for host in site.hosts:
        let_go, arrived = counted.of(frozenset({host}))
        assert len(let_go) == len(arrived)
        assert SIZE * 16 / 9 < sum(size for _, size in arrived) <= sum(size for _, size in let_go)
    for group, rate in rates.items():
        members = frozenset(site.hosts if group == "all" else list(site.hosts)[:3])
        let_go, arrived = counted.of(members)
        assert beyond(let_go, rate) <= rate
        came = 0
        for moment, size in arrived:
            came += size
            assert came <= rate * (moment - began) + rate


def beyond(passed: list[tuple[float, int]], rate: int) -> float:
    """By how much more passed, at most, in any time than the rate allows in it."""
    most = 0.0
    for first, (began, _) in enumerate(passed):
        so_far = 0
        for moment, size in passed[first:]:
            so_far += size
            most = max(most, so_far - rate * (moment - began))
    return most


@pytest.mark.slow
async def test_waiting_is_not_the_steps_time(lab: tuple[Site, Counted], tmp_path: Path) -> None:
    """Neither for the throttle nor for the turn: both hosts are through long after their steps' deadlines."""
    site, counted = lab
    plan = copying(tmp_path, 1_000_000, push_bytes_per_second="16KB")
    allowed = timedelta(minutes=2).total_seconds()
    two = list(site.hosts)[:2]
    results = await site.run(plan, *two, clock=counted.clock, told=lambda step: replace(step, deadline_seconds=allowed))
    assert {host.outcome for host in results.values()} == {Outcome.CHANGED}
    lasted = sorted(host.steps[-1].seconds for host in results.values())
    assert lasted[0] > allowed
    assert lasted[1] > 2 * allowed
