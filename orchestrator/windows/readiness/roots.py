"""Findings about the root certificates without which a host does not believe that the service is the service."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.finding import Finding, Read, Severity
from orchestrator.windows import numbers, proxy, roots
from orchestrator.windows.command import Evidence, Sureness
from orchestrator.windows.readiness.finding import Policy, finding
from orchestrator.windows.readiness.survey import Survey

_WHERE = (
    rf"HKLM\SOFTWARE\…\Certificates\{roots.NEEDED[:8]}… in {', '.join(roots.STORES)}; "
    rf"{roots.UPDATES_POLICY}: {roots.DISABLED}"
)
_SOURCE = Evidence(
    "learn.microsoft.com, azure-ca-details, and message centre MC1193408; which root the service of password reset "
    "leads to is inferred from these",
    Sureness.INFERRED,
)


def _read(survey: Survey) -> bool:
    """The host's stores could be read."""
    return survey.roots is not None


def _wanted(survey: Survey) -> bool:
    """They could be read, and do not forbid the very root whose presence would matter."""
    return survey.roots is not None and roots.NEEDED not in survey.roots.disallowed


@finding(
    "root_disallowed",
    Severity.WARN,
    where=rf"HKLM\SOFTWARE\…\Certificates\{roots.NEEDED[:8]}… in {', '.join(roots.DISALLOWED)}",
    source=_SOURCE,
    asked=_read,
    rests_on=(roots.ROOTS,),
)
def disallowed(names: tuple[str, ...]) -> None:
    """Roots stand in a store of certificates that are not to be trusted."""


@finding(
    "root_updates_off",
    Severity.WARN,
    where=_WHERE,
    source=_SOURCE,
    asked=_wanted,
    rests_on=(roots.ROOTS,),
    numbers=numbers.ROOT_UPDATES,
)
def updates_off(root: str, thumbprint: str) -> None:
    """The root is missing, and a policy keeps Windows from fetching it."""


@finding(
    "root_behind_proxy",
    Severity.WARN,
    where=f"{_WHERE}; proxies",
    source=_SOURCE,
    asked=_wanted,
    rests_on=(roots.ROOTS, proxy.PROXY),
    numbers=numbers.ROOT_UPDATES,
)
def behind_proxy(root: str, thumbprint: str) -> None:
    """The root is missing, and only users have a proxy, so that Windows may not reach the place to fetch it from."""


@finding(
    "root_missing",
    Severity.INFO,
    where=_WHERE,
    source=_SOURCE,
    asked=_wanted,
    rests_on=(roots.ROOTS,),
    numbers=numbers.ROOT_UPDATES,
    superseded_by=("root_updates_off", "root_behind_proxy"),
)
def not_there(root: str) -> None:
    """The root is missing, and Windows may fetch it when it needs it."""


@finding(
    "root_others_missing",
    Severity.INFO,
    where=_WHERE,
    source=_SOURCE,
    asked=_read,
    rests_on=(roots.ROOTS,),
    numbers=numbers.ROOT_UPDATES,
    superseded_by=("root_updates_off",),
)
def others_missing(names: tuple[str, ...]) -> None:
    """Other roots of Azure are missing, and Windows may not fetch them."""


def findings(survey: Survey, _: Policy) -> Iterator[Finding]:
    """Whether the chain of the service ends in something that the host trusts, or can come to trust."""
    found = survey.roots
    if found is None:
        return
    policy = survey.read(numbers.ROOT_UPDATES, int(found.updates_off))
    seen: dict[str, Read] = {"there": list(found.there), roots.DISABLED: policy}
    missing = roots.missing(found)
    root = roots.LISTED[roots.NEEDED]
    if forbidden := tuple(roots.LISTED[each] for each in roots.FOR_RSA if each in found.disallowed):
        yield disallowed.found({"disallowed": list(found.disallowed)}, forbidden)
    if root in missing:
        if found.updates_off:
            yield updates_off.found(seen, root, roots.NEEDED)
        elif survey.proxy.of_users_alone:
            yield behind_proxy.found(seen, root, roots.NEEDED)
        else:
            yield not_there.found(seen, root)
    elif missing and found.updates_off:
        yield others_missing.found(seen, missing)
