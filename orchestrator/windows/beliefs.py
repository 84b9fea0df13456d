"""What we believe of Windows' tools, put so that one machine can contradict it unchanged; with samples for that.

Every fact that a module has ready is a belief of its own: that its commands end with an exit code we know and answer
what its parser reads. So is every function that makes facts, with its sample arguments, of which no machine has
anything. Here are those beliefs that no single fact rests on.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any, Final, ParamSpec

import orchestrator.windows as package
from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.registry import RegistryRecord, Value, ValueChange
from orchestrator.windows import (
    absence,
    collection,
    command_line,
    egress,
    host_files,
    job,
    log_records,
    msiexec,
    product,
    provider,
    registry,
    registry_change,
    registry_places,
    restoring,
    time_zone,
    transfer,
    workplace,
)
from orchestrator.windows.command import Command, Evidence, Fact, Place, Reply, Sureness, line_of_there
from orchestrator.windows.job import ROOT, Job
from orchestrator.windows.readiness.survey import PREFLIGHT
from orchestrator.windows.workplace import Workplace

P = ParamSpec("P")

JOB = Job("jobtoken")
PLACE: Final = Workplace("4567cdef", "0123abcd")
PACKAGE = "sample.msi"
DLL = "sample.dll"
CODE = "{01234567-89AB-CDEF-0123-456789ABCDEF}"
KEY, VALUE, NUMBER = r"HKLM\SOFTWARE\SampleKey", "SampleValue", 271828
ZONE = "Sample Standard Time"
FILE, OTHER, FOLDER = rf"{ROOT}\sample.file", rf"{ROOT}\other.file", rf"{ROOT}\sample.folder"
LOG, RECORD_NUMBER = "System", 314159
DAYS, SECONDS, WAIT = 7, 86399, 41
LINE = "sample command line"
SERVICE = egress.Endpoint("service.invalid", 61443)
RECORD = RegistryRecord((ValueChange(KEY, VALUE, Value("REG_DWORD", 1), None),), (KEY,))


@dataclass(frozen=True)
class Example:
    """A function that builds something to send, and what it builds of sample arguments."""

    function: Callable[..., object]
    built: Any


def example(function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> Example:
    """What a function builds of these arguments."""
    return Example(function, function(*args, **kwargs))


FACTS: Final = (
    example(command_line.look, LINE),
    example(egress.reach, SERVICE),
    example(host_files.is_folder, FILE),
    example(host_files.matching, FILE),
    example(collection.packed_bytes, JOB),
    example(collection.gathered, JOB),
    example(collection.newest_first, rf"{FOLDER}\MSI*.log"),
    example(log_records.extents, [LOG], {LOG: RECORD_NUMBER}),
    example(log_records.oldest, LOG),
    example(log_records.newest, LOG),
    example(log_records.record, LOG, RECORD_NUMBER),
    example(job.state, JOB),
    example(job.scheduled, JOB),
    example(job.wait, JOB, WAIT),
    example(job.present, "jobs", ROOT, Job),
    example(workplace.beside, PLACE),
    example(msiexec.brought, JOB, PACKAGE),
    example(product.installed, CODE),
    example(product.owners, provider.CLSID, rf"%SystemRoot%\System32\{DLL}"),
    example(product.sharing, CODE),
    example(provider.file_exists, FILE),
    example(provider.dll_exists, "sample.dll"),
    example(registry.key, "sample", KEY),
    example(registry.value, "sample", KEY, VALUE),
    example(registry.default_value, "sample", KEY),
    example(restoring.standing, RECORD),
    example(registry_places.look, KEY, VALUE),
    example(registry_change.missing_keys, "sample", KEY),
    example(time_zone.named, ZONE),
    example(transfer.hash_of, FILE),
    example(transfer.piece, FILE, 0),
    example(transfer.piece, FILE, transfer.PIECE_LINES * transfer.LINE_BYTES),
    example(transfer.piece, FILE, (transfer.PIECE_LINES - transfer.FIRST_LINE) * transfer.LINE_BYTES),
    example(transfer.piece, FILE, 0, transfer.SHORT_PIECE_LINES),
    example(transfer.received_bytes, FILE),
)
"""At least one for each function that gives a Fact."""


def modules() -> Iterator[ModuleType]:
    """Every module of `orchestrator.windows` but this one, by name."""
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if found.name != __name__:
            yield importlib.import_module(found.name)


def made_facts() -> Mapping[str, Fact[Any]]:
    """Module and function → a fact that the function makes of sample arguments."""
    made: dict[str, Fact[Any]] = {}
    for each in FACTS:
        module = each.function.__module__.rpartition(".")[2]
        made.setdefault(f"{module}.{each.function.__name__}", each.built)
    return made


_CMD = Evidence("cmd.exe: public descriptions of its parser", Sureness.REPORTED)
_PRESENT, _ABSENT = r"%SystemRoot%\win.ini", r"%SystemRoot%\SsprOrchestrator-no-such-file.txt"

_NOT_ASKED = frozenset(
    {
        "command_line.look",  # runs a command of somebody's
        "egress.reach",  # goes out to the internet
        "job.wait",  # waits for a file that never comes
        "transfer.piece",  # is asked only of a file that is there
    }
)

Judge = Callable[[Sequence[Reply]], str | None]
"""Says what differs from the belief; None when nothing does."""


@dataclass(frozen=True)
class Belief:
    """One belief: a sentence, the commands that test it, and how their answers are judged."""

    name: str
    sentence: str
    commands: tuple[Command, ...]
    judge: Judge

    @property
    def question(self) -> Fact[tuple[Reply, ...]]:
        """The belief as a fact whose answer is what the host replied, whatever its exit codes."""
        asked = tuple(replace(command, accepts=None, lasting=False) for command in self.commands)
        return Fact(f"belief.{self.name}", asked, tuple)


def beliefs() -> tuple[Belief, ...]:
    """Every belief that can be tested without changing anything, the most basic first."""
    return (*_TOOLS, *(_of_fact(fact) for fact in _own_facts()), *_of_functions())


def _own_facts() -> Sequence[Fact[object]]:
    """The facts that modules have ready; what PREFLIGHT gathers is asked once, by it."""
    ready = [built for module in modules() for built in vars(module).values() if isinstance(built, Fact)]
    asked = set(PREFLIGHT.commands)
    return [PREFLIGHT, *(fact for fact in ready if not asked.issuperset(fact.commands))]


def _of_functions() -> Iterator[Belief]:
    for name, fact in made_facts().items():
        if name not in _NOT_ASKED:
            sentence = f"the commands of `{name}` find nothing, without failing, where there is nothing"
            yield replace(_of_fact(fact), name=f"function.{name}", sentence=sentence)


def _of_fact(fact: Fact[object]) -> Belief:
    def judge(replies: Sequence[Reply]) -> str | None:
        for command, reply in zip(fact.commands, replies, strict=True):
            if not command.satisfied_by(reply):
                return f"exit code {reply.exit_code}, expected {sorted(command.accepts or ())}: {command.line}"
        try:
            fact.parse(replies)
        except UnexpectedOutput as error:
            return str(error.reason)
        return None

    return Belief(
        f"fact.{fact.name}", f"what is asked for `{fact.name}` is answered as we read it", fact.commands, judge
    )


def _code(expected: int, place: int = 0) -> Judge:
    def judge(replies: Sequence[Reply]) -> str | None:
        found = replies[place].exit_code
        return None if found == expected else f"exit code {found}, expected {expected}"

    return judge


def _text(pattern: str) -> Judge:
    def judge(replies: Sequence[Reply]) -> str | None:
        return None if re.fullmatch(pattern, replies[0].output.strip(), re.DOTALL) else f"expected {pattern}"

    return judge


def _hash(replies: Sequence[Reply]) -> str | None:
    try:
        return None if transfer.parse_hash(replies[0]) else f"exit code {replies[0].exit_code}"
    except UnexpectedOutput as error:
        return str(error.reason)


def _belief(name: str, sentence: str, line: str, judge: Judge, evidence: Evidence = _CMD) -> Belief:
    return Belief(name, sentence, (Command(line, evidence),), judge)


LINES_WORK: Final = "marker"
"""The belief that lines of several commands are answered at all."""

_TOOLS = (
    _belief(LINES_WORK, "the marker after a command shows its exit code", "cmd /c exit 3", _code(3)),
    _belief("marker.large", "exit codes of 32 bits come home whole", "cmd /c exit -1073741510", _code(0xC000013A)),
    Belief(
        "marker.order",
        "commands of one line run in order, and one that fails stops none",
        (Command("cmd /c exit 1", _CMD), Command("echo second", _CMD)),
        lambda replies: None if replies[1].output.strip() == "second" else "the second command did not answer",
    ),
    _belief("if.yes", "`if exist` finds a file", line_of_there(_PRESENT), _text("yes")),
    _belief("if.no", "`if exist` misses no file", line_of_there(_ABSENT), _text("")),
    _belief("type.absent", "`type` of an absent file ends with 1", f'type "{_ABSENT}" 2>nul', _code(1)),
    _belief("for.size", "`for` tells a file's length", f'for %f in ("{_PRESENT}") do @echo %~zf', _text(r"\d+")),
    _belief(
        "certutil.hash",
        "certutil shows a SHA-256 on a line of its own",
        transfer.hash_of(_PRESENT).commands[0].line,
        _hash,
        transfer.CERTUTIL,
    ),
    _belief(
        "certutil.absent",
        "certutil fails for an absent file",
        transfer.hash_of(_ABSENT).commands[0].line,
        lambda replies: None if replies[0].exit_code != 0 else "exit code 0",
        transfer.CERTUTIL,
    ),
    _belief(
        "reg.absent",
        "reg query ends with 1 for an absent key, and prints nothing on standard output",
        r'reg query "HKLM\SOFTWARE\SsprOrchestrator\NoSuchKey" 2>nul',
        lambda replies: _code(1)(replies) or ("there is output" if replies[0].output.strip() else None),
    ),
    Belief(
        "reg.words",
        "reg query says of an absent key and of an absent value what it says of those that nobody has",
        (*absence.REFERENCES, registry.query(Place(KEY)), registry.query(Place(KEY, VALUE))),
        lambda replies: (
            None
            if {reply.output.strip() for reply in replies[2:]} <= set(absence.words(replies[:2]))
            else "it says something else"
        ),
    ),
    _belief(
        "wevtutil.nothing",
        "wevtutil finds nothing without failing",
        "wevtutil qe System /q:\"*[System[Provider[@Name='EventLog'] and (EventID=65535)]]\" /f:xml",
        lambda replies: _code(0)(replies) or ("there is output" if replies[0].output.strip() else None),
    ),
    _belief(
        "wevtutil.timediff",
        "wevtutil understands timediff",
        'wevtutil qe System /q:"*[System[TimeCreated[timediff(@SystemTime) <= 1000]]]" /c:1 /f:xml',
        _code(0),
    ),
    _belief(
        "schtasks.absent",
        "schtasks ends with 1 for a task that is not there",
        "schtasks /query /tn SsprOrchestrator-no-such-task 2>nul",
        _code(1),
    ),
    _belief("makecab", "makecab is there", "if exist %SystemRoot%\\System32\\makecab.exe (echo yes)", _text("yes")),
    _belief(
        "uac", "the account is an administrator, and its token is whole", "fsutil dirty query %SystemDrive%", _code(0)
    ),
    _belief(
        "provider.path", "the add-in's keys can be asked for", f'reg query "{provider.PROVIDERS}" >nul 2>nul', _code(0)
    ),
)
