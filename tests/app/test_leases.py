"""`sspr leases`: who is at work on each host, what is known of that run's end, and taking the host away from it."""

from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path

from rich.console import Console

from orchestrator.app import BreakLease, ListLeases, prepare
from orchestrator.console.leases import leases_table, print_leases
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import RunResult
from orchestrator.runs.coordinator import Coordinator
from orchestrator.windows.lease import FOLDER, Holder
from sspr_lab.machine import Machine
from tests.lab_fixtures import Site, kind, site

PLACE = FOLDER.replace("%SystemRoot%", "C:\\Windows")
COLLEAGUE = Holder("f" * 16, "20261128-090000-aaaa", "CONTOSO\\jane", "other-pc")


def give(lab: Site, name: str, holder: Holder, minutes: int) -> None:
    """Has a run hold a host for so many minutes from now on."""
    since = lab.on(name, lambda machine: machine.clock.now())

    def write(machine: Machine) -> None:
        for folder in (PLACE.rpartition("\\")[0], PLACE, rf"{PLACE}\{holder.mark}"):
            machine.files.mkdir(folder)
        until = since + timedelta(minutes=minutes)
        owner = f"sspr-lease {since:%Y%m%dT%H%M%SZ} {until:%Y%m%dT%H%M%SZ} {holder.account} {holder.computer}"
        machine.files.write(rf"{PLACE}\{holder.mark}\owner.txt", owner.encode())

    lab.on(name, write)


async def executed(request: ListLeases | BreakLease) -> RunResult:
    return await prepare(request).begin().execute()


def shown(result: RunResult) -> dict[str, str]:
    """What the table says of each host that has a lease."""
    text = StringIO()
    print_leases(result, Console(file=text, width=200))
    return {line.split()[0]: " ".join(line.split()[1:]) for line in text.getvalue().splitlines()}


async def test_who_is_at_work(tmp_path: Path) -> None:
    """A colleague, one whose lease has run out, and a run of our own: alive, and killed."""
    here = Coordinator.here()
    alive, killed = here.holder("20261129-100000-bbbb"), here.holder("20261129-100000-cccc")
    kinds = ("free", "colleague", "long ago", "alive", "killed")
    with site(tmp_path, {name: kind() for name in kinds}) as lab, here.alive(alive.run):
        give(lab, "colleague", COLLEAGUE, 60)
        give(lab, "long ago", replace(COLLEAGUE, account="tom"), -5)
        give(lab, "alive", alive, 60)
        give(lab, "killed", killed, 60)
        result = await executed(ListLeases(inventory=lab.inventory))
        names = {name: lab.hosts[name] for name in kinds}
    assert {host.outcome for host in result.hosts} == {Outcome.OK}
    table = shown(result)
    assert names["free"] not in table
    assert table[names["colleague"]].startswith("20261128-090000-aaaa CONTOSO\\jane on other-pc ")
    ends = {name: table[names[name]].rpartition(" UTC")[2] for name in kinds if name != "free"}
    assert ends == {"colleague": "", "long ago": " (ran out)", "alive": "", "killed": " (ended)"}
    assert table["1"] == "machine without a lease"
    assert [row[-2:] for row in leases_table(result).rows] == [
        [False, False],
        [True, False],
        [False, False],
        [False, True],
    ]


async def test_taking_a_host_away(tmp_path: Path) -> None:
    """Whoever has it; a host that nobody has is left as it is."""
    with site(tmp_path, {"held": kind(), "free": kind()}) as lab:
        before = lab.snapshots()
        give(lab, "held", COLLEAGUE, 60)
        results = lab.by_name(await executed(BreakLease(inventory=lab.inventory)))
        assert lab.changes(before) == {"held": [], "free": []}
    assert {name: host.outcome for name, host in results.items()} == {"held": Outcome.CHANGED, "free": Outcome.OK}
