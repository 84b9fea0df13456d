"""`sspr logs verify`: logs that were brought home are as they came, or it says which are not."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from orchestrator.harvest.bundle import Bundle
from orchestrator.harvest.manifest import Origin, entry
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult, StepRecord, StepResult
from orchestrator.runs.result_file import read_result, write_result
from orchestrator.steps.collect import CollectDetail
from tests.cli.conftest import Sspr

TAKEN = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def ticket(folder: Path) -> Path:
    """A run's folder with the logs of two hosts."""
    sealed = {}
    for host in ("PC-1", "PC-2"):
        with Bundle(folder / "ticket" / "hosts" / host / "collect", Origin(host, "run-1", TAKEN)) as bundle:
            bundle.add_collected("install.log", [b"log"], r"C:\Windows\Temp\install.log")
            bundle.add_made("summary.txt", [b"all well"])
            sealed[host] = bundle.seal(entry("collected.cab", BytesIO(b"MSCF"), "makecab")).sha256
    hosts = tuple(HostResult(host, host, "windows7", (collected(sha256),)) for host, sha256 in sealed.items())
    write_result(RunResult("run-1", "collect-logs", TAKEN, TAKEN, "finished", hosts), folder / "ticket" / "result.json")
    return folder / "ticket"


def collected(manifest_sha256: str) -> StepRecord:
    """What the step writes down."""
    detail = CollectDetail(4, "elsewhere/by/then", (), manifest_sha256)
    return StepRecord("collect", StepResult(Outcome.OK, verbatim("logs brought home"), detail))


def test_all_is_as_it_was(sspr: Sspr, ticket: Path) -> None:
    """Exit code 0; every host is named, with the hash of its manifest as sha256sum has it."""
    ran = sspr("logs", "verify", "ticket")
    assert (ran.code, ran.err) == (0, "")
    for host in ("PC-1", "PC-2"):
        bundle = Path("ticket") / "hosts" / host / "collect"
        assert f"{bundle}: 2 files of {host}, as they were brought home" in ran.out
        assert hashlib.sha256((bundle / "manifest.json").read_bytes()).hexdigest() in ran.out
    assert ticket.is_dir()


@pytest.mark.parametrize("below", ["hosts/PC-2", "hosts/PC-2/collect"])
def test_one_host_alone(sspr: Sspr, ticket: Path, below: str) -> None:
    """Its folder will do."""
    ran = sspr("logs", "verify", str(ticket / below))
    assert ran.code == 0
    assert "PC-2" in ran.out
    assert "PC-1" not in ran.out


CHANGES: dict[str, Callable[[Path], object]] = {
    "collected/install.log was altered": lambda at: (at / "collected" / "install.log").write_bytes(b"LOG"),
    "summary.txt is missing": lambda at: (at / "summary.txt").unlink(),
    "collected/more.txt is not in the manifest": lambda at: (at / "collected" / "more.txt").touch(),
    "more/ is not in the manifest": lambda at: (at / "more").mkdir(),
    "manifest.json is missing": lambda at: (at / "manifest.json").unlink(),
    "manifest.json is not the one that the run wrote": lambda at: (at / "manifest.json").write_bytes(b"{}"),
}


@pytest.mark.parametrize("problem", CHANGES)
def test_each_change_is_named(sspr: Sspr, ticket: Path, problem: str) -> None:
    """Exit code 1; the other host's logs are still said to be as they were."""
    CHANGES[problem](ticket / "hosts" / "PC-2" / "collect")
    ran = sspr("logs", "verify", str(ticket))
    assert ran.code == 1
    (told,) = [line for line in ran.out.splitlines() if problem in line]
    assert told.startswith("  ")
    assert f"{ticket / 'hosts/PC-2/collect'}: not as it was brought home" in ran.out
    assert "of PC-1, as they were brought home" in ran.out


def test_a_manifest_that_was_rewritten(sspr: Sspr, ticket: Path) -> None:
    """Even where all its hashes fit: the run's result has another one of the manifest."""
    at = ticket / "hosts" / "PC-2" / "collect"
    manifest = (at / "manifest.json").read_text("utf-8")
    (at / "manifest.json").write_text(manifest.replace("run-1", "run-2"), encoding="utf-8")
    ran = sspr("logs", "verify", str(ticket))
    assert ran.code == 1
    assert "manifest.json is not the one that the run wrote" in ran.out
    assert "was altered" not in ran.out


