"""Playbooks over bad lines: they end right, and in the time that round trips, bytes and the host's own work take.

A line has round trips of 300 ms, carries 64 kbit/s in each direction, and is reset in one exchange of fifty. Its times
are the lab's, which go faster than ours; the program's own pauses go as much faster here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from lab.tests.padded import padded_standin
from orchestrator.connect import messages, pywinrm
from orchestrator.fleet import retry
from orchestrator.model.events import Event, StepRetried
from orchestrator.model.outcome import Outcome
from orchestrator.playbook.plan import Playbook
from orchestrator.remote import files
from orchestrator.sentences import say
from orchestrator.steps import await_reboot
from sspr_lab.faults import Fault, fault
from sspr_lab.link import Exchange, Passed
from sspr_lab.mix import Kind
from sspr_lab.profile import Branch
from tests.e2e.journey import journey
from tests.lab_fixtures import Site, install, kind, shipped, site

ROUND_TRIP, BITS_PER_SECOND, DROP = 0.3, 64_000, 0.02
SPEED = 12.0
"""Host seconds in a real second: slow enough that our own work counts for little."""
MODEST = 1.5
"""By how much more than the arithmetic says a run may take."""
SECONDS_A_RESET = 15.0
"""For the pause after a connection that broke, and for finding out how far all was."""
OUR_OWN_SECONDS = 2.0
"""Of ours, for what program and lab themselves do; the lab's clock goes on meanwhile."""
TICK = 0.01
"""Our seconds between two looks at how late a busy machine lets us be."""

OWN_WORK: Mapping[str, float] = {
    "preflight": 5,
    "enable-tls12": 140,
    "install": 220,
    "collect-logs": 10,
    "verbose-logging-on": 5,
    "verbose-logging-off": 5,
    "windows10-enable": 5,
    "windows10-disable": 5,
    "reboot": 140,
    "uninstall": 200,
}
"""Host seconds that a playbook's commands, installations and restarts take on any line."""


def bad_line(seed: int, drop: float = DROP) -> Fault:
    return fault("link", round_trip=ROUND_TRIP, bits_per_second=BITS_PER_SECOND, drop=drop, seed=seed)


@pytest.fixture(autouse=True)
def program_in_lab_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program's pauses, and what it holds for long, are as many host seconds here as they are ours elsewhere."""
    for module, name in (
        (pywinrm, "FIRST_PAUSE"),
        (pywinrm, "LONGEST_PAUSE"),
        (messages, "MESSAGE_SECONDS"),
        (files, "PIECE_SECONDS"),
        (retry, "FIRST_WAIT"),
        (retry, "LONGEST_WAIT"),
        (await_reboot, "FIRST_PAUSE"),
        (await_reboot, "LONGEST_PAUSE"),
        (await_reboot, "LOGON_PAUSE"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name) / SPEED)


@dataclass(frozen=True)
class Ride:
    """What a run took on one host's line: host seconds from its first answer to the last, and what passed.

    `behind` are those of our seconds in which the machine did not come to go on with what was due.
    """

    seconds: float
    exchanges: tuple[Exchange, ...]
    connections: int
    bytes: int
    resets: int
    behind: float

    def allowed(self, own_work: float) -> float:
        """Host seconds that it may take."""
        arithmetic = (len(self.exchanges) + self.connections) * ROUND_TRIP + self.bytes * 8 / BITS_PER_SECOND
        ours = (OUR_OWN_SECONDS + self.behind) * SPEED
        return MODEST * (arithmetic + own_work) + SECONDS_A_RESET * self.resets + ours


def passed(lab: Site, name: str) -> Passed:
    link = lab.host(name).server.link
    assert link is not None
    return link.passed


