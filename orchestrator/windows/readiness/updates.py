"""Findings about updates of Windows 7 that are not registered as installed."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.finding import Finding, Severity
from orchestrator.windows import numbers
from orchestrator.windows.command import Evidence, Sureness
from orchestrator.windows.readiness.finding import Policy, finding, on_7
from orchestrator.windows.readiness.survey import Survey
from orchestrator.windows.updates import CREDSSP_TLS12, PACKAGES, SERVICING_STACK, SHA2_SIGNING, WINHTTP_TLS12

_WHERE = rf"{PACKAGES}: Package_for_KB…"
_SHA2 = Evidence("KB4472027 (2019 SHA-2 code signing support requirement)", Sureness.DOCUMENTED)


def _read(survey: Survey) -> bool:
    """It concerns Windows 7, and its list of updates could be read."""
    return on_7(survey) and survey.updates is not None


@finding(
    "kb3140245",
    Severity.WARN,
    where=_WHERE,
    source=Evidence(f"{WINHTTP_TLS12}; that monthly rollups contain it is remembered", Sureness.REMEMBERED),
    asked=_read,
    numbers=numbers.UPDATE_STATE,
)
def kb3140245() -> None:
    """WinHTTP may not know the value that switches TLS 1.2 on."""


@finding(
    "kb4474419", Severity.INFO, where=_WHERE, source=_SHA2, asked=_read, remedy=False, numbers=numbers.UPDATE_STATE
)
def kb4474419() -> None:
    """Files and updates that are signed with SHA-2 alone may be refused."""


@finding(
    "kb4490628", Severity.INFO, where=_WHERE, source=_SHA2, asked=_read, remedy=False, numbers=numbers.UPDATE_STATE
)
def kb4490628() -> None:
    """Updates since July 2019 may not install."""


@finding(
    "kb3080079",
    Severity.INFO,
    where=_WHERE,
    source=Evidence("pywinrm issue 173, metasploit-framework issue 12214", Sureness.REPORTED),
    asked=_read,
    numbers=numbers.UPDATE_STATE,
    remedy=False,
)
def kb3080079() -> None:
    """CredSSP and Remote Desktop may not speak TLS 1.2."""


def findings(survey: Survey, _: Policy) -> Iterator[Finding]:
    """What seems to be missing. Later branches have come with it all."""
    updates = survey.updates
    if updates is None or not on_7(survey):
        return
    seen = {"packages": list(updates.packages), "rollups": list(updates.rollups)}
    missing = {SHA2_SIGNING, SERVICING_STACK, CREDSSP_TLS12, WINHTTP_TLS12} - set(updates.packages)
    if WINHTTP_TLS12 in missing and not updates.rollups:
        yield kb3140245.found(seen)
    if SHA2_SIGNING in missing:
        yield kb4474419.found(seen)
    if SERVICING_STACK in missing:
        yield kb4490628.found(seen)
    if CREDSSP_TLS12 in missing:
        yield kb3080079.found(seen)
