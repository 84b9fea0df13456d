r"""The task that ends a capture on the host itself: a dead-man's switch, whatever becomes of everybody else.

It is all that a capture is there. Its action sets `EnableLogging` back; its description has what stood there before,
whose the capture is and until when, so that neither is there without the other, and a second coordinator finds what it
joins. Nothing lies in a file. The task:

- Is due at the deadline and every minute from then on, until it has done its work; whatever it has missed while the
  host was off or slept it makes up for (`StartWhenAvailable`), and a boot trigger need not wait for that. That one is
  activated at the deadline, so a restart before it ends nothing. No line of cmd.exe has to know what time it is.
- Puts back only what is ours: where `EnableLogging` is no 1 any more, somebody has changed it, and it stays.
- Removes itself once `EnableLogging` is not ours any more, and no sooner.

Times in it have an offset from UTC, so that the host's zone and summer time do not matter. The elements of a trigger
stand in the one order that fits both Microsoft's reference ("TimeTrigger": StartBoundary first) and MS-TSCH (Enabled
first), which is why `Enabled`, true where nothing is said, is left out.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from xml.sax.saxutils import escape

from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.message import phrase
from orchestrator.model.registry import Value, ValueChange
from orchestrator.windows import job, moments, quoting, transfer
from orchestrator.windows.capture import ON, Capture, Member
from orchestrator.windows.command import Change, Command, Evidence, Fact, Reply, Sureness, line_of_there
from orchestrator.windows.job import Job
from orchestrator.windows.provider import ENABLE_LOGGING, PROVIDER, Provider

JOB: Final = Job("verboselog")
"""What names the task; its folder is there only while the task is registered."""
_CREATE = Evidence(
    "schtasks /create /xml: learn.microsoft.com windows-commands/schtasks-create; StartBoundary (of a boot trigger "
    "too the moment at which it is activated), Repetition, StartWhenAvailable: learn.microsoft.com taskschd, Task "
    "Scheduler Schema, and MS-TSCH 2.5.3; that a boot before the StartBoundary starts nothing follows from it",
    Sureness.INFERRED,
)
_QUERY = Evidence(
    "schtasks /query /xml prints what was registered: learn.microsoft.com windows-commands/schtasks-query; that "
    "description, boundaries and arguments come back as they were given, in whatever order, and that each task is a "
    r"file in %SystemRoot%\System32\Tasks, is remembered",
    Sureness.REMEMBERED,
)
_END = Evidence("schtasks /end: learn.microsoft.com windows-commands/schtasks-end", Sureness.DOCUMENTED)
ACTION: Final = Evidence(
    "reg query, reg add, reg delete: learn.microsoft.com windows-commands; findstr /r with $: "
    "windows-commands/findstr; schtasks /delete of the very task that runs the line is in many public scripts; nobody "
    "has seen ours do it",
    Sureness.REPORTED,
)

_ARM = phrase("change-arm-capture")
_SWITCH_ON = phrase("change-switch-on-while-armed")
_DISARM = phrase("change-disarm-capture")
_TASK_UNREADABLE = phrase("answer-capture-task")

_STAMP: Final = "%Y%m%dT%H%M%SZ"
_TASK_FILE: Final = rf"%SystemRoot%\System32\Tasks\{JOB.task}"
_PRIOR: Final = re.compile(r"\bprior=(?P<prior>absent|[0-9]{1,10})\b")
_SINCE: Final = re.compile(r"\bsince=(?P<since>[0-9]{8}T[0-9]{6}Z)")
_MEMBER: Final = re.compile(
    r"\[(?P<coordinator>[0-9a-f]{16}) (?P<run>[-A-Za-z0-9._]{1,80}) until=(?P<until>[0-9]{8}T[0-9]{6}Z) "
    r"(?P<account>\S{1,60}) (?P<computer>\S{1,60})\]"
)
_LEAF: Final = re.compile(r"<(?P<name>[A-Za-z]+)(?: [^<>]*)?>(?P<text>[^<>]*)</(?P=name)>")


@dataclass(frozen=True)
class Standing:
    """The task as Task Scheduler has it.

    Attributes:
        capture: What it stands for, by its description.
        leaves: Its elements that hold text, by name, each text once.
    """

    capture: Capture
    leaves: frozenset[tuple[str, str]]

    def armed_for(self, capture: Capture) -> bool:
        """Whether this task is the one that ends this capture: every part of it on which the deadline rests is there.

        Task Scheduler may write defaults down or leave them out, and orders elements as it likes.
        """
        return (
            self.capture == capture
            and _leaves(_task(capture), _ESSENTIAL) <= self.leaves
            and not {("Enabled", "false"), ("Enabled", "0")} & self.leaves
        )


_ESSENTIAL: Final = frozenset(
    {
        *("UserId", "Command", "Arguments", "StartBoundary", "Interval"),
        *("StartWhenAvailable", "DisallowStartIfOnBatteries", "StopIfGoingOnBatteries"),
    }
)
_MOMENTS: Final = frozenset({"StartBoundary"})


def _leaves(xml: str, names: frozenset[str] | None = None) -> frozenset[tuple[str, str]]:
    found = ((each["name"], html.unescape(each["text"]).strip()) for each in _LEAF.finditer(xml))
    return frozenset((name, _moment(text) if name in _MOMENTS else text) for name, text in found if _is(name, names))


def _is(name: str, names: frozenset[str] | None) -> bool:
    return names is None or name in names


def _moment(text: str) -> str:
    """A boundary, however its offset from UTC is written; one without stays what it is."""
    moment = moments.read(text)
    return moment.isoformat() if moment and datetime.fromisoformat(text).tzinfo else text


def _parse(replies: Sequence[Reply]) -> Standing | None:
    query, file = replies
    if query.exit_code != 0:
        if file.output.strip():
            raise UnexpectedOutput(_TASK_UNREADABLE(), output=query.output[:500])
        return None
    leaves = _leaves(query.output)
    described = next((text for name, text in leaves if name == "Description"), "")
    prior, since = _PRIOR.search(described), _SINCE.search(described)
    boundaries = [text for name, text in leaves if name in _MOMENTS]
    if prior is None or since is None or not boundaries:
        raise UnexpectedOutput(_TASK_UNREADABLE(), output=query.output[:500])
    try:
        members = tuple(
            Member(each["coordinator"], each["run"], each["account"], each["computer"], _stamp(each["until"]))
            for each in _MEMBER.finditer(described)
        )
        until = moments.read(min(boundaries))
        if until is None or datetime.fromisoformat(min(boundaries)).tzinfo is None:
            raise UnexpectedOutput(_TASK_UNREADABLE(), output=query.output[:500])
        number = None if prior["prior"] == "absent" else int(prior["prior"])
        return Standing(Capture(number, _stamp(since["since"]), until, members), leaves)
    except ValueError as error:
        raise UnexpectedOutput(_TASK_UNREADABLE(), output=query.output[:500]) from error


def _stamp(text: str) -> datetime:
    """Raises ValueError."""
    moment = moments.read(text)
    if moment is None:
        raise ValueError(f"no moment: {text}")
    return moment


STANDING: Fact[Standing | None] = Fact(
    "capture",
    (
        Command(f'schtasks /query /tn "{JOB.task}" /xml 2>nul', _QUERY, accepts=frozenset({0, 1})),
        Command(line_of_there(_TASK_FILE), _QUERY, accepts=None),
    ),
    _parse,
)
"""The capture that is on; None where none is: neither Task Scheduler knows of its task, nor is there a file of it."""


ARM: Final = Change(
    _ARM(),
    (
        transfer.receive(JOB.path(job.DESCRIPTION), JOB.folder, job.ROOT),
        Command(f'schtasks /create /tn "{JOB.task}" /xml "{JOB.path(job.DESCRIPTION)}" /f 2>&1', _CREATE),
        *job.remove_folder(JOB),
    ),
)
"""Registers the task, in the place of the one that is there; its first command takes `task_xml` for input."""

DISARM: Final = Change(
    _DISARM(),
    (
        Command(f'schtasks /end /tn "{JOB.task}" >nul 2>nul', _END, accepts=None),
        job.delete_task(JOB),
        *job.remove_folder(JOB),
    ),
)
"""Takes the task away, an instance at work too; that there is none is no failure."""


def switch_on(capture: Capture, now: Provider) -> Change:
    """Sets `EnableLogging`, if the task stands there that ends it; only for a provider that is registered.

    A line may be so slow that the deadline has passed before this arrives. So the host looks for the task itself, and
    once more afterwards, as it may have run in between: what was set then goes back at once.
    """
    armed = f'schtasks /query /tn "{JOB.task}" >nul 2>nul'
    line = f"{armed}&&({_set(ON)} >nul 2>nul&({armed}||{_back(capture)} >nul 2>nul))"
    before = now.key.values.get(ENABLE_LOGGING.lower()) if now.key else None
    values = (ValueChange(PROVIDER, ENABLE_LOGGING, before, Value("REG_DWORD", ON)),)
    return Change(_SWITCH_ON(), (Command(line, _QUERY, accepts=None),), values=values)


def _set(number: int) -> str:
    return f"reg add {quoting.word(PROVIDER)} /v {ENABLE_LOGGING} /t REG_DWORD /d {number} /f"


def _back(capture: Capture) -> str:
    if capture.prior is None:
        return f"reg delete {quoting.word(PROVIDER)} /v {ENABLE_LOGGING} /f"
    return _set(capture.prior)


def _action(capture: Capture) -> str:
    """What the task runs at the deadline, as a command line."""
    key = quoting.word(PROVIDER)
    ours = f'reg query {key} /v {ENABLE_LOGGING} 2>nul|findstr /r /c:"REG_DWORD *0x{ON:x}$" >nul'
    return f'{ours}&&{_back(capture)} >nul 2>nul&({ours}||schtasks /delete /tn "{JOB.task}" /f >nul 2>nul)'


def task_xml(capture: Capture) -> bytes:
    """The task. ASCII, without an encoding declaration, for which schtasks would want UTF-16."""
    return _task(capture).encode("ascii")


def _task(capture: Capture) -> str:
    prior = "absent" if capture.prior is None else capture.prior
    members = " ".join(
        f"[{each.coordinator} {each.run} until={each.until:{_STAMP}} {each.account} {each.computer}]"
        for each in capture.members
    )
    return _TASK.format(
        description=escape(
            f"SSPR orchestrator: sets {ENABLE_LOGGING} back. prior={prior} since={capture.since:{_STAMP}}"
        )
        + (f" {members}" if members else ""),
        boundary=f"{capture.until:%Y-%m-%dT%H:%M:%S}+00:00",
        script=escape(_action(capture)),
    )


_TASK: Final = """\
<?xml version="1.0"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>{description}</Description></RegistrationInfo>
  <Triggers>
    <TimeTrigger>
      <StartBoundary>{boundary}</StartBoundary>
      <Repetition><Interval>PT1M</Interval></Repetition>
    </TimeTrigger>
    <BootTrigger><StartBoundary>{boundary}</StartBoundary></BootTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author"><UserId>S-1-5-18</UserId><RunLevel>HighestAvailable</RunLevel></Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <Enabled>true</Enabled>
    <ExecutionTimeLimit>PT5M</ExecutionTimeLimit>
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
