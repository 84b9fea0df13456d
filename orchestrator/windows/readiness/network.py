"""Findings about what lies between the host and Entra: proxies, and a clock by which certificates are not valid."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from orchestrator.model.finding import Finding, Severity
from orchestrator.windows import numbers, proxy
from orchestrator.windows.command import Evidence, Sureness
from orchestrator.windows.egress import HTTPS, SERVICE
from orchestrator.windows.readiness.finding import SSPR, Policy, finding, on_10
from orchestrator.windows.readiness.survey import Survey

SCRIPTS = "ajax.aspnetcdn.com"
"""Needed besides by Windows 10 (howto-sspr-windows, "Network proxy requirements")."""
_NAMES = 5
"""How many proxies are named in a sentence."""
_SETTINGS = rf"{proxy.MACHINE}\Connections: WinHttpSettings"


@finding(
    "proxy",
    Severity.INFO,
    where=rf"{_SETTINGS}; {proxy.SYSTEM}: ProxyEnable, ProxyServer, AutoConfigURL",
    source=SSPR,
    remedy=False,
    rests_on=(proxy.PROXY,),
    numbers=numbers.PROXY,
)
def by_proxy(winhttp: str | None, wininet: str | None, service: str, scripts: str | None) -> None:
    """The host reaches the Internet by a proxy: WinHTTP's, WinINET's for SYSTEM, or both."""


@finding(
    "proxy_of_users",
    Severity.WARN,
    where="ProxyEnable, ProxyServer and AutoConfigURL of SYSTEM, and of whoever is logged on",
    source=SSPR,
    rests_on=(proxy.PROXY,),
    numbers=numbers.PROXY,
)
def proxy_of_users(proxies: tuple[str, ...], service: str, scripts: str | None) -> None:
    """Users have a proxy and the machine has none."""


@finding(
    "proxy_unreadable",
    Severity.INFO,
    where=_SETTINGS,
    source=Evidence("the layout as many have found it out for WinINET's settings", Sureness.REPORTED),
    remedy=False,
    rests_on=(proxy.PROXY,),
)
def proxy_unreadable() -> None:
    """WinHTTP's proxy settings are not in a form that we know."""


@finding(
    "clock",
    Severity.WARN,
    where="the date in the host's answers, beside our own clock",
    source=Evidence(
        "MS-KILE 3.1.1.2 and Windows' default policy of 5 minutes; validity of certificates", Sureness.DOCUMENTED
    ),
    asked=lambda survey: survey.clock_ahead is not None,
)
def clock(amount: int, unit: str, ahead: bool) -> None:
    """The host's clock is further off than it may be; `unit` is days, hours or minutes."""


def findings(survey: Survey, policy: Policy) -> Iterator[Finding]:
    """What may keep a connection from coming about, or make it fail."""
    yield from _proxy(survey)
    ahead = survey.clock_ahead
    if ahead is not None and abs(ahead) > policy.clock_tolerance:
        # A warning however far it is off: nothing that is done to a host depends on its clock, and a member of a
        # domain sets it itself. Whoever wants it right first requires it.
        amount, unit = _rounded(abs(ahead))
        yield clock.found({"seconds_ahead": round(ahead.total_seconds())}, amount, unit, ahead=ahead > timedelta())


def _proxy(survey: Survey) -> Iterator[Finding]:
    settings = survey.proxy
    if settings.winhttp is None:
        yield proxy_unreadable.found({})
    winhttp = settings.winhttp.server if settings.winhttp else None
    service = f"{SERVICE}:{HTTPS}"
    scripts = f"{SCRIPTS}:{HTTPS}" if on_10(survey) else None
    if winhttp or settings.system.used:
        yield by_proxy.found(settings.shown, winhttp or None, settings.system.used or None, service, scripts)
        return
    users = sorted({name for each in settings.users if (name := each.used)})[:_NAMES]
    if users:
        yield proxy_of_users.found(settings.shown, tuple(users), service, scripts)


def _rounded(offset: timedelta) -> tuple[int, str]:
    """Days, hours or minutes, whichever says it best."""
    for unit, length in (("days", timedelta(days=1)), ("hours", timedelta(hours=1))):
        if offset >= 2 * length:
            return round(offset / length), unit
    return round(offset / timedelta(minutes=1)), "minutes"
