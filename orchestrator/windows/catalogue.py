"""Everything that can be asked of a host or changed on it: what modules have ready, and examples of what they build.

`evidence_page` makes docs/evidence.md of it.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, ParamSpec, TypeAlias
from xml.etree import ElementTree as ET

import orchestrator.windows as package
from orchestrator.model.message import verbatim
from orchestrator.model.registry import RegistryRecord, Value, ValueChange
from orchestrator.sentences import say
from orchestrator.windows import (
    boot,
    branches,
    collection,
    command_line,
    egress,
    host_files,
    job,
    msiexec,
    product,
    provider,
    quoting,
    registry,
    registry_change,
    registry_places,
    restoring,
    tls12,
    transfer,
    windows10,
)
from orchestrator.windows.boot import Boot
from orchestrator.windows.command import Change, Command, Evidence, Fact, Sureness
from orchestrator.windows.interfering import Settings
from orchestrator.windows.job import ROOT, Job
from orchestrator.windows.join import Join
from orchestrator.windows.provider import Provider
from orchestrator.windows.registry import Key

Sendable: TypeAlias = Fact[Any] | Change | Command | tuple[Command, ...]
P = ParamSpec("P")

PURPOSES: Mapping[str, str] = {
    "boot": "which boot this is: the newest record of a start",
    "ciphers": "which cipher suites a policy allows",
    "clock": "the host's local date and time",
    "disk.free": "free bytes on the system drive",
    "domain": "which domain the machine is a member of",
    "filters.other": "credential provider filters of other makers",
    "interfering": "what may be in the way of Windows 10's own password reset",
    "job.clock": "what the host's own clock shows, in its own words",
    "jobs": "which jobs have a folder on the host",
    "join": "whether the device is joined to Azure AD, and to a domain",
    "language": "which languages the host speaks, and its tools' code page",
    "limits": "signs of what password reset does not do anywhere",
    "logon_ready": "whether the log-on screen has come up since the start",
    "machine": "which Windows this is",
    "policies.system": "policies of the log-on: User Account Control, hidden providers, smart cards",
    "preflight": "everything that is asked before a host is touched",
    "restart.notes": "what we have noted about restarts",
    "provider": "whether the add-in is registered, its DLL, its verbose log",
    "providers.other": "credential providers of other makers",
    "proxy": "proxies of WinHTTP, of WinINET for SYSTEM and for users",
    "restart": "what waits for a restart, and whether the host would come back from one",
    "sessions": "who is logged on, and would be interrupted by a restart",
    "tls12": "what Schannel and WinHTTP are set to",
    "updates": "which of the updates that matter are registered",
    "windows10": "whether Windows 10 lets people reset passwords at its log-on screen, and what may be in the way",
}
"""What each fact that is no function's is asked for, by its name."""

_JOB = Job("jobtoken")
_BOOT = Boot(31415, "2024-01-31T07:00:00Z")
_DUE = "2024-01-31T22:30:00"
_RUN = "sample-run"
_PACKAGE = "sample.msi"
_DLL = "sample.dll"
_CODE = "{01234567-89AB-CDEF-0123-456789ABCDEF}"
_KEY, _VALUE, _NUMBER = r"HKLM\SOFTWARE\SampleKey", "SampleValue", 271828
_TEXT, _EXPANDABLE, _STRINGS, _HEX = "sample text", "%sample% text", r"sample\0strings", "5A3B17"
_FILE, _OTHER = rf"{ROOT}\sample.file", rf"{ROOT}\other.file"
_DAYS, _SECONDS, _WAIT = 7, 86399, 41
_LINE = "sample command line"
_SERVICE = egress.Endpoint("service.invalid", 61443)
_RECORD = RegistryRecord((ValueChange(_KEY, _VALUE, Value("REG_DWORD", 1), None),), (_KEY,))
_ADD_IN = Provider(Key(provider.PROVIDER), _FILE)
_WINDOWS_10 = windows10.State(None, None, Join((), None), Settings({}, None, None))

