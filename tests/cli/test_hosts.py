"""`sspr hosts`, and the commands that keep, hand on and remove runs, as people type them."""

import csv
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.cli.conftest import Sspr
from tests.lab_fixtures import Site


def test_what_remains_to_do(sspr: Sspr, folder: Path, lab: Site) -> None:
    """A line for each host, with its reason and what to do; a change that would be made remains to be made."""
    assert sspr("hosts").out == "no host is known; `sspr runs list` shows which runs there are\n"
    stock, fit = lab.hosts["stock"], lab.hosts["fit"]
    assert sspr("check", "-i", str(lab.inventory)).code == 1
    assert sspr("run", "enable-tls12", "-i", str(lab.inventory), "--limit", stock, "--check").code == 0
    shown = sspr("hosts", "--csv", "monday.csv")
    assert shown.code == 0
    rows = [line.split()[:2] for line in shown.out.splitlines() if line.startswith("LAB-")]
    assert rows == [[stock, "would"], [fit, "ok"]]
    assert "1 machine of 2 with something to do" in shown.out
    with (folder / "monday.csv").open(encoding="utf-8-sig", newline="") as file:
        table = {row["name"]: row for row in csv.DictReader(file, delimiter=";")}
    assert {name: (row["outcome"], row["to_do"]) for name, row in table.items()} == {
        stock: ("changed", "run `enable-tls12` without --check"),
        fit: ("ok", ""),
    }
    assert "windows7" in table[fit]["groups"]
    assert fit not in sspr("hosts", stock.lower()).out
    assert stock not in sspr("hosts", "--limit", f"windows7,!{stock}").out
    assert sspr("hosts", "--csv", "monday.csv").code == 0
    mistaken = sspr("hosts", "LAB-0009")
    assert (mistaken.code, "no run that is kept had a host `LAB-0009`" in mistaken.error) == (2, True)


def test_handed_on_and_removed(sspr: Sspr, folder: Path, lab: Site) -> None:
    """An archive replaces none but another one; a run is removed when it is old enough and somebody has said yes."""
    assert sspr("check", "-i", str(lab.inventory), "--limit", lab.hosts["fit"]).code == 0
    (run,) = (path.name for path in (folder / "state" / "runs").iterdir())
    for _ in range(2):
        assert sspr("runs", "export", run[:-3], "ticket.zip").out == f"run {run} is in ticket.zip\n"
    with (folder / "printed.zip").open("wb") as printed:
        words = [sys.executable, "-m", "orchestrator", "runs", "export", "last", "-"]
        subprocess.run(words, stdout=printed, check=True)
    assert (folder / "printed.zip").read_bytes() == (folder / "ticket.zip").read_bytes()
    assert not Path("-").exists()
    with zipfile.ZipFile(folder / "ticket.zip") as zipped:
        assert {f"{run}/result.json", f"{run}/report.html", f"{run}/SHA256SUMS"} < set(zipped.namelist())
    assert (folder / "ticket.zip").stat().st_mode & 0o777 == 0o600
    (folder / "other.zip").write_bytes(b"PK\x03\x04" + bytes(40))
    refused = sspr("runs", "export", "last", "other.zip")
    assert (refused.code, "is no archive of ours" in refused.error) == (2, True)

    assert "to be removed: 0 runs" in sspr("runs", "prune", "--older-than", "1d", "--yes").out
    unasked = sspr("runs", "prune", "--older-than", "0h")
    assert (unasked.code, f"\n{run}" in unasked.out, "--yes" in unasked.error) == (2, True, True)
    assert sspr("runs", "prune", "--older-than", "0h", "--check").code == 0
    assert "to be removed: 0 runs" in sspr("runs", "prune", "--older-than", "0h", "--keep", "1", "--yes").out
    assert sspr("runs", "prune", "--older-than", "0h", "--yes").out.splitlines()[-1].startswith("removed 1 run, ")
    assert sspr("runs", "list").out == "no runs yet\n"
    wrong = sspr("runs", "prune", "--older-than", "soon")
    assert (wrong.code, "as in 90d" in wrong.error) == (2, True)


def test_runs_that_cannot_be_told_anything(sspr: Sspr, lab: Site) -> None:
    """What has finished, or keeps nothing by which it could be gone on with, is refused in words; watching shows it."""
    assert sspr("check", "-i", str(lab.inventory), "--limit", lab.hosts["fit"]).code == 0
    for command, said in (
        (("pause", "last"), "has finished; there is nothing to pause"),
        (("cancel", "last"), "has finished; there is nothing to cancel"),
        (("resume", "last"), "cannot be gone on with"),
        (("retry", "last"), "run the same again"),
        (("watch", "2031"), "there is no run `2031`"),
    ):
        ran = sspr("runs", *command)
        assert (ran.code, said in ran.error) == (2, True), ran
    watched = sspr("runs", "watch", "last")
    assert (watched.code, "[1/1] LAB-0002: ok" in watched.err, "finished after" in watched.out) == (0, True, True)
