"""Results: which step decides about a host, in which words, and how a run is counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult, StepRecord, StepResult, shown
from orchestrator.sentences import say
from orchestrator.steps.await_reboot import AwaitRebootDetail
from orchestrator.steps.restarting import RebootDetail


def host(*results: StepResult, verdict: StepResult | None = None) -> HostResult:
    steps = tuple(StepRecord(f"step{number}", result) for number, result in enumerate(results))
    return HostResult("pc-1", "10.0.0.1", steps=steps, verdict=verdict)


OK = StepResult(Outcome.OK, verbatim("as wanted"))
CHANGED = StepResult(Outcome.CHANGED, verbatim("installed 1.2"))
RESTARTED = StepResult(Outcome.CHANGED, verbatim("restarted"))
SKIPPED = StepResult(Outcome.SKIPPED, verbatim("not for this branch"))
PENDING = StepResult(Outcome.REBOOT_PENDING, verbatim("waits for a restart"))
FAILED = StepResult(Outcome.FAILED, verbatim("msiexec ended with 1603"))
BLOCKED = StepResult(Outcome.BLOCKED, verbatim("no TLS 1.2"))
CANCELLED = StepResult(Outcome.CANCELLED, verbatim("stopped by the operator"))
DUE = datetime(2024, 1, 31, 14, 5, tzinfo=UTC)
SET_FOR = f"a restart was set for {shown(DUE)}"
NOT_NEEDED = StepResult(Outcome.OK, verbatim("no restart is needed"), RebootDetail("boot", (), ()))
SCHEDULED = StepResult(Outcome.CHANGED, verbatim("a restart is scheduled"), RebootDetail("boot", (), (), due=DUE))
NOT_WAITED_FOR = replace(SCHEDULED, outcome=Outcome.REBOOT_PENDING, reason=verbatim("a restart is set for tonight"))
BACK = StepResult(Outcome.CHANGED, verbatim("restarted and came back"), AwaitRebootDetail("next", 60))
NOT_BACK = replace(SCHEDULED, outcome=Outcome.FAILED, reason=verbatim("did not come back"))
MAY_NOT = StepResult(Outcome.BLOCKED, verbatim("may not restart"), RebootDetail("boot", (), ()))
WOULD_ENABLE = StepResult(Outcome.CHANGED, verbatim("would enable TLS 1.2"), would_change=True)
WOULD_INSTALL = StepResult(Outcome.CHANGED, verbatim("would install"), would_change=True)


@pytest.mark.parametrize(
    ("result", "outcome", "reason"),
    [
        (host(), Outcome.SKIPPED, "no step of the playbook was for this host"),
        (host(OK), Outcome.OK, "as wanted"),
        (host(CHANGED, OK), Outcome.CHANGED, "installed 1.2; as wanted"),
        (host(OK, CHANGED), Outcome.CHANGED, "installed 1.2"),
        (host(CHANGED, OK, RESTARTED), Outcome.CHANGED, "installed 1.2; restarted"),
        (host(CHANGED, SKIPPED), Outcome.CHANGED, "installed 1.2"),
        (host(SKIPPED), Outcome.SKIPPED, "not for this branch"),
        (host(CHANGED, PENDING), Outcome.REBOOT_PENDING, "installed 1.2; waits for a restart"),
        (host(CHANGED, FAILED), Outcome.FAILED, "msiexec ended with 1603; before that: installed 1.2"),
        (host(BLOCKED), Outcome.BLOCKED, "no TLS 1.2"),
        (host(verdict=CANCELLED), Outcome.CANCELLED, "stopped by the operator"),
        (host(OK, verdict=CANCELLED), Outcome.CANCELLED, "stopped by the operator"),
        (host(FAILED, verdict=CANCELLED), Outcome.FAILED, "msiexec ended with 1603"),
        (host(WOULD_ENABLE, OK, WOULD_INSTALL), Outcome.CHANGED, "would enable TLS 1.2; would install"),
        (host(OK, NOT_NEEDED), Outcome.OK, "as wanted"),
        (host(NOT_NEEDED), Outcome.OK, "no restart is needed"),
        (host(CHANGED, SCHEDULED, BACK), Outcome.CHANGED, "installed 1.2; the host has restarted since"),
        (host(CHANGED, SCHEDULED, BACK, OK), Outcome.CHANGED, "installed 1.2; as wanted"),
        (host(SCHEDULED, BACK), Outcome.CHANGED, "restarted and came back"),
        (
            host(CHANGED, NOT_WAITED_FOR),
            Outcome.REBOOT_PENDING,
            "installed 1.2; a restart is set for tonight",
        ),
        (host(NOT_WAITED_FOR, OK), Outcome.REBOOT_PENDING, "as wanted; a restart is set for tonight"),
        (
            host(CHANGED, SCHEDULED, verdict=CANCELLED),
            Outcome.CANCELLED,
            f"stopped by the operator; before that: installed 1.2; {SET_FOR}",
        ),
        (
            host(CHANGED, SCHEDULED, BACK, FAILED),
            Outcome.FAILED,
            "msiexec ended with 1603; before that: installed 1.2; restarted and came back",
        ),
        (host(CHANGED, SCHEDULED, NOT_BACK), Outcome.FAILED, "did not come back; before that: installed 1.2"),
        (host(CHANGED, MAY_NOT), Outcome.BLOCKED, "may not restart; before that: installed 1.2"),
        (host(WOULD_ENABLE, BLOCKED), Outcome.BLOCKED, "no TLS 1.2"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_becomes_of_a_host(result: HostResult, outcome: Outcome, reason: str) -> None:
    """The gravest step decides; a fine host tells all that was changed there, and under --check all that would be."""
    assert (result.outcome, say(result.reason)) == (outcome, reason)


def test_the_first_of_equals_decides() -> None:
    """Of two steps that failed, the first is the cause."""
    first = StepResult(Outcome.FAILED, verbatim("first"))
    assert host(first, FAILED).deciding is first


def test_a_run_counts_its_hosts() -> None:
    """Every host is counted once, mildest outcomes first; outcomes that no host has are left out."""
    moment = datetime(2024, 1, 31, tzinfo=UTC)
    hosts = (host(FAILED), host(OK), host(FAILED), host(CHANGED, OK))
    run = RunResult("id", "install", moment, moment, "finished", hosts)
    assert list(run.summary.items()) == [(Outcome.OK, 1), (Outcome.CHANGED, 1), (Outcome.FAILED, 2)]
