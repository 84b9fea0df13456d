"""Hosts told together: those that ended alike, for the same reason, and those of each group of the inventory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestrator.console.preflight import findings
from orchestrator.console.words import SHOWN_ORDER, needs_person, one_line, wording
from orchestrator.model.finding import Severity
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult, StepResult
from orchestrator.sentences import say


@dataclass(frozen=True)
class GroupCount:
    """How the hosts of a group ended.

    Attributes:
        name: As the inventory has it; None for hosts that are in no group.
        outcomes: Hosts by outcome, as they are shown; an outcome that no host has is left out.
    """

    name: str | None
    outcomes: Mapping[Outcome, int]

    @property
    def hosts(self) -> int:
        return sum(self.outcomes.values())

    @property
    def in_need(self) -> int:
        """How many need a person."""
        return sum(count for outcome, count in self.outcomes.items() if needs_person(outcome))


def by_group(hosts: Sequence[HostResult]) -> list[GroupCount]:
    """Every group with a host in it; a host counts in each of its groups. Those with most to do come first."""
    counted: dict[str | None, Counter[Outcome]] = {}
    for host in hosts:
        for name in host.groups or (None,):
            counted.setdefault(name, Counter())[host.outcome] += 1
    groups = [
        GroupCount(name, {outcome: count[outcome] for outcome in SHOWN_ORDER if outcome in count})
        for name, count in counted.items()
    ]
    return sorted(groups, key=lambda each: (each.name is None, -each.in_need, (each.name or "").casefold()))


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
        done: What had been changed on hosts that a stopped run did not finish.
        hosts: At least one, in inventory order.
    """

    outcome: Outcome
    reason: str
    remedies: tuple[str, ...]
    done: tuple[str, ...]
    hosts: tuple[HostResult, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(one_line(host.name) for host in self.hosts)


def group(hosts: Sequence[HostResult]) -> list[Group]:
    """Every host in exactly one group; the gravest outcome first, then the larger group."""
    alike: dict[tuple[Outcome, str, tuple[str, ...]], list[HostResult]] = {}
    for host in hosts:
        alike.setdefault((host.outcome, one_line(say(host.reason)), _done(host)), []).append(host)
    groups = [
        Group(outcome, reason, _remedies(members), done, tuple(members))
        for (outcome, reason, done), members in alike.items()
    ]
    return sorted(groups, key=lambda each: (-each.outcome.gravity, -len(each.hosts)))


def _done(host: HostResult) -> tuple[str, ...]:
    if host.outcome is not Outcome.CANCELLED:
        return ()
    results = [record.result for record in host.steps if not record.result.would_change]
    changed = [result for result in results if result.outcome in {Outcome.CHANGED, Outcome.REBOOT_PENDING}]
    return tuple(one_line(say(result.reason)) for result in changed)


def _remedies(hosts: Sequence[HostResult]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(remedy for host in hosts for remedy in remedies(host.deciding)))


def remedies(result: StepResult) -> tuple[str, ...]:
    """What a person can do: the step's own `remedy`, else those of the findings that block."""
    if result.remedy is not None and say(result.remedy).strip():
        return (one_line(say(result.remedy)),)
    blocking = [each for each in findings(result.detail) if each.severity is Severity.BLOCK]
    return tuple(dict.fromkeys(one_line(say(each.remedy)) for each in blocking if each.remedy))
