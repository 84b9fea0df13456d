"""All findings about a host."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.windows.readiness import limits, logon, network, restart, system, tls, updates, windows10
from orchestrator.windows.readiness.finding import Finding, Severity
from orchestrator.windows.readiness.survey import Survey


def findings(survey: Survey, minimum_free_mb: int) -> list[Finding]:
    """What is to be said about a host, gravest matters first."""
    return sorted(_all(survey, minimum_free_mb), key=lambda finding: list(Severity).index(finding.severity))


def _all(survey: Survey, minimum_free_mb: int) -> Iterator[Finding]:
    yield from system.findings(survey, minimum_free_mb)
    yield from tls.findings(survey)
    yield from updates.findings(survey)
    yield from restart.findings(survey)
    yield from logon.findings(survey)
    yield from windows10.findings(survey)
    yield from network.findings(survey)
    yield from limits.findings(survey)
