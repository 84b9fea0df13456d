"""Findings about what password reset does not do anywhere, told where a host may meet it."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.finding import Finding, Severity
from orchestrator.windows import join, limits, numbers
from orchestrator.windows.readiness.finding import SSPR, Policy, finding
from orchestrator.windows.readiness.survey import Survey


@finding(
    "remote_desktop",
    Severity.INFO,
    where=f"fDenyTSConnections in {limits.TERMINAL_POLICY}, {limits.TERMINAL_SERVER}",
    source=SSPR,
    remedy=False,
    rests_on=(limits.DENIED, limits.DENIED_BY_POLICY),
    numbers=numbers.REMOTE_DESKTOP,
)
def remote_desktop() -> None:
    """Password reset is not offered over Remote Desktop."""


@finding(
    "dot1x_before_logon",
    Severity.WARN,
    where=r"%ProgramData%\Microsoft\dot3svc and \Wlansvc: singleSignOn in the profiles of networks",
    source=SSPR,
    rests_on=(limits.PROFILES,),
)
def dot1x_before_logon() -> None:
    """802.1X immediately before user log-on: there is no network to reset by."""


@finding(
    "dot1x",
    Severity.INFO,
    where=f"{limits.WIRED_AUTOCONFIG}: Start; {limits.WIRED_POLICY}; {limits.WIRELESS_POLICY}",
    source=SSPR,
    remedy=False,
    rests_on=(limits.WIRED, limits.WIRED_BY_POLICY, limits.WIRELESS_BY_POLICY),
    numbers=numbers.WIRED_START,
)
def dot1x() -> None:
    """802.1X may be in use; it must not wait for a user to log on."""


@finding(
    "domain_controller",
    Severity.INFO,
    where=rf"{join.TCPIP}: Domain",
    source=SSPR,
    remedy=False,
    rests_on=(join.DOMAIN,),
)
def domain_controller(domain: str) -> None:
    """A new password works only within reach of a domain controller."""


@finding(
    "copy_profile",
    Severity.INFO,
    where=r"%SystemRoot%\Panther: CopyProfile in the answer files of Windows Setup",
    source=SSPR,
    remedy=False,
    rests_on=(limits.ANSWER_FILES,),
)
def copy_profile() -> None:
    """Set up with CopyProfile: the web cache had to be cleared first."""


def findings(survey: Survey, _: Policy) -> Iterator[Finding]:
    """Limits that no command mends."""
    found = survey.limits
    if found.pre_logon_profiles:
        yield dot1x_before_logon.found({"profiles": list(found.pre_logon_profiles)})
    elif found.dot1x:
        yield dot1x.found({"signs": [sign.code for sign in found.dot1x]})
    if found.remote_desktop:
        yield remote_desktop.found({"fDenyTSConnections": 0})
    if found.domain:
        yield domain_controller.found({"domain": found.domain}, found.domain)
    if found.copied_profile:
        yield copy_profile.found({"answer_file": "CopyProfile"})
