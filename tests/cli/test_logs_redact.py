"""`sspr logs redact`: one machine's logs without names of persons, as a file that says what it is."""

from __future__ import annotations

from datetime import UTC, datetime
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

TAKEN = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def collected(folder: Path, host: str) -> HostResult:
    """A host's logs in the folder of a run, and what the run writes down of them."""
    with Bundle(folder / "hosts" / host / "collect", Origin(host, "run-1", TAKEN)) as bundle:
        bundle.add_collected("install.log", [rb"CONTOSO\hmueller at 10.1.2.3"], r"C:\Windows\Temp\install.log")
        bundle.add_collected("application.evtx", [b"ElfFile\0"], "events")
        sealed = bundle.seal(entry("collected.cab", BytesIO(b"MSCF"), "makecab"))
    step = StepResult(Outcome.OK, verbatim("logs"), CollectDetail(4, "elsewhere", (), sealed.sha256))
    return HostResult(host, host, "windows7", (StepRecord("collect", step),))


@pytest.fixture
def ticket(folder: Path) -> Path:
    """A run's folder with the logs of one host."""
    run = folder / "ticket"
    host = collected(run, "PC-1")
    write_result(RunResult("run-1", "collect-logs", TAKEN, TAKEN, "finished", (host,)), run / "result.json")
    return run


def test_a_copy_is_made_and_says_what_it_is(sspr: Sspr, ticket: Path) -> None:
    """What was replaced and left out is told; the copy verifies, beside the logs as well, and is not taken for them."""
    ran = sspr("logs", "redact", "ticket", "-o", "ticket/copy.zip")
    assert (ran.code, ran.err) == (0, "")
    assert "ticket/copy.zip: 1 file of PC-1" in ran.out
    assert "names replaced: 1 of kind account, 1 of kind address" in ran.out
    assert "left out: collected/application.evtx: not a kind of file that can be rewritten" in ran.out
    assert b"hmueller" not in (ticket / "copy.zip").read_bytes()
    assert (ticket / "copy.zip").stat().st_mode & 0o777 == 0o600
    for place in ("ticket", "ticket/copy.zip"):
        verified = sspr("logs", "verify", place)
        assert verified.code == 0, verified.out
        assert "a redacted copy, not what the host gave" in verified.out
    assert "as they were brought home" in sspr("logs", "verify", "ticket").out
    assert sspr("logs", "redact", "ticket", "-o", "ticket/copy.zip").code == 0


def test_the_copy_is_no_stand_in_for_the_logs(sspr: Sspr, ticket: Path) -> None:
    """Where the run's own logs have to lie, it counts as something else."""
    assert sspr("logs", "redact", "ticket", "-o", "copy.zip").code == 0
    Path("copy.zip").rename(ticket / "hosts" / "PC-1" / "other.zip")
    ran = sspr("logs", "verify", "ticket")
    assert ran.code == 1
    assert "the run brought no such logs home" in ran.out


def test_prune_leaves_copies(sspr: Sspr, ticket: Path) -> None:
    """They are somebody's own, and were not brought home."""
    assert sspr("logs", "redact", "ticket", "-o", "ticket/copy.zip").code == 0
    ran = sspr("logs", "prune", "ticket", "--older-than", "1d", "--yes")
    assert ran.code == 0
    assert "copy.zip stays: it is a redacted copy" in ran.error
    assert [path.name for path in ticket.rglob("*.zip")] == ["copy.zip"]


def test_what_is_refused(sspr: Sspr, ticket: Path) -> None:
    """Nothing is written, and the reason is told, with exit code 2."""
    assert sspr("logs", "redact", "ticket", "-o", "copy.zip").code == 0
    zipped.pack(ticket / "hosts" / "PC-1" / "collect", Path("brought.zip"))
    Path("notes.zip").write_text("mine")
    collected(ticket, "PC-2")
    (Path("one") / "hosts").mkdir(parents=True)
    collected(Path("one"), "PC-3")
    (Path("one") / "hosts" / "PC-3" / "collect" / "collected" / "install.log").write_bytes(b"other")
    for words, said in (
        (("ticket", "-o", "other.zip"), "holds 2 bundles of logs; name one"),
        (("ticket/hosts/PC-1", "-o", "folder"), "give a name that ends in .zip"),
        (("ticket/hosts/PC-1", "-o", "notes.zip"), "no zip file of logs of ours"),
        (("ticket/hosts/PC-1", "-o", "ticket/hosts/PC-1/collect/x.zip"), "is among, the logs themselves"),
        (("ticket/hosts/PC-1", "-o", "brought.zip"), "is no redacted copy"),
        (("brought.zip", "-o", "brought.zip"), "the logs themselves"),
        (("copy.zip", "-o", "other.zip"), "persons have pseudonyms there already"),
        (("one", "-o", "other.zip"), "not as it was brought home: collected/install.log was altered"),
        (("state", "-o", "other.zip"), "holds no logs"),
        (("nowhere", "-o", "other.zip"), "no folder, and no zip file of logs"),
    ):
        ran = sspr("logs", "redact", *words)
        assert (ran.code, said in ran.error) == (2, True), ran.error
    assert sspr("logs", "redact", "ticket/hosts/PC-1", "-o", "copy.zip").code == 0
    assert not Path("other.zip").exists()
    assert Path("notes.zip").read_text() == "mine"
