"""Whose files these are: what was given is parted by machines, and read machine by machine.

A bundle says whose it is. Of other files a log of events tells it by its newest record (older ones may have the name
that a machine had before), and a look by the name that it learned; what tells nothing belongs to the machine of the
files beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Final

from orchestrator.analysis import look
from orchestrator.analysis.look import Look
from orchestrator.analysis.material import Material
from orchestrator.harvest import eventlog, manifest, msi_lines
from orchestrator.harvest.given import Given
from orchestrator.harvest.kinds import Kind
from orchestrator.harvest.manifest import Manifest
from orchestrator.harvest.reading import Reader
from orchestrator.harvest.zipped import MOST_OF_MANIFEST
from orchestrator.model.case import CaseFile
from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.message import Message, message, phrase
from orchestrator.model.showable import printable
from orchestrator.windows import computer_name

_READ: Final = {Kind.EVENTS, Kind.REGISTRY, Kind.INSTALLATION_LOG}
_EMPTY_LOGS: Final = frozenset({"msi-no-log", "msi-log-empty"})
"""What the verdict on a file says that is no log of Windows Installer."""

_NO_MANIFEST = phrase("manifest-none")


@message("given-unreadable-now")
def _unreadable(why: str) -> None: ...


@dataclass
class _Machine:
    """What belongs to one machine."""

    host: str | None
    files: list[Given] = field(default_factory=list)
    bundles: list[_Bundle] = field(default_factory=list)


@dataclass(frozen=True)
class _Bundle:
    """A bundle among what was given.

    Attributes:
        above: What the names of its files begin with; empty where it was given itself.
        at: Its manifest.
    """

    above: str
    manifest: Manifest
    at: Given


def materials(files: Sequence[Given]) -> Iterator[Material]:
    """What was given, read: a machine after the other, those of bundles first."""
    problems: dict[str, Message] = {}
    bundles = sorted(_bundles(files, problems), key=lambda bundle: len(bundle.above), reverse=True)
    machines: dict[str, _Machine] = {}
    loose: list[Given] = []
    for each in files:
        bundle = next((bundle for bundle in bundles if _is_in(each, bundle)), None)
        if bundle is None:
            loose.append(each)
            continue
        machine = machines.setdefault(bundle.manifest.host.casefold(), _Machine(printable(bundle.manifest.host)))
        machine.files.append(each)
        if bundle not in machine.bundles:
            machine.bundles.append(bundle)
    everybody = [*machines.values(), *_of_loose(loose, list(machines.values()))]
    for machine in everybody:
        yield _read(machine, problems)


def _bundles(files: Sequence[Given], problems: dict[str, Message]) -> Iterator[_Bundle]:
    for each in files:
        if each.kind is Kind.MANIFEST and each.lost is None:
            try:
                with each.open() as file:
                    content = file.read(MOST_OF_MANIFEST)  # of a longer one the end is missing
                yield _Bundle(each.above, manifest.parsed(content), each)
            except (OSError, ValueError):
                problems[each.name] = _NO_MANIFEST()


def _is_in(file: Given, bundle: _Bundle) -> bool:
    return not bundle.above or file.name.startswith(f"{bundle.above}/")


def _of_loose(loose: Sequence[Given], known: list[_Machine]) -> list[_Machine]:
    """Parts files of no bundle by machines; those of a machine that has a bundle join it."""
    told = {each.name: name for each in loose if (name := _tells(each))}
    machines: list[tuple[str | None, _Machine]] = [(each.host, each) for each in known]
    by_name: dict[str, _Machine] = {}
    for name in dict.fromkeys(told.values()):
        same = next((machine for other, machine in machines if other and computer_name.same(other, name)), None)
        if same is None:
            same = known[0] if len(known) == 1 and len(set(map(computer_name.label, told.values()))) == 1 else None
        if same is None:
            same = _Machine(None)
            machines.append((name, same))
        by_name[name] = same
    nobodys = _Machine(None)
    every = list({id(machine): machine for _, machine in machines}.values())
    for each in loose:
        owner = by_name[told[each.name]] if each.name in told else None
        owner = owner or _beside(each, told, by_name) or (every[0] if len(every) == 1 else nobodys)
        owner.files.append(each)
    added = [machine for machine in every if all(machine is not each for each in known)]
    if any(each.kind in _READ or each.kind is Kind.CHECK for each in nobodys.files) or not every:
        return [*added, nobodys] if nobodys.files else added
    every[0].files += nobodys.files
    return added


def _beside(file: Given, told: Mapping[str, str], by_name: Mapping[str, _Machine]) -> _Machine | None:
    """The machine of the files in the same folder, or in one above, where that is one."""
    above = file.above
    while True:
        prefix = f"{above}/" if above else ""
        there = {id(by_name[name]): by_name[name] for each, name in told.items() if each.startswith(prefix)}
        if there or not above:
            return next(iter(there.values())) if len(there) == 1 else None
        above = above.rpartition("/")[0]


def _tells(file: Given) -> str | None:
    """The computer that a file names; None where it names none."""
    if file.lost is not None or file.kind not in {Kind.EVENTS, Kind.CHECK}:
        return None
    try:
        with file.open() as opened:
            if file.kind is Kind.EVENTS:
                return eventlog.newest_computer(opened)
            learned = look.read(opened, file.name).learned
            return learned.machine.computer_name or None if learned and learned.machine else None
    except (OSError, UnexpectedOutput):
        return None


def _read(machine: _Machine, told: Mapping[str, Message]) -> Material:
    """Reads the files of a machine, the small ones first, so that a huge one spoils no other."""
    reader, looks, problems = Reader(), list[Look](), dict(told)
    about_add_in: set[str] = set()
    for each in sorted(machine.files, key=lambda each: (each.bytes, each.name)):
        if each.lost is not None:
            continue
        try:
            with each.open() as file:
                if each.kind is Kind.CHECK:
                    looks.append(look.read(file, each.name))
                elif each.kind in _READ:
                    reader.read(each.name, each.kind, file, each.bytes)
                if each.kind is Kind.INSTALLATION_LOG and _is_about_the_add_in(file):
                    about_add_in.add(each.name)
        except UnexpectedOutput as error:
            problems[each.name] = error.reason
        except OSError as error:
            problems[each.name] = _unreadable(error.strerror or str(error))
    reading = reader.reading()
    logs = {name: verdict for name, verdict in reading.install_logs.items() if verdict.code not in _EMPTY_LOGS}
    problems = {**problems, **reading.problems}
    newest = max(machine.bundles, key=lambda bundle: bundle.manifest.taken, default=None)
    return Material(
        host=machine.host,
        taken=newest.manifest.taken if newest else None,
        clock_ahead_seconds=newest.manifest.clock_ahead_seconds if newest else None,
        files=tuple(_case_file(each, logs, problems) for each in machine.files),
        reading=replace(reading, install_logs=logs),
        looks=tuple(sorted(looks, key=lambda each: _taken(each.file, machine.bundles), reverse=True)),
        clocks=_clocks(machine),
        add_in_logs=frozenset(about_add_in),
        manifest=newest.at.name if newest else None,
    )


def _is_about_the_add_in(file: BinaryIO) -> bool:
    """Whether a log of Windows Installer names the add-in, or the folder from which we install it."""
    return any("sspr" in line.lower() for _, lines in msi_lines.blocks(file) for line in lines)


def _case_file(given: Given, logs: Mapping[str, object], problems: Mapping[str, Message]) -> CaseFile:
    no_log = given.kind is Kind.INSTALLATION_LOG and given.name not in logs and given.name not in problems
    kind = Kind.OTHER if no_log or given.kind in {Kind.ZIP, Kind.CABINET} else given.kind
    return CaseFile(given.name, kind.value, given.bytes, given.sha256, given.lost or problems.get(given.name))


def _taken(name: str, bundles: Sequence[_Bundle]) -> float:
    """When a file was taken, as a number; that of no bundle counts as the newest, as somebody put it there."""
    bundle = next((each for each in bundles if not each.above or name.startswith(f"{each.above}/")), None)
    return bundle.manifest.taken.timestamp() if bundle else math.inf


def _clocks(machine: _Machine) -> dict[str, float]:
    clocks: dict[str, float] = {}
    for each in machine.files:
        bundle = next((bundle for bundle in machine.bundles if _is_in(each, bundle)), None)
        ahead = bundle.manifest.clock_ahead_seconds if bundle else None
        if ahead is not None and each.kind is Kind.EVENTS:
            clocks[each.name] = ahead
    return clocks
