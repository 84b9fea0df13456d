"""Which troubles a run met with, whatever differs from host to host: reasons of its result, errors in what came home.

Reasons are told apart by what says them and the code that they end with (`fleet.guards.cause_of`), and by the signature
of their words, as some hold words of the host; events by their number and their signature.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field

from orchestrator.fleet.guards import cause_of
from orchestrator.model.failure_group import FailureGroup
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import RunResult
from orchestrator.model.showable import printable
from orchestrator.model.signature import signature
from orchestrator.runs.collected_text import add_in_errors
from orchestrator.runs.folders import RunFolder
from orchestrator.sentences import say


@dataclass
class _Gathered:
    outcome: Outcome | None
    signature: str
    example_host: str
    example: str
    hosts: Counter[str] = field(default_factory=Counter)


def failure_groups(run: RunResult, folder: RunFolder) -> list[FailureGroup]:
    """The reasons of hosts that are not fine, those of most hosts first; then the add-in's errors, likewise."""
    gathered: dict[Hashable, _Gathered] = {}
    names = {host.name: (host.name, host.address) for host in run.hosts}
    for host in run.hosts:
        if not host.outcome.fine:
            reason = host.deciding.reason
            text = printable(say(reason))
            alike = signature(text, names[host.name])
            _gather(gathered, (host.outcome, cause_of(reason), alike), host.outcome, alike, host.name, text)
    for event in add_in_errors(folder):
        alike = signature(event.text, names.get(event.host, (event.host,)))
        _gather(gathered, (event.event_id, alike), None, alike, event.host, event.text)
    groups = [
        FailureGroup(each.outcome, each.signature, len(each.hosts), each.hosts.total(), each.example_host, each.example)
        for each in gathered.values()
    ]
    return sorted(groups, key=lambda each: (each.outcome is None, -each.hosts, -each.times))


def _gather(
    gathered: dict[Hashable, _Gathered], key: Hashable, outcome: Outcome | None, alike: str, host: str, text: str
) -> None:
    gathered.setdefault(key, _Gathered(outcome, alike, host, text)).hosts[host] += 1
