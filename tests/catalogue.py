"""Everything that can be asked of a host or changed on it: what modules have ready, and examples of what they build.

`evidence_page` makes docs/evidence.md of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, ParamSpec, TypeAlias
from xml.etree import ElementTree as ET

from orchestrator.model.message import verbatim
from orchestrator.model.registry import Value
from orchestrator.sentences import say
from orchestrator.steps import sources
from orchestrator.windows import (
    absence,
    beliefs,
    boot,
    branches,
    capture,
    capture_task,
    collection,
    command_line,
    host_files,
    job,
    lease,
    msiexec,
    product,
    provider,
    quoting,
    registry,
    registry_change,
    roots,
    sessions,
    tls12,
    transfer,
    windows10,
    workplace,
)
from orchestrator.windows.beliefs import Example, example
from orchestrator.windows.boot import Boot
from orchestrator.windows.capture import Capture, Member
from orchestrator.windows.command import Change, Command, Evidence, Fact, Place, Sureness
from orchestrator.windows.interfering import Settings
from orchestrator.windows.job import ROOT
from orchestrator.windows.join import Join
from orchestrator.windows.provider import Provider
from orchestrator.windows.registry import Key
from orchestrator.windows.sources import Events, Source

Sendable: TypeAlias = Fact[Any] | Change | Command | tuple[Command, ...]
P = ParamSpec("P")

PURPOSES: Mapping[str, str] = {
    "capture": "the capture that is on: its task",
    "boot": "which boot this is: the newest record of a start",
    "ciphers": "which cipher suites a policy allows",
    "disk.free": "free bytes on the system drive",
    "domain": "which domain the machine is a member of",
    "filters.other": "credential provider filters of other makers",
    "interfering": "what may be in the way of Windows 10's own password reset",
    "interfering.shell": "whether another shell than Explorer is started",
    "installer.ends": "how installations and removals have ended, by Windows Installer's own records",
    "job.clock": "what the host's own clock shows, in its own words",
    "job.log": "whether a job has left a log",
    "jobs": "which jobs have a folder on the host",
    "join": "whether the device is joined to Microsoft Entra ID, and to a domain",
    "language": "which languages the host speaks, and its tools' code page",
    "lease": "which run has the host's lease",
    "limits": "signs of what password reset does not do anywhere",
    "limits.answer_file": "whether the machine was set up with CopyProfile",
    "limits.network_profiles": "whether a network asks for 802.1X immediately before log-on",
    "limits.remote_desktop": "whether Remote Desktop is allowed",
    "limits.remote_desktop_policy": "whether a policy allows Remote Desktop",
    "limits.wired": "whether 802.1X on cables starts by itself",
    "limits.wired_policy": "whether a group policy sets up 802.1X on cables",
    "limits.wireless_policy": "whether a group policy sets up wireless networks",
    "logon_ready": "whether the log-on screen has come up since the start",
    "machine": "which Windows this is",
    "machine.name": "what the machine calls itself in this boot",
    "numbers": "which numbers that are read of the registry are of another type than REG_DWORD",
    "policies.system": "policies of the log-on: User Account Control, hidden providers, smart cards",
    "preflight": "everything that is asked before a host is touched",
    "restart.request": "who has asked for a restart last, and whether it was called off",
    "restart.notes": "what we have noted about restarts",
    "provider": "whether the add-in is registered, its DLL, its verbose log",
    "providers.other": "credential providers of other makers",
    "proxy": "proxies of WinHTTP, of WinINET for SYSTEM and for users",
    "restart": "what waits for a restart, and whether the host would come back from one",
    "roots": "which roots of Azure's services are trusted, and whether Windows may fetch more",
    "schannel": "which protocols have keys, and which parts of cipher suites are switched off",
    "sessions.desktops": "in which sessions Explorer runs",
    "sessions": "who is logged on, and would be interrupted by a restart",
    "time_zone.current": "which time zone is set, and its changes of summer time this year",
    "tls12": "what Schannel and WinHTTP are set to",
    "updates": "which of the updates that matter are registered",
    "workplaces": "which of our runs have a folder on the host to work in",
    "windows10.policy": "whether a policy switches Windows 10's own password reset on",
    "windows10": "whether Windows 10 lets people reset passwords at its log-on screen, and what may be in the way",
}
"""What each fact that is no function's is asked for, by its name."""

