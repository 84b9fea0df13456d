"""`sspr logs prune`: logs of long ago go, and nothing that is not as it was brought home."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest

from orchestrator.harvest import zipped
from orchestrator.harvest.bundle import Bundle
from orchestrator.harvest.manifest import Origin, entry
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult, StepRecord, StepResult
from orchestrator.runs.result_file import write_result
from orchestrator.steps.collect import CollectDetail
from tests.cli.conftest import Sspr

NOW = datetime.now(UTC)


def brought_home(run: Path, days_ago: int, *, archive: bool = False) -> Path:
    """A run's folder with the logs of a host; the path of these."""
    taken = NOW - timedelta(days=days_ago)
    place = run / "hosts" / "PC-1" / "collect"
    with Bundle(place, Origin("PC-1", run.name, taken)) as bundle:
        bundle.add_collected("install.log", [b"log"], "a file")
        bundle.add_made("summary.txt", [b"all well"])
        sha256 = bundle.seal(entry("collected.cab", BytesIO(b"MSCF"), "makecab")).sha256
    file = None
    if archive:
        file = place.with_name("collect.zip")
        zipped.pack(place, file)
        shutil.rmtree(place)
    detail = CollectDetail(4, None if file else str(place), (), sha256, str(file) if file else None)
    step = StepRecord("collect", StepResult(Outcome.OK, verbatim("logs brought home"), detail))
    hosts = (HostResult("PC-1", "PC-1", "windows7", (step,)),)
    write_result(RunResult(run.name, "collect-logs", taken, taken, "finished", hosts), run / "result.json")
    return file or place


@pytest.fixture
def runs(folder: Path) -> dict[str, Path]:
    """Where logs are: old ones, an old zip file, new ones."""
    above = folder / "state" / "runs"
    return {
        "old": brought_home(above / "20260101-010101-aaaaaa", 100),
        "zip": brought_home(above / "20260101-010102-aaaaaa", 91, archive=True),
        "new": brought_home(above / "20260101-010103-aaaaaa", 89),
    }


def test_what_is_old_goes(sspr: Sspr, runs: dict[str, Path]) -> None:
    """Folder or zip file, each named before; the rest of the run stays, and what was new."""
    ran = sspr("logs", "prune", "--older-than", "90d", "--yes")
    assert ran.code == 0
    assert {name: place.exists() for name, place in runs.items()} == {"old": False, "zip": False, "new": True}
    for name in ("old", "zip"):
        assert f"{runs[name]}: PC-1, " in ran.out
        assert (runs[name].parents[2] / "result.json").is_file()
    assert "removed 2 hosts' logs" in ran.out
    again = sspr("logs", "prune", "--older-than", "90d", "--yes")
    assert (again.code, "to be removed: 0 hosts' logs" in again.out) == (0, True)


def test_nothing_goes_unasked(sspr: Sspr, runs: dict[str, Path]) -> None:
    """Without a terminal it has to be said; --check only tells."""
    ran = sspr("logs", "prune", "--older-than", "90d")
    assert (ran.code, "say --yes" in ran.error) == (2, True)
    assert sspr("logs", "prune", "--older-than", "90d", "--check").code == 0
    assert all(place.exists() for place in runs.values())


def test_what_is_not_ours_stays(sspr: Sspr, runs: dict[str, Path]) -> None:
    """A file that somebody has put there, or altered, keeps its logs from going, and is named."""
    (runs["old"] / "notes.txt").write_text("mine", encoding="utf-8")
    runs["zip"].write_bytes(b"mine")
    ran = sspr("logs", "prune", "--older-than", "90d", "--yes")
    assert ran.code == 0
    assert (runs["old"] / "notes.txt").exists()
    assert (runs["old"] / "summary.txt").exists()
    assert runs["zip"].read_bytes() == b"mine"
    assert "stays: notes.txt is not in the manifest" in ran.error
    assert "to be removed: 0 hosts' logs" in ran.out


def test_a_folder_alone(sspr: Sspr, runs: dict[str, Path], folder: Path) -> None:
    """Logs that nobody else knows, by their manifest; those of other folders stay."""
    place = brought_home(folder / "ticket", 100)
    (folder / "ticket" / "result.json").unlink()
    assert sspr("logs", "prune", "ticket", "--older-than", "90d", "--yes").code == 0
    assert not place.exists()
    assert runs["old"].exists()
