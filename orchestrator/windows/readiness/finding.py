"""Kind: what all findings of one code have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.model.finding import Finding, Severity
from orchestrator.windows.command import Evidence


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