_BOOT = Boot(31415, "2024-01-31T07:00:00Z")
_DUE = "2024-01-31T22:30:00"
_RUN = "sample-run"
_TEXT, _EXPANDABLE, _STRINGS, _HEX = "sample text", "%sample% text", r"sample\0strings", "5A3B17"
_ADD_IN = Provider(Key(provider.PROVIDER), beliefs.FILE)
_HOLDER = lease.Holder("0123456789abcdef", "sample-run-1", "sample", "coordinator")
_OLD, _MARKER = "fedcba9876543210.sample-run-2", "0123abcd"
_SINCE, _UNTIL = datetime(2024, 1, 31, 7, tzinfo=UTC), datetime(2024, 1, 31, 8, tzinfo=UTC)
_CAPTURE = Capture.begun(0, _SINCE, Member.of(_HOLDER, _UNTIL))
_WINDOWS_10 = windows10.State(None, None, Join((), None), Settings({}, None, None))

PLACEHOLDERS: Mapping[str, str] = {
    beliefs.JOB.token: "<job>",
    _BOOT.marker: "<boot>",
    _DUE: "<when>",
    f"{lease.FOLDER}\\{_OLD}": f"{lease.FOLDER}\\<old mark>",
    _HOLDER.mark: "<mark>",
    "20240131T070000Z 20240131T080000Z sample coordinator": "<since> <until> <account> <computer>",
    f"@{_MARKER}": "@<word>",
    _RUN: "<run>",
    beliefs.PACKAGE: "<package>",
    beliefs.DLL: "<dll>",
    product.pack(beliefs.CODE): "<packed upgrade code>",
    beliefs.CODE: "<product code>",
    beliefs.KEY: "<key>",
    beliefs.VALUE: "<value>",
    str(beliefs.NUMBER): "<number>",
    f'"{_TEXT}"': '"<text>"',
    quoting.word(_EXPANDABLE): "<text with %>",
    f'"{_STRINGS}"': '"<strings>"',
    _HEX: "<hex digits>",
    beliefs.ZONE: "<time zone>",
    beliefs.FILE: "<file>",
    beliefs.OTHER: "<other file>",
    beliefs.FOLDER: "<folder>",
    str(beliefs.RECORD_NUMBER): "<record>",
    str(beliefs.DAYS * 24 * 3600 * 1000): "<milliseconds>",
    str(beliefs.SECONDS): "<seconds>",
    f"(1,1,{beliefs.WAIT})": "(1,1,<seconds>)",
    "sample message": "<message>",
    str(beliefs.SERVICE): "<name:port>",
    beliefs.LINE: "<command line>",
    'SAMPLE="sample value"': '<PROPERTY>="<text>"',
}
"""Sample arguments, and how they are shown to a reader."""


_SET = verbatim("set a value")
_LIMITED = Source(
    "sample", "", Events(beliefs.LOG, ("Sample",), ((1, 2), (4, 4)), beliefs.DAYS, original=True), None, 1
)

