"""What stays in memory of a host that is left alone for long: texts, which are a fraction of what they stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from orchestrator.fleet.step_state import StepState
from orchestrator.model.codec import decode, encode
from orchestrator.model.result import StepRecord

LONG_SECONDS: Final = 180.0
"""Of a rest; longer than any over which something must be known of another run's lease."""


@dataclass(frozen=True, slots=True)
class Asleep:
    """A host that rests, or that is off and waited for.

    Attributes:
        step: The name of the step that it rests in.
        texts: That step's state, and the records of those before it.
    """

    step: str
    texts: tuple[str, ...]

    @classmethod
    def of(cls, step: str, state: str, earlier: Sequence[StepRecord]) -> Self:
        """What stays of a host, by what its step and those before it have left."""
        return cls(step, (state, *map(encode, earlier)))

    @property
    def state(self) -> StepState:
        """How far the step is."""
        return decode(StepState, self.texts[0])

    @property
    def earlier(self) -> list[StepRecord]:
        """The records of the steps before it."""
        return [decode(StepRecord, text) for text in self.texts[1:]]
