r"""msiexec, or another command line, on a host, run as SYSTEM by a scheduled task from a folder of our own.

A WinRM shell has a network log-on's token and its death kills what it started; a task has neither trouble. The task is
described in XML, because what `schtasks /create` makes from options does not start on battery power, and dates in its
options follow the host's language. The task has no trigger: it runs when we say so and never by itself.

The folder lies below %SystemRoot%, where none but administrators can write, so that nobody can slip another package
in. Layout: the package, `install.log`, `result.txt` with the exit code in digits, there only when the line has ended.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from orchestrator.model.errors import UnexpectedOutput
from orchestrator.windows import product, transfer
from orchestrator.windows.boot import Boot
from orchestrator.windows.command import Change, Command, Evidence, Fact, Reply, Sureness
from orchestrator.windows.transfer import CMD

ROOT = r"%SystemRoot%\SsprOrchestrator"
"""Nobody but administrators may write below %SystemRoot%; what waits there for SYSTEM is safe from exchange."""

_SCHTASKS = Evidence(
    "schtasks /create /xml, /run, /delete: learn.microsoft.com windows-commands/schtasks; "
    "task schema 1.2: learn.microsoft.com/windows/win32/taskschd/task-scheduler-schema",
    Sureness.DOCUMENTED,
)
_WAIT = Evidence(
    "ping as a pause in steps of a second: for /l and if exist are documented, "
    "that `ping -n 2` takes a second is remembered",
    Sureness.REMEMBERED,
)


@dataclass(frozen=True)
class Job:
    """One piece of detached work on a host; `token` is 8 to 32 letters and digits that nobody else uses."""

    token: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9]{8,32}", self.token):
            raise ValueError(f"not a job token: {self.token!r}")

    @property
    def folder(self) -> str:
        return rf"{ROOT}\{self.token}"

    @property
    def task(self) -> str:
        return f"SsprOrchestrator-{self.token}"

    def path(self, name: str) -> str:
        return rf"{self.folder}\{name}"

    @property
    def package(self) -> str:
        """By Microsoft's file name, which Windows Installer notes and `product.ADD_IN_CODES` looks for."""
        return self.path("SsprWindowsLogon.PROD.msi")

    @property
    def log(self) -> str:
        return self.path("install.log")


@dataclass(frozen=True)
class JobState:
    """What a look at a job's folder shows.

    Attributes:
        exists: Whether the folder is there.
        package_sha256: Of the package in it, lower-case hex; None when there is none.
        received: Bytes of the package's text that a broken upload has left.
        started_in: Marker of the boot in which the task was started; None when it was not.
        exit_code: The line's, when it has ended.
    """

    exists: bool
    package_sha256: str | None
    received: int
    started_in: str | None
    exit_code: int | None


def state(job: Job) -> Fact[JobState]:
    """Where a job stands."""
    commands = (
        Command(f'if exist "{job.folder}\\" (echo yes) else (echo no)', CMD, accepts=None),
        *transfer.hash_of(job.package).commands,
        *transfer.received_bytes(job.package).commands,
        Command(f'type "{job.path("started.txt")}" 2>nul', CMD, accepts=frozenset({0, 1})),
        Command(f'type "{job.path("result.txt")}" 2>nul', CMD, accepts=frozenset({0, 1})),
    )
    return Fact("job.state", commands, _parse_state)


def wait(job: Job, seconds: int) -> Fact[JobState]:
    """Like `state`, but on the host waits up to `seconds` for the job to end before it looks."""
    result = job.path("result.txt")
    pause = f'for /l %i in (1,1,{seconds}) do @if not exist "{result}" ping -n 2 127.0.0.1 >nul'
    following = state(job)
    commands = (Command(pause, _WAIT, accepts=None), *following.commands)
    return Fact("job.wait", commands, lambda replies: following.parse(replies[1:]))


