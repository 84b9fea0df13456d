"""All findings about a host, and what was looked for there and is fine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any

from orchestrator.model.finding import Finding, Severity
from orchestrator.windows.readiness import (
    egress,
    interfering,
    limits,
    logon,
    network,
    numbers,
    restart,
    roots,
    system,
    tls12,
    unknown,
    updates,
    windows10,
)
from orchestrator.windows.readiness.finding import Kind, Policy
from orchestrator.windows.readiness.survey import Survey

SUBJECTS = (system, tls12, roots, updates, restart, logon, network, egress, limits, windows10, interfering, unknown)
"""The files that declare kinds of findings and judge (`findings`), in the order in which they are told."""


def _declared(subject: ModuleType) -> Iterator[Kind[Any]]:
    for value in vars(subject).values():
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, Kind):
                yield each


KINDS: Mapping[str, Kind[Any]] = {kind.code: kind for subject in (*SUBJECTS, numbers) for kind in _declared(subject)}
"""Every kind of finding, by code."""


def findings(survey: Survey, policy: Policy) -> list[Finding]:
    """What is to be said about a host by this policy, gravest matters first and what is ignored last."""
    found = [
        finding
        for subject in SUBJECTS
        for finding in subject.findings(survey, policy)
        if KINDS[finding.code].judges(survey)
    ]
    found += numbers.findings(
        survey, [number for kind in KINDS.values() if kind.asked(survey) for number in kind.numbers]
    )
    judged = [policy.judged(each) for each in found]
    return sorted(judged, key=lambda finding: list(Severity).index(finding.severity))


def found_fine(survey: Survey, found: Iterable[Finding]) -> list[str]:
    """Codes of what was looked for on a host, could be judged, and is not among its findings."""
    codes = {finding.code for finding in found}
    return [
        code
        for code, kind in KINDS.items()
        if codes.isdisjoint((code, *kind.superseded_by))
        and kind.asked(survey)
        and kind.judges(survey)
        and not survey.among_mistyped(kind.numbers)
    ]
