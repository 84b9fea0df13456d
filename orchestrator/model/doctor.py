"""What a doctor learned about a machine: the detail of its step, which the page for an issue and the table show."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.model.detail import Detail
from orchestrator.model.message import Message


@dataclass(frozen=True)
class Answer:
    """What a command printed, or the beginning of that.

    Without an exit code it did not come to an end, and `output` is why.
    """

    command: str
    exit_code: int | None
    output: str


@dataclass(frozen=True)
class ExaminedBelief:
    """Something that the program believes of Windows, after a look at a machine.

    Attributes:
        name: Which one.
        sentence: What is believed.
        difference: What is otherwise on the machine; None when nothing is.
        answers: What the machine said, where something is otherwise.
    """

    name: str
    sentence: Message
    difference: Message | None = None
    answers: tuple[Answer, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the machine does as is believed."""
        return self.difference is None


@dataclass(frozen=True)
class DoctorDetail(Detail, kind="doctor"):
    """All of it; `machine` is what people call that Windows."""

    machine: str
    build: str
    beliefs: tuple[ExaminedBelief, ...]
