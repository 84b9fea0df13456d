"""Collecting what is new since last time: by record numbers, which also tell what is gone and which log it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.app import CollectLogs, prepare
from orchestrator.harvest.bundle import read_manifest
from orchestrator.harvest.manifest import Manifest, Taken
from orchestrator.steps.collect import CollectDetail
from sspr_lab.machine import Machine
from tests.details import detail_of
from tests.lab_fixtures import Site, kind, site
from tests.steps.test_collect import read_events

NAME = "application-msiinstaller"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of no other test are known."""
    monkeypatch.setenv("SSPR_STATE", str(tmp_path / "state"))


async def collected(lab: Site, *, since_last: bool) -> tuple[Manifest, Taken, list[int]]:
    """What a run has brought home: the manifest, and of Windows Installer's events what it says, and their numbers."""
    request = CollectLogs(inventory=lab.inventory, since_last=since_last)
    (host,) = (await prepare(request).begin().execute()).hosts
    detail = detail_of(host.deciding, CollectDetail)
    folder = Path(detail.folder or "")
    manifest = read_manifest(folder)
    (taken,) = [each for each in manifest.sources if each.name == NAME]
    return manifest, taken, [each.record_id for each in read_events(folder / "collected" / f"{NAME}.xml")]


def write(machine: Machine, count: int = 1) -> list[int]:
    """Events of Windows Installer, by their numbers."""
    return [
        machine.events.write("Application", "MsiInstaller", 11708, data=[f"event {n}"]).record_id for n in range(count)
    ]


async def test_only_what_is_new_comes(tmp_path: Path) -> None:
    """The manifest names the bundle that has the rest; without one, all of it comes."""
    with site(tmp_path, {"host": kind()}) as lab:
        first = lab.on("host", lambda machine: write(machine, 3))
        whole, _, numbers = await collected(lab, since_last=True)
        assert (whole.since, numbers) == (None, first)
        more = lab.on("host", lambda machine: write(machine, 2))
        manifest, taken, numbers = await collected(lab, since_last=True)
        assert (numbers, taken.after, taken.notes) == (more, first[-1], ())
        assert manifest.since is not None
        assert (manifest.since.run_id, manifest.since.manifest_sha256) == (whole.run_id, whole.sha256)
        nothing, _, numbers = await collected(lab, since_last=True)
        assert (numbers, nothing.since and nothing.since.run_id) == ([], manifest.run_id)
        everything, _, numbers = await collected(lab, since_last=False)
        assert (everything.since, numbers) == (None, first + more)


def cleared(machine: Machine) -> None:
    """Two events are written that nobody collects, and the log is cleared before the next one."""
    write(machine, 2)
    machine.events.clear("Application")
    write(machine)


def emptied(machine: Machine) -> None:
    machine.events.clear("Application")


def begun_anew(machine: Machine) -> None:
    """As on a machine that was set up anew: the log begins with record 1, and has not come as far yet."""
    emptied(machine)
    machine.events.channel("Application").last_id = 0
    write(machine, 2)


def overtaken(machine: Machine) -> None:
    """The same, and it has come further: a record has the number of the last one, and is another."""
    last = machine.events.channel("Application").last_id
    emptied(machine)
    machine.events.channel("Application").last_id = last - 2
    write(machine, 4)


@pytest.mark.parametrize(
    ("happened", "told", "come"),
    [
        (cleared, "records {next} to {gone} were written since last time and are gone", 1),
        (emptied, "the log is empty now: what was written behind record {last} is gone", 0),
        (begun_anew, "this is another log than last time", 2),
        (overtaken, "this is another log than last time", 4),
    ],
)
async def test_a_log_that_is_not_what_it_was(
    tmp_path: Path, happened: Callable[[Machine], None], told: str, come: int
) -> None:
    """What is gone is told by its numbers, and of another log all comes."""
    with site(tmp_path, {"host": kind()}) as lab:
        last = lab.on("host", write)[-1]
        await collected(lab, since_last=False)
        lab.on("host", happened)
        _, taken, numbers = await collected(lab, since_last=True)
    (note,) = taken.notes
    assert note.startswith(told.format(last=last, next=last + 1, gone=last + 2))
    assert len(numbers) == come
