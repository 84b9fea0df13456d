"""The main job on two hundred machines, one in ten of which has something wrong."""

import random
from collections import Counter
from collections.abc import Mapping
from itertools import cycle
from pathlib import Path

import pytest

from orchestrator.model.outcome import Outcome
from sspr_lab.fault_entries import FaultPlan, HostsFault
from sspr_lab.faults import FaultKind
from sspr_lab.fleet import Fleet
from tests.e2e.program import install_on, result_of
from tests.lab_fixtures import SPEED, Site, fleet_site

HOSTS = 200
SEED = 20
ENDS_AS: Mapping[FaultKind, Outcome] = {
    "unreachable": Outcome.UNREACHABLE,
    "logon_refused": Outcome.UNREACHABLE,
    "disk_full": Outcome.BLOCKED,
    "installer_fails": Outcome.FAILED,
    "corrupt_upload": Outcome.CHANGED,
    "drop_install": Outcome.CHANGED,
    "drop_receive": Outcome.CHANGED,
    "installer_busy": Outcome.CHANGED,
    "quota": Outcome.CHANGED,
    "reboot_required": Outcome.CHANGED,
    "slow": Outcome.CHANGED,
    "slow_reboot": Outcome.CHANGED,
    "tls_disabled": Outcome.CHANGED,
}
SECONDS: Mapping[FaultKind, float] = {"installer_busy": 60, "slow": 5, "slow_reboot": 60}


def faults() -> dict[str, FaultKind]:
    """Who has which fault: a tenth of the hosts, chosen by the seed, every kind in its turn."""
    names = [f"LAB-{number:04d}" for number in range(1, HOSTS + 1)]
    return dict(zip(random.Random(SEED).sample(names, HOSTS // 10), cycle(ENDS_AS), strict=False))


def outcomes(site: Site, code: int) -> dict[str, Outcome]:
    """How the hosts of a run ended that left with `code`; every one of them has just one outcome."""
    with install_on(site, "--forks", "48") as process:
        process.communicate()
    assert process.returncode == code
    result = result_of(site)
    assert sorted(host.name for host in result.hosts) == list(site.hosts)
    return {host.name: host.outcome for host in result.hosts}


@pytest.mark.slow
@pytest.mark.timeout(300)  # bound by the processor: both runs and the lab take some 70 s of it together
def test_two_hundred_machines_and_again(tmp_path: Path) -> None:
    """Each of 200 hosts ends in the outcome of its fault, and a second run leaves those that were fine alone."""
    wrong = faults()
    plan = FaultPlan(
        tuple(HostsFault(hosts=name, fault=fault, seconds=SECONDS.get(fault)) for name, fault in wrong.items())
    )
    with fleet_site(tmp_path, lambda port: Fleet(HOSTS, faults=plan, seed=SEED, speed=SPEED, port=port)) as site:
        first = outcomes(site, code=1)
        assert first == {name: ENDS_AS[wrong[name]] if name in wrong else Outcome.CHANGED for name in site.hosts}

        before = site.snapshots()
        second = outcomes(site, code=1)
        fine = {name for name, outcome in first.items() if outcome.fine}
        changes = site.changes(before)
        assert {name: changes[name] for name in fine if changes[name]} == {}
        assert Counter(second[name] for name in fine) == {Outcome.OK: len(fine)}
