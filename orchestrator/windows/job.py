r"""A job: a command line that runs as SYSTEM on a host, from a scheduled task and a folder of our own.

A WinRM shell has a network log-on's token and its death kills what it started; a task has neither trouble. The task is
described in XML, because what `schtasks /create` makes from options does not start on battery power, and dates in its
options follow the host's language. The task has no trigger: it runs when we say so and never by itself.

The folder lies below %SystemRoot%, where none but administrators can write, so that nobody can slip anything in. Three
files in it tell how far the job is, each written when the thing has happened and by whom it has happened to:
`asked.txt` by us, before Task Scheduler is asked to start it; `started.txt` by the job itself, first of all;
`result.txt` by the job, with the exit code in digits, when its line has ended.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar
from xml.sax.saxutils import escape

from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.message import Message, phrase
from orchestrator.windows import transfer
from orchestrator.windows.boot import Boot
from orchestrator.windows.command import Change, Command, Evidence, Fact, Reply, Sureness, asked, gather, line_of_there
from orchestrator.windows.transfer import CMD

ROOT: Final = r"%SystemRoot%\SsprOrchestrator"
"""Nobody but administrators may write below %SystemRoot%; what waits there for SYSTEM is safe from exchange."""

DESCRIPTION: Final = "task.xml"
"""In the job's folder, what Task Scheduler is given."""

_SCHTASKS = Evidence(
    "schtasks /create /xml, /run, /delete: learn.microsoft.com windows-commands/schtasks; "
    "task schema 1.2: learn.microsoft.com/windows/win32/taskschd/task-scheduler-schema",
    Sureness.DOCUMENTED,
)
_QUERY = Evidence(
    "schtasks /query /v /fo csv /nh: learn.microsoft.com windows-commands/schtasks-query; the numbers: "
    "learn.microsoft.com, Task Scheduler Error and Success Constants; that the seventh field is the last result, and "
    "what a task shows that was taken and never started, is remembered",
    Sureness.REMEMBERED,
)
_WAIT = Evidence(
    "ping as a pause in steps of a second: for /l and if exist are documented, "
    "that `ping -n 2` takes a second is remembered",
    Sureness.REMEMBERED,
)
_FOLDERS = Evidence(
    "dir /b /ad: learn.microsoft.com/windows-server/administration/windows-commands/dir", Sureness.DOCUMENTED
)

_CLOCK = Evidence(
    "DATE and TIME: learn.microsoft.com windows-commands/set (dynamic variables); that TIME has 24 hours, two digits "
    "each but for the first, and hundredths, whatever the region puts between them, is remembered",
    Sureness.REMEMBERED,
)

T = TypeVar("T")

_TOKEN = re.compile(r"[a-z0-9]{8,32}")
_WORD = re.compile(r"[-A-Za-z0-9._]{1,80}")
_SECONDS_OF_A_DAY: Final = 24 * 60 * 60
_NOW: Final = "%^date% %^time%"
"""For `call echo`, which expands it when its turn comes and not when the line is read; see `batch`."""


_RESULT_NO_NUMBER = phrase("answer-job-result-no-number")
_OTHER_NOTE = phrase("answer-job-note")
_NO_LAST_RESULT = phrase("answer-schtasks-no-last-result")
_WRITE_TASK = phrase("change-write-task")
_MAKE_READY = phrase("change-make-ready-for-another-attempt")
_TAKE_BACK = phrase("change-take-task-back")
_CLEAN_UP = phrase("change-remove-folder-and-task")


@dataclass(frozen=True)
class Job:
    """One piece of detached work on a host; `token` is 8 to 32 letters and digits that nobody else uses."""

    token: str

    def __post_init__(self) -> None:
        if not _TOKEN.fullmatch(self.token):
            raise ValueError(f"not a job token: {self.token!r}")

    @property
    def above(self) -> tuple[str, ...]:
        """The folders of ours that its own lies in, the innermost first."""
        return (ROOT,)

    @property
    def folder(self) -> str:
        return rf"{self.above[0]}\{self.token}"

    @property
    def task(self) -> str:
        return f"SsprOrchestrator-{self.token}"

    def path(self, name: str) -> str:
        return rf"{self.folder}\{name}"


@dataclass(frozen=True)
class HostTime:
    """What a host's own clock shows, in its own words.

    Attributes:
        date: As the host's region writes it; good for nothing but being compared.
        seconds: Since midnight.
    """

    date: str
    seconds: int

    def since(self, earlier: HostTime) -> int:
        """Seconds since then, or at least so many where it was another day; negative where the clock was set back."""
        past = 0 if self.date == earlier.date else _SECONDS_OF_A_DAY
        return past + self.seconds - earlier.seconds


@dataclass(frozen=True)
class Request:
    """That Task Scheduler was asked to start a job.

    Attributes:
        run: Identifier of the run that asked.
        boot: Marker of the boot in which it did.
        at: When; None where the host's clock showed nothing that we understand.
    """

    run: str
    boot: str
    at: HostTime | None


