"""Logs of many hosts come home in one run while lines break: whole, and nothing twice but what was under way."""

from __future__ import annotations

import random
import re
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest

from benchmarks import host_logs
from benchmarks.measuring import MIX
from orchestrator.app.verify_logs import verify_logs
from orchestrator.harvest import bundle
from orchestrator.model.outcome import Outcome
from orchestrator.steps.collect import CollectDetail
from sspr_lab.faults import fault
from sspr_lab.fleet import Fleet
from sspr_lab.machine import Machine
from sspr_lab.mix import load_mix
from tests.details import detail_of
from tests.e2e.program import result_of, sspr
from tests.lab_fixtures import fleet_site

SEED = 7
PIECE = re.compile(r'findstr /r "([^"]+)" "[^"]+harvest.txt"')
"""How a piece of a file is asked for: by the numbers of its lines."""
LATEST = 6
"""A Receive of a host up to which its line breaks anywhere; it has at least so many before a file is fetched."""
IN_PIECES = 2
"""How often it breaks at most while a piece is on its way."""


class Lines:
    """Breaks the lines of some hosts at moments that chance decides, and counts what each host was asked for.

    A transcript of the fleet: it hears of each message on the lab's thread.
    """

    def __init__(self) -> None:
        self.asked: dict[str, Counter[str]] = {}
        self._machines: dict[str, Machine] = {}
        self._made: Counter[str] = Counter()
        self._chance = random.Random(SEED)

    def doom(self, machines: dict[str, Machine]) -> None:
        """From now on a third of these machines lose their lines."""
        for name in self._chance.sample(sorted(machines), len(machines) // 3):
            self._machines[name] = machines[name]
            self._break(name, nth=self._chance.randint(1, LATEST))

    def __call__(self, host: str, action: str, envelope: str) -> None:
        if not action.endswith("/Command") or not (pieces := PIECE.findall(envelope.replace("&quot;", '"'))):
            return
        self.asked.setdefault(host, Counter()).update(pieces)
        if host in self._machines and self._made[host] <= IN_PIECES and self._chance.random() < 0.6:
            self._break(host)

    def _break(self, host: str, **when: int) -> None:
        self._machines[host].faults.add(fault("drop_receive", **when))
        self._made[host] += 1

    def broken(self) -> dict[str, int]:
        """How often each of the chosen hosts' lines has broken."""
        return {name: self._made[name] - sum(machine.faults._left.values()) for name, machine in self._machines.items()}

    def twice(self) -> dict[str, int]:
        """How many pieces a host gave once more, where it did."""
        more = {name: sum(times - 1 for times in pieces.values()) for name, pieces in self.asked.items()}
        return {name: number for name, number in more.items() if number}


@pytest.mark.parametrize(
    ("hosts", "events", "letters"),
    [
        pytest.param(6, 0.02, 150_000, id="6 hosts"),
        pytest.param(300, 0.1, 1_080_000, id="300 hosts of 5 MB", marks=[pytest.mark.whole, pytest.mark.timeout(1200)]),
    ],
)
def test_everything_is_home_and_hardly_anything_twice(tmp_path: Path, hosts: int, events: float, letters: int) -> None:
    """Each host ends well with a bundle that its hashes bear out, whatever broke; a break costs a piece at most."""
    lines, logs = Lines(), dict[str, dict[str, bytes]]()

    def make(port: int) -> Fleet:
        fleet = Fleet(hosts, mix=load_mix(MIX), port=port, speed=10, transcript=lines)
        for number, (name, host) in enumerate(fleet.hosts.items()):
            logs[name] = host_logs.fill(host.machine, number, events, letters)
        lines.doom({name: host.machine for name, host in fleet.hosts.items()})
        return fleet

    with fleet_site(tmp_path, make) as site:
        process = sspr(
            tmp_path, "logs", "collect", "--inventory", str(site.inventory), "--folder", str(tmp_path / "run")
        )
        _, complaints = process.communicate()
        assert process.returncode == 0, complaints[-2000:]
        broken = site.look(lambda _: lines.broken())
    result = result_of(site)
    assert {host.name: host.outcome for host in result.hosts} == dict.fromkeys(site.hosts, Outcome.OK)
    assert len(broken) == hosts // 3
    assert all(broken.values())
    assert sum(broken.values()) > len(broken), "some of them while a file was fetched"
    twice = lines.twice()
    assert {name: times for name, times in twice.items() if times > broken.get(name, 0)} == {}
    assert lines.asked.keys() == site.hosts.keys()
    for host in result.hosts:
        folder = Path(detail_of(host.deciding, CollectDetail).folder or "")
        assert bundle.verify(folder) == []
        sealed = {file.name: file.sha256 for file in bundle.read_manifest(folder).files}
        for name, content in logs[host.name].items():
            assert sealed[f"collected/{name}"] == sha256(content).hexdigest()
    assert [logs for logs in verify_logs(tmp_path / "run") if logs.problems] == []
