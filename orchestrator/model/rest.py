"""Rest: what a step gives instead of its result when it has to wait, or when it has come so far."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.model.clock import Moment


@dataclass(frozen=True)
class Rest:
    """Call again, with this state; until then nothing is held.

    Attributes:
        until: When; None for at once, which a stop of the run does not come between.
        state: All that the next call must know, as JSON; whoever keeps it need not read it.
    """

    until: Moment | None
    state: str
