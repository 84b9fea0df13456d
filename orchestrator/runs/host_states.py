"""Each host over all runs: the newest that is known of it wins, by when the host ended, not by when the run began."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from orchestrator.model.errors import UsageError
from orchestrator.model.host_state import HostEnd, HostState
from orchestrator.model.message import Message
from orchestrator.runs.endings_cache import known_endings
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.host_endings import WOULD_CHANGE, Ending, Endings
from orchestrator.runs.store import known_of


@dataclass(frozen=True)
class HostStates:
    """What is known of hosts.

    Attributes:
        hosts: By name.
        refused: Why some runs were left out; their hosts are known by older runs.
        notes: Of which runs the log stands in for the result file, or that for the log.
    """

    hosts: tuple[HostState, ...]
    refused: tuple[UsageError, ...]
    notes: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class _End:
    """An ending, and the number of its run."""

    run: int
    ending: Ending


@dataclass
class _Known:
    """What runs have told of one host."""

    name: str
    ends: list[_End] = field(default_factory=list)
    at_work: int | None = None


def host_states(folders: Sequence[RunFolder], looks: Collection[str]) -> HostStates:
    """What is known of every host that any of these runs had.

    Args:
        folders: The runs.
        looks: Playbooks that change nothing, as any does with --check: where one finds a host fine, what an earlier
            run was to change there and could not remains to do.
    """
    refused: list[UsageError] = []
    notes: dict[Message, None] = {}
    runs: list[tuple[RunFolder, Endings]] = []
    known: dict[str, _Known] = {}
    for folder in folders:
        try:
            run = known_endings(folder, notes.setdefault)
        except UsageError as error:
            refused.append(error)
            continue
        for name, ending in run.ended.items():
            known.setdefault(name.casefold(), _Known(name)).ends.append(_End(len(runs), ending))
        for name in run.at_work:
            known.setdefault(name.casefold(), _Known(name)).at_work = len(runs)
        run.ended.clear()
        runs.append((folder, run))
    changing = [not (run.check or run.playbook in looks) for _, run in runs]
    found = _Found(runs, refused, notes.setdefault)
    chosen = {name: _chosen(host, changing) for name, host in known.items()}
    while unread := found.read(chosen):
        for name in [name for name, ends in chosen.items() if any(end and end.run in unread for end in ends)]:
            known[name].ends = [end for end in known[name].ends if end.run not in unread]
            chosen[name] = _chosen(known[name], changing)
    states = (found.state(name, known[name], *chosen[name]) for name in sorted(known))
    return HostStates(tuple(state for state in states if state), tuple(refused), tuple(notes))


def _chosen(host: _Known, changing: Sequence[bool]) -> tuple[_End | None, _End | None]:
    """The end that counts as the host's last, and that about which something remains to do."""
    host.ends.sort(key=lambda end: end.ending.at, reverse=True)
    last = host.ends[0] if host.ends else None
    if last is None or not last.ending.fine or last.ending.way == WOULD_CHANGE:
        return last, last
    if changing[last.run]:
        return last, None
    change = next((end for end in host.ends if changing[end.run]), None)
    return last, change if change and not change.ending.fine else None


def _since(ends: Sequence[_End]) -> datetime:
    """When the first of those ended that ended in the same way, from the last one backwards."""
    first = ends[0].ending
    for end in ends:
        if end.ending.way != first.way:
            break
        first = end.ending
    return _moment(first.at)


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


class _Found:
    """What the results of those runs tell that decide about any host, each read once."""

    def __init__(
        self, runs: Sequence[tuple[RunFolder, Endings]], refused: list[UsageError], told: Callable[[Message], object]
    ) -> None:
        self._runs = runs
        self._refused = refused
        self._told = told
        self._ends: dict[tuple[int, str], HostEnd] = {}
        self._hosts: dict[tuple[int, str], HostState] = {}

    def read(self, chosen: Mapping[str, tuple[_End | None, _End | None]]) -> set[int]:
        """Reads what is to be known of these ends, and keeps nothing else in memory; the runs that cannot be read."""
        wanted: dict[int, dict[str, Ending]] = defaultdict(dict)
        unread: set[int] = set()
        for name, ends in chosen.items():
            for end in filter(None, ends):
                if (end.run, name) not in self._hosts:
                    wanted[end.run][name] = end.ending
        for number, endings_wanted in wanted.items():
            try:
                run = known_of(self._runs[number][0], self._told)
            except UsageError as error:
                self._refused.append(error)
                unread.add(number)
                continue
            for host in run.hosts:
                if ending := endings_wanted.get(name := host.name.casefold()):
                    self._hosts[number, name] = HostState(host.name, host.address, host.groups)
                    self._ends[number, name] = HostEnd(
                        run.id, run.playbook, run.check, _moment(ending.at), host.outcome, host.reason, host.deciding
                    )
        return unread

    def state(self, name: str, known: _Known, last: _End | None, left: _End | None) -> HostState | None:
        """The state of a host; None where what decides about it could not be read."""
        at_work = None if known.at_work is None else self._runs[known.at_work][1].run
        if last is None:
            return HostState(known.name, "", (), at_work=at_work) if at_work else None
        if (last.run, name) not in self._hosts:
            return None
        heard = [end.ending.answered for end in known.ends if end.ending.answered is not None]
        return replace(
            self._hosts[last.run, name],
            last=self._ends[last.run, name],
            since=_since(known.ends),
            answered=_moment(max(heard)) if heard else None,
            left=self._ends.get((left.run, name)) if left else None,
            at_work=at_work,
        )
