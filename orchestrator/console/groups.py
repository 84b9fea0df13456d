"""Hosts that ended alike, told together: the same outcome for the same reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.console.preflight import findings
from orchestrator.console.words import one_line
from orchestrator.model.finding import Severity
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, StepResult
from orchestrator.sentences import say


@dataclass(frozen=True)
class Group:
    """Hosts with one outcome and one reason.

    Attributes:
        remedies: What to do next, each once; empty when no step knew.
        hosts: At least one, in inventory order.
    """

    outcome: Outcome
    reason: str
    remedies: tuple[str, ...]
    hosts: tuple[HostResult, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(one_line(host.name) for host in self.hosts)


def group(hosts: Sequence[HostResult]) -> list[Group]:
    """Every host in exactly one group; the gravest outcome first, then the larger group."""
    alike: dict[tuple[Outcome, str], list[HostResult]] = {}
    for host in hosts:
        alike.setdefault((host.outcome, one_line(say(host.reason))), []).append(host)
    groups = [
        Group(outcome, reason, _remedies(members), tuple(members)) for (outcome, reason), members in alike.items()
    ]
    return sorted(groups, key=lambda each: (-each.outcome.gravity, -len(each.hosts)))


def _remedies(hosts: Sequence[HostResult]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(remedy for host in hosts for remedy in remedies(host.deciding)))


def remedies(result: StepResult) -> tuple[str, ...]:
    """What a person can do: the step's own `remedy`, else those of the findings that block."""
    if result.remedy is not None and say(result.remedy).strip():
        return (one_line(say(result.remedy)),)
    blocking = [each for each in findings(result.detail) if each.severity is Severity.BLOCK]
    return tuple(dict.fromkeys(one_line(say(each.remedy)) for each in blocking if each.remedy))
