"""`sspr run --undo`: by identifier, folder, file and `last`; what it refuses, and what it says of missing machines."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from ssl import PEM_cert_to_DER_cert

import pytest

from orchestrator.app.undo import undoing
from orchestrator.model.errors import UsageError
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import RegistryRecord
from orchestrator.model.result import HostResult, RunResult, StepRecord, StepResult
from orchestrator.runs.journal import Journal
from orchestrator.steps.command import CommandDetail
from orchestrator.steps.copy import CopyDetail
from orchestrator.steps.undo import UndoParameters
from sspr_lab.tls.certificates import Authority
from tests.cli.conftest import Ran, Sspr
from tests.lab_fixtures import Site, kind, site
from tests.playbook.written import playbook

PROTOCOLS = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols"


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
        "killed": "run killed changed nothing in registries",
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


def test_a_run_that_was_killed_is_not_passed_over(sspr: Sspr, folder: Path, tmp_path: Path) -> None:
    """`last` is the newest, killed or not, and is undone by its log; one at work is not, and hosts are all known."""
    with site(tmp_path, {"changed": kind(), "waiting": kind()}) as lab:
        before = lab.snapshots()
        assert enabled(sspr, lab, "--forks", "1", "--folder", "mine").code == 0
        run = Path("mine")
        log = (run / "log.jsonl").read_text("utf-8").splitlines(keepends=True)
        begun = [line for line in log if '"host": "LAB-0002"' not in line and "run_finished" not in line]
        (run / "log.jsonl").write_text("".join(begun), encoding="utf-8")
        (run / "result.json").unlink()
        with Journal(run / "log.jsonl"):
            ran = undo(sspr, lab, "last")
            assert (ran.code, "is still at work" in ran.error) == (2, True), ran.error
            assert "at work" in sspr("runs", "show", "last").err
        assert "killed" in sspr("runs", "list").out
        shown = sspr("runs", "show", "last")
        assert ("killed" in shown.err, "the run was killed before this host began" in shown.out) == (True, True)
        ran = undo(sspr, lab, "last")
        assert "is known by its log alone: killed" in " ".join(ran.err.split())
        assert "changed nothing in its registry" in ran.out
        assert "no such host" not in ran.out
        assert lab.changes(before)["changed"] == []


def test_a_run_that_was_broken_off_before_it_is_told(sspr: Sspr, folder: Path, tmp_path: Path) -> None:
    """Undoing the run that went on from it, one is told what else is still changed, and how that is put back."""
    with site(tmp_path, {"host": kind()}) as lab:
        assert enabled(sspr, lab).code == 0
        (killed,) = (folder / "state" / "runs").iterdir()
        (killed / "result.json").unlink()
        log = (killed / "log.jsonl").read_text("utf-8").splitlines(keepends=True)
        (killed / "log.jsonl").write_text("".join(line for line in log if "run_finished" not in line), "utf-8")
        lab.on("host", lambda machine: machine.registry.delete_key(PROTOCOLS))
        assert enabled(sspr, lab).code == 0
        ran = undo(sspr, lab, "last", "--check")
        assert f"`--undo {killed.name}` puts that back" in " ".join(ran.err.split())
        assert "puts that back" not in undo(sspr, lab, killed.name, "--check").err


def test_what_an_undo_does_not_undo_is_said() -> None:
    """Files that were copied and commands that were run are in no registry; the result says that they stay."""
    record = RegistryRecord(created_keys=(r"HKLM\SOFTWARE\X",))
    steps = (
        StepRecord("copy", StepResult(Outcome.CHANGED, verbatim("x"), CopyDetail("C:\\x", 1, "0", None))),
        StepRecord("run", StepResult(Outcome.CHANGED, verbatim("x"), CommandDetail("x", detached=True, exit_code=0))),
        StepRecord("key", StepResult(Outcome.CHANGED, verbatim("x"), registry=record)),
    )
    now = datetime.now(UTC)
    run = RunResult("r", "mine", now, now, "finished", (HostResult("PC", "", None, steps),))
    (step,) = undoing(run).steps
    assert isinstance(step.parameters, UndoParameters)
    recorded = step.parameters.hosts["pc"]
    assert (recorded.copies, recorded.commands) == (1, True)
    with pytest.raises(UsageError, match="files that it copied stay; what its commands did stays"):
        undoing(replace(run, hosts=(replace(run.hosts[0], steps=steps[:2]),)))


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


def test_a_root_that_was_added_is_taken_away(sspr: Sspr, tmp_path: Path) -> None:
    """By the run's own file, in which what Windows put into the certificate's key does not stand."""
    root = Authority()
    thumbprint = hashlib.sha1(PEM_cert_to_DER_cert(root.pem.decode())).hexdigest()
    (tmp_path / "root.pem").write_bytes(root.pem)
    playbook(tmp_path, f"root_certificate: {{certificate: root.pem, thumbprint: {thumbprint}}}")
    with site(tmp_path, {"host": kind(language="ko-KR")}) as lab:
        before = lab.snapshots()
        assert sspr("run", str(tmp_path / "written.yaml"), "-i", str(lab.inventory), "--yes").code == 0
        assert any(thumbprint.upper() in change for change in lab.changes(before)["host"])
        ran = undo(sspr, lab, "last")
        assert (ran.code, "put back 1 registry value" in ran.out) == (0, True), ran.out
        assert not any(lab.changes(before).values())
