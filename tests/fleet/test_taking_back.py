"""What a person is told to take back of what an unfinished run has done on a host."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orchestrator.fleet.taking_back import or_taken_back
from orchestrator.model.detail import Detail
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import RegistryRecord, Value, ValueChange
from orchestrator.model.result import StepRecord, StepResult
from orchestrator.sentences import say
from orchestrator.steps.await_reboot import AwaitRebootDetail
from orchestrator.steps.msi import MsiDetail
from orchestrator.steps.restarting import RebootDetail
from orchestrator.steps.uninstall import UninstallDetail

SET = RegistryRecord(values=(ValueChange(r"HKLM\SOFTWARE\X", "Enabled", None, Value("REG_DWORD", 1)),))


def step(
    detail: Detail | None = None,
    outcome: Outcome = Outcome.CHANGED,
    registry: RegistryRecord = SET,
    *,
    would: bool = False,
) -> StepRecord:
    return StepRecord("a step", StepResult(outcome, verbatim("done"), detail, would_change=would, registry=registry))


NONE = RegistryRecord()
INSTALLED = MsiDetail("{A}", "1.0", "1.0", "ab")
SCHEDULED = RebootDetail("boot", (), (), due=datetime(2026, 11, 29, 14, 5, tzinfo=UTC))
CASES: dict[str, tuple[list[StepRecord], tuple[str, ...]]] = {
    "nothing was done": ([], ()),
    "it only looked": ([step(outcome=Outcome.OK, registry=NONE)], ()),
    "the registry": ([step()], ("run --undo RUN",)),
    "the registry, by a step that failed": ([step(outcome=Outcome.UNKNOWN)], ("run --undo RUN",)),
    "an installation": ([step(INSTALLED, registry=NONE)], ("run uninstall",)),
    "one that would be": ([step(INSTALLED, registry=NONE, would=True)], ()),
    "one that was there already": ([step(INSTALLED, Outcome.OK, NONE)], ()),
    "a removal": ([step(UninstallDetail(("{A}",)), registry=NONE)], ("run install",)),
    "a restart to come": ([step(SCHEDULED, registry=NONE)], ("reboot cancel",)),
    "one that was not waited for": ([step(SCHEDULED, Outcome.REBOOT_PENDING, NONE)], ("reboot cancel",)),
    "one that has come": ([step(SCHEDULED, registry=NONE), step(AwaitRebootDetail("next", 60), registry=NONE)], ()),
    "all of it, the restart foremost": (
        [step(), step(INSTALLED, registry=NONE), step(SCHEDULED, registry=NONE)],
        ("reboot cancel", "run --undo RUN", "run uninstall"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_ways_back(case: str) -> None:
    """Each thing that was done has its command, and a host on which nothing was done has none."""
    steps, commands = CASES[case]
    said = say(or_taken_back(verbatim("go on"), "RUN", steps))
    assert said.split("`")[1::2] == [f"sspr {command}" for command in commands]
    assert said.startswith("go on; or take it back: " if commands else "go on")