EXAMPLES = (
    *beliefs.FACTS,
    example(absence.listing, Place(beliefs.KEY)),
    example(registry.query, Place(beliefs.KEY)),
    example(boot.note_awaiting, _BOOT, None),
    example(boot.note_scheduled, _BOOT, _DUE, waited_for=True),
    example(boot.schedule, beliefs.SECONDS, "sample message"),
    example(command_line.run, beliefs.LINE),
    example(command_line.offer_output, beliefs.JOB),
    example(host_files.make_folder, beliefs.JOB.folder),
    example(host_files.put_in_place, beliefs.FILE, keep_prior=True),
    example(host_files.put_in_place, beliefs.FILE, keep_prior=False),
    example(host_files.forget_pending, beliefs.FILE),
    example(collection.make_room, beliefs.JOB),
    example(collection.gather, beliefs.JOB, [entry.meant(beliefs.DAYS) for entry in sources.shipped()], {}),
    example(collection.gather, beliefs.JOB, [_LIMITED], {_LIMITED.name: beliefs.RECORD_NUMBER}),
    example(collection.copy, beliefs.JOB, beliefs.FOLDER, ["MSI1a.log", "MSI2b.log"]),
    example(collection.drop, beliefs.JOB, ["capi2.xml", "capi2.evtx"]),
    example(collection.pack, beliefs.JOB),
    example(collection.pack_one, beliefs.FILE, beliefs.OTHER),
    example(job.describe, beliefs.JOB),
    example(job.start, beliefs.JOB, _RUN, _BOOT, verbatim("start the task")),
    example(job.forget_end, beliefs.JOB),
    example(job.take_back, beliefs.JOB),
    example(job.clean_up, beliefs.JOB),
    example(job.delete_task, beliefs.JOB),
    example(job.remove_folder, beliefs.JOB),
    example(msiexec.leave_log, beliefs.JOB),
    example(msiexec.log_there, beliefs.JOB),
    example(lease.untouched, _HOLDER, None, _MARKER),
    example(lease.taken, _HOLDER),
    example(lease.taken_over, _HOLDER, _OLD),
    example(lease.taken_over, _HOLDER, None),
    example(lease.held, _HOLDER, _SINCE, _UNTIL, _MARKER),
    example(lease.give_back, _HOLDER),
    example(lease.broken, lease.Lease(_OLD)),
    example(lease.broken, lease.Lease()),
    example(workplace.remove, beliefs.PLACE),
    example(capture.put_back, _CAPTURE, _ADD_IN),
    example(capture.put_back, replace(_CAPTURE, prior=None), _ADD_IN),
    example(capture_task.switch_on, _CAPTURE, _ADD_IN),
    example(provider.logging_change, on=True, before=_ADD_IN),
    example(provider.logging_change, on=False, before=_ADD_IN),
    example(registry_change.set_value, beliefs.KEY, beliefs.VALUE, Value("REG_DWORD", beliefs.NUMBER)),
    example(registry_change.set_value, beliefs.KEY, beliefs.VALUE, Value("REG_QWORD", beliefs.NUMBER)),
    example(registry_change.set_value, beliefs.KEY, beliefs.VALUE, Value("REG_SZ", _TEXT)),
    example(registry_change.set_value, beliefs.KEY, beliefs.VALUE, Value("REG_EXPAND_SZ", _EXPANDABLE)),
    example(registry_change.set_value, beliefs.KEY, beliefs.VALUE, Value("REG_MULTI_SZ", _STRINGS)),
    example(registry_change.set_value, beliefs.KEY, beliefs.VALUE, Value("REG_BINARY", _HEX)),
    example(registry_change.delete_value, beliefs.KEY, beliefs.VALUE),
    example(registry_change.delete_key, beliefs.KEY),
    example(
        registry_change.values_change, verbatim("set a text"), beliefs.KEY, {beliefs.VALUE: Value("REG_SZ", _TEXT)}, {}
    ),
    example(
        registry_change.numbers_change, verbatim("set a number"), beliefs.KEY, {beliefs.VALUE: beliefs.NUMBER}, None
    ),
    example(sessions.notice, "sample message"),
    example(roots.add, beliefs.FILE, (beliefs.KEY,), verbatim("trust a root certificate")),
    example(tls12.enable, tls12.TlsSettings(None, None, None, None), branches.WINDOWS_7, "x64"),
    example(transfer.receive, beliefs.FILE, beliefs.JOB.folder, ROOT),
    example(transfer.receive, beliefs.FILE, beliefs.JOB.folder, ROOT, onward=True),
    example(transfer.decode, beliefs.FILE, beliefs.OTHER),
    example(transfer.offer, beliefs.FILE, beliefs.OTHER),
    example(windows10.switch, on=True, before=_WINDOWS_10),
    example(windows10.switch, on=False, before=_WINDOWS_10),
)
"""At least one for each function that gives a Fact, a Change or Commands."""

