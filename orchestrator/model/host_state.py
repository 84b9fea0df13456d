"""What is known of a host over all runs: how it ended last, since when that is so, and what remains to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from orchestrator.model.message import Message
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import StepResult


@dataclass(frozen=True)
class HostEnd:
    """How a host ended in one run.

    Attributes:
        run: The run's identifier.
        playbook: Its playbook.
        check: Whether nothing was to be changed.
        ended: When the host ended.
        outcome: How.
        reason: Why.
        deciding: The result that decided, for what to do about it.
    """

    run: str
    playbook: str
    check: bool
    ended: datetime
    outcome: Outcome
    reason: Message
    deciding: StepResult


@dataclass(frozen=True)
class HostState:
    """One host, by its name; names of long ago are among them.

    Attributes:
        name: As the newest run has it.
        address: Where that connected to.
        groups: To which it belonged there.
        last: How it ended last; None where no run has finished it yet.
        since: When it ended so for the first time without having ended otherwise since.
        answered: When it was last heard of.
        left: What remains to do about: how it ended last or, where that was only a look that found it fine, how the
            last run ended that was to change it. None where nothing remains.
        at_work: The run that is at work and has not finished it; None where there is none.
    """

    name: str
    address: str
    groups: tuple[str, ...]
    last: HostEnd | None = None
    since: datetime | None = None
    answered: datetime | None = None
    left: HostEnd | None = None
    at_work: str | None = None
