"""What a step, a host and a run end with: material of files, tables and the report; and what a step waits with."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, get_args

from orchestrator.model.clock import Moment
from orchestrator.model.detail import Detail, Restart
from orchestrator.model.finding import Read
from orchestrator.model.message import Message, message, phrase, together
from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import RegistryRecord
from orchestrator.model.self_test import SelfTest
from orchestrator.model.waiting import Wait

RESULT_BEGINS: Final = re.compile(rb'\{\s*("version":\s*\d+,\s*)?"run":\s*\{\s*"id"')
"""How every result file begins, by which it is told from other people's JSON."""
RunState = Literal["finished", "interrupted", "paused", "cancelled", "stopped", "failed"]
"""How a run can have ended: to its end; by the operator, who interrupted it, paused it to go on later, or cancelled it
for good; paused too where a secret cannot be had; by a guard (log-ons were kept back lest accounts be locked, or too
many hosts had failed); or because the coordinator could not go on."""
ENDED_STATES: Final = frozenset(get_args(RunState))
GOES_ON = phrase("run-goes-on")
"""Why a host has no end in a run that is still at work: it is being worked on."""
BEGINS_YET = phrase("run-begins-yet")
"""Or its turn has not come."""


@message("remedy-resume")
def go_on_with(run: str) -> None:
    """What to do about a host that has no end in a run that can be gone on with."""


@dataclass(frozen=True)
class Rest:
    """Call again, with this state; until then nothing is held.

    Attributes:
        until: When; None for at once, which a stop of the run does not come between.
        state: All that the next call must know, as JSON; whoever keeps it need not read it.
        aside: Whether the next call takes seconds and needs no place among the hosts at work: it only looks.
        counts: Whether the time until then is the step's own, of which it has so much alone.
        wait: What is waited for, where that may take long.
    """

    until: Moment | None
    state: str
    aside: bool = False
    counts: bool = True
    wait: Wait | None = None


@message("host-unfinished")
def _unfinished(reason: Message, left: tuple[Message, ...]) -> None:
    """Why a host was not finished, and what was done there before, or is still to come."""


@message("restart-due")
def _restart_due(at: str) -> None:
    """A restart that was scheduled and has not been seen to happen."""


RESTARTED_SINCE = phrase("restarted-since")


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
        seen: When the host had last answered by the step's end, by our clock; None where it never had.
    """

    name: str
    result: StepResult
    seconds: float = 0.0
    attempts: int = 1
    branch: str | None = None
    seen: datetime | None = None


def restart_due(records: Sequence[StepRecord]) -> datetime | None:
    """When a restart is due that one of these steps has scheduled and no later one has seen; None without such."""
    told = [record.result.detail.restart for record in records if record.result.detail]
    return next((restart.due for restart in reversed(told) if restart), None)


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
    def last_seen(self) -> datetime | None:
        """When the host last answered in this run, by our clock; None where it never did."""
        return max((record.seen for record in self.steps if record.seen), default=None)

    @property
    def done(self) -> tuple[Message, ...]:
        """What earlier steps have changed on a host that is not fine; a restart that is still to come is told apart."""
        if self.outcome.fine:
            return ()
        return tuple(
            result.reason
            for result in (record.result for record in self.steps)
            if result is not self.deciding and _changed(result) and not _scheduled(result)
        )

    @property
    def restart_due(self) -> datetime | None:
        """When a host that is not fine restarts all the same: one is scheduled there that was not seen to happen."""
        told = self.outcome.fine or _restart(self.deciding)
        return None if told else restart_due(self.steps)

    @property
    def reason(self) -> Message:
        """Why the host ended so.

        Of a host that is not fine, with what was changed there before and a restart that is still to come. Of a fine
        one, all that was changed there, and what the last step says that is not about a restart, since that sums up;
        under --check all that would be done.
        """
        if self.outcome.fine:
            return self._summed_up
        due = self.restart_due
        left = (*self.done, *([_restart_due(shown(due))] if due else []))
        return _unfinished(self.deciding.reason, left) if left else self.deciding.reason

    @property
    def _summed_up(self) -> Message:
        taken = [record.result for record in self.steps if record.result.outcome is not Outcome.SKIPPED]
        would = tuple(result.reason for result in taken if result.would_change)
        if would or not taken:
            return together(would) if would else self.deciding.reason
        job = [result for result in taken if not _restart(result)]
        if not job:
            return taken[-1].reason
        told = [result.reason for result in job if _changed(result)]
        if not _changed(job[-1]):
            told.append(job[-1].reason)
        return together((*told, *_restart_since(taken, job[-1])))


def shown(moment: datetime) -> str:
    """A moment by this computer's clock, for people, as in `2026-11-29 14:05 CET`."""
    try:
        local = moment.astimezone()
    except OverflowError:  # at an end of the calendar, out of a file that was edited
        local = moment
    return f"{local:%Y-%m-%d %H:%M %Z}"


def _changed(result: StepResult) -> bool:
    return result.outcome in {Outcome.CHANGED, Outcome.REBOOT_PENDING} and not result.would_change


def _scheduled(result: StepResult) -> bool:
    restart = _restart(result)
    return restart is not None and restart.due is not None


def _restart(result: StepResult) -> Restart | None:
    return result.detail.restart if result.detail else None


def _restart_since(taken: Sequence[StepResult], job: StepResult) -> Iterator[Message]:
    """What became of a restart: that it has happened since the job, or that one is scheduled and was not waited for."""
    restarts = [(result, restart) for result in taken if (restart := _restart(result))]
    if not restarts:
        return
    last, restart = restarts[-1]
    if restart.due:
        yield last.reason
    elif restart.happened and taken.index(last) > taken.index(job):
        yield RESTARTED_SINCE()


@dataclass(frozen=True)
class LogEnd:
    """Where a run's log ends: by how many lines there are, and the hash in the last, which stands for all of them.

    Attributes:
        lines: How many.
        sha256: 64 hex digits.
    """

    lines: int
    sha256: str


@dataclass(frozen=True)
class RunResult:
    """A finished (or interrupted) run: every selected host exactly once, in inventory order.

    Attributes:
        state: How it ended, a RunState; of a run that has not, what is known of it.
        check: Whether it was a `--check` run, in which `changed` means "would be changed".
        self_test: What the coordinator found out about the service; None when that was not asked for.
        log: Where its log ended; None where it has not, or has no chain.
        why: What a guard said that spoke against going on; of one that has finished, when nobody was left to stop.
    """

    id: str
    playbook: str
    started: datetime
    finished: datetime
    state: str
    hosts: tuple[HostResult, ...]
    check: bool = False
    self_test: SelfTest | None = None
    log: LogEnd | None = None
    why: Message | None = None

    @property
    def title(self) -> str:
        """As people are told of it; one that has written nothing yet has no playbook."""
        return f"run {self.id} ({self.playbook})" if self.playbook else f"run {self.id}"

    @property
    def summary(self) -> dict[Outcome, int]:
        """Hosts counted by outcome; outcomes that no host has are left out."""
        counted = Counter(host.outcome for host in self.hosts)
        return {outcome: counted[outcome] for outcome in Outcome if counted[outcome]}
