"""Two runs on one fleet: a host is changed by one at a time, installed and restarted once, and both judge truly."""

import asyncio
from pathlib import Path

import pytest

from orchestrator.app import RunPlaybook, prepare
from orchestrator.model.events import Event, StepRetried
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult
from orchestrator.windows.lease import FOLDER
from sspr_lab.machine import Machine
from tests.lab_fixtures import Site, install, kind, site

PLACE = FOLDER.replace("%SystemRoot%", "C:\\Windows")
INSTALLATION_BEGAN, STARTED = 1040, 12


class Told:
    """The hosts of which a run says that another has them."""

    def __init__(self) -> None:
        self.held: set[str] = set()

    def notify(self, event: Event) -> None:
        if isinstance(event, StepRetried) and event.error.code == "lease-held":
            self.held.add(event.host)


def count(machine: Machine, log: str, event: int) -> int:
    return sum(record.event_id == event for record in machine.events.query(log))


async def run(lab: Site, name: str, told: Told, *, wait: int) -> dict[str, HostResult]:
    request = RunPlaybook(
        inventory=lab.inventory,
        forks=len(lab.hosts),
        folder=lab.folder / name,
        playbook=install(),
        lease_wait_minutes=wait,
    )
    return lab.by_name(await prepare(request).begin([told], clock=lab.clock).execute())


@pytest.mark.parametrize(
    ("hosts", "wait"),
    [(2, 60), pytest.param(8, 60, marks=pytest.mark.slow), pytest.param(8, 0, marks=pytest.mark.slow)],
)
async def test_each_host_is_changed_by_one_run_at_a_time(tmp_path: Path, hosts: int, wait: int) -> None:
    """Both begin at the same moment; who comes second says who has the host, and waits for that run or leaves it."""
    told = Told(), Told()
    with site(tmp_path, {f"host {number}": kind() for number in range(hosts)}) as lab:
        before = {name: lab.on(name, lambda machine: count(machine, "System", STARTED)) for name in lab.hosts}
        first, second = await asyncio.gather(*(run(lab, f"run-{n}", each, wait=wait) for n, each in enumerate(told)))
        for name in lab.hosts:
            assert lab.on(name, lambda machine: count(machine, "Application", INSTALLATION_BEGAN)) == 1
            assert lab.on(name, lambda machine: count(machine, "System", STARTED)) - before[name] == 1
            assert not lab.machine(name).files.exists(PLACE)
            ends = (first[name], second[name])
            fine = [each for each in ends if each.outcome.fine]
            assert any(each.outcome is Outcome.CHANGED for each in fine), ends
            refused = [each.reason.code for each in ends if not each.outcome.fine]
            assert refused == ([] if wait else ["lease-held"] * len(refused))
    assert told[0].held or told[1].held or not wait
