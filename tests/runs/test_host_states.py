"""What is known of each host over all runs: made-up runs on one host, each a few words, and what they come to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.model.events import HostFinished, RunFinished, RunStarted, StepFinished, StepStarted
from orchestrator.model.host_state import HostState
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult, StepRecord, StepResult
from orchestrator.runs.folders import RunFolder, run_folders, runs_folder
from orchestrator.runs.host_states import host_states
from orchestrator.runs.journal import Journal
from orchestrator.runs.result_file import write_result
from orchestrator.sentences import say

BEGAN = datetime(2026, 11, 27, 18, tzinfo=UTC)
LOOKS = {"preflight", "collect-logs"}


@dataclass(frozen=True)
class Told:
    """A run on one host.

    Attributes:
        began: In hours; also which run it is.
        ended: When the host ended, in hours; None where it has not.
        words: The playbook and the outcome, with `--check` between where that was said.
        lives: Whether the run is at work.
    """

    began: int
    ended: int | None
    words: str
    lives: bool = False
    host: str = "PC-1"


def run_name(began: int) -> str:
    return f"{BEGAN + timedelta(hours=began):%Y%m%d-%H%M%S}-9f3c21"


class Past:
    """Runs that are kept."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, open_ones: ExitStack) -> None:
        self._open = open_ones
        self._hour = 0
        monkeypatch.setattr("structlog.processors.TimeStamper", lambda **_: self._stamped)  # logs of another time

    def _stamped(self, _logger: object, _name: str, line: dict[str, object]) -> dict[str, object]:
        return {**line, "timestamp": (BEGAN + timedelta(hours=self._hour)).isoformat()}

    def has(self, told: Told) -> RunFolder:
        folder = RunFolder(runs_folder() / run_name(told.began))
        playbook, *check, outcome = told.words.split()
        step = StepRecord("msi", StepResult(Outcome(outcome), verbatim(f"{playbook} {outcome}")))
        host = HostResult(told.host, "10.0.0.1", steps=(step,), groups=("seoul",))
        meant = HostResult(told.host, "10.0.0.1", groups=("seoul",))
        log = Journal(folder.journal)
        self._open.callback(log.close)
        self._hour = told.began
        log.notify(RunStarted(folder.name, playbook, [meant], check=bool(check)))
        log.notify(StepStarted(told.host, "msi", 1))
        if told.ended is not None:
            self._hour = told.ended
            ended = BEGAN + timedelta(hours=told.ended)
            result = RunResult(folder.name, playbook, BEGAN, ended, "finished", (host,), check=bool(check))
            for event in (StepFinished(told.host, step), HostFinished(host), RunFinished(result)):
                log.notify(event)
            write_result(result, folder.result)
        if not told.lives:
            log.close()
        return folder


@pytest.fixture
def past(monkeypatch: pytest.MonkeyPatch) -> Iterator[Past]:
    with ExitStack() as open_ones:
        yield Past(monkeypatch, open_ones)


def hours(moment: datetime | None) -> float | None:
    return None if moment is None else (moment - BEGAN) / timedelta(hours=1)


def told(state: HostState) -> tuple[str, float | None, float | None, str]:
    """How it ended last, since when, when it answered, and what is left."""
    last = f"{state.last.playbook} {state.last.outcome}" if state.last else "-"
    left = f"{state.left.playbook} {state.left.outcome}" if state.left else "-"
    return last, hours(state.since), hours(state.answered), left


CASES = {
    "done": ([Told(0, 1, "install changed")], ("install changed", 1, 1, "-")),
    "still done": (
        [Told(0, 1, "install changed"), Told(5, 6, "install ok")],
        ("install ok", 1, 6, "-"),
    ),
    "unreachable since the first of three": (
        [Told(0, 1, "install changed"), *(Told(at, at, "install unreachable") for at in (5, 6, 7))],
        ("install unreachable", 5, 1, "install unreachable"),
    ),
    "failed again, but not all the time": (
        [Told(0, 0, "install failed"), Told(1, 1, "install unreachable"), Told(2, 2, "install failed")],
        ("install failed", 2, 2, "install failed"),
    ),
    "a run that began earlier ended later": (
        [Told(0, 9, "install failed"), Told(1, 2, "install changed")],
        ("install failed", 9, 9, "install failed"),
    ),
    "a look does not settle a change": (
        [Told(0, 0, "install failed"), Told(1, 1, "collect-logs ok"), Told(2, 2, "install --check ok")],
        ("install ok", 1, 2, "install failed"),
    ),
    "a change settles a look": (
        [Told(0, 0, "preflight blocked"), Told(1, 1, "install changed"), Told(2, 2, "preflight ok")],
        ("preflight ok", 1, 2, "-"),
    ),
    "what would be changed remains to be": (
        [Told(0, 0, "install --check changed")],
        ("install changed", 0, 0, "install changed"),
    ),
    "killed": ([Told(0, None, "install ok")], ("install unknown", 0, None, "install unknown")),
}


