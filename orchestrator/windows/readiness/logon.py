"""Findings about the log-on screen: what may keep the add-in's link from its users."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.windows import provider
from orchestrator.windows.readiness.finding import Finding
from orchestrator.windows.readiness.kinds import OTHER_PROVIDERS, PROVIDER_FILTERS, UAC
from orchestrator.windows.readiness.survey import Survey


def findings(survey: Survey) -> Iterator[Finding]:
    """Policies, and other makers' providers and filters."""
    if survey.policies and survey.policies.number("EnableLUA") == 0:
        yield UAC.found(
            "User Account Control is switched off, which is known to break password reset",
            {"EnableLUA": 0},
            "set EnableLUA=1 and restart",
        )
    if survey.other_providers:
        yield OTHER_PROVIDERS.found(
            "there are credential providers of other makers; users may see more than one tile",
            {"clsids": list(survey.other_providers)},
            "try the add-in beside them on one machine first",
        )
    if survey.other_filters:
        yield PROVIDER_FILTERS.found(
            "a credential provider filter of another maker may hide the add-in",
            {"clsids": list(survey.other_filters)},
            f"ask the maker of the filter how to let {provider.CLSID} through",
        )
