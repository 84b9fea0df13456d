"""Whose files these are: what was given is parted by machines, and read machine by machine.

A bundle says whose it is. Of other files a log of events tells it by its newest record (older ones may have the name
that a machine had before), a look by the name that it learned, and what lies in the folder of one of our runs by its
place there; what tells nothing belongs to the machine of the files beside it.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import Final

from orchestrator.analysis import look
from orchestrator.analysis.look import Look
from orchestrator.analysis.material import Material
from orchestrator.harvest import event_computer, manifest, msi_lines
from orchestrator.harvest.given import Given
from orchestrator.harvest.kinds import Kind
from orchestrator.harvest.manifest import Manifest
from orchestrator.harvest.reading import Reader, is_original
from orchestrator.harvest.timeline import shorten
from orchestrator.harvest.zipped import MOST_OF_MANIFEST
from orchestrator.model.case import CaseFile
from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.message import Message, message, phrase, verbatim
from orchestrator.model.showable import printable
from orchestrator.windows import computer_name

_READ: Final = {Kind.EVENTS, Kind.REGISTRY, Kind.INSTALLATION_LOG}
_JOURNAL, _HOSTS = "log.jsonl", "hosts"
"""In the folder of a run: its log, and what came home, a folder a host."""
_LONGEST_HOST: Final = 255
_LONGEST_NOTE: Final = 500
_MOST_AHEAD: Final = 50 * 365 * 24 * 3600.0
"""Seconds that a clock may be off."""
_EMPTY_LOGS: Final = frozenset({"msi-no-log", "msi-log-empty"})
"""What the verdict on a file says that is no log of Windows Installer."""

_NO_MANIFEST = phrase("manifest-none")
_ALTERED = phrase("file-altered")


@message("given-unreadable-now")
def _unreadable(why: str) -> None: ...


@message("check-in-vain")
def _look_in_vain(why: str) -> None: ...


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
    bundles = {bundle.above: bundle for bundle in _bundles(files, problems)}
    machines: dict[str, _Machine] = {}
    for bundle in bundles.values():
        host = bundle.manifest.host
        machines.setdefault(host.casefold(), _Machine(host)).bundles.append(bundle)
    by_name = {each.name: each for each in files}
    for bundle in bundles.values():
        problems |= _noted(bundle, by_name)
    loose: list[Given] = []
    for each in files:
        if of := _bundle_of(each.name, bundles):
            machines[of.manifest.host.casefold()].files.append(each)
        else:
            loose.append(each)
    for machine in [*machines.values(), *_of_loose(loose, list(machines.values()))]:
        yield _read(machine, bundles, problems)


def _sound(told: Manifest) -> Manifest:
    """What a manifest says, in UTC and within what can be reckoned with. Raises ValueError, OverflowError."""
    ahead, host = told.clock_ahead_seconds, printable(told.host)[:_LONGEST_HOST]
    if not host:
        raise ValueError("it names no host")
    known = ahead if ahead is not None and abs(ahead) < _MOST_AHEAD else None
    taken = told.taken if told.taken.tzinfo else told.taken.replace(tzinfo=UTC)
    return replace(told, host=host, clock_ahead_seconds=known, taken=taken.astimezone(UTC))


def _noted(bundle: _Bundle, files: Mapping[str, Given]) -> dict[str, Message]:
    """By a file's name, what the bundle's manifest says of it: that it was cut, or that it is another file now."""
    noted: dict[str, Message] = {}
    before = f"{bundle.above}/" if bundle.above else ""
    for source in bundle.manifest.sources:
        if source.notes:
            said = verbatim(shorten(printable("; ".join(source.notes)), _LONGEST_NOTE))
            noted |= dict.fromkeys((f"{before}{name}" for name in source.files), said)
    for entry in bundle.manifest.files:
        file = files.get(f"{before}{entry.name}")
        if file and file.sha256 and file.sha256 != entry.sha256:
            noted[file.name] = _ALTERED()
    return noted


def _bundle_of(name: str, bundles: Mapping[str, _Bundle]) -> _Bundle | None:
    """The bundle that a file is in."""
    return next((bundles[above] for above in _folders(name) if above in bundles), None)


def _folders(name: str) -> Iterator[str]:
    """The names of the folders and archives that a file is in, from within outwards; the last one is empty."""
    while name:
        name = name.rpartition("/")[0]
        yield name


def _bundles(files: Sequence[Given], problems: dict[str, Message]) -> Iterator[_Bundle]:
    for each in files:
        if each.kind is Kind.MANIFEST and each.lost is None:
            try:
                with each.open() as file:
                    content = file.read(MOST_OF_MANIFEST)  # of a longer one the end is missing
                yield _Bundle(each.above, _sound(manifest.parsed(content)), each)
            except (OSError, ValueError, OverflowError):
                problems[each.name] = _NO_MANIFEST()


def _of_loose(loose: Sequence[Given], known: list[_Machine]) -> list[_Machine]:
    """Parts files of no bundle by machines; those of a machine that has a bundle join it."""
    runs = {each.above for each in loose if each.name.rpartition("/")[2] == _JOURNAL}
    hosts = {each.name: host for each in loose if (host := _host_of_run(each.name, runs))}
    told = {each.name: name for each in loose if (name := hosts.get(each.name) or _tells(each))}
    machines: list[tuple[str | None, _Machine]] = [(each.host, each) for each in known]
    one = len(known) == 1 and len({computer_name.label(name) for name in told.values()}) == 1
    by_name: dict[str, _Machine] = {}
    for name in dict.fromkeys(told.values()):
        same = next((machine for other, machine in machines if other and computer_name.same(other, name)), None)
        if same is None:
            host = name if name in hosts.values() else None
            same = known[0] if one else _Machine(host)  # which an inventory may know by its address alone
            machines.append((name, same))
        by_name[name] = same
    every = list({id(machine): machine for _, machine in machines}.values())
    places = {name: by_name[computer] for name, computer in told.items()}
    places |= {bundle.at.name: machine for machine in known for bundle in machine.bundles}
    beside, nobodys = _by_folder(places), _Machine(None)
    for each in loose:
        near = next((beside[above] for above in _folders(each.name) if above in beside), None)
        owner = places.get(each.name) or near or (every[0] if len(every) == 1 else nobodys)
        owner.files.append(each)
    added = [machine for machine in every if all(machine is not each for each in known)]
    if any(each.kind in _READ or each.kind is Kind.CHECK for each in nobodys.files) or not every:
        return [*added, nobodys] if nobodys.files else added
    every[0].files += nobodys.files
    return added


def _host_of_run(name: str, runs: set[str]) -> str | None:
    """The host in whose folder of a run, `hosts/HOST`, a file lies; None where it lies in none."""
    run = next((above for above in _folders(name) if above in runs), None)
    parts = name[len(run) :].lstrip("/").split("/") if run is not None else []
    return parts[1] if len(parts) > len((_HOSTS, "HOST")) and parts[0] == _HOSTS else None


def _by_folder(places: Mapping[str, _Machine]) -> dict[str, _Machine | None]:
    """By a folder, the machine of all files in it and below that tell one; None where these are several."""
    found: dict[str, _Machine | None] = {}
    for name, machine in places.items():
        for above in _folders(name):
            found[above] = machine if found.get(above, machine) is machine else None
    return found


def _tells(file: Given) -> str | None:
    """The computer that a file names; None where it names none."""
    if file.lost is not None or file.kind not in {Kind.EVENTS, Kind.CHECK}:
        return None
    try:
        with file.open() as opened:
            if file.kind is Kind.EVENTS:
                return event_computer.newest_computer(opened)
            learned = look.read(opened, file.name).learned
            return learned.machine.computer_name or None if learned and learned.machine else None
    except (OSError, UnexpectedOutput):
        return None


def _read(machine: _Machine, bundles: Mapping[str, _Bundle], known: Mapping[str, Message]) -> Material:
    """Reads the files of a machine, the small ones first, so that a huge one spoils no other."""
    reader, looks, problems = Reader(), list[Look](), dict(known)
    small_first = sorted(machine.files, key=lambda each: (each.bytes, each.name))
    there = [each for each in small_first if each.lost is None]
    taken = [each for each in there if each.kind is Kind.CHECK or reader.takes(each.name, each.kind, each.bytes)]
    for each in sorted(taken, key=lambda each: is_original(each.name)):
        try:
            with each.open() as file:
                if each.kind is Kind.CHECK:
                    looks.append(told := look.read(file, each.name))
                    if told.learned is None:
                        problems[each.name] = _look_in_vain(told.reason)
                else:
                    reader.read(each.name, each.kind, file)
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
        looks=tuple(sorted(looks, key=lambda each: _taken(each.file, bundles), reverse=True)),
        clocks=_clocks(machine, bundles),
        add_in_logs=frozenset(each.name for each in machine.files if each.name in logs and _is_about_the_add_in(each)),
        manifest=newest.at.name if newest else None,
    )


def _is_about_the_add_in(log: Given) -> bool:
    """Whether a log of Windows Installer names the add-in, or the folder from which we install it."""
    with contextlib.suppress(OSError), log.open() as file:
        return any("sspr" in line.lower() for _, lines in msi_lines.blocks(file) for line in lines)
    return False


def _case_file(given: Given, logs: Mapping[str, object], problems: Mapping[str, Message]) -> CaseFile:
    no_log = given.kind is Kind.INSTALLATION_LOG and given.name not in logs and given.name not in problems
    kind = Kind.OTHER if no_log or given.kind in {Kind.ZIP, Kind.CABINET} else given.kind
    return CaseFile(given.name, kind.value, given.bytes, given.sha256, given.lost or problems.get(given.name))


def _taken(name: str, bundles: Mapping[str, _Bundle]) -> float:
    """When a file was taken, as a number; that of no bundle counts as the newest, as somebody put it there."""
    bundle = _bundle_of(name, bundles)
    return bundle.manifest.taken.timestamp() if bundle else math.inf


def _clocks(machine: _Machine, bundles: Mapping[str, _Bundle]) -> dict[str, float]:
    clocks: dict[str, float] = {}
    for each in machine.files:
        bundle = _bundle_of(each.name, bundles)
        ahead = bundle.manifest.clock_ahead_seconds if bundle else None
        if ahead is not None and each.kind is Kind.EVENTS:
            clocks[each.name] = ahead
    return clocks
