"""What can be done with runs that were kept: done again, handed on whole, and removed with all that belongs to them."""

from __future__ import annotations

import hashlib
import io
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.app import RunPlaybook, perform, prepare, resume, retry
from orchestrator.app.prune import Pruned, prune, to_prune
from orchestrator.model.errors import UsageError
from orchestrator.model.events import Guarded, RunStarted
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult
from orchestrator.playbook.plan import Playbook
from orchestrator.runs.archive import archive
from orchestrator.runs.folders import RunFolder, progress_file, run_folders, state_folder
from orchestrator.runs.journal import Journal
from orchestrator.runs.kept_files import inputs_folder
from orchestrator.runs.store import find_folder
from tests.lab_fixtures import Site, install, kind, shipped, site

YEAR = timedelta(days=365)
"""After which everything is old."""
ROWS = {"host_progress": "run", "step_progress": "run", "workflow_status": "queue_name", "queues": "name"}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A stock Windows 7, which a preflight blocks, and one on which TLS 1.2 is set up already."""
    kinds = {"stock": kind(), "fit": kind(traits=["schannel_explicit", "winhttp_a80"])}
    with site(tmp_path_factory.mktemp("lab"), kinds) as up:
        yield up


async def done(lab: Site, playbook: Playbook, *hosts: str, check: bool = False) -> RunResult:
    """A run that could have been gone on with."""
    limit = ",".join(lab.hosts[name] for name in hosts) or None
    return await perform(
        RunPlaybook(inventory=lab.inventory, limit=limit, playbook=playbook, check=check, durable=True)
    )


def rows() -> dict[str, set[str]]:
    """The runs that the database knows, by table."""
    with closing(sqlite3.connect(progress_file())) as connection:
        return {
            table: {run for (run,) in connection.execute(f"SELECT DISTINCT {column} FROM {table}")}
            for table, column in ROWS.items()
        }


async def test_done_again_where_it_did_not_end_well(lab: Site) -> None:
    """A new run of the same, on those hosts and no others, however its hosts are chosen."""
    first = await done(lab, shipped("preflight"))
    assert {host.outcome for host in lab.by_name(first).values()} == {Outcome.BLOCKED, Outcome.OK}
    folder = find_folder("last")
    again = retry(folder)
    assert [host.name for host in again.hosts] == [lab.hosts["stock"]]
    second = await again.begin().execute()
    assert (second.playbook, second.id != first.id) == ("preflight", True)
    assert [host.outcome for host in second.hosts] == [Outcome.BLOCKED]
    assert [host.name for host in retry(folder, ["blocked", "ok"], limit="*").hosts] == list(lab.hosts.values())
    for endings, limit, said in (
        (["failed", "unknown"], None, "is failed or unknown"),
        (["blockd"], None, "did you mean `blocked`"),
        (["not-ok"], lab.hosts["fit"], "matches"),
    ):
        with pytest.raises(UsageError, match=said):
            retry(folder, endings, limit=limit)


async def test_handed_on_whole(lab: Site) -> None:
    """The archive holds what the run left and its hashes, is the same each time, and has no secret in it."""
    await done(lab, shipped("collect-logs"), "fit")
    folder = find_folder("last")
    odd = next(path for path in folder.hosts.rglob("*") if path.is_file()).parent
    (odd / "link.txt").symlink_to("/etc/passwd")
    (odd / "C:\\..\\evil.txt").write_text("x")
    (odd / "NUL").write_text("x")
    content = b"".join(archive(folder, {"report.html": b"<html>"}))
    assert content == b"".join(archive(RunFolder(folder.path), {"report.html": b"<html>"}))
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        assert zipped.testzip() is None
        held = {name.removeprefix(f"{folder.name}/"): zipped.read(name) for name in zipped.namelist()}
        assert {entry.external_attr >> 16 & 0o777 for entry in zipped.infolist()} == {0o600}
    assert {"result.json", "log.jsonl", "kept.json", "report.html"} < set(held)
    assert held["log.jsonl"] == folder.journal.read_bytes()
    sums = dict(line.split("  ")[::-1] for line in held.pop("SHA256SUMS").decode().splitlines())
    assert sums == {name: hashlib.sha256(each).hexdigest() for name, each in held.items()}
    assert any(name.endswith("/summary.txt") for name in held)
    assert not any(part in name for name in held for part in ("..", "\\", ":", "link.txt", "/NUL"))
    assert not any(lab.lab.fleet.password.encode() in each for each in held.values())


async def test_done_again_in_waves(lab: Site) -> None:
    """Those of the canaries that are tried again come first."""
    playbook = shipped("preflight", f"strategy.canary=[{lab.hosts['stock']}]")
    await done(lab, playbook)
    again = retry(find_folder("last"))
    rollout = again.rollout("run")
    assert rollout.waves == ((lab.hosts["stock"],), (lab.hosts["fit"],))


async def test_a_guard_outlives_a_killed_process(lab: Site) -> None:
    """A worker begins with nobody else then, and a person does."""
    why = verbatim("too many have failed")
    request = RunPlaybook(inventory=lab.inventory, playbook=shipped("preflight"), durable=True)
    folder = prepare(request).keep()
    meant = [HostResult(name, name) for name in lab.hosts.values()]
    with Journal(folder.journal) as log:
        log.notify(RunStarted(folder.name, "preflight", meant, check=False))
        log.notify(Guarded(why))
    left = await resume(folder, unattended=True).begin().execute()
    assert (left.state, {host.reason for host in left.hosts}) == ("stopped", {why})
    gone_on_with = await resume(folder).begin().execute()
    assert gone_on_with.state == "finished"


@pytest.mark.slow
async def test_removed_with_all_that_belongs_to_it(lab: Site) -> None:
    """Folder, rows, lock and copies go, those of a newer run stay; what an undo needs is told beforehand."""
    old = await done(lab, install(), "fit", check=True)
    changing = await done(lab, shipped("enable-tls12", "reboot.delay_minutes=0"), "stock")
    known = rows()
    assert all(changing.id in runs for runs in known.values()), "it has waited for a restart, in the queue"
    newest = await done(lab, shipped("preflight"), "fit")
    later = datetime.now(UTC) + YEAR
    assert to_prune(datetime.now(UTC), older_than=YEAR).runs == []
    pruning = to_prune(later, older_than=YEAR / 2, newest=1)
    assert [(each.run.id, each.undoes) for each in pruning.runs] == [(changing.id, True), (old.id, False)]
    assert len(pruning.copies) == 2
    pruned = prune(pruning)
    assert pruned == Pruned([changing.id, old.id], pruned.size, [])
    assert pruned.size >= pruning.size > 0
    assert [folder.name for folder in run_folders()] == [newest.id]
    assert rows().keys() == known.keys()
    assert all(runs <= {newest.id} for runs in rows().values())
    assert rows()["host_progress"] == {newest.id}
    assert {path.name for path in progress_file().with_name("progress.sqlite3.locks").iterdir()} == {
        newest.id,
        "migration",
    }
    assert list(inputs_folder().iterdir()) == []
    assert not (state_folder() / "removed").exists()


async def test_not_removed(lab: Site) -> None:
    """A run that could be gone on with stays unless that is said, and one at work whatever is said."""
    session = prepare(RunPlaybook(inventory=lab.inventory, playbook=shipped("preflight"), durable=True)).begin()
    session.stop()
    at_work = to_prune(datetime.now(UTC) + YEAR, older_than=YEAR / 2, resumable=True)
    assert (at_work.runs, at_work.spared) == ([], [(session.id, "is at work")])
    stopped = await session.execute()
    later = datetime.now(UTC) + YEAR
    spared = to_prune(later, older_than=YEAR / 2)
    assert ([*spared.runs], [name for name, _ in spared.spared]) == ([], [stopped.id])
    assert "--resumable" in spared.spared[0][1]
    assert prune(to_prune(later, older_than=YEAR / 2, resumable=True)).runs == [stopped.id]
