"""A job on a host: the task that runs it, and how far it is."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.message import verbatim
from orchestrator.windows import job
from orchestrator.windows.boot import Boot
from orchestrator.windows.command import Reply
from orchestrator.windows.job import HostTime, Job, JobState, Request, TaskState
from tests.saying import with_reason

JOB = Job("0123456789abcdef")
BOOT = Boot(7, "2024-01-31T07:00:00Z")
RUN = "20240131-075900-ab12"
REQUEST = Request(RUN, BOOT.marker, HostTime("Wed 01/31/2024", 8 * 3600 + 1))
NOW = HostTime("Wed 01/31/2024", 8 * 3600 + 59)
SCHEMA = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


def text(element: ET.Element, path: str) -> str | None:
    return element.findtext("/".join(f"{SCHEMA}{part}" for part in path.split("/")))


@pytest.mark.parametrize(
    "token", ["", "short", "a" * 33, "ABCDEFGH", "abcdefg&", "..\\..\\..", "abcdefgh\n", "abcd efgh", '"abcdefgh']
)
def test_a_token_is_letters_and_digits(token: str) -> None:
    """Nothing else gets into the names of folder and task."""
    with pytest.raises(ValueError, match="job token"):
        Job(token)


@pytest.mark.parametrize("run", ["", "two words", "a&b", "a>b", 'a"b', "a%b", "x" * 81])
def test_a_run_is_noted_by_a_plain_word(run: str) -> None:
    """Nothing else gets into the command line that notes who asked."""
    with pytest.raises(ValueError, match="run's identifier"):
        job.start(JOB, run, BOOT, verbatim("install"))


def test_the_task_runs_as_system_whatever_the_power() -> None:
    """The task is SYSTEM's by its SID, which no language translates, starts on battery, has no trigger and an end."""
    root = ET.fromstring(job.task_xml(JOB, "ver", limit_minutes=45))
    assert text(root, "Principals/Principal/UserId") == "S-1-5-18"
    assert text(root, "Principals/Principal/RunLevel") == "HighestAvailable"
    assert text(root, "Settings/DisallowStartIfOnBatteries") == "false"
    assert text(root, "Settings/StopIfGoingOnBatteries") == "false"
    assert text(root, "Settings/MultipleInstancesPolicy") == "IgnoreNew"
    assert text(root, "Settings/AllowStartOnDemand") == "true"
    assert text(root, "Settings/ExecutionTimeLimit") == "PT45M"
    triggers = root.find(f"{SCHEMA}Triggers")
    assert triggers is not None
    assert list(triggers) == []


def test_the_job_itself_says_that_it_has_begun_and_ended() -> None:
    """Its first act is the mark that it has begun; the exit code is written under another name and then renamed."""
    script = text(ET.fromstring(job.task_xml(JOB, "ver & rem", limit_minutes=45)), "Actions/Exec/Arguments")
    assert script is not None
    assert script.startswith(f'/c "type nul>"{JOB.path("started.txt")}"&ver & rem&call echo')
    assert script.index("result.tmp") < script.index("move /y") < script.rindex("result.txt")


def test_everything_lies_below_the_windows_folder() -> None:
    """Folder and task are named by the job's token."""
    assert JOB.folder == r"%SystemRoot%\SsprOrchestrator\0123456789abcdef"
    assert JOB.task == "SsprOrchestrator-0123456789abcdef"


YES, NO = Reply(1, "yes\n"), Reply(1, "no\n")
NOTHING = Reply(1, "")
ASKED = Reply(0, "20240131-075900-ab12 7@2024-01-31T07:00:00Z Wed 01/31/2024  8:00:01.23 \n")
CLOCK = Reply(0, "Wed 01/31/2024  8:00:59.99\n")


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ((NO, NOTHING, NO, NOTHING), JobState()),
        ((YES, NOTHING, NO, NOTHING), JobState(exists=True)),
        ((YES, ASKED, NO, NOTHING), JobState(exists=True, request=REQUEST)),
        ((YES, ASKED, YES, NOTHING), JobState(exists=True, request=REQUEST, started=True)),
        ((YES, ASKED, YES, Reply(0, "3010\n")), JobState(exists=True, request=REQUEST, started=True, exit_code=3010)),
        (
            (YES, ASKED, YES, Reply(0, "-1073741510 \n")),
            JobState(exists=True, request=REQUEST, started=True, exit_code=0xC000013A),
        ),
    ],
    ids=["nothing", "a folder", "registered", "really started", "ended", "killed"],
)
def test_state(replies: tuple[Reply, ...], expected: JobState) -> None:
    """How far a job is follows from three marks; the exit code is unsigned, and there only when its line has ended."""
    expected = replace(expected, now=NOW)
    replies = (*replies, CLOCK)
    assert job.state(JOB).parse(replies) == expected
    running = TaskState(exists=True, last_result=job.SCHED_S_TASK_RUNNING)
    seen = job.wait(JOB, 40).parse([Reply(9, "anything"), *replies, listed("267009")])
    assert seen == replace(expected, task=running)
    gone = job.wait(JOB, 40).parse([Reply(9, "anything"), *replies, NOTHING])
    assert gone == replace(expected, task=TaskState(exists=False))


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("Wed 01/31/2024  9:05:03.12", HostTime("Wed 01/31/2024", 32_703)),
        ("31.01.2024 23:59:59,99", HostTime("31.01.2024", 86_399)),
        ("2024-01-31 (\uc218) 0.00.00,00", HostTime("2024-01-31 (\uc218)", 0)),
    ],
)
def test_the_host_s_clock(shown: str, expected: HostTime) -> None:
    """Date and time of day are told apart, whatever the region writes between their parts."""
    assert job.CLOCK.parse([Reply(0, f"{shown} \n")]) == expected


