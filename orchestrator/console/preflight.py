"""What a preflight learned about a host, in a few words for tables and files."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.console.words import one_line
from orchestrator.model.finding import Finding, Severity
from orchestrator.model.outcome import Outcome
from orchestrator.model.preflight import AWAITS_RESTART, AddIn, PreflightDetail, Windows10
from orchestrator.model.result import HostResult
from orchestrator.sentences import say

_BRANCHES = {"windows7": "7", "windows8": "8", "windows8.1": "8.1", "windows10": "10"}
_VERDICTS = {
    "on": "on",
    "default": "by default",
    "off": "off",
    "hard_off": "forbidden",
    AWAITS_RESTART: "after restart",
}


@dataclass(frozen=True)
class Facts:
    """A host in a few words, each empty when it was not learned.

    Attributes:
        windows: As in `7 SP1 x64`.
        tls12: As in `on`, `by default`, `off`.
        addin: Its version, or `none`; of Windows 10, which has the feature built in, whether that is on.
        restart: `pending` or `no`.
        disk: Free space, as in `12.3 GB`.
        reasons: What decided about the host, and what else a person should know of.
    """

    windows: str
    tls12: str
    addin: str
    restart: str
    disk: str
    reasons: tuple[str, ...]


def facts(host: HostResult) -> Facts:
    """What the table shows of a host, whether it was looked at or not."""
    detail = learned(host) or PreflightDetail()
    grave = {Severity.BLOCK, Severity.WARN}
    reasons = [one_line(say(each.message)) for each in findings(detail) if each.severity in grave]
    if not reasons or host.deciding.detail is not detail:
        reasons.insert(0, one_line(say(host.reason)))
    verdict = one_line(detail.tls12.verdict) if detail.tls12 else ""
    waiting = detail.restart_pending
    return Facts(
        windows=windows(host),
        tls12=_VERDICTS.get(verdict, verdict),
        addin=_built_in(detail.windows10) if detail.windows10 else _addin(detail.addin),
        restart="" if waiting is None else "pending" if waiting else "no",
        disk=_disk(detail.free_mb),
        reasons=tuple(dict.fromkeys(reasons)),
    )


def windows(host: HostResult) -> str:
    """Which Windows the host runs, as in `7 SP1 x64`; empty when that was not learned."""
    detail = learned(host)
    machine = detail.machine if detail else None
    if machine is None:
        return _BRANCHES.get(host.branch or "", one_line(host.branch or ""))
    title = _BRANCHES.get(machine.branch) or machine.product.removeprefix("Windows ") or machine.branch
    parts = (title, f"SP{machine.service_pack}" if machine.service_pack > 0 else "", machine.architecture)
    return " ".join(one_line(part) for part in parts if part)


def learned(host: HostResult) -> PreflightDetail | None:
    """What the step that looked at the host has to tell; None when none did."""
    for record in host.steps:
        if isinstance(record.result.detail, PreflightDetail):
            return record.result.detail
    return None


def left_to(host: HostResult) -> str | None:
    """The playbook that deals with all that blocks the host, where one does."""
    found = findings(host.deciding.detail)
    playbooks = {each.settled_by for each in found if each.severity is Severity.BLOCK}
    return playbooks.pop() if host.outcome is Outcome.BLOCKED and len(playbooks) == 1 else None


def findings(detail: object) -> list[Finding]:
    """The findings in a step's detail, gravest first."""
    found = detail.findings if isinstance(detail, PreflightDetail) else ()
    return sorted(found, key=lambda finding: list(Severity).index(finding.severity))


def _addin(found: AddIn | None) -> str:
    if found is None:
        return ""
    return one_line(found.version or "yes") if found.installed else "none"


def _built_in(found: Windows10) -> str:
    return f"built in, {'on' if found.allowed else 'off'}"


def _disk(megabytes: int | None) -> str:
    if megabytes is None:
        return ""
    return f"{megabytes / 1024:,.1f} GB" if megabytes >= 1024 else f"{megabytes:.0f} MB"  # noqa: PLR2004 - MB in a GB
