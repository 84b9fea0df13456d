"""What an admin has decided about findings: which block a host, which warn, which are ignored; and the limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from orchestrator.model.finding import Finding, Severity
from orchestrator.windows.egress import Endpoint


@dataclass(frozen=True)
class Policy:
    """Decisions about a preflight.

    Attributes:
        severities: Code → what such a finding does to a host, where that is not what its kind has.
        minimum_free_mb: Free space that the system drive must have, in megabytes.
        clock_tolerance: How far a host's clock may be ahead of ours or behind.
        egress: What each host is to reach by itself; None when that is not tried.
    """

    severities: Mapping[str, Severity] = field(default_factory=dict)
    minimum_free_mb: int = 200
    clock_tolerance: timedelta = timedelta(minutes=5)
    egress: Endpoint | None = None

    def judged(self, finding: Finding) -> Finding:
        """The finding with the severity that was decided on."""
        return replace(finding, severity=self.severities.get(finding.code, finding.severity))
