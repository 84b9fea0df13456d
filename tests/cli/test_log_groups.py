"""`sspr logs groups`: what thousands of machines met with, in about a dozen sentences."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from orchestrator.harvest import timeline
from orchestrator.harvest.bundle import Bundle
from orchestrator.harvest.eventlog import EventRecord
from orchestrator.harvest.manifest import Origin, entry
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult, StepRecord, StepResult
from orchestrator.runs.failure_groups import failure_groups
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.result_file import write_result
from orchestrator.windows.provider import EVENT_SOURCE
from tests.cli.conftest import Sspr

MOMENT = datetime(2026, 3, 1, 8, tzinfo=UTC)
REASONS = (
    "only {n} MB are free on PC-{n:04}",
    "Windows Installer ended with a custom action in C:\\Windows\\Temp\\{n}.msi that fails",
    "CORP\\user{n} was refused at 10.0.0.{n}\x1b[31m",
)

TOLD = (
    (0, "only # MB are free on (name)", "only 0 MB are free on PC-0000"),
    (
        1,
        "Windows Installer ended with a custom action in (path) that fails",
        r"Windows Installer ended with a custom action in C:\Windows\Temp\1.msi that fails",
    ),
    (2, "(name) was refused at # [#m", r"CORP\user2 was refused at 10.0.0.2 [31m"),
)
"""Number of the first machine, what it has in common with others, and what is said of it."""


def host(number: int) -> HostResult:
    name = f"PC-{number:04}"
    kind = number % 8
    outcome = Outcome.FAILED if kind < len(REASONS) else Outcome.OK
    said = REASONS[kind].format(n=number) if kind < len(REASONS) else "all is as wanted"
    step = StepRecord("install", StepResult(outcome, verbatim(said)), 1.0, 1, "windows7")
    return HostResult(name, f"10.7.{number // 256}.{number % 256}", "windows7", (step,))


def event(number: int, level: int, said: str) -> EventRecord:
    return EventRecord(MOMENT, "Application", EVENT_SOURCE, 1, level, number, "PC", (), said)


@pytest.fixture
def run(folder: Path) -> RunFolder:
    """A run of 4,000 machines, of which two sent logs."""
    place = RunFolder(folder / "state" / "runs" / "20260301-080000-aaaaaa")
    for number, messages in (
        (3, ["0x80072EFD at 8:00, try 1", "0x80072EFD at 8:07, try 2", "none"]),
        (4, ["0x80072EFD at 9:10, try 1"]),
    ):
        with Bundle(place.hosts / f"PC-{number:04}" / "collect", Origin(f"PC-{number:04}", "run-1", MOMENT)) as bundle:
            records = [
                EventRecord(
                    MOMENT,
                    "Application",
                    EVENT_SOURCE,
                    1,
                    4 if said == "none" else 2,
                    n,
                    "PC",
                    (),
                    f"{said} by PC-{number:04}",
                )
                for n, said in enumerate(messages)
            ]
            bundle.add_made("timeline.csv", timeline.as_csv(records))
            bundle.seal(entry("collected.cab", BytesIO(b"MSCF"), "makecab"))
    hosts = tuple(map(host, range(4000)))
    write_result(RunResult(place.name, "install", MOMENT, MOMENT, "finished", hosts), place.result)
    return place


def test_a_dozen_sentences_for_a_fleet(sspr: Sspr, run: RunFolder) -> None:
    """Each trouble once, with how many machines have it and what one of them says."""
    ran = sspr("logs", "groups")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        f"run {run.name} (install): 1,500 of 4,000 machines are not fine",
        *(f"failed, 500 machines: {told} (as PC-{number:04}, where it says: {said})" for number, told, said in TOLD),
        (
            "reported by the add-in, 2 machines, 3 times: 0x80072EFD at #, try # by (name) "
            "(as PC-0003, where it says: 0x80072EFD at 8:00, try 1 by PC-0003)"
        ),
    ]


def test_few_sentences_for_many_troubles(sspr: Sspr, run: RunFolder) -> None:
    """What is left out is told."""
    hosts = [
        replace(
            host(0), name=f"of-{word}", steps=(StepRecord("x", StepResult(Outcome.FAILED, verbatim(f"no {word}"))),)
        )
        for word in ("air", "bread", "coal", "dew", "earth", "fire", "gold", "hay")
    ]
    write_result(RunResult(run.name, "install", MOMENT, MOMENT, "finished", tuple(hosts)), run.result)
    lines = sspr("logs", "groups", "--run", run.name).out.splitlines()
    assert lines[1] == "failed, 1 machine: no air (as of-air)"
    assert len(lines) == 1 + 6 + 2
    assert lines[7] == "… and 2 more reasons, each of 1 machine at most"


def test_troubles_are_told_apart(run: RunFolder) -> None:
    """By how hosts ended, and by their words; those of most machines come first."""
    result = RunResult("run-1", "install", MOMENT, MOMENT, "finished", tuple(map(host, range(24))))
    blocked = StepResult(Outcome.BLOCKED, verbatim("only 7 MB are free on PC-0000"))
    first = replace(result.hosts[0], steps=(replace(result.hosts[0].steps[0], result=blocked),))
    groups = failure_groups(replace(result, hosts=(first, *result.hosts[1:])), RunFolder(run.path / "nowhere"))
    assert [(each.outcome, each.hosts, each.example_host) for each in groups] == [
        (Outcome.FAILED, 3, "PC-0001"),
        (Outcome.FAILED, 3, "PC-0002"),
        (Outcome.FAILED, 2, "PC-0008"),
        (Outcome.BLOCKED, 1, "PC-0000"),
    ]
