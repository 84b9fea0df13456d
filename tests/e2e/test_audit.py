"""The log of a run that was killed and gone on with: one chain, which tells of each process and hides no loss."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.app.verify_run import VerifiedRun, verify_run
from orchestrator.runs.folders import RunFolder
from tests.e2e.test_resume import Rollout, rollout

HALF = b'{"run": "20261130-1200'


def verified(run: Rollout) -> VerifiedRun:
    return verify_run(RunFolder(run.folder))


@pytest.mark.slow
def test_killed_and_gone_on_with(tmp_path: Path) -> None:
    """SIGKILL in the middle, and half a line left: told at once, and by the line with which the run goes on."""
    with rollout(tmp_path, hosts=1) as run:
        with run.begun("--limit", "windows7") as process:
            run.until(process, event="step_started")
            at_work = verified(run)
            assert (at_work.problems, at_work.at_work, at_work.agreed) == ((), True, None)
            process.kill()
            process.communicate()
        killed = verified(run)
        assert (killed.problems, killed.at_work, killed.ended) == ((), False, None)
        log = run.folder / "log.jsonl"
        log.write_bytes(log.read_bytes() + HALF)
        (problem,) = verified(run).problems
        assert "is half a line" in problem
        with run.resuming() as process:
            run.until(process, event="run_started", cut_off_bytes=len(HALF))
            again = verified(run)
    assert (again.problems, again.at_work, again.gone) == ((), True, ())
    first, second = again.began
    assert (first.limit, first.cut_off_bytes) == ("windows7", 0)
    assert (second.limit, second.cut_off_bytes) == (None, len(HALF))
    assert {file.use for file in first.files} == {"playbook", "inventory", "msi", "kept"}
    assert {file.use for file in second.files} == {"kept"}
    packages = {file.sha256 for file in first.files if file.use == "msi"}
    assert {path.name for path in run.state.glob("inputs/*")} == packages
    assert again.kept == len(packages) + 1
