"""Collecting logs where something goes wrong: a line that breaks costs one piece, and a full host is left clean."""

import random
from pathlib import Path

from orchestrator.harvest import bundle
from orchestrator.model.events import Event, Progress
from orchestrator.model.outcome import Outcome
from orchestrator.sentences import say
from orchestrator.steps.collect import CollectDetail
from sspr_lab.faults import fault
from sspr_lab.machine import Machine
from tests.details import detail_of
from tests.lab_fixtures import Site, kind, shipped, site

LOG = random.Random(1).randbytes(1_200_000)
"""As long as three pieces, and not to be compressed."""
FIRST_PIECE = 'findstr /r "^[1-9]:'


class DropAfterFirstPiece:
    """Breaks the line once, as soon as the first piece of a file is home."""

    def __init__(self, lab: Site) -> None:
        self._lab = lab
        self.dropped = False

    def notify(self, event: Event) -> None:
        told = say(event.message) if isinstance(event, Progress) else ""
        if told.startswith("fetching") and ", 0 KB" not in told:
            if not self.dropped:
                self._lab.on("host", lambda machine: machine.faults.add(fault("drop_receive")))
            self.dropped = True


def with_log(machine: Machine) -> None:
    machine.files.write(r"C:\Windows\Temp\MSI1a2b3.log", LOG)


def with_others(machine: Machine) -> None:
    """What anybody may put beside the installer's logs."""
    for name in ("MSI1 a.log", "MSI설치.log", "MSIé.log", "MSI1a&b.log"):
        machine.files.write(rf"C:\Windows\Temp\{name}", LOG)


async def test_a_broken_line_costs_one_piece(tmp_path: Path) -> None:
    """What came home before the line broke is not fetched again; the bundle is whole, and the host is left clean."""
    with site(tmp_path, {"host": kind()}) as lab:
        lab.on("host", with_log)
        before = lab.snapshots()
        drop = DropAfterFirstPiece(lab)
        result = (await lab.run(shipped("collect-logs"), listeners=[drop]))["host"]
        assert lab.changes(before)["host"] == []
        fetched_first = sum(FIRST_PIECE in message for message in lab.sent)
    assert (drop.dropped, result.outcome, result.steps[0].attempts, fetched_first) == (True, Outcome.OK, 2, 1)
    folder = Path(detail_of(result.deciding, CollectDetail).folder or "")
    assert bundle.verify(folder) == []
    assert (folder / "collected" / "MSI1a2b3.log").read_bytes() == LOG


async def test_what_anybody_may_have_put_there_is_left_alone(tmp_path: Path) -> None:
    """Files beside Windows Installer's logs, with names that makecab would stumble over, spoil no collection."""
    with site(tmp_path, {"host": kind(language="ko-KR")}) as lab:
        lab.on("host", with_log)
        lab.on("host", with_others)
        result = (await lab.run(shipped("collect-logs")))["host"]
    assert result.outcome is Outcome.OK
    collected = Path(detail_of(result.deciding, CollectDetail).folder or "") / "collected"
    assert [path.name for path in collected.iterdir() if path.suffix.lower() == ".log"] == ["MSI1a2b3.log"]


async def test_a_collection_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """On a full disk nothing can be packed: the step fails, and its folder is gone."""
    with site(tmp_path, {"host": kind(fault("disk_full"))}) as lab:
        before = lab.snapshots()
        result = (await lab.run(shipped("collect-logs")))["host"]
        assert lab.changes(before)["host"] == []
    assert result.outcome is Outcome.FAILED
