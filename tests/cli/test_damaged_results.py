"""Runs whose result file is damaged or gone, and whose log is whole: every command works by that, and says so."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Sspr
from tests.lab_fixtures import Site

DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut": lambda result: result.write_bytes(result.read_bytes()[:40]),
    "empty": lambda result: result.write_bytes(b""),
    "gone": lambda result: result.unlink(),
}
COMMANDS = (
    ("runs", "list"),
    ("runs", "show", "last"),
    ("runs", "show", "RUN", "--csv", "again.csv"),
    ("runs", "export", "last", "x.zip"),
    ("runs", "watch", "last"),
    ("hosts",),
    ("check", "--run", "last", "--explain", "HOST"),
    ("run", "preflight", "-i", "INVENTORY", "--limit", "@last:blocked"),
)


@pytest.fixture
def run(sspr: Sspr, lab: Site, folder: Path) -> Path:
    """The folder of a run on a host that is blocked, and on one that is fit."""
    sspr("run", "preflight", "-i", str(lab.inventory))
    (path,) = (folder / "state" / "runs").iterdir()
    return path


def untimed(shown: str) -> str:
    """Without how long it took: the log ends a little before the result."""
    return re.sub(r"\d+\.\d s", "- s", shown)


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_log_stands_in_for_it(sspr: Sspr, lab: Site, run: Path, damage: str) -> None:
    """It is said of which run, once a command, and what is told is the same."""
    stock = lab.hosts["stock"]
    replaced = {"RUN": run.name, "HOST": stock, "INVENTORY": str(lab.inventory)}
    whole = (run / "result.json").read_bytes()
    for words in COMMANDS[:-1]:
        typed = [replaced.get(word, word) for word in words]
        before = sspr(*typed)
        DAMAGES[damage](run / "result.json")
        ran = sspr(*typed)
        (run / "result.json").write_bytes(whole)
        (run / "result.json").chmod(0o600)
        known = ran.error.count(f"run {run.name} is known by its log")
        assert (ran.code, known) == (before.code, 1), (words, ran)
        assert untimed(ran.out) == untimed(before.out), words
    DAMAGES[damage](run / "result.json")
    again = sspr(*(replaced.get(word, word) for word in COMMANDS[-1]))
    assert (again.code, f"run {run.name} is known by its log" in again.error) == (1, True), again
    assert f"[1/1] {stock}" in again.err


@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_done_again(sspr: Sspr, lab: Site, run: Path, damage: str) -> None:
    """Its hosts that are not fine are known, and no others are begun; what has finished is not gone on with."""
    DAMAGES[damage](run / "result.json")
    again = sspr("runs", "retry", run.name)
    assert (again.code, f"run {run.name} is known by its log" in again.error) == (1, True), again
    assert f"[1/1] {lab.hosts['stock']}" in again.err
    if damage == "cut":
        refused = sspr("runs", "resume", run.name)
        assert (refused.code, f"`sspr runs retry {run.name}`" in refused.error) == (2, True)


def test_neither_can_be_read(sspr: Sspr, run: Path) -> None:
    """The result file is named, as before."""
    (run / "result.json").write_text("{")
    (run / "log.jsonl").write_text("x\n")
    shown = sspr("runs", "show", run.name)
    assert (shown.code, "result.json" in shown.error) == (2, True)
    assert "not readable" in sspr("runs", "list").out
    assert sspr("hosts", "PC-9").error.startswith("error: ")
    assert "no run that is kept had a host `PC-9`" in sspr("hosts", "PC-9").error
    assert "result.json" in sspr("hosts", "PC-9").error
