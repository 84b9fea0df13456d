"""Findings about the way from the host to the service, where it was tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from orchestrator.model.finding import Finding, Severity
from orchestrator.windows import branches, tls12
from orchestrator.windows.command import Evidence, Sureness
from orchestrator.windows.egress import End
from orchestrator.windows.readiness.finding import Kind, P, Policy, finding
from orchestrator.windows.readiness.survey import Survey

_SOURCE = Evidence(
    "howto-sspr-windows (the service on TCP 443); MicrosoftDocs/win32, WinHttp/error-messages; which of the stacks the "
    "add-in uses is not documented",
    Sureness.INFERRED,
)


def _finding(code: str, severity: Severity = Severity.WARN) -> Callable[[Callable[P, None]], Kind[P]]:
    where = "a request of the host's WinHTTP to the service that the policy names"
    return finding(code, severity, where=where, source=_SOURCE, asked=lambda survey: survey.egress is not None)


@_finding("egress_name")
def no_name(name: str) -> None:
    """The host cannot resolve the service's name, or its proxy's."""


@_finding("egress_route")
def no_route(service: str, proxy: str | None) -> None:
    """The host gets no connection to the service."""


@_finding("egress_tls")
def no_handshake(service: str, proxy: str | None, tls12: str) -> None:
    """No TLS connection to the service comes about; `tls12` on the host is `off`, `awaits-restart` or `on`."""


@_finding("egress_certificate")
def bad_certificate(service: str, proxy: str | None) -> None:
    """The host does not accept the service's certificate."""


@_finding("egress_proxy")
def refused(service: str, proxy: str | None, status: int | None) -> None:
    """A proxy refuses the way to the service."""


@_finding("egress_unknown", Severity.INFO)
def unknown(service: str) -> None:
    """Whether the host reaches the service could not be found out."""


def findings(survey: Survey, _: Policy) -> Iterator[Finding]:
    """Where the attempt ended before the service answered."""
    egress = survey.egress
    if egress is None:
        return
    proxy = survey.proxy.winhttp.server if survey.proxy.winhttp else None
    seen = {**egress.shown, "winhttp_proxy": proxy}
    service = str(egress.endpoint)
    match egress.end(by_proxy=proxy is not None):
        case End.NO_NAME:
            yield no_name.found(seen, proxy or egress.endpoint.name)
        case End.NO_ROUTE:
            yield no_route.found(seen, service, proxy)
        case End.NO_HANDSHAKE:
            yield no_handshake.found(seen, service, proxy, _tls12(survey))
        case End.BAD_CERTIFICATE:
            yield bad_certificate.found(seen, service, proxy)
        case End.PROXY:
            yield refused.found(seen, service, proxy, egress.status)
        case End.UNKNOWN:
            yield unknown.found(seen, service)
        case End.REACHED:
            return


def _tls12(survey: Survey) -> str:
    """An old Windows on which TLS 1.2 is not on yet has to fail a handshake."""
    machine = survey.machine
    enabled = tls12.judge(survey.tls, machine.branch, machine.architecture).satisfied
    if not enabled and machine.branch is not branches.WINDOWS_10:
        return "off"
    return "awaits-restart" if survey.awaits_restart else "on"
