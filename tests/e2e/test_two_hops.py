"""The main job on machines behind two SSH hops, whose nearest one dies again and again."""

import json
import sys
import threading
import time
from collections import Counter
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestrator.model.outcome import Outcome
from sspr_lab.fleet import Fleet
from sspr_lab.machine import Machine
from tests.e2e.program import install_on, result_of
from tests.lab_fixtures import BRANCHES, SPEED, Lineup, Site, fleet_site
from tests.leftovers import is_installed, left_over, traces
from tests.sshd import USERNAME, Sshd, sshd

HOSTS = 100
DIES_IN = ("preflight", "tls12", "msi", "reboot", "verify")
INSTALLATION_BEGAN = 1040


def behind(site: Site, **jump_hosts: Sshd) -> None:
    """Says in the inventory that every host is behind these, the first nearest to us."""
    content: dict[str, Any] = yaml.safe_load(site.inventory.read_text("utf-8"))
    content["jump_hosts"] = {
        name: {
            "address": "127.0.0.1",
            "port": server.port,
            "username": USERNAME,
            "key": str(server.folder / "id"),
            "known_hosts": str(server.known_hosts),
        }
        for name, server in jump_hosts.items()
    }
    content["all"]["via"] = list(jump_hosts)
    site.inventory.write_text(yaml.safe_dump(content), encoding="utf-8")


def installations(machine: Machine) -> int:
    """How often Windows Installer has noted that it begins."""
    return sum(record.event_id == INSTALLATION_BEGAN for record in machine.events.query("Application"))


def die_and_return(site: Site, gate: Sshd, inner: Sshd, over: threading.Event) -> int:
    """Kills the nearer jump host once in the middle of each step, for a second; how often it was done."""
    for death, step in enumerate(DIES_IN):
        while min(gate.connections, inner.connections) <= death or begun(site, step) < HOSTS // 2:
            if over.wait(0.1):
                return death
        gate.kill()
        time.sleep(1)
        gate.start()
    return len(DIES_IN)


def begun(site: Site, step: str) -> int:
    """How many hosts have begun a step."""
    log = site.folder / "run" / "log.jsonl"
    lines = (json.loads(line) for line in log.read_text().splitlines(keepends=True) if line.endswith("\n"))
    return len({line["host"] for line in lines if (line["event"], line.get("step")) == ("step_started", step)})


def never_used(site: Site, name: str) -> set[str]:
    """Shells in which nothing was run: one whose making was cut off is known to its host alone, and ends by idling."""
    server = site.host(name).server
    return site.look(
        lambda _: {f"+ shell {shell.id}" for shell in server._shells._shells.values() if not shell.operations}
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_jump_host_that_dies_five_times(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each of 100 hosts behind two hops is installed once and left tidy, however often the way to it breaks."""
    branches = list(islice(cycle(BRANCHES), HOSTS))
    kinds = [BRANCHES[branch] for branch in (*branches, *BRANCHES)]
    lineup = Lineup(Path("lineup"), (), tuple(kinds))
    with (
        fleet_site(tmp_path, lambda port: Fleet(len(kinds), mix=lineup, speed=SPEED, port=port)) as site,
        sshd(tmp_path / "gate") as gate,
        sshd(tmp_path / "inner") as inner,
    ):
        names, by_hand = list(site.hosts)[:HOSTS], list(site.hosts)[HOSTS:]
        packages = {branch: traces(site, name) for branch, name in zip(BRANCHES, by_hand, strict=True)}
        before = site.snapshots()
        behind(site, gate=gate, inner=inner)
        over = threading.Event()
        deaths: list[int] = []
        killing = threading.Thread(target=lambda: deaths.append(die_and_return(site, gate, inner, over)))
        began = time.monotonic()
        with install_on(site, "--limit", f"LAB-[0001:{HOSTS:04d}]", "--forks", str(HOSTS)) as process:
            killing.start()
            try:
                process.communicate()
            finally:
                over.set()
                killing.join()
        seconds = time.monotonic() - began
        result = result_of(site)
        again = Counter(step.name for host in result.hosts for step in host.steps if step.attempts > 1)
        with capsys.disabled():
            sys.stdout.write(
                f"\n{HOSTS} hosts behind two hops in {seconds:.0f} s; SSH connections: {gate.connections} to the first "
                f"and {inner.connections} to the second; steps begun anew: {dict(again)}\n"
            )
        assert sorted(host.name for host in result.hosts) == names
        assert Counter(host.outcome for host in result.hosts) == {Outcome.CHANGED: HOSTS}
        assert process.returncode == 0
        assert deaths == [len(DIES_IN)]
        assert set(DIES_IN) <= set(again), "the way broke under the hosts"
        assert gate.connections == inner.connections == len(DIES_IN) + 1
        changes = site.changes(before)
        for name, branch in zip(names, branches, strict=True):
            assert site.on(name, installations) == 1
            assert is_installed(changes[name], packages[branch])
            assert set(left_over(changes[name], packages[branch])) <= never_used(site, name)