@dataclass(frozen=True)
class TaskState:
    """What Task Scheduler says of a job's task.

    Attributes:
        exists: Whether it has such a task.
        last_result: Exit code or HRESULT of its last run, unsigned; SCHED_S_… where there was none yet.
    """

    exists: bool
    last_result: int | None = None

    @property
    def runs(self) -> bool:
        return self.last_result == SCHED_S_TASK_RUNNING

    @property
    def has_not_run(self) -> bool:
        return self.last_result in {SCHED_S_TASK_HAS_NOT_RUN, SCHED_S_TASK_QUEUED}


SCHED_S_TASK_RUNNING: Final = 0x41301
SCHED_S_TASK_HAS_NOT_RUN: Final = 0x41303
SCHED_S_TASK_QUEUED: Final = 0x41325


@dataclass(frozen=True)
class JobState:
    """How far a job is.

    Attributes:
        exists: Whether its folder is there.
        request: That Task Scheduler was asked to start it; None when nobody has.
        started: Whether it has really begun, by its own word.
        exit_code: Its line's, unsigned, when that has ended.
        now: What the host's clock showed at that look; None where that is nothing that we understand.
        task: What Task Scheduler says of it; None where it was not asked.
    """

    exists: bool = False
    request: Request | None = None
    started: bool = False
    exit_code: int | None = None
    now: HostTime | None = None
    task: TaskState | None = None


_SHOWN = re.compile(r"(?P<date>.{6,40}?) +(?P<hours>\d{1,2})\D(?P<minutes>\d\d)\D(?P<seconds>\d\d)\D\d+")


def _parse_time(text: str) -> HostTime | None:
    match = _SHOWN.fullmatch(text.strip())
    if match is None:
        return None
    hours, minutes, seconds = (int(match[part]) for part in ("hours", "minutes", "seconds"))
    return HostTime(match["date"].strip(), (hours * 60 + minutes) * 60 + seconds)


CLOCK: Fact[HostTime | None] = Fact(
    "job.clock",
    (Command(f"call echo {_NOW}", _CLOCK, accepts=None),),
    lambda replies: _parse_time(replies[0].output),
)
"""What the host's own clock shows; None where that is nothing that we understand, which hinders no job.

Without wmic, which hangs where WMI is broken and takes seconds where it is not.
"""


def state(job: Job) -> Fact[JobState]:
    """How far a job is, by its folder."""
    commands = (
        Command(line_of_there(f"{job.folder}\\"), CMD, accepts=None),
        Command(f'type "{job.path("asked.txt")}" 2>nul', CMD, accepts=frozenset({0, 1})),
        Command(line_of_there(job.path("started.txt")), CMD, accepts=None),
        Command(f'type "{job.path("result.txt")}" 2>nul', CMD, accepts=frozenset({0, 1})),
        *CLOCK.commands,
    )
    return Fact("job.state", commands, _parse_state)


def scheduled(job: Job) -> Fact[TaskState]:
    """What Task Scheduler says of a job's task."""
    query = Command(f'schtasks /query /tn "{job.task}" /v /fo csv /nh 2>nul', _QUERY, accepts=frozenset({0, 1}))
    return Fact("job.scheduled", (query,), lambda replies: _parse_task(replies[0]))


def wait(job: Job, seconds: int) -> Fact[JobState]:
    """Waits on the host up to `seconds` for the job to end; then looks, and asks Task Scheduler."""
    result = job.path("result.txt")
    line = f'for /l %i in (1,1,{seconds}) do @if not exist "{result}" ping -n 2 127.0.0.1 >nul'
    pause = Fact("job.pause", (Command(line, _WAIT, accepts=None),), lambda _: None)
    return gather("job.wait", _waited, pause=asked(pause), state=asked(state(job)), task=asked(scheduled(job)))


def _waited(pause: None, state: JobState, task: TaskState) -> JobState:  # noqa: ARG001 - it has no answer
    return replace(state, task=task)


def _parse_state(replies: Sequence[Reply]) -> JobState:
    folder, asked, started, result, clock = replies
    text = result.output.strip()
    if result.exit_code == 0 and not re.fullmatch(r"-?\d{1,10}", text):
        raise UnexpectedOutput(_RESULT_NO_NUMBER(), output=text[:200])
    return JobState(
        exists=folder.output.strip() == "yes",
        request=_parse_request(asked.output) if asked.exit_code == 0 else None,
        started=started.output.strip() == "yes",
        exit_code=int(text) & 0xFFFFFFFF if result.exit_code == 0 else None,
        now=CLOCK.parse([clock]),
    )


def _parse_request(text: str) -> Request:
    try:
        run, boot, at = text.split(maxsplit=2)
    except ValueError as error:
        raise UnexpectedOutput(_OTHER_NOTE(), output=text[:200]) from error
    return Request(run, boot, _parse_time(at))