async def ridden(lab: Site, playbook: Playbook) -> tuple[dict[str, Outcome], dict[str, str], dict[str, Ride]]:
    """How a playbook ends on every host and why, and what it took on their lines."""
    before = {
        name: (p.connections, p.bytes_up + p.bytes_down, p.resets, len(p.exchanges))
        for name in lab.hosts
        for p in [passed(lab, name)]
    }
    behind: list[float] = []
    watch = asyncio.create_task(late_ticks(behind))
    results = await lab.run(playbook)
    watch.cancel()
    rides = {}
    for name, (connections, octets, resets, exchanges) in before.items():
        now = passed(lab, name)
        seen = tuple(now.exchanges[exchanges:])
        rides[name] = Ride(
            (seen[-1].answered - seen[0].answered).total_seconds(),
            seen,
            now.connections - connections,
            now.bytes_up + now.bytes_down - octets,
            now.resets - resets,
            sum(behind),
        )
    outcomes = {name: result.outcome for name, result in results.items()}
    return outcomes, {name: say(result.reason) for name, result in results.items()}, rides


async def late_ticks(behind: list[float]) -> None:
    """Adds by how much each pause of ours was longer than meant, until it is cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        before = loop.time()
        await asyncio.sleep(TICK)
        behind.append(loop.time() - before - TICK)


def late(rides: Mapping[str, Ride], own_work: float) -> dict[str, str]:
    """Hosts on which a run took longer than it may, with the figures."""
    return {
        name: f"{ride.seconds:.0f} s of {ride.allowed(own_work):.0f}, {len(ride.exchanges)} exchanges, "
        f"{ride.bytes} bytes, {ride.resets} resets, {ride.behind:.1f} s behind"
        for name, ride in rides.items()
        if ride.seconds > ride.allowed(own_work)
    }


async def test_looking_and_collecting_over_a_bad_line(tmp_path: Path) -> None:
    """Preflight and collect-logs, on an old and a newer machine and on a full one; clocks are off by a day."""
    kinds = {
        "7": kind(bad_line(1)),
        "8.1": kind(bad_line(2), branch="windows8.1", traits=["clock_a_day_behind"]),
        "small": kind(bad_line(3), architecture="x86", traits=["low_disk", "clock_a_day_ahead"]),
    }
    with site(tmp_path, kinds, speed=SPEED) as lab:
        outcomes, reasons, rides = await ridden(lab, shipped("preflight"))
        assert outcomes == dict.fromkeys(kinds, Outcome.BLOCKED)
        assert "less than 200 MB are free" in reasons["small"]
        assert late(rides, OWN_WORK["preflight"]) == {}
        outcomes, reasons, rides = await ridden(lab, shipped("collect-logs"))
        assert outcomes == dict.fromkeys(kinds, Outcome.OK), reasons
        assert late(rides, OWN_WORK["collect-logs"]) == {}


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [1, 2])
async def test_every_playbook_over_bad_lines(tmp_path: Path, seed: int) -> None:
    """The whole journey of a machine of each branch ends right at every stage, in the time that it may take."""
    branches: dict[str, Branch] = {
        "7 x86": "windows7",
        "7 x64": "windows7",
        "8": "windows8",
        "8.1": "windows8.1",
        "10": "windows10",
    }
    kinds: dict[str, Kind] = {
        name: kind(
            bad_line(seed),
            branch=branch,
            architecture="x86" if "x86" in name else "x64",
            traits=["azure_ad_joined"] if branch == "windows10" else [],
        )
        for name, branch in branches.items()
    }
    resets = 0
    with site(tmp_path, kinds, speed=SPEED) as lab:
        for number, leg in enumerate(journey(), 1):
            outcomes, reasons, rides = await ridden(lab, leg.playbook)
            others = {name: reasons[name] for name in kinds if outcomes[name] is not leg.ends(branches[name])}
            assert others == {}, f"run {number}, {leg.playbook.name}"
            assert late(rides, OWN_WORK[leg.playbook.name]) == {}, f"run {number}, {leg.playbook.name}"
            resets += sum(ride.resets for ride in rides.values())
    assert resets > len(kinds), "the lines did break"


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_a_package_of_a_megabyte_over_a_line_that_breaks_often(tmp_path: Path) -> None:
    """With one exchange of twenty broken, the upload takes little more than its bytes: no part goes twice."""
    packages = [padded_standin(tmp_path, 1_000_000, "x64")]
    kinds = {"7": kind(bad_line(15, drop=0.05)), "8.1": kind(bad_line(14, drop=0.05), branch="windows8.1")}
    with site(tmp_path, kinds, speed=SPEED) as lab:
        outcomes, reasons, rides = await ridden(lab, install("reboot.when=never", packages=packages))
        assert outcomes == dict.fromkeys(kinds, Outcome.REBOOT_PENDING), reasons
        for name, ride in rides.items():
            assert ride.resets >= 2
            assert ride.bytes < 1_000_000 * 16 / 9 * 1.5, name
        assert late(rides, OWN_WORK["install"]) == {}


@pytest.mark.slow
@pytest.mark.parametrize("connections_end", [False, True])
async def test_a_host_that_falls_asleep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, connections_end: bool) -> None:
    """Silent for a minute in the middle of a collection, it is waited for, or asked anew once it was too long."""
    monkeypatch.setattr(pywinrm, "OPERATION_SECONDS", 4)
    monkeypatch.setattr(pywinrm, "GRACE_SECONDS", 4)
    nap = fault("sleeps", nth=7, seconds=60, connections_end=connections_end)
    with site(tmp_path, {"7": kind(bad_line(4, drop=0), nap)}, speed=SPEED) as lab:
        booted = lab.on("7", lambda machine: machine.power.boot_time)
        before = lab.snapshots()
        result = (await lab.run(shipped("collect-logs")))["7"]
        assert (result.outcome, result.steps[0].attempts) == (Outcome.OK, 2 if connections_end else 1), say(
            result.reason
        )
        assert lab.on("7", lambda machine: machine.power.boot_time) == booted
        assert lab.changes(before)["7"] == []


class Breaking:
    """Breaks the line from the first answer to step `reboot` on, until the step has been tried twice again."""

    def __init__(self, lab: Site) -> None:
        self._lab = lab
        self._tried = 0

    def notify(self, event: Event) -> None:
        if isinstance(event, StepRetried):
            self._tried += 1
            if self._tried == 2:
                self.drop(0.0)

    def drop(self, share: float) -> None:
        """Has that share of exchanges break from now on."""

        def change(_: object) -> None:
            link = self._lab.host("7").server.link
            assert link is not None
            link.settings = replace(link.settings, drop=share)

        self._lab.look(change)

    async def break_after_first_answer(self) -> None:
        while not any(each.purpose == "Receive" for each in passed(self._lab, "7").exchanges):  # noqa: ASYNC110
            await asyncio.sleep(0.002)
        self.drop(1.0)


@pytest.mark.slow
async def test_a_request_to_restart_that_was_lost_is_made_again(tmp_path: Path) -> None:
    """Two broken connections in a row are no sign that the host is on its way down: it is asked once more."""
    with site(tmp_path, {"7": kind(bad_line(1, drop=0))}) as lab:
        booted = lab.on("7", lambda machine: machine.power.boot_time)
        breaking = Breaking(lab)
        breaker = asyncio.create_task(breaking.break_after_first_answer())
        result = (await lab.run(shipped("reboot", "reboot.delay_minutes=0"), listeners=[breaking]))["7"]
        await breaker
        assert [step.attempts for step in result.steps] == [3, 1]
        assert result.outcome is Outcome.CHANGED, say(result.reason)
        assert lab.on("7", lambda machine: machine.power.boot_time) > booted
        asked = [message for message in lab.sent if "shutdown /r" in message]
        assert len(asked) == 1, "the first request did not arrive"
