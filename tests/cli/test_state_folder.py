"""Where a command stands, and where runs are kept: what cannot be used is named, and is never taken for empty."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Sspr

INVENTORY = """\
hosts:
  PC-1: {address: 10.0.0.1, credential: {username: a, password: "env:X"}}
"""
GONE = "the working directory has been removed; change to another"


@pytest.mark.parametrize("variable", ["SSPR_STATE", "XDG_STATE_HOME"])
@pytest.mark.parametrize("below", ["", "/x", "/x/y"])
@pytest.mark.parametrize("words", [("runs", "list"), ("runs", "show", "last")], ids=" ".join)
def test_a_state_folder_that_is_none(
    sspr: Sspr, folder: Path, monkeypatch: pytest.MonkeyPatch, variable: str, below: str, words: tuple[str, ...]
) -> None:
    """A file on the way to it is told, with the variable that helps."""
    (folder / "file").touch()
    monkeypatch.delenv("SSPR_STATE")
    monkeypatch.setenv(variable, f"{folder}/file{below}")
    ran = sspr(*words)
    assert (ran.code, ran.out) == (2, "")
    assert f"{folder}/file is no folder" in ran.error
    assert "SSPR_STATE" in ran.error


def test_a_state_folder_that_is_not_there_yet(sspr: Sspr, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is made by the first run."""
    monkeypatch.setenv("SSPR_STATE", str(folder / "not" / "yet"))
    assert (sspr("runs", "list").code, sspr("runs", "list").out) == (0, "no runs yet\n")


def test_from_a_working_directory_that_has_been_removed(
    sspr: Sspr, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has a whole path works; of what has not, that directory is said to be the trouble."""
    inventory, run = folder / "i.yaml", folder / "state" / "runs" / "20200101-000000-abcd"
    inventory.write_text(INVENTORY, "utf-8")
    run.mkdir(parents=True)
    (run / "log.jsonl").touch()
    place = folder / "gone"
    place.mkdir()
    monkeypatch.chdir(place)
    place.rmdir()
    listed = sspr("runs", "list")
    assert (listed.code, run.name in listed.out, "not readable" in listed.out) == (0, True, False), listed.err
    hosts = sspr("inventory", "list", "-i", str(inventory))
    assert (hosts.code, "PC-1" in hosts.out) == (0, True), hosts.err
    relative = sspr("inventory", "list", "-i", "i.yaml")
    assert (relative.code, GONE in relative.error) == (2, True)
    monkeypatch.setenv("SSPR_STATE", "state")
    kept = sspr("runs", "list")
    assert (kept.code, GONE in kept.error) == (4, True)
