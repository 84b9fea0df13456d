"""What a step, a host and a run end with: material of files, tables and the report; and what a step waits with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from orchestrator.model.clock import Moment
from orchestrator.model.detail import Detail
from orchestrator.model.finding import Read
from orchestrator.model.message import Message, message, together
from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import RegistryRecord
from orchestrator.model.self_test import SelfTest


@dataclass(frozen=True)
class Rest:
    """Call again, with this state; until then nothing is held.

    Attributes:
        until: When; None for at once, which a stop of the run does not come between.
        state: All that the next call must know, as JSON; whoever keeps it need not read it.
    """

    until: Moment | None
    state: str


@message("nothing-to-do")
def nothing_to_do() -> None:
    """No step of the playbook was for this host."""


@dataclass(frozen=True)
class StepResult:
    """How one step ended on one host.

    Attributes:
        outcome: One of the closed set.
        reason: Why, without the host's name; what an admin reads in the table.
        detail: What the step itself has to tell: registry values before and after, exit codes, files brought home;
            None where that is nothing.
        reboot_required: Whether what this step did becomes effective only after a restart.
        remedy: What a person can do about it; None where nobody need do anything.
        would_change: Whether it would make a change instead of having made one.
        registry: What was changed in the registry, or was about to be; an undo goes by it.
        evidence: What an error knew: its class as `error`, and facts that go with it.
    """

    outcome: Outcome
    reason: Message
    detail: Detail | None = None
    reboot_required: bool = False
    remedy: Message | None = None
    would_change: bool = False
    registry: RegistryRecord = field(default_factory=RegistryRecord)
    evidence: Mapping[str, Read] = field(default_factory=dict)

    @property
    def entries(self) -> dict[str, object]:
        """What the step itself has to tell, and what an error knew, by name."""
        return {**(self.detail.entries if self.detail else {}), **self.evidence}


@dataclass(frozen=True)
class StepRecord:
    """A step's result together with its name and cost.

    Attributes:
        seconds: Wall-clock time.
        attempts: From 1.
        branch: The host's branch of Windows, if it was known when the step ended; as in `HostResult`.
    """

    name: str
    result: StepResult
    seconds: float = 0.0
    attempts: int = 1
    branch: str | None = None


def branch_of(records: Sequence[StepRecord]) -> str | None:
    """The host's branch of Windows as the latest of its steps knew it."""
    return next((record.branch for record in reversed(records) if record.branch), None)


@dataclass(frozen=True)
class HostResult:
    """The one result of a host in a run.

    Attributes:
        name: The host's name in the inventory.
        address: Where it was connected to.
        branch: `windows7`, `windows8`, `windows8.1`, `windows10`, `other`, or None when it was never learned.
        steps: The steps that began, in order.
        verdict: Set when the host's fate was decided outside any step (cancelled before it began, say).
        groups: The groups of the inventory that it belongs to, nearest first.
    """

    name: str
    address: str
    branch: str | None = None
    steps: tuple[StepRecord, ...] = ()
    verdict: StepResult | None = None
    groups: tuple[str, ...] = ()

    @property
    def deciding(self) -> StepResult:
        """The result that decides: the outside verdict, or the gravest step (the first among equals)."""
        results = [record.result for record in self.steps]
        if self.verdict is not None:
            results.append(self.verdict)
        if not results:
            return StepResult(Outcome.SKIPPED, nothing_to_do())
        return max(results, key=lambda result: result.outcome.gravity)

    @property
    def outcome(self) -> Outcome:
        return self.deciding.outcome

    @property
    def reason(self) -> Message:
        """Why the host ended so: of a fine host what its last step says, which sums up.

        Where that is a change like those before it, what all of them did; under --check all that would be done.
        """
        if not self.outcome.fine:
            return self.deciding.reason
        taken = [record.result for record in self.steps if record.result.outcome is not Outcome.SKIPPED]
        would = tuple(result.reason for result in taken if result.would_change)
        if would:
            return together(would)
        if taken and taken[-1].outcome is Outcome.CHANGED:
            return together(tuple(result.reason for result in taken if result.outcome is Outcome.CHANGED))
        return taken[-1].reason if taken else self.deciding.reason


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
    hosts: tuple[HostResult, ...]
    check: bool = False
    self_test: SelfTest | None = None

    @property
    def summary(self) -> dict[Outcome, int]:
        """Hosts counted by outcome; outcomes that no host has are left out."""
        counted = Counter(host.outcome for host in self.hosts)
        return {outcome: counted[outcome] for outcome in Outcome if counted[outcome]}
