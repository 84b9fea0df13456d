"""Findings about the log-on screen: what may keep the add-in's link from its users."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.finding import Finding, Severity
from orchestrator.windows import numbers, provider, registry
from orchestrator.windows.command import Evidence, Sureness
from orchestrator.windows.readiness.finding import SSPR, Policy, before_10, finding
from orchestrator.windows.readiness.survey import Survey
from orchestrator.windows.registry import Key

_SHOWN = 1000
"""Characters of a policy in evidence."""


@finding(
    "uac",
    Severity.WARN,
    where=rf"{provider.POLICIES_SYSTEM}: EnableLUA",
    source=SSPR,
    rests_on=(provider.SYSTEM_POLICIES,),
    numbers=numbers.UAC,
)
def uac() -> None:
    """User Account Control is switched off."""


@finding(
    "other_providers",
    Severity.WARN,
    where=rf"{provider.AUTHENTICATION}\Credential Providers",
    source=SSPR,
    rests_on=(provider.OTHER_PROVIDERS,),
)
def other_providers() -> None:
    """There are credential providers of other makers."""


@finding(
    "provider_filters",
    Severity.WARN,
    where=rf"{provider.AUTHENTICATION}\Credential Provider Filters",
    source=Evidence("credential provider samples and reports", Sureness.REPORTED),
    rests_on=(provider.OTHER_FILTERS,),
)
def provider_filters(clsid: str) -> None:
    """A filter of another maker may hide the add-in."""


@finding(
    "excluded",
    Severity.BLOCK,
    where=rf"{provider.POLICIES_SYSTEM}: ExcludedCredentialProviders",
    source=Evidence("MicrosoftDocs/windows-itpro-docs, ADMX_CredentialProviders", Sureness.REPORTED),
    asked=before_10,
    rests_on=(provider.SYSTEM_POLICIES,),
)
def excluded(clsid: str) -> None:
    """A policy keeps the add-in from being shown."""


@finding(
    "disabled",
    Severity.BLOCK,
    where=rf"{provider.PROVIDER}: Disabled",
    source=Evidence("`Disabled` below a credential provider's key, known from experience", Sureness.REMEMBERED),
    asked=before_10,
    rests_on=(provider.REGISTRATION,),
    numbers=numbers.DISABLED,
)
def disabled() -> None:
    """The add-in's credential provider is disabled."""


@finding(
    "smart_card",
    Severity.WARN,
    where=rf"{provider.POLICIES_SYSTEM}: scforceoption",
    source=SSPR,
    asked=before_10,
    rests_on=(provider.SYSTEM_POLICIES,),
    numbers=numbers.SMART_CARD,
)
def smart_card() -> None:
    """A policy lets nobody log on with a password."""


def findings(survey: Survey, _: Policy) -> Iterator[Finding]:
    """Policies, and other makers' providers and filters."""
    policies = survey.policies or registry.absent(provider.POLICIES_SYSTEM)
    if before_10(survey):
        yield from _of_the_add_in(survey, policies)
    if policies.number("EnableLUA") == 0:
        yield uac.found({"EnableLUA": 0})
    if survey.other_providers:
        yield other_providers.found({"clsids": list(survey.other_providers)})
    if survey.other_filters:
        yield provider_filters.found({"clsids": list(survey.other_filters)}, provider.CLSID)


def _of_the_add_in(survey: Survey, policies: Key) -> Iterator[Finding]:
    """What concerns the add-in alone; Windows 10 needs none, and findings of its own tell of smart cards."""
    listed = policies.text("ExcludedCredentialProviders") or ""
    if provider.CLSID.lower() in listed.lower():
        yield excluded.found({"ExcludedCredentialProviders": listed[:_SHOWN]}, provider.CLSID)
    number = survey.provider.key.number("Disabled") if survey.provider.key else None
    if number:
        yield disabled.found({rf"{provider.PROVIDER}\Disabled": number})
    required = policies.number("scforceoption")
    if required:
        yield smart_card.found({"scforceoption": required})
