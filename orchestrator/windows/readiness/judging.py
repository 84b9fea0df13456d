"""All findings about a host."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.finding import Finding, Severity
from orchestrator.windows.readiness import egress, limits, logon, network, restart, system, tls, updates, windows10
from orchestrator.windows.readiness.policy import Policy
from orchestrator.windows.readiness.survey import Survey


def findings(survey: Survey, policy: Policy) -> list[Finding]:
    """What is to be said about a host by this policy, gravest matters first and what is ignored last."""
    judged = (policy.judged(finding) for finding in _all(survey, policy))
    return sorted(judged, key=lambda finding: list(Severity).index(finding.severity))


def _all(survey: Survey, policy: Policy) -> Iterator[Finding]:
    yield from system.findings(survey, policy.minimum_free_mb)
    yield from tls.findings(survey)
    yield from updates.findings(survey)
    yield from restart.findings(survey)
    yield from logon.findings(survey)
    yield from windows10.findings(survey)
    yield from network.findings(survey, policy.clock_tolerance)
    yield from egress.findings(survey)
    yield from limits.findings(survey)
