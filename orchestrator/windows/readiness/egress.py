"""Findings about the way from the host to the service, where it was tried."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.finding import Finding
from orchestrator.windows import branches, tls
from orchestrator.windows.egress import Egress, End
from orchestrator.windows.readiness.kinds import (
    EGRESS_CERTIFICATE,
    EGRESS_NAME,
    EGRESS_PROXY,
    EGRESS_ROUTE,
    EGRESS_TLS,
    EGRESS_UNKNOWN,
)
from orchestrator.windows.readiness.survey import Survey


def findings(survey: Survey) -> Iterator[Finding]:
    """Where the attempt ended before the service answered."""
    egress = survey.egress
    if egress is None:
        return
    proxy = survey.proxy.winhttp.server if survey.proxy.winhttp else None
    seen = {**egress.shown, "winhttp_proxy": proxy}
    service = egress.endpoint
    way = f" by its proxy {proxy}" if proxy else ""
    match egress.end(by_proxy=proxy is not None):
        case End.NO_NAME:
            name = proxy or service.name
            yield EGRESS_NAME.found(
                f"the host cannot resolve the name {name}", seen, f"let the host's DNS servers resolve {name}"
            )
        case End.NO_ROUTE:
            yield EGRESS_ROUTE.found(
                f"the host gets no connection to {service}{way}",
                seen,
                f"let the host out to {service} in firewalls, or give the machine its proxy (netsh winhttp set proxy)",
            )
        case End.NO_HANDSHAKE:
            message, remedy = _no_handshake(survey, egress, way)
            yield EGRESS_TLS.found(message, seen, remedy)
        case End.BAD_CERTIFICATE:
            yield EGRESS_CERTIFICATE.found(
                f"the host does not accept the certificate that it is shown for {service}{way}: what inspects TLS on "
                "the way puts in one of its own, or the host's clock or its root certificates are out of date",
                seen,
                f"leave {service} out of TLS inspection; see whether the clock is right and roots are updated",
            )
        case End.PROXY:
            yield EGRESS_PROXY.found(
                f"a proxy refuses the way to {service}{way} (HTTP status {egress.status}); nobody is logged on at the "
                "log-on screen who could answer it",
                seen,
                f"let {service} through the proxy without asking who is there",
            )
        case End.UNKNOWN:
            yield EGRESS_UNKNOWN.found(
                f"whether the host reaches {service} could not be found out: its script host did not run the question "
                "or answered something that is not known",
                seen,
                "try a browser on the host; a policy against Windows Script Host or a virus scanner may forbid scripts",
            )
        case End.REACHED:
            return


def _no_handshake(survey: Survey, egress: Egress, way: str) -> tuple[str, str]:
    """What to say and to do: an old Windows on which TLS 1.2 is not on yet has to fail here."""
    begun = f"the host reaches {egress.endpoint}{way}, and no TLS connection comes about"
    machine = survey.machine
    enabled = tls.judge(survey.tls, machine.branch, machine.architecture).satisfied
    if not enabled and machine.branch is not branches.WINDOWS_10:
        return f"{begun}, as long as TLS 1.2 is not enabled", "enable TLS 1.2, restart, and check once more"
    if survey.awaits_restart:
        return f"{begun} before the restart for which TLS 1.2 waits", "restart the host, and check once more"
    remedy = (
        "see the other findings (cipher_order, kb3140245); run `sspr check --self-test`, which tells whether the "
        "service takes what this Windows has; look for what inspects TLS on the way"
    )
    return f"{begun}, although TLS 1.2 is enabled", remedy
