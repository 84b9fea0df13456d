"""What a step, a host and a run end with: the material of the result file, the tables and the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from orchestrator.model.outcome import Outcome
from orchestrator.model.self_test import SelfTest

Json = Any
"""A value that `json.dumps` takes as it is: str, int, float, bool, None, list, dict with str keys."""


WOULD = "would"
"""Key in the detail of a result that foretells a change instead of making it."""
REGISTRY = "registry"
"""Key in the detail of a result whose step changed the registry: its `RegistryRecord`, from which it is undone."""


@dataclass(frozen=True)
class StepResult:
    """How one step ended on one host.

    Attributes:
        outcome: One of the closed set.
        reason: One sentence in plain words, without the host's name; what an admin reads in the table.
        detail: Evidence, JSON-able: registry values before and after, exit codes, files brought home.
        reboot_required: Whether what this step did becomes effective only after a restart.
    """

    outcome: Outcome
    reason: str
    detail: Mapping[str, Json] = field(default_factory=dict)
    reboot_required: bool = False


@dataclass(frozen=True)
class StepRecord:
    """A step's result together with its name and cost; seconds are wall-clock, attempts count from 1."""

    name: str
    result: StepResult
    seconds: float = 0.0
    attempts: int = 1


@dataclass(frozen=True)
class HostResult:
    """The one result of a host in a run.

    Attributes:
        name: The host's name in the inventory.
        address: Where it was connected to.
        branch: `windows7`, `windows8`, `windows8.1`, `windows10`, `other`, or None when it was never learned.
        steps: The steps that began, in order.
        verdict: Set when the host's fate was decided outside any step (cancelled before it began, say).
    """

    name: str
    address: str
    branch: str | None = None
    steps: Sequence[StepRecord] = ()
    verdict: StepResult | None = None

    @property
    def deciding(self) -> StepResult:
        """The result that decides: the outside verdict, or the gravest step (the first among equals)."""
        results = [record.result for record in self.steps]
        if self.verdict is not None:
            results.append(self.verdict)
        if not results:
            return StepResult(Outcome.SKIPPED, "nothing to do")
        return max(results, key=lambda result: result.outcome.gravity)

    @property
    def outcome(self) -> Outcome:
        return self.deciding.outcome

    @property
    def reason(self) -> str:
        """Why the host ended so: of a fine host what its last step says, or under --check all that would be done."""
        if not self.outcome.fine:
            return self.deciding.reason
        taken = [record.result for record in self.steps if record.result.outcome is not Outcome.SKIPPED]
        would = [result.reason for result in taken if result.detail.get(WOULD)]
        return "; ".join(would) or (taken[-1].reason if taken else self.deciding.reason)


@dataclass(frozen=True)
class RunResult:
    """A finished (or interrupted) run: every selected host exactly once, in inventory order.

    Attributes:
        state: `finished`, `interrupted` or `stopped` (by a guard).
        check: Whether it was a `--check` run, in which `changed` means "would be changed".
        self_test: What the coordinator found out about the service; None when that was not asked for.
    """

    id: str
    playbook: str
    started: datetime
    finished: datetime
    state: str
    hosts: Sequence[HostResult]
    check: bool = False
    self_test: SelfTest | None = None

    @property
    def summary(self) -> dict[Outcome, int]:
        """Hosts counted by outcome; outcomes that no host has are left out."""
        counted = Counter(host.outcome for host in self.hosts)
        return {outcome: counted[outcome] for outcome in Outcome if counted[outcome]}