PLACEHOLDERS: Mapping[str, str] = {
    _JOB.token: "<job>",
    _BOOT.marker: "<boot>",
    _DUE: "<when>",
    _RUN: "<run>",
    _PACKAGE: "<package>",
    _DLL: "<dll>",
    product.pack(_CODE): "<packed upgrade code>",
    _CODE: "<product code>",
    _KEY: "<key>",
    _VALUE: "<value>",
    str(_NUMBER): "<number>",
    f'"{_TEXT}"': '"<text>"',
    quoting.word(_EXPANDABLE): "<text with %>",
    f'"{_STRINGS}"': '"<strings>"',
    _HEX: "<hex digits>",
    _FILE: "<file>",
    _OTHER: "<other file>",
    str(_DAYS * 24 * 3600 * 1000): "<milliseconds>",
    str(_SECONDS): "<seconds>",
    f"(1,1,{_WAIT})": "(1,1,<seconds>)",
    "sample message": "<message>",
    str(_SERVICE): "<name:port>",
    _LINE: "<command line>",
    'SAMPLE="sample value"': '<PROPERTY>="<text>"',
}
"""Sample arguments, and how they are shown to a reader."""


@dataclass(frozen=True)
class Example:
    """A function that builds something to send, and what it builds of sample arguments."""

    function: Callable[..., object]
    built: Sendable


def _example(function: Callable[P, Sendable], *args: P.args, **kwargs: P.kwargs) -> Example:
    return Example(function, function(*args, **kwargs))


EXAMPLES = (
    _example(boot.note_awaiting, _BOOT, None),
    _example(boot.note_scheduled, _BOOT, _DUE),
    _example(boot.schedule, _SECONDS, "sample message"),
    _example(command_line.look, _LINE),
    _example(command_line.run, _LINE),
    _example(command_line.offer_output, _JOB),
    _example(egress.reach, _SERVICE),
    _example(host_files.is_folder, _FILE),
    _example(host_files.make_folder, _JOB.folder),
    _example(host_files.put_in_place, _FILE, keep_prior=True),
    _example(host_files.put_in_place, _FILE, keep_prior=False),
    _example(host_files.forget_pending, _FILE),
    _example(host_files.matching, _FILE),
    _example(collection.collect, _JOB, _DAYS),
    _example(collection.pack_one, _FILE, _OTHER),
    _example(collection.clean_up, _JOB),
    _example(collection.packed_bytes, _JOB),
    _example(job.state, _JOB),
    _example(job.scheduled, _JOB),
    _example(job.wait, _JOB, _WAIT),
    _example(job.describe, _JOB),
    _example(job.start, _JOB, _RUN, _BOOT, verbatim("start the task")),
    _example(job.forget_end, _JOB),
    _example(job.take_back, _JOB),
    _example(job.clean_up, _JOB),
    _example(job.remove_folder, _JOB),
    _example(msiexec.brought, _JOB, _PACKAGE),
    _example(product.installed, _CODE),
    _example(product.owners, provider.CLSID, rf"%SystemRoot%\System32\{_DLL}"),
    _example(product.sharing, _CODE),
    _example(provider.file_exists, _FILE),
    _example(provider.logging_change, on=True, before=_ADD_IN),
    _example(provider.logging_change, on=False, before=_ADD_IN),
    _example(registry.key, "sample", _KEY),
    _example(registry.value, "sample", _KEY, _VALUE),
    _example(registry.default_value, "sample", _KEY),
    _example(registry_change.set_value, _KEY, _VALUE, Value("REG_DWORD", _NUMBER)),
    _example(registry_change.set_value, _KEY, _VALUE, Value("REG_QWORD", _NUMBER)),
    _example(registry_change.set_value, _KEY, _VALUE, Value("REG_SZ", _TEXT)),
    _example(registry_change.set_value, _KEY, _VALUE, Value("REG_EXPAND_SZ", _EXPANDABLE)),
    _example(registry_change.set_value, _KEY, _VALUE, Value("REG_MULTI_SZ", _STRINGS)),
    _example(registry_change.set_value, _KEY, _VALUE, Value("REG_BINARY", _HEX)),
    _example(registry_change.delete_value, _KEY, _VALUE),
    _example(registry_change.delete_key, _KEY),
    _example(restoring.standing, _RECORD),
    _example(registry_places.look, _KEY, _VALUE),
    _example(registry_change.missing_keys, "sample", _KEY),
    _example(registry_change.values_change, verbatim("set a text"), _KEY, {_VALUE: Value("REG_SZ", _TEXT)}, {}),
    _example(registry_change.numbers_change, verbatim("set a number"), _KEY, {_VALUE: _NUMBER}, None),
    _example(tls12.enable, tls12.TlsSettings(None, None, None, None), branches.WINDOWS_7, "x64"),
    _example(transfer.receive, _FILE, _JOB.folder, ROOT),
    _example(transfer.receive, _FILE, _JOB.folder, ROOT, onward=True),
    _example(transfer.hash_of, _FILE),
    _example(transfer.decode, _FILE, _OTHER),
    _example(transfer.offer, _FILE, _OTHER),
    _example(transfer.piece, _FILE, 0),
    _example(transfer.piece, _FILE, transfer.PIECE_LINES * transfer.LINE_BYTES),
    _example(transfer.piece, _FILE, (transfer.PIECE_LINES - transfer.FIRST_LINE) * transfer.LINE_BYTES),
    _example(transfer.piece, _FILE, 0, transfer.SHORT_PIECE_LINES),
    _example(transfer.received_bytes, _FILE),
    _example(windows10.switch, on=True, before=_WINDOWS_10),
    _example(windows10.switch, on=False, before=_WINDOWS_10),
)
"""At least one for each function that gives a Fact, a Change or Commands."""