def _parse_state(replies: Sequence[Reply]) -> JobState:
    folder, hashed, received, started, result = replies
    text = result.output.strip()
    if result.exit_code == 0 and not re.fullmatch(r"-?\d{1,10}", text):
        raise UnexpectedOutput("the job's result is no number", output=text[:200])
    return JobState(
        exists=folder.output.strip() == "yes",
        package_sha256=transfer.parse_hash(hashed),
        received=transfer.parse_received(received),
        started_in=started.output.strip() if started.exit_code == 0 else None,
        exit_code=int(text) & 0xFFFFFFFF if result.exit_code == 0 else None,
    )


def describe(job: Job) -> Change:
    """Takes `task.xml` from standard input; makes the job's folder where it is missing."""
    return Change("write the task", (transfer.receive(job.path("task.xml"), job.folder, ROOT),))


def start(job: Job, boot: Boot, summary: str) -> Change:
    """Registers the task from `task.xml` in the job's folder and starts it once, noting in which boot."""
    line = (
        f'del /q "{job.path("result.txt")}" 2>nul'
        f'&schtasks /create /tn "{job.task}" /xml "{job.path("task.xml")}" /f 2>&1'
        f'&&(>"{job.path("started.txt")}" echo {boot.marker})&&schtasks /run /tn "{job.task}" 2>&1'
    )
    return Change(summary, (Command(line, _SCHTASKS),))


def forget_end(job: Job) -> Change:
    """Makes a job that has ended ready to be started again; the package stays."""
    return Change(
        "make ready for another attempt",
        (Command(f'del /q "{job.path("started.txt")}" "{job.path("result.txt")}" 2>nul', CMD, accepts=None),),
    )


def clean_up(job: Job) -> Change:
    """Removes task, folder and, when it is empty, the root; that any of them is not there is no failure."""
    return Change(
        "remove the working folder and the task",
        (
            Command(f'schtasks /delete /tn "{job.task}" /f 2>&1', _SCHTASKS, accepts=None),
            *remove_folder(job),
        ),
    )


def remove_folder(job: Job) -> tuple[Command, ...]:
    """Removes the job's folder and, when it is empty, the root; that they are not there is no failure."""
    return (
        Command(f'if exist "{job.folder}\\" rd /s /q "{job.folder}" 2>&1', CMD, accepts=None),
        Command(f'rd "{ROOT}" 2>nul', CMD, accepts=None),
    )


def install_arguments(job: Job, properties: Mapping[str, str]) -> str:
    """msiexec's arguments for installing the job's package.

    /norestart and REBOOT=ReallySuppress say the same; without them a silent installation may restart the host by
    itself (MicrosoftDocs/win32 Msi/reboot.md). A quote inside a property's value is doubled, as Windows Installer has
    it; doubled, it does not end cmd.exe's quoting either.
    """
    doubled = {name: value.replace('"', '""') for name, value in properties.items()}
    extra = "".join(f' {name}="{value}"' for name, value in doubled.items())
    return f'/i "{job.package}" /qn /norestart REBOOT=ReallySuppress{extra} /l*v "{job.log}"'


def uninstall_arguments(job: Job, product_code: str) -> str:
    """msiexec's arguments for removing a product by its code.

    Raises:
        ValueError: when it is not a GUID in braces; nothing else may get into what SYSTEM runs.
    """
    if not product.is_product_code(product_code):
        raise ValueError(f"not a product code: {product_code!r}")
    return f'/x {product_code} /qn /norestart REBOOT=ReallySuppress /l*v "{job.log}"'


def task_xml(job: Job, msiexec_arguments: str, limit_minutes: int) -> bytes:
    """The task of an installation: runs msiexec, a program without a console, and waits for it."""
    return line_task_xml(
        job, f'start "" /wait "%SystemRoot%\\System32\\msiexec.exe" {msiexec_arguments}', limit_minutes
    )


def line_task_xml(job: Job, line: str, limit_minutes: int) -> bytes:
    """The task: runs a command line as SYSTEM, on battery too, and leaves its exit code in `result.txt`.

    The result is written under another name and renamed, so that whoever sees it sees all of it. ASCII, without an
    encoding declaration, for which schtasks would want UTF-16.
    """
    pending, result = job.path("result.tmp"), job.path("result.txt")
    script = f'{line}&call echo %^errorlevel%>"{pending}"&move /y "{pending}" "{result}" >nul'
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
