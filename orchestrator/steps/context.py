"""StepContext: what a step is told of the run around it, how it waits, and what it leaves for its next call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from orchestrator.model.clock import Clock, Moment
from orchestrator.model.codec import decode, encode
from orchestrator.model.message import Message, message, phrase
from orchestrator.model.result import Rest, StepRecord

S = TypeVar("S")

SET_BACK: Final = phrase("remedy-set-back")()
"""What to do where something was written and does not stand there a moment later."""


@message("did-not-stay")
def did_not_stay(name: str) -> None:
    """A value or a file was written, and a moment later it is not what was written."""


@dataclass(frozen=True)
class StepContext:
    """What surrounds one call of one step on one host.

    A step that has to wait gives a Rest, with a state of its own (a frozen dataclass of plain values), and is called
    again; what it must not forget when it is killed in the middle of a change, it keeps right before that.

    Attributes:
        run_id: The run.
        name: The step's name in the plan.
        earlier: Results of the host's earlier steps, in order.
        attempt: From 1.
        folder: Where what comes home from this host is put; made by whoever writes there first.
        report: Tells how far a long step is.
        clock: The run's.
        state: What the last call has left, as JSON; see `recall`.
        continuing: Whether this call goes on after a rest; any other begins with looking.
        write: Keeps a state for good before it returns; see `keep`.
    """

    run_id: str
    name: str
    earlier: Sequence[StepRecord]
    attempt: int
    folder: Path
    report: Callable[[Message], None]
    write: Callable[[str | None], Awaitable[None]]
    state: str | None = None
    continuing: bool = False
    clock: Clock = field(default_factory=Clock)

    def recall(self, kind: type[S]) -> S | None:
        """What the last call has left, be it an attempt that failed; None when there is nothing."""
        return None if self.state is None else decode(kind, self.state)

    def resumed(self, kind: type[S]) -> S | None:
        """The state of the rest from which this call goes on; None when the step has to look first."""
        return self.recall(kind) if self.continuing else None

    async def keep(self, state: object) -> None:
        """Leaves a state for the next call, whatever becomes of this one."""
        await self.write(encode(state))

    async def forget(self) -> None:
        """Leaves nothing for the next call."""
        await self.write(None)

    def rest(self, seconds: float, state: object) -> Rest:
        """To be called again so many seconds from now."""
        return Rest(self.clock.after(seconds), encode(state))

    def rest_until(self, moment: Moment, state: object) -> Rest:
        return Rest(moment, encode(state))

    def again(self, state: object) -> Rest:
        """To be called again at once, the connection kept: as far as this, nothing can be lost any more."""
        return Rest(None, encode(state))
