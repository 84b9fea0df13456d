"""A part of the rollouts that are killed again and again; `python -m tests.chaos.rollout` is all of one."""

import sys
from pathlib import Path

import pytest

from tests.chaos.rollout import Plan, carried_out
from tests.postgres import postgres

CUT = Plan(hosts=30, kills=6, seed="quick", cuts=True, restarts=True)
UNDISTURBED = Plan(hosts=20, kills=4, seed="quick")


@pytest.mark.chaos
@pytest.mark.timeout(400)
def test_killed_again_and_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With lines that break and machines that restart by themselves: each is installed once, and the run ends."""
    report = carried_out(CUT, tmp_path)
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(report.lines(CUT)) + "\n")
    assert report.wrong == []
    assert len(report.killed) >= CUT.kills // 2
    assert report.odd


@pytest.mark.chaos
@pytest.mark.timeout(400)
def test_with_a_server_that_is_restarted(tmp_path: Path) -> None:
    """The database is PostgreSQL's, and its server is restarted amid it."""
    with postgres() as server:
        report = carried_out(UNDISTURBED, tmp_path, server)
    assert report.wrong == []
    assert len(report.killed) >= UNDISTURBED.kills // 2