_MSIEXEC = Evidence(
    "msiexec /i, /x, /qn, /norestart, /l*v: learn.microsoft.com windows-commands/msiexec; REBOOT: MicrosoftDocs/win32 "
    "Msi/reboot.md; that `start /wait` waits for it and `call` expands its exit code afterwards is remembered",
    Sureness.REMEMBERED,
)


def modules() -> Iterator[ModuleType]:
    """Every module of `orchestrator.windows` but this one, by name."""
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if found.name != f"{package.__name__}.catalogue":
            yield importlib.import_module(found.name)


def facts() -> Iterator[Fact[Any]]:
    """Every fact that can be asked for; those of functions with sample arguments."""
    yield from (each.built for each in sendables() if isinstance(each.built, Fact))


def made_facts() -> Mapping[str, Fact[Any]]:
    """Module and function → a fact that the function makes of sample arguments."""
    made: dict[str, Fact[Any]] = {}
    for example in EXAMPLES:
        if isinstance(example.built, Fact):
            module = example.function.__module__.rpartition(".")[2]
            made.setdefault(f"{module}.{example.function.__name__}", example.built)
    return made


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
        msiexec.install_arguments(_JOB, _PACKAGE, {"SAMPLE": "sample value"}),
        msiexec.uninstall_arguments(_JOB, _CODE),
    ):
        yield _task_line(msiexec.task_xml(_JOB, arguments, limit_minutes=30), _MSIEXEC)
    own = job.task_xml(_JOB, command_line.detached(_JOB, _LINE), limit_minutes=30)
    yield _task_line(own, command_line.NESTED)


def _task_line(task: bytes, evidence: Evidence) -> Command:
    (element,) = ET.fromstring(task).iterfind(".//{*}Exec/{*}Arguments")  # noqa: S314 - ours
    return Command(f"cmd.exe {element.text}", evidence)


@dataclass(frozen=True)
class Entry:
    """Something that can be sent: the module that it belongs to, what it is for, and itself."""

    module: str
    purpose: str
    built: Sendable


def sendables() -> Iterator[Entry]:
    """All facts and changes that are a module's own, then all examples."""
    for module in modules():
        name = module.__name__.rpartition(".")[2]
        for built in vars(module).values():
            if isinstance(built, Fact):
                yield Entry(name, PURPOSES[built.name], built)
            elif isinstance(built, Change):
                yield Entry(name, say(built.summary), built)
    for example in EXAMPLES:
        name = example.function.__module__.rpartition(".")[2]
        yield Entry(name, shown(_purpose(example)), example.built)


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


def _purpose(example: Example) -> str:
    """A change's summary; else the beginning of the function's docstring."""
    if isinstance(example.built, Change):
        return say(example.built.summary)
    first_line = (inspect.getdoc(example.function) or "").partition("\n")[0]
    return first_line.partition(";")[0].rstrip(".")
