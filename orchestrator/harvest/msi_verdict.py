"""What a log of Windows Installer says; whoever only hands that on needs none of the data that it is found by."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.model.confidence import Confidence
from orchestrator.model.message import Message


@dataclass(frozen=True)
class LogLine:
    """A line of a log as people are shown it.

    Attributes:
        number: From 1, as editors count.
        text: Shortened, without control characters.
    """

    number: int
    text: str

    def __str__(self) -> str:
        return f"{self.number}: {self.text}"


@dataclass(frozen=True)
class MsiLogVerdict:
    """What a log says.

    Attributes:
        result: The exit code that the installer gave; None when the log ends before.
        cause: Why it failed, or that it did not.
        evidence: Lines of the log, in order; never those that show values of properties.
        remedy: What to do; None where the log does not tell.
        confidence: How sure the cause is; `unclear` where it is not recognised.
        action: The action of the package that failed first; None when none did.
        code: Of the message that says the cause by itself, without what it is about.
    """

    result: int | None
    cause: Message
    evidence: tuple[LogLine, ...]
    remedy: Message | None
    confidence: Confidence
    action: str | None = None
    code: str = ""
