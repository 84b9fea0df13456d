"""Hosts told together: those that ended alike, for the same reason, and those of each group of the inventory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestrator.console.headline import in_need
from orchestrator.console.preflight import findings, left_to
from orchestrator.console.words import SHOWN_ORDER, machines, one_line, wording
from orchestrator.model.awaited import LOOKED_FOR
from orchestrator.model.finding import Severity
from orchestrator.model.message import Message
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult, StepResult, go_on_with, shown
from orchestrator.sentences import say


@dataclass(frozen=True)
class GroupCount:
    """How the hosts of a group ended.

    Attributes:
        name: As the inventory has it; None for hosts that are in no group.
        outcomes: Hosts by outcome, as they are shown; an outcome that no host has is left out.
        in_need: How many need a person.
    """

    name: str | None
    outcomes: Mapping[Outcome, int]
    in_need: int = 0

    @property
    def hosts(self) -> int:
        return sum(self.outcomes.values())


def by_group(hosts: Sequence[HostResult]) -> list[GroupCount]:
    """Every group with a host in it; a host counts in each of its groups. Those with most to do come first."""
    members: dict[str | None, list[HostResult]] = {}
    for host in hosts:
        for name in host.groups or (None,):
            members.setdefault(name, []).append(host)
    groups = [_count(name, those) for name, those in members.items()]
    return sorted(groups, key=lambda each: (each.name is None, -each.in_need, (each.name or "").casefold()))


def _count(name: str | None, hosts: Sequence[HostResult]) -> GroupCount:
    counted = Counter(host.outcome for host in hosts)
    outcomes = {outcome: counted[outcome] for outcome in SHOWN_ORDER if outcome in counted}
    return GroupCount(name, outcomes, sum(map(in_need, hosts)))


def print_by_group(result: RunResult, console: Console) -> None:
    """A line for each group."""
    table = Table("Group", "Hosts", "Need a person", "Outcomes", box=None, header_style="bold")
    for each in by_group(result.hosts):
        outcomes = [
            Text(f"{count:,} {wording(outcome, check=result.check).label}", style=wording(outcome, check=False).style)
            for outcome, count in each.outcomes.items()
        ]
        name = Text("in no group", style="dim") if each.name is None else Text(one_line(each.name))
        table.add_row(name, f"{each.hosts:,}", f"{each.in_need:,}" if each.in_need else "", Text(", ").join(outcomes))
    console.print(table)


@dataclass(frozen=True)
class Group:
    """Hosts with one outcome and one reason.

    Attributes:
        remedies: What to do next, each once; empty when no step knew.
        left: What had been changed on hosts that were not finished, and which restarts still come, a sentence each.
        hosts: At least one, in inventory order.
    """

    outcome: Outcome
    reason: str
    remedies: tuple[str, ...]
    left: tuple[str, ...]
    hosts: tuple[HostResult, ...]

    @property
    def in_need(self) -> bool:
        """Whether a person has to see to them."""
        return any(map(in_need, self.hosts))

    @property
    def remedies_of_their_own(self) -> tuple[str, ...]:
        """The same but for going on with the run, which whoever shows it says once, of all of its hosts."""
        own = (remedy for host in self.hosts for remedy in _without_going_on(host.deciding))
        return tuple(dict.fromkeys(own))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(one_line(host.name) for host in self.hosts)


def group(hosts: Sequence[HostResult]) -> list[Group]:
    """Every host in exactly one group: those that need a person first, then by gravity, then the larger group.

    Hosts that restart at different times are one group none the less.
    """
    alike: dict[tuple[object, ...], list[HostResult]] = {}
    for host in hosts:
        key = (host.outcome, left_to(host), _reason(host), _done(host), host.restart_due is None)
        alike.setdefault(key, []).append(host)
    groups = [
        Group(each[0].outcome, _reason(each[0]), _remedies(each), tuple(_left(each)), tuple(each))
        for each in alike.values()
    ]
    return sorted(groups, key=lambda each: (not each.in_need, -each.outcome.gravity, -len(each.hosts)))


def _reason(host: HostResult) -> str:
    """Why, without what else was done, which is told apart."""
    return one_line(say(host.reason if host.outcome.fine else host.deciding.reason))


def _done(host: HostResult) -> tuple[str, ...]:
    return tuple(one_line(say(reason)) for reason in host.done)


def _left(hosts: Sequence[HostResult]) -> Iterator[str]:
    """Of a group's hosts: a run that was stopped leaves nobody in doubt, also where nothing was changed."""
    done = _done(hosts[0])
    if done or hosts[0].outcome is Outcome.CANCELLED:
        yield f"Changed before: {'; '.join(done) or 'nothing'}"
    if hosts[0].deciding.reason.code in LOOKED_FOR:
        yield _last_seen(hosts)
    if due := sorted(host.restart_due for host in hosts if host.restart_due):
        first, last = shown(due[0]), shown(due[-1])
        yield f"A restart was set for: {first if first == last else f'from {first} to {last}'}"


def _last_seen(hosts: Sequence[HostResult]) -> str:
    seen = sorted(host.last_seen for host in hosts if host.last_seen)
    if not seen:
        return "Last seen: never in this run"
    first, last = shown(seen[0]), shown(seen[-1])
    never = f"; {machines(len(hosts) - len(seen))} never in this run" if len(seen) < len(hosts) else ""
    return f"Last seen: {first if first == last else f'from {first} to {last}'}{never}"


def _remedies(hosts: Sequence[HostResult]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(remedy for host in hosts for remedy in remedies(host.deciding)))


def _without_going_on(result: StepResult) -> tuple[str, ...]:
    remedy = result.remedy
    if remedy is None:
        return remedies(result)
    if remedy.code == go_on_with.code:
        return ()
    go_on, ways = remedy.parameters.get("go_on"), remedy.parameters.get("ways")
    if isinstance(go_on, Message) and go_on.code == go_on_with.code and isinstance(ways, tuple):
        said = "; ".join(say(way) for way in ways if isinstance(way, Message))
        return (one_line(f"to take back instead what was done: {said}"),)
    return remedies(result)


def remedies(result: StepResult) -> tuple[str, ...]:
    """What a person can do: the step's own `remedy`, else those of the findings that block."""
    if result.remedy is not None and say(result.remedy).strip():
        return (one_line(say(result.remedy)),)
    blocking = [each for each in findings(result.detail) if each.severity is Severity.BLOCK]
    return tuple(dict.fromkeys(one_line(say(each.remedy)) for each in blocking if each.remedy))
