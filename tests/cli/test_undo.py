"""`sspr run --undo`: by identifier, folder, file and `last`; what it refuses, and what it says of missing machines."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Ran, Sspr
from tests.lab_fixtures import Site, kind, site


def enabled(sspr: Sspr, lab: Site, *words: str) -> Ran:
    """TLS 1.2 enabled on all hosts, without a restart."""
    return sspr("run", "enable-tls12", "-i", str(lab.inventory), "--yes", "--set", "reboot.when=never", *words)


def undo(sspr: Sspr, lab: Site, run: str, *words: str) -> Ran:
    return sspr("run", "--undo", run, "-i", str(lab.inventory), "--yes", *words)


def test_a_run_is_named_in_any_of_four_ways(sspr: Sspr, folder: Path, tmp_path: Path) -> None:
    """`last` is the newest that changed something and was no undo; done once, an undo finds everything as before."""
    with site(tmp_path, {"host": kind()}) as lab:
        before = lab.snapshots()
        assert enabled(sspr, lab).code == 0
        (run,) = (folder / "state" / "runs").iterdir()
        sspr("check", "-i", str(lab.inventory))
        changed = lab.snapshots()
        assert "would put back 6 registry values" in undo(sspr, lab, "last", "--check").out
        assert not any(lab.changes(changed).values())
        ran = undo(sspr, lab, run.name)
        assert (ran.code, "put back 6 registry values" in ran.out) == (0, True)
        assert not any(lab.changes(before).values())
        for reference in ("last", str(run), str(run / "result.json")):
            assert f"already as it was before run {run.name}" in undo(sspr, lab, reference).out
        shown = sspr("runs", "show", "last")
        assert "undo" in shown.out


def test_what_cannot_be_undone_is_refused(sspr: Sspr, folder: Path, lab: Site) -> None:
    """Exit code 2 and words that say why and what to do, before any machine is asked."""
    only_fit = ("--limit", lab.hosts["fit"])
    assert enabled(sspr, lab, *only_fit, "--check").code == 0
    (rehearsal,) = (folder / "state" / "runs").iterdir()
    assert enabled(sspr, lab, *only_fit, "--folder", "nothing").code == 0
    for name in ("killed", "empty"):
        Path(name).mkdir()
    Path("killed", "log.jsonl").touch()
    asked = lab.requests()
    for reference, words in {
        "last": "changed anything that can be undone",
        rehearsal.name: "check mode",
        "nothing": "changed nothing in registries",
        "20200101-000000-0000": "`sspr runs list`",
        "killed": "still at work, or was killed",
        "empty": "holds no run",
    }.items():
        ran = undo(sspr, lab, reference)
        assert (ran.code, words in ran.error) == (2, True), ran.error
    assert "--set" in undo(sspr, lab, "nothing", "--set", "tls12.remediate=true").error
    assert "--undo" in sspr("run", "-i", str(lab.inventory)).error
    assert "--undo" in sspr("run", "install", "--undo", "nothing", "-i", str(lab.inventory)).error
    assert lab.requests() == asked


def test_a_file_that_somebody_has_edited(sspr: Sspr, lab: Site) -> None:
    """A record that names a key which is no machine's is refused with the place in the file."""
    assert enabled(sspr, lab, "--limit", lab.hosts["fit"], "--folder", "run").code == 0
    result = Path("run") / "result.json"
    spoiled = result.read_text().replace('"detail": {', '"registry": {"created_keys": ["HKCU\\\\X"]}, "detail": {', 1)
    result.write_text(spoiled)
    ran = undo(sspr, lab, "run")
    assert (ran.code, "hosts[0].steps[0].registry" in ran.error) == (2, True), ran.error


def test_machines_that_have_left_the_inventory_are_named(sspr: Sspr, folder: Path, tmp_path: Path) -> None:
    """A machine of the run that the inventory does not have any more is told by its name; the others are undone."""
    with site(tmp_path, {"stays": kind(), "leaves": kind()}) as lab:
        enabled(sspr, lab)
        (run,) = (folder / "state" / "runs").iterdir()
        before = lab.snapshots()
        lab.inventory.write_text(lab.inventory.read_text().replace("LAB-0002", "PC-RENAMED"))
        ran = undo(sspr, lab, run.name)
        assert ran.code == 0
        assert "also changed 1 machine that this inventory does not have" in ran.error
        assert "LAB-0002" in ran.error
        assert "had no such host" in ran.out
        changes = lab.changes(before)
        assert (changes["leaves"], changes["stays"] != []) == ([], True)
