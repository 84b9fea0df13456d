"""Findings about what lies between the host and Entra: proxies, and a clock by which certificates are not valid."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from orchestrator.model.finding import Finding
from orchestrator.windows import branches
from orchestrator.windows.egress import HTTPS, SERVICE
from orchestrator.windows.readiness.kinds import CLOCK, PROXY, PROXY_OF_USERS, PROXY_UNREADABLE
from orchestrator.windows.readiness.survey import Survey

SCRIPTS = "ajax.aspnetcdn.com"
"""Needed besides by Windows 10."""
_NAMES = 5
"""How many proxies are named in a sentence."""


def findings(survey: Survey, clock_tolerance: timedelta) -> Iterator[Finding]:
    """What may keep a connection from coming about, or make it fail."""
    yield from _proxy(survey)
    ahead = survey.clock_ahead
    if ahead is not None and abs(ahead) > clock_tolerance:
        # A warning however far it is off: nothing that is done to a host depends on its clock, and a member of a
        # domain sets it itself. Whoever wants it right first requires it.
        yield CLOCK.found(
            f"the host's clock is {_words(abs(ahead))} {'ahead of' if ahead > timedelta() else 'behind'} ours: "
            "Kerberos refuses such a difference, and certificates may not be valid by it",
            {"seconds_ahead": round(ahead.total_seconds())},
            "set the clock, and see why the Windows Time service does not",
        )


def _proxy(survey: Survey) -> Iterator[Finding]:
    settings = survey.proxy
    if settings.winhttp is None:
        yield PROXY_UNREADABLE.found("WinHTTP has proxy settings in a form that we do not know")
    of_system = {
        title: name
        for title, name in (
            ("WinHTTP", settings.winhttp.server if settings.winhttp else None),
            ("WinINET", settings.system.used),
        )
        if name
    }
    if of_system:
        ways = " and ".join(f"{title} by {name}" for title, name in of_system.items())
        yield PROXY.found(
            f"connections of the log-on screen go through a proxy ({ways}); "
            f"it must let {_needed(survey)} through without asking who is there",
            settings.shown,
        )
    users = sorted({name for each in settings.users if (name := each.used)})[:_NAMES]
    if users and not of_system:
        yield PROXY_OF_USERS.found(
            f"only users have a proxy ({', '.join(users)}), and nobody is a user at the log-on screen",
            settings.shown,
            f"let {_needed(survey)} out directly, or give the machine its proxy (netsh winhttp import proxy source=ie)",
        )


def _needed(survey: Survey) -> str:
    """Names and ports (howto-sspr-windows, "Network proxy requirements")."""
    if survey.machine.branch is branches.WINDOWS_10:
        return f"{SERVICE}:{HTTPS} and {SCRIPTS}:{HTTPS}"
    return f"{SERVICE}:{HTTPS}"


def _words(offset: timedelta) -> str:
    """Days, hours or minutes, whichever says it best."""
    for unit, length in (("days", timedelta(days=1)), ("hours", timedelta(hours=1))):
        if offset >= 2 * length:
            return f"{round(offset / length)} {unit}"
    return f"{round(offset / timedelta(minutes=1))} minutes"
