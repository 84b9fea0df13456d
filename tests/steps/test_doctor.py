"""Step `doctor` with `changes`: its trials hold on a lab host, over the rests of the one that waits, and go again."""

from __future__ import annotations

from pathlib import Path

from orchestrator.model.doctor import DoctorDetail
from orchestrator.model.outcome import Outcome
from orchestrator.sentences import say
from orchestrator.steps.doctor import DoctorParameters, examine
from tests.steps.one_step import context, one, to_end


async def test_trials_hold_and_leave_nothing(tmp_path: Path) -> None:
    """Files, a task, a note and a harvest are tried on the host; all of them are told, and all of it goes again."""
    async with one() as (host, reached):
        before = host.machine.snapshot()
        result = await to_end(examine, reached, DoctorParameters(changes=True), context(tmp_path))
        assert result.outcome is Outcome.OK, say(result.reason)
        assert isinstance(result.detail, DoctorDetail)
        assert [belief.name for belief in result.detail.beliefs[-4:]] == ["files", "task", "notes", "harvest"]
        await reached.release()
        assert [line for line in before.diff(host.machine.snapshot()) if "Sspr" in line] == []