@pytest.mark.parametrize(
    "shown", ["", "%date% %time%", "31.01.2024", "8:00:01.23", "31.01.2024 eight o'clock", "11/28/2026 5:39 PM"]
)
def test_a_clock_that_is_not_as_we_know_it(shown: str) -> None:
    """Nothing is concluded from what cannot be read, and the job goes on without it."""
    assert job.CLOCK.parse([Reply(0, shown)]) is None
    state = job.state(JOB).parse(
        [YES, Reply(0, f"{RUN} {BOOT.marker} {shown or '?'}\n"), YES, NOTHING, Reply(0, shown)]
    )
    assert state == JobState(exists=True, request=replace(REQUEST, at=None), started=True)


def test_how_long_ago() -> None:
    """Within a day to the second, over midnight at least so long, and negative where the clock was set back."""
    evening = HostTime("Wed 01/31/2024", 86_390)
    assert HostTime("Wed 01/31/2024", 86_395).since(evening) == 5
    assert HostTime("Thu 02/01/2024", 10).since(evening) == 20
    assert HostTime("Wed 01/31/2024", 86_000).since(evening) == -390


def listed(last_result: str) -> Reply:
    """What schtasks lists of a task, in French."""
    status = "En file d'attente"
    row = f'"PC-01","\\{JOB.task}","N/A","{status}","Arrière-plan","N/A","{last_result}","N/A","cmd.exe /c ""a,b"""'
    return Reply(0, f"\n{row}\n")


@pytest.mark.parametrize(
    ("last_result", "runs", "has_not_run"),
    [("267009", True, False), ("267011", False, True), ("267045", False, True), ("-2147024894", False, False)],
)
def test_what_task_scheduler_says(last_result: str, *, runs: bool, has_not_run: bool) -> None:
    """The last result is a number in every language: it runs, it has not run yet, it is queued, it ended."""
    task = job.wait(JOB, 40).parse([YES, YES, ASKED, NO, NOTHING, CLOCK, listed(last_result)]).task
    assert task is not None
    assert (task.exists, task.runs, task.has_not_run) == (True, runs, has_not_run)


@pytest.mark.parametrize("row", ["", '"PC-01","T"', '"a","b","c","d","e","f","Ready","h"'])
def test_a_listing_without_a_last_result(row: str) -> None:
    """Nothing is concluded from a listing that is not as we know it."""
    with pytest.raises(UnexpectedOutput, check=with_reason("last result")):
        job.wait(JOB, 40).parse([YES, YES, ASKED, NO, NOTHING, CLOCK, Reply(0, row)])


@pytest.mark.parametrize("result", ["", "ECHO is on.", "12x", "99999999999"])
def test_a_result_that_is_no_number(result: str) -> None:
    """A result file without a number is refused; it is not taken for success."""
    with pytest.raises(UnexpectedOutput):
        job.state(JOB).parse([YES, ASKED, YES, Reply(0, result), CLOCK])


@pytest.mark.parametrize("asked", ["", "run", "run 7@x", "run 7@x \n"])
def test_a_request_that_is_not_ours(asked: str) -> None:
    """A note that cannot be read is refused, rather than guessed at."""
    with pytest.raises(UnexpectedOutput):
        job.state(JOB).parse([YES, Reply(0, asked), NO, NOTHING, CLOCK])


def test_starting_notes_who_asked_before_it_runs() -> None:
    """Noted between registering and running, so that a job that a restart cut off, or that never began, is known."""
    (command,) = job.start(JOB, RUN, BOOT, verbatim("install")).commands
    steps = [command.line.index(word) for word in ("result.txt", "/create", BOOT.marker, "/run")]
    assert steps == sorted(steps)
    assert command.line.count("&&") == 2
    noted = f"{RUN} {BOOT.marker} %^date% %^time%"
    assert f'&&(>"{JOB.path("asked.txt")}" call echo {noted})&&' in command.line
    assert "started.txt" not in command.line[command.line.index("/create") :], "nobody but the job says that it began"


def test_what_starting_leaves_is_what_cleaning_removes() -> None:
    """Task, folder and root are removed."""
    lines = [command.line for command in job.clean_up(JOB).commands]
    assert [JOB.task in lines[0], JOB.folder in lines[1], lines[2]] == [True, True, f'rd "{job.ROOT}" 2>nul']
    assert all(command.accepts is None for command in job.clean_up(JOB).commands)


def test_another_attempt_keeps_what_was_brought() -> None:
    """Forgetting an end removes the three marks and nothing else."""
    (command,) = job.forget_end(JOB).commands
    marks = " ".join(f'"{JOB.path(name)}"' for name in ("asked.txt", "started.txt", "result.txt"))
    assert command.line == f"del /q {marks} 2>nul"


def test_jobs_that_are_there() -> None:
    """Folders of ours are found by their names; what else lies there is nobody's job."""
    listing = Reply(0, "0123456789abcdef\nNew Folder\n86d2f0ac217146cf99984e33b3d7fd4f\nx&calc\n")
    assert job.PRESENT.parse([listing]) == (JOB, Job("86d2f0ac217146cf99984e33b3d7fd4f"))
    assert job.PRESENT.parse([Reply(1, "")]) == ()