@pytest.mark.parametrize("below", ["", "hosts", "hosts/PC-2", "hosts/PC-2/collect"])
def test_the_runs_result_counts_wherever_one_looks(sspr: Sspr, ticket: Path, below: str) -> None:
    """Files altered and the manifest made to fit: the result that lies above says that this is another one."""
    at = ticket / "hosts" / "PC-2" / "collect"
    (at / "summary.txt").write_bytes(b"all ill!")
    sealed, rewritten = (hashlib.sha256(text).hexdigest() for text in (b"all well", b"all ill!"))
    manifest = (at / "manifest.json").read_text("utf-8")
    (at / "manifest.json").write_text(manifest.replace(sealed, rewritten), encoding="utf-8")
    ran = sspr("logs", "verify", str(ticket / below))
    assert ran.code == 1
    assert "manifest.json is not the one that the run wrote" in ran.out


def test_nothing_vouches_for_a_manifest_alone(sspr: Sspr, ticket: Path) -> None:
    """Without the run's result the files can agree with their manifest, and more is not said."""
    (ticket / "result.json").unlink()
    ran = sspr("logs", "verify", str(ticket))
    assert ran.code == 0
    assert ran.out.count("as the manifest beside them has them") == 2
    assert ran.out.count("only the run's result.json could tell") == 2
    assert "as they were brought home" not in ran.out


def test_logs_that_the_run_never_brought(sspr: Sspr, ticket: Path) -> None:
    """A copy of another host's, complete with its manifest."""
    shutil.copytree(ticket / "hosts" / "PC-2", ticket / "hosts" / "PC-3")
    ran = sspr("logs", "verify", "ticket")
    assert ran.code == 1
    assert f"{Path('ticket/hosts/PC-3/collect')}: not as it was brought home\n  the run brought no such logs" in ran.out
    assert ran.out.count("as they were brought home") == 2


@pytest.mark.parametrize("extra", ["hosts/more.txt", "hosts/PC-2/more.txt", "hosts/PC-3/more.txt"])
def test_what_lies_beside_the_logs(sspr: Sspr, ticket: Path, extra: str) -> None:
    """Below `hosts` nothing is there that the run did not bring; what people put beside that is their own."""
    (ticket / "notes.txt").touch()
    (ticket / "hosts" / "PC-1" / "collect-install.log").touch()
    assert sspr("logs", "verify", "ticket").code == 0
    (ticket / extra).parent.mkdir(exist_ok=True)
    (ticket / extra).touch()
    ran = sspr("logs", "verify", "ticket")
    assert ran.code == 1
    assert "was not brought home by this run" in ran.out
    assert sspr("logs", "verify", "ticket/hosts/PC-2/collect").code == 0


def renamed(path: Path) -> Path:
    """The same out of the way, for a link to lead to."""
    return path.rename(Path.cwd() / "elsewhere")


@pytest.mark.parametrize(
    ("below", "told"),
    [
        ("PC-2/collect/manifest.json", "manifest.json cannot be read: it is not a plain file any more"),
        ("PC-2/collect", "collect is a link now, and not the folder that the run made"),
        ("PC-2", "PC-2 is a link now, and not the folder that the run made"),
    ],
)
def test_links_prove_nothing(sspr: Sspr, ticket: Path, below: str, told: str) -> None:
    """What lies elsewhere is not looked at, be it as it was or not."""
    linked = ticket / "hosts" / below
    linked.symlink_to(renamed(linked))
    ran = sspr("logs", "verify", str(ticket))
    assert ran.code == 1
    assert f"{ticket / 'hosts/PC-2/collect'}: not as it was brought home\n  {told}\n" in ran.out
    assert ran.out.count("as they were brought home") == 1


def test_a_step_cannot_lead_elsewhere(sspr: Sspr, ticket: Path) -> None:
    """A result in which somebody has named a step like a path does not have other folders looked at."""
    (ticket / "hosts" / "PC-2" / "collect").rename(ticket.parent / "outside")
    result = (ticket / "result.json").read_text("utf-8")
    (ticket / "result.json").write_text(result.replace('"name": "collect"', '"name": "../../../outside"'))
    assert "outside" not in sspr("logs", "verify", str(ticket)).out


