"""Runs that were given a folder: messages name them by what can be pasted."""

import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Sspr
from tests.lab_fixtures import Site


@pytest.fixture
def run(sspr: Sspr, lab: Site, folder: Path) -> str:
    """The name of a run that is kept in `my ticket`."""
    words = ("-i", str(lab.inventory), "--limit", lab.hosts["fit"], "--folder", "my ticket")
    assert sspr("run", "preflight", *words).code == 0
    (listed,) = (folder / "state" / "runs").iterdir()
    return listed.stem


def test_by_its_identifier(sspr: Sspr, run: str) -> None:
    """Which any command takes that says so."""
    for command, said in (
        ("resume", f"run {run} has finished, and there is nothing to go on with; `sspr runs retry {run}` begins"),
        ("pause", f"run {run} has finished"),
        ("cancel", f"run {run} has finished"),
        ("approve", f"run {run} has finished"),
    ):
        for named in ("my ticket", run):
            ran = sspr("runs", command, named)
            assert (ran.code, said in ran.error) == (2, True), ran
    assert sspr("runs", "verify", "my ticket").out.startswith(f"{run}: intact")
    assert sspr("runs", "export", "my ticket", "x.zip").out == f"run {run} is in x.zip\n"


def test_by_its_folder_where_nothing_else_is_known(sspr: Sspr, run: str, folder: Path) -> None:
    """Moved away, or kept by another state folder: the whole path, quoted as a shell wants it."""
    shutil.move("my ticket", "my archive")
    ran = sspr("runs", "resume", "my archive")
    assert f"run {run} has finished" in ran.error
    assert f"`sspr runs retry '{folder}/my archive'`" in ran.error