@pytest.mark.parametrize(("runs", "expected"), CASES.values(), ids=CASES)
def test_what_runs_come_to(past: Past, runs: list[Told], expected: tuple[str, float | None, float | None, str]) -> None:
    for each in runs:
        past.has(each)
    known = host_states(run_folders(), LOOKS)
    assert [told(state) for state in known.hosts] == [expected]
    assert known.refused == ()


def test_a_run_at_work(past: Past) -> None:
    """What was known before stands, with the run beside it that has not finished the host; one without a past, too."""
    past.has(Told(0, 1, "install failed"))
    past.has(Told(5, None, "install ok", lives=True))
    past.has(Told(6, None, "install ok", lives=True, host="pc-2"))
    first, second = host_states(run_folders(), LOOKS).hosts
    assert (told(first), first.at_work) == (("install failed", 1, 1, "install failed"), run_name(5))
    assert (second.name, told(second), second.at_work) == ("pc-2", ("-", None, None, "-"), run_name(6))


def test_names_and_files_that_went_wrong(past: Past) -> None:
    """Another spelling is the same host, shown as the newest run has it; what cannot be read is told, and left out."""
    past.has(Told(0, 1, "install changed"))
    past.has(Told(2, 3, "install ok", host="pc-1"))
    lost = past.has(Told(4, 5, "install failed"))
    lost.journal.write_text('{"event": "host_finished"}\n')
    lost.result.write_text("{")
    known = host_states(run_folders(), LOOKS)
    assert [(state.name, told(state)) for state in known.hosts] == [("pc-1", ("install ok", 1, 3, "-"))]
    assert [run_name(4) in str(error) for error in known.refused] == [True]


@pytest.mark.parametrize("damaged", ["result", "result gone", "log", "log within"])
def test_what_is_left_of_a_run_tells(past: Past, damaged: str) -> None:
    """A damaged result file has the log stand in for it, and a damaged log the result file; it is said which."""
    past.has(Told(0, 1, "install changed"))
    folder = past.has(Told(4, 5, "install failed"))
    match damaged:
        case "result":
            folder.result.write_text("{")
        case "result gone":
            folder.result.unlink()
        case "log":
            folder.journal.write_text('{"event": "host_finished"}\n')
        case "log within":
            folder.journal.write_bytes(folder.journal.read_bytes().replace(b'"outcome": "failed"', b'"outcome": "?"'))
    known = host_states(run_folders(), LOOKS)
    (state,) = known.hosts
    last = "install failed"
    assert (told(state)[0], told(state)[3], known.refused) == (last, last, ())
    assert [folder.name in say(note) for note in known.notes] == [True]


def test_what_cannot_be_read_leaves_the_older_run(past: Past) -> None:
    """Hosts of a run that tells when they ended, and not how, are known by what was before."""
    past.has(Told(0, 1, "install changed"))
    past.has(Told(4, 5, "install failed")).result.chmod(0o666)
    past.has(Told(6, 7, "install failed", host="PC-2")).result.chmod(0o666)
    known = host_states(run_folders(), LOOKS)
    assert [(state.name, told(state)) for state in known.hosts] == [("PC-1", ("install changed", 1, 1, "-"))]
    assert len(known.refused) == 2


def test_one_that_is_gone_on_with(past: Past) -> None:
    """Hosts that are through are told of again in the log: they ended when they did, not when that was."""
    folder = past.has(Told(0, 1, "install changed"))
    (line,) = (line for line in folder.journal.read_text().splitlines(keepends=True) if "host_finished" in line)
    with folder.journal.open("a") as log:
        log.write(line.replace("T19:", "T23:"))
    (state,) = host_states(run_folders(), LOOKS).hosts
    assert told(state) == ("install changed", 1, 1, "-")