def test_runs_below_the_folder(sspr: Sspr, folder: Path, ticket: Path) -> None:
    """The folder that holds those of several runs: each is held against its own result; what is in none, is not."""
    for name in ("1", "2"):
        shutil.copytree(ticket, folder / "all" / name)
    shutil.copytree(ticket / "hosts" / "PC-1" / "collect", folder / "all" / "alone")
    with Bundle(folder / "all/2/hosts/PC-2/collect", Origin("PC-2", "run-1", TAKEN)) as bundle:
        bundle.add_made("summary.txt", [b"all well, believe me"])
        bundle.seal(entry("collected.cab", BytesIO(b"MSCF"), "makecab"))
    ran = sspr("logs", "verify", "all")
    assert ran.code == 1
    assert f"{Path('all/2/hosts/PC-2/collect')}: not as it was brought home" in ran.out
    assert f"{Path('all/alone')}: 2 files of PC-1, as the manifest beside them has them" in ran.out
    assert ran.out.count("as they were brought home") == 3


def test_the_folder_of_another_host(sspr: Sspr, ticket: Path) -> None:
    """Even without a result, a host's folder cannot hold the logs of another."""
    (ticket / "result.json").unlink()
    (ticket / "hosts" / "PC-2").rename(ticket / "hosts" / "PC-3")
    ran = sspr("logs", "verify", str(ticket))
    assert ran.code == 1
    assert "manifest.json is that of PC-2, and this the folder of another host" in ran.out


def test_what_is_left_where_logs_did_not_come_home(sspr: Sspr, ticket: Path) -> None:
    """The beginning of a cabinet is nothing that somebody put there; logs are, for the run has brought none."""
    result = read_result(ticket / "result.json")
    failed = StepRecord("collect", StepResult(Outcome.UNREACHABLE, verbatim("no answer")))
    hosts = (*result.hosts, HostResult("PC-3", "PC-3", "windows7", (failed,)))
    write_result(replace(result, hosts=hosts), ticket / "result.json")
    (ticket / "hosts" / "PC-3").mkdir()
    (ticket / "hosts" / "PC-3" / "harvest.cab.0123456789abcdef.part").touch()
    assert sspr("logs", "verify", "ticket").code == 0
    shutil.copytree(ticket / "hosts" / "PC-2" / "collect", ticket / "hosts" / "PC-3" / "collect")
    ran = sspr("logs", "verify", "ticket")
    assert ran.code == 1
    assert f"{Path('ticket/hosts/PC-3/collect')}: not as it was brought home\n  the run brought no such logs" in ran.out


def test_logs_that_are_gone(sspr: Sspr, ticket: Path) -> None:
    """A host's whole folder is missed by what the run wrote down."""
    shutil.rmtree(ticket / "hosts" / "PC-2")
    ran = sspr("logs", "verify", str(ticket))
    assert ran.code == 1
    assert "the logs of PC-2 are gone" in ran.out


def test_a_result_that_cannot_be_read(sspr: Sspr, ticket: Path) -> None:
    """Nothing is called proved then."""
    (ticket / "result.json").write_bytes(b"{")
    ran = sspr("logs", "verify", str(ticket))
    assert ran.code == 2
    assert "result.json" in ran.error


def test_names_cannot_act_on_the_terminal(sspr: Sspr, ticket: Path) -> None:
    """A file that somebody has put there is shown without what terminals obey."""
    (ticket / "hosts" / "PC-2" / "collect" / "more\x1b[31m\n.txt").touch()
    ran = sspr("logs", "verify", str(ticket))
    assert ran.code == 1
    assert "\x1b" not in ran.out
    assert "is not in the manifest" in ran.out


@pytest.mark.parametrize(
    ("words", "told"), [("nowhere", "is no folder"), (".", "holds no logs"), ("f", "is no folder")]
)
def test_nothing_to_look_at(sspr: Sspr, folder: Path, words: str, told: str) -> None:
    """Exit code 2, and what is wrong with the folder."""
    (folder / "f").touch()
    ran = sspr("logs", "verify", words)
    assert ran.code == 2
    assert told in ran.error
