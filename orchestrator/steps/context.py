"""StepContext: what a step is told of the run around it, and how it waits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestrator.model.result import StepRecord

SET_BACK = "find out which policy or program on the host sets it back, and run the same again"
"""What to do where something was written and does not stand there a moment later."""


@dataclass(frozen=True)
class StepContext:
    """What surrounds one attempt of one step on one host.

    Attributes:
        run_id: The run.
        name: The step's name in the plan.
        earlier: Results of the host's earlier steps, in order.
        attempt: From 1.
        folder: Where what comes home from this host is put; made by whoever writes there first.
        report: Tells in words how far a long step is.
        rest: Sleeps that many seconds; meanwhile the host's place among those at work goes to another. Nothing may be
            held while resting that another host waits for, and no connection survives it for certain.
        notes: What one attempt leaves for the next, JSON-able.
    """

    run_id: str
    name: str
    earlier: Sequence[StepRecord]
    attempt: int
    folder: Path
    report: Callable[[str], None]
    rest: Callable[[float], Awaitable[None]]
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def restart_required(self) -> bool:
        """Whether an earlier step of this run waits for a restart that has not been proved since."""
        required = False
        for record in self.earlier:
            if record.result.mapping.get("restarted"):
                required = False
            required = required or record.result.reboot_required
        return required