_MSIEXEC = Evidence(
    "msiexec /i, /x, /qn, /norestart, /l*v: learn.microsoft.com windows-commands/msiexec; REBOOT: MicrosoftDocs/win32 "
    "Msi/reboot.md; that `start /wait` waits for it and `call` expands its exit code afterwards is remembered",
    Sureness.REMEMBERED,
)


def facts() -> Iterator[Fact[Any]]:
    """Every fact that can be asked for; those of functions with sample arguments."""
    yield from (each.built for each in sendables() if isinstance(each.built, Fact))


def changes() -> Iterator[Change]:
    """Every change that can be made; those of functions with sample arguments."""
    yield from (each.built for each in sendables() if isinstance(each.built, Change))


def commands() -> Iterator[Command]:
    """Every command that a fact, a change or a function sends as a part of a batch; some come more than once."""
    for each in sendables():
        yield from commands_of(each.built)


def task_lines() -> Iterator[Command]:
    """Command lines that are not sent but stand in the task that SYSTEM runs."""
    for arguments in (
        msiexec.install_arguments(beliefs.JOB, beliefs.PACKAGE, {"SAMPLE": "sample value"}),
        msiexec.uninstall_arguments(beliefs.JOB, beliefs.CODE),
    ):
        yield _task_line(msiexec.task_xml(beliefs.JOB, arguments, limit_minutes=30), _MSIEXEC)
    yield _task_line(capture_task.task_xml(_CAPTURE), capture_task.ACTION)
    own = job.task_xml(beliefs.JOB, command_line.detached(beliefs.JOB, beliefs.LINE), limit_minutes=30)
    yield _task_line(own, command_line.NESTED)


def _task_line(task: bytes, evidence: Evidence) -> Command:
    (element,) = ET.fromstring(task).iterfind(".//{*}Exec/{*}Arguments")
    return Command(f"cmd.exe {element.text}", evidence)


@dataclass(frozen=True)
class Entry:
    """Something that can be sent: the module that it belongs to, what it is for, and itself."""

    module: str
    purpose: str
    built: Sendable


def sendables() -> Iterator[Entry]:
    """All facts and changes that are a module's own, then all examples."""
    for module in beliefs.modules():
        name = module.__name__.rpartition(".")[2]
        for built in vars(module).values():
            if isinstance(built, Fact):
                yield Entry(name, PURPOSES[built.name], built)
            elif isinstance(built, Change):
                yield Entry(name, say(built.summary), built)
    for each in EXAMPLES:
        name = each.function.__module__.rpartition(".")[2]
        yield Entry(name, shown(_purpose(each)), each.built)


def shown(line: str) -> str:
    """A command line with its sample arguments replaced by what they stand for."""
    for sample, placeholder in PLACEHOLDERS.items():
        line = line.replace(sample, placeholder)
    return line


def commands_of(built: Sendable) -> tuple[Command, ...]:
    """The commands of something that can be sent."""
    match built:
        case Fact():
            return built.commands
        case Change():
            return built.commands
        case Command():
            return (built,)
        case _:
            return built


def _purpose(each: Example) -> str:
    """A change's summary; else the beginning of the function's docstring."""
    if isinstance(each.built, Change):
        return say(each.built.summary)
    first_line = (inspect.getdoc(each.function) or "").partition("\n")[0]
    return first_line.partition(";")[0].rstrip(".")
