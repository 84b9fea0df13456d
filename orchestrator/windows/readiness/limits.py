"""Findings about what password reset does not do anywhere, told where a host may meet it."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.finding import Finding
from orchestrator.windows.readiness.kinds import (
    COPY_PROFILE,
    DOMAIN_CONTROLLER,
    DOT1X,
    DOT1X_BEFORE_LOGON,
    REMOTE_DESKTOP,
)
from orchestrator.windows.readiness.survey import Survey


def findings(survey: Survey) -> Iterator[Finding]:
    """Limits that no command mends."""
    limits = survey.limits
    if limits.pre_logon_profiles:
        yield DOT1X_BEFORE_LOGON.found(
            "a network profile asks for 802.1X immediately before user log-on: until then there is no network to "
            "reset a password by",
            {"profiles": list(limits.pre_logon_profiles)},
            "authenticate the machine instead (802.1X computer authentication)",
        )
    elif limits.dot1x:
        yield DOT1X.found(
            "802.1X may be in use; password reset works with computer authentication, "
            'and not with "immediately before user logon"',
            {"signs": list(limits.dot1x)},
        )
    if limits.remote_desktop:
        yield REMOTE_DESKTOP.found(
            "Remote Desktop is allowed, and password reset is not offered there: it has to be tried at the machine",
            {"fDenyTSConnections": 0},
        )
    if limits.domain:
        yield DOMAIN_CONTROLLER.found(
            f"the host is a member of {limits.domain}: a new password works at its log-on screen only while a domain "
            "controller can be reached",
            {"domain": limits.domain},
        )
    if limits.copied_profile:
        yield COPY_PROFILE.found(
            "the machine was set up with CopyProfile; where the built-in Administrator's web cache was not cleared "
            "before sysprep, password reset may not open",
            {"answer_file": "CopyProfile"},
        )