def _parse_task(reply: Reply) -> TaskState:
    if reply.exit_code != 0:
        return TaskState(exists=False)
    try:
        fields = next(csv.reader(line for line in reply.lines if line.strip()), [])
    except csv.Error as error:  # a carriage return or an end of data where no table has one
        raise UnexpectedOutput(_NO_LAST_RESULT(), output=reply.output[:500]) from error
    result = fields[_LAST_RESULT] if len(fields) > _LAST_RESULT else ""
    if not re.fullmatch(r"-?\d{1,10}", result):
        raise UnexpectedOutput(_NO_LAST_RESULT(), output=reply.output[:500])
    return TaskState(exists=True, last_result=int(result) & 0xFFFFFFFF)


_LAST_RESULT: Final = 6
"""The field's place in a row: host, task, next run, status, logon mode, last run, last result."""


def describe(job: Job) -> Change:
    """Takes `task.xml` from standard input; makes the job's folder where it is missing."""
    return Change(_WRITE_TASK(), (transfer.receive(job.path(DESCRIPTION), job.folder, ROOT),))


def start(job: Job, run: str, boot: Boot, summary: Message) -> Change:
    """Registers the task from `task.xml` in the job's folder and asks that it be started, noting for which run.

    Raises:
        ValueError: when the run's identifier is no plain word; nothing else may get into the command line.
    """
    if not _WORD.fullmatch(run):
        raise ValueError(f"not a run's identifier: {run!r}")
    line = (
        f"{_forget(job)}"
        f'&schtasks /create /tn "{job.task}" /xml "{job.path(DESCRIPTION)}" /f 2>&1'
        f'&&(>"{job.path("asked.txt")}" call echo {run} {boot.marker} {_NOW})&&schtasks /run /tn "{job.task}" 2>&1'
    )
    return Change(summary, (Command(line, _SCHTASKS),))


def forget_end(job: Job) -> Change:
    """Makes a job that has ended ready to be started again; what was brought for it stays."""
    return Change(_MAKE_READY(), (Command(_forget(job), CMD, accepts=None),))


def _forget(job: Job) -> str:
    marks = " ".join(f'"{job.path(name)}"' for name in ("asked.txt", "started.txt", "result.txt"))
    return f"del /q {marks} 2>nul"


def take_back(job: Job) -> Change:
    """Removes the task, so that it starts no more; what has started meanwhile goes on, and the folder stays."""
    return Change(_TAKE_BACK(), (delete_task(job),))


def clean_up(job: Job) -> Change:
    """Removes task, folder and, when it is empty, the root; that any of them is not there is no failure."""
    return Change(_CLEAN_UP(), (delete_task(job), *remove_folder(job)))


def delete_task(job: Job) -> Command:
    """Takes the task away; that it is not there is no failure."""
    return Command(f'schtasks /delete /tn "{job.task}" /f 2>&1', _SCHTASKS, accepts=None)


def remove_folder(job: Job) -> tuple[Command, ...]:
    """Removes the job's folder and, when they are empty, those above it; that one is not there is no failure."""
    return (
        Command(f'if exist "{job.folder}\\" rd /s /q "{job.folder}" 2>&1', CMD, accepts=None),
        *(Command(f'rd "{folder}" 2>nul', CMD, accepts=None) for folder in job.above),
    )


def present(name: str, folder: str, of: Callable[[str], T]) -> Fact[tuple[T, ...]]:
    """What there is, of this run or another, whose folders lie in that one.

    Args:
        name: The fact's.
        folder: In which they lie.
        of: What has a folder of that token.
    """

    def parse(replies: Sequence[Reply]) -> tuple[T, ...]:
        names = (line.strip() for line in replies[0].lines)
        return tuple(of(name) for name in names if _TOKEN.fullmatch(name))

    return Fact(name, (Command(f'dir /b /ad "{folder}" 2>nul', _FOLDERS, accepts=frozenset({0, 1})),), parse)


PRESENT: Fact[tuple[Job, ...]] = present("jobs", ROOT, Job)
"""The jobs that have a folder on the host, of this run or an earlier one."""


def task_xml(job: Job, line: str, limit_minutes: int) -> bytes:
    """The task: runs a command line as SYSTEM, on battery too, between the job's two marks.

    The result is written under another name and renamed, so that whoever sees it sees all of it. ASCII, without an
    encoding declaration, for which schtasks would want UTF-16.
    """
    started, pending, result = (job.path(name) for name in ("started.txt", "result.tmp", "result.txt"))
    script = f'type nul>"{started}"&{line}&call echo %^errorlevel%>"{pending}"&move /y "{pending}" "{result}" >nul'
    return _TASK.format(script=escape(script), minutes=limit_minutes).encode("ascii", "xmlcharrefreplace")


_TASK = """\
<?xml version="1.0"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>SSPR orchestrator</Description></RegistrationInfo>
  <Triggers />
  <Principals>
    <Principal id="Author"><UserId>S-1-5-18</UserId><RunLevel>HighestAvailable</RunLevel></Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <AllowStartOnDemand>true</AllowStartOnDemand>
    <Enabled>true</Enabled>
    <ExecutionTimeLimit>PT{minutes}M</ExecutionTimeLimit>
    <Priority>5</Priority>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>%SystemRoot%\\System32\\cmd.exe</Command>
      <Arguments>/c "{script}"</Arguments>
    </Exec>
  </Actions>
</Task>
"""
