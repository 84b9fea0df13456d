"""What still happens on hosts of a run that was told to stop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from orchestrator.console.still_to_come import still_to_come
from orchestrator.model.detail import Detail, Restart
from orchestrator.model.message import Message, verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import BEGINS_YET, GOES_ON, HostResult, RunResult, StepRecord, StepResult

NOW = datetime(2026, 11, 27, 18, tzinfo=UTC)


@dataclass(frozen=True)
class _Scheduled(Detail, kind="test-scheduled"):
    @property
    def restart(self) -> Restart:
        return Restart(due=NOW)


RESTART = StepRecord("reboot", StepResult(Outcome.CHANGED, verbatim("a restart is set"), _Scheduled()))


def host(name: str, outcome: Outcome, reason: Message, *steps: StepRecord) -> HostResult:
    return HostResult(name, "10.0.0.1", steps=steps, verdict=StepResult(outcome, reason))


AT_WORK = host("PC-1", Outcome.UNKNOWN, GOES_ON())
AT_WORK_BEFORE_A_RESTART = host("PC-2", Outcome.UNKNOWN, GOES_ON(), RESTART)
WAITING = host("PC-3", Outcome.CANCELLED, BEGINS_YET())
CUT_OFF = host("PC-4", Outcome.UNKNOWN, verbatim("the run was ended while this host was at work"))
BEFORE_A_RESTART = host("PC-5", Outcome.CANCELLED, verbatim("the run was paused"), RESTART)
FINE = HostResult("PC-6", "10.0.0.1", steps=(RESTART,))

CASES: dict[str, tuple[tuple[HostResult, ...], list[str]]] = {
    "at work": ((AT_WORK, AT_WORK_BEFORE_A_RESTART, WAITING), ["on 2 machines what is being", "1 machine restarts"]),
    "ended at once": ((CUT_OFF, WAITING), ["on 1 machine what had been begun"]),
    "ended": ((BEFORE_A_RESTART, FINE), ["1 machine restarts all the same, unless `sspr reboot cancel`"]),
    "two restarts": ((BEFORE_A_RESTART, AT_WORK_BEFORE_A_RESTART), ["on 1 machine", "2 machines restart all the same"]),
    "nothing": ((FINE,), []),
}


@pytest.mark.parametrize(("hosts", "told"), CASES.values(), ids=CASES)
def test_what_still_happens(hosts: tuple[HostResult, ...], told: list[str]) -> None:
    """Work that ends, work that goes on without us, and restarts that come."""
    said = list(still_to_come(RunResult("r1", "install", NOW, NOW, "at work", hosts)))
    assert len(said) == len(told)
    assert all(each.startswith(beginning) for each, beginning in zip(said, told, strict=True)), said
