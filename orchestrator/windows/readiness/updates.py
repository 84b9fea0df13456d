"""Findings about updates of Windows 7 that are not registered as installed."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.finding import Finding
from orchestrator.windows import branches
from orchestrator.windows.readiness.kinds import KB3080079, KB3140245, KB4474419, KB4490628
from orchestrator.windows.readiness.survey import Survey
from orchestrator.windows.updates import CREDSSP_TLS12, SERVICING_STACK, SHA2_SIGNING, WINHTTP_TLS12

_LIMIT = "a package that is not registered proves nothing: a later one may have brought the same"


def findings(survey: Survey) -> Iterator[Finding]:
    """What seems to be missing. Later branches have come with it all."""
    updates = survey.updates
    if updates is None or survey.machine.branch is not branches.WINDOWS_7:
        return
    seen = {"packages": list(updates.packages), "rollups": list(updates.rollups), "limit": _LIMIT}
    missing = {SHA2_SIGNING, SERVICING_STACK, CREDSSP_TLS12, WINHTTP_TLS12} - set(updates.packages)
    if WINHTTP_TLS12 in missing and not updates.rollups:
        yield KB3140245.found(
            f"neither {WINHTTP_TLS12} nor a monthly rollup is registered: WinHTTP may not heed DefaultSecureProtocols",
            seen,
            f"install {WINHTTP_TLS12} or a monthly rollup; if password reset works on a host like this, ignore it",
        )
    if SHA2_SIGNING in missing:
        yield KB4474419.found(f"{SHA2_SIGNING} (support for SHA-2 signatures) is not registered", seen)
    if SERVICING_STACK in missing:
        yield KB4490628.found(
            f"{SERVICING_STACK} (servicing stack) is not registered: updates since July 2019 may not install", seen
        )
    if CREDSSP_TLS12 in missing:
        yield KB3080079.found(
            f"{CREDSSP_TLS12} is not registered: logging on by CredSSP may fail where TLS 1.2 is required", seen
        )
