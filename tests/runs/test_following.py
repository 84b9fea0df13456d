"""A log followed while it grows: each event once, over the death of its process and over another that goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.model.errors import DocumentError
from orchestrator.model.events import (
    Event,
    HostFinished,
    HostGoesOn,
    HostWaits,
    Interrupted,
    Progress,
    RunFinished,
    RunStarted,
    StepStarted,
    WaveWaits,
)
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult, StepResult
from orchestrator.model.waiting import Wait
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.following import Following, Told
from orchestrator.runs.journal import Journal
from orchestrator.runs.result_file import write_result
from tests.console.conftest import BEGAN

HOST = HostResult("PC-1", "10.0.0.1", groups=("seoul",))
ENDED = HostResult("PC-1", "10.0.0.1", verdict=StepResult(Outcome.OK, verbatim("all is well")), groups=("seoul",))
RUN = RunResult("r1", "install", BEGAN, BEGAN, "finished", (ENDED,))
BEGINNING = RunStarted("r1", "install", [HOST], check=False)
STEP = StepStarted("PC-1", "msi", 2)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    run = RunFolder(tmp_path)
    run.kept.write_text("{}")  # so that it could be gone on with
    return run


def seen(events: Iterator[Told | None]) -> list[Event]:
    """What comes until there is nothing more for now."""
    return [told[1] for told in iter(lambda: next(events, None), None)]


def test_waits_come_as_they_were_told(folder: RunFolder) -> None:
    told: list[Event] = [
        BEGINNING,
        HostWaits("PC-1", "msi", Wait(verbatim("waiting"), BEGAN)),
        HostWaits("PC-1", "msi", Wait(verbatim("waiting for another"))),
        HostGoesOn("PC-1", "msi"),
        WaveWaits(verbatim("wave 2 waits"), BEGAN),
    ]
    with Journal(folder.journal) as log:
        for event in told:
            log.notify(event)
        assert seen(Following(folder).events()) == told


def test_over_two_processes(folder: RunFolder) -> None:
    """Who joins in the middle is told of the beginning, nothing is told twice, and the result is the end of it."""
    with Journal(folder.journal) as log:
        for event in (BEGINNING, STEP, Progress("PC-1", "msi", verbatim("uploading"))):
            log.notify(event)
        following = Following(folder)
        events = following.events()
        assert seen(events) == [BEGINNING, STEP, Progress("PC-1", "msi", verbatim("uploading"))]
        assert not following.is_deserted()
        log.notify(Interrupted())
        assert seen(events) == [Interrupted()]
    assert seen(events) == []
    assert following.is_deserted()
    with folder.journal.open("a") as half:
        half.write('{"event": "step_st')
    assert seen(events) == []
    with Journal(folder.journal) as log:
        for later in (BEGINNING, HostFinished(ENDED), RunFinished(RUN)):
            log.notify(later)
        assert seen(events) == [BEGINNING, HostFinished(ENDED)]
        assert not following.is_deserted()
    write_result(RUN, folder.result)
    assert list(events) == []


def test_what_nobody_can_go_on_with(folder: RunFolder) -> None:
    """A run that was to end with its process is not waited for once that is dead."""
    folder.kept.unlink()
    with Journal(folder.journal) as log:
        log.notify(BEGINNING)
    assert [told and told[1] for told in Following(folder).events()] == [BEGINNING]


def test_a_line_that_is_none(folder: RunFolder) -> None:
    folder.journal.write_text('{"event": "step_started"}\n')
    folder.journal.chmod(0o600)
    with pytest.raises(DocumentError, match=r"log\.jsonl:1: this is no line"):
        next(Following(folder).events())
