"""Findings about the log-on screen: what may keep the add-in's link from its users."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.finding import Finding
from orchestrator.windows import branches, provider, registry
from orchestrator.windows.readiness.kinds import (
    DISABLED,
    EXCLUDED,
    OTHER_PROVIDERS,
    PROVIDER_FILTERS,
    SMART_CARD,
    UAC,
)
from orchestrator.windows.readiness.survey import Survey
from orchestrator.windows.registry import Key

_SHOWN = 1000
"""Characters of a policy in evidence."""


def findings(survey: Survey) -> Iterator[Finding]:
    """Policies, and other makers' providers and filters."""
    policies = survey.policies or registry.absent(provider.POLICIES_SYSTEM)
    if survey.machine.branch is not branches.WINDOWS_10:
        yield from _of_the_add_in(survey, policies)
    if policies.number("EnableLUA") == 0:
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


def _of_the_add_in(survey: Survey, policies: Key) -> Iterator[Finding]:
    """What concerns the add-in alone; Windows 10 needs none, and findings of its own tell of smart cards."""
    excluded = policies.text("ExcludedCredentialProviders") or ""
    if provider.CLSID.lower() in excluded.lower():
        yield EXCLUDED.found(
            "a policy excludes the add-in's credential provider: users would never see it",
            {"ExcludedCredentialProviders": excluded[:_SHOWN]},
            f'take {provider.CLSID} out of the policy "Exclude credential providers"',
        )
    disabled = survey.provider.key.number("Disabled") if survey.provider.key else None
    if disabled:
        yield DISABLED.found(
            "the add-in's credential provider is disabled: users would never see it",
            {rf"{provider.PROVIDER}\Disabled": disabled},
            "delete the value Disabled of the provider's key, or have whoever sets it leave it out",
        )
    required = policies.number("scforceoption")
    if required:
        yield SMART_CARD.found(
            "a policy requires smart cards to log on: a password that was reset is of no use at this log-on screen",
            {"scforceoption": required},
            'leave this host out, or take it out of "Interactive logon: Require smart card"',
        )
