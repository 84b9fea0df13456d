"""A run that is at work: what is said of it as a whole, and of each of its hosts, by the clock of now."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from rich.console import Console

from orchestrator.console.standing import print_standing, state
from orchestrator.console.summary import print_summary
from orchestrator.model.awaited import Awaited
from orchestrator.model.message import Message, verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import BEGINS_YET, GOES_ON, HostResult, RunResult, StepResult, shown
from orchestrator.model.waiting import Doing
from tests.console.conftest import BEGAN, run

NOW = BEGAN + timedelta(hours=3)
OPENS = BEGAN + timedelta(hours=5)
AT_WORK = StepResult(Outcome.UNKNOWN, GOES_ON(), Doing("msi", NOW - timedelta(minutes=2)))
TURN = Message("progress-waiting-for-turn", {"other": "PC-1", "group": "dc", "run": None})
WINDOW = Message("progress-waiting-for-window", {"opens": "22:00", "closes": "23:00"})
FOR_A_WINDOW = StepResult(Outcome.CANCELLED, WINDOW, Doing("msi", NOW - timedelta(hours=2), waits=True, until=OPENS))
LATER = StepResult(Outcome.CANCELLED, WINDOW, Doing("msi", NOW, waits=True, until=OPENS + timedelta(days=1)))
FOR_A_TURN = StepResult(Outcome.CANCELLED, TURN, Doing("reboot", NOW - timedelta(seconds=30), waits=True))
OFF = StepResult(Outcome.UNREACHABLE, verbatim("no answer"), Awaited(3, NOW + timedelta(minutes=5), None, OPENS))
NOT_BEGUN = StepResult(Outcome.CANCELLED, BEGINS_YET(), Doing(waits=True))
FOR_APPROVAL = StepResult(
    Outcome.CANCELLED,
    Message("wave-wants-approval", {"wave": 2, "hosts": 3, "run": "a-run"}),
    Doing(since=NOW - timedelta(minutes=7), waits=True),
)
THROUGH = StepResult(Outcome.CHANGED, verbatim("installed"))
FAILED = StepResult(Outcome.FAILED, verbatim("it broke"), remedy=verbatim("mend it"))


def at_work(*ends: StepResult) -> RunResult:
    hosts = tuple(HostResult(f"PC-{number:04}", "", verdict=end) for number, end in enumerate(ends))
    return RunResult("a-run", "install", BEGAN, NOW, "at work", hosts)


def printed(show: Callable[[RunResult, Console], None], known: RunResult) -> list[str]:
    to = io.StringIO()
    show(known, Console(file=to, width=200))
    return to.getvalue().splitlines()


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ((THROUGH, AT_WORK, FOR_A_WINDOW, NOT_BEGUN), "at work"),
        ((THROUGH, LATER, FOR_A_WINDOW), f"waiting for a window until {shown(OPENS)}"),
        (
            (FOR_A_WINDOW, FOR_A_TURN, LATER),
            f"waiting for a window until {shown(OPENS)}, and 1 for other things",
        ),
        ((FOR_A_TURN, NOT_BEGUN), "waiting for a turn to restart"),
        ((THROUGH, FOR_APPROVAL, FOR_APPROVAL), "wave 2 (3 machines) waits for an approval: `sspr runs approve a-run`"),
        ((THROUGH, OFF), "looking for 1 machine that is off"),
        ((NOT_BEGUN,), "at work"),
        ((THROUGH,), "at work"),
    ],
)
def test_what_a_run_does(ends: Sequence[StepResult], said: str) -> None:
    """It is at work while one of its hosts is; else it waits, and what for is told."""
    assert state(at_work(*ends)) == said


def test_what_each_host_does() -> None:
    """For how long is by the clock of now; those that have not begun share a row."""
    lines = printed(print_standing, at_work(NOT_BEGUN, THROUGH, OFF, FOR_A_TURN, FOR_A_WINDOW, AT_WORK, NOT_BEGUN))
    rows = [" ".join(line.split()) for line in lines[2:]]
    assert rows == [
        "PC-0005 msi at work 2 min 00 s -",
        (f"PC-0004 msi waiting for its maintenance window, 22:00 to 23:00, the host's time 2 h 00 min {shown(OPENS)}"),
        "PC-0003 reboot waiting for its turn to restart: PC-1 is first, of the same `anti_affinity` (dc) 30 s -",
        f"PC-0002 - no answer - {shown(OPENS)}",
        "2 machines: PC-0000, PC-0006 - not begun yet - -",
    ]


def test_thousands_that_wait_for_the_same_share_a_row() -> None:
    lines = printed(print_standing, at_work(*[FOR_A_WINDOW] * 3000, AT_WORK))
    assert len(lines) == 4
    assert lines[-1].startswith("3,000 machines: PC-0000, PC-0001, PC-0002 … and 2,997 more")


def test_nobody_needs_a_person_for_being_at_work() -> None:
    """Of hosts without an end no outcome is told; those that have ended are told as ever."""
    lines = printed(print_summary, at_work(AT_WORK, FOR_A_WINDOW, THROUGH, FAILED))
    text = "\n".join(lines)
    assert lines[0] == "2 of 4 machines are through; 1 at work, 1 waiting; 1 needs a person"
    assert "To do: mend it" in text
    assert not any(word in text for word in ("unknown", "cancelled", "not finished"))
    assert lines[-1] == "install, run a-run, begun 3 h 00 min ago: at work"


def test_a_run_that_has_ended_has_nobody_at_work() -> None:
    assert printed(print_standing, run(40)) == []
    assert state(run(40)) == "finished"
