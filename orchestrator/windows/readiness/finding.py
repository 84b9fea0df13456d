"""A finding, and the kind of thing that it is: what every file of this package speaks of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from orchestrator.windows.command import Evidence


class Severity(StrEnum):
    """What a finding does to a host's outcome, gravest first."""

    BLOCK = "block"
    WARN = "warn"
    INFO = "info"
    IGNORE = "ignore"
    """Somebody has decided that it does not matter; no kind is so by itself."""


@dataclass(frozen=True)
class Finding:
    """One thing that an admin should know about a host.

    Attributes:
        code: Stable name; policies speak of findings by it.
        severity: Whether it blocks, warns or only informs.
        message: In plain words.
        evidence: What was read on the host.
        remedy: What to do about it; None when nothing need be done.
    """

    code: str
    severity: Severity
    message: str
    evidence: dict[str, Any] = field(default_factory=dict)
    remedy: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "severity": self.severity.value}


@dataclass(frozen=True)
class Kind:
    """What all findings of one code have in common.

    Attributes:
        code: Stable name.
        severity: What such a finding does to a host unless somebody decides otherwise.
        meaning: One line, true of every host that it is said of.
        source: Why we believe that it matters, and how sure that is.
        firm: Whether it blocks whatever anybody decides: nothing that follows could succeed.
    """

    code: str
    severity: Severity
    meaning: str
    source: Evidence
    firm: bool = False

    def found(self, message: str, evidence: Mapping[str, Any] | None = None, remedy: str | None = None) -> Finding:
        """A finding of this kind."""
        return Finding(self.code, self.severity, message, dict(evidence or {}), remedy)
