"""What a preflight learned about a host, read from its step's detail for showing; any of it may be missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.console.words import one_line
from orchestrator.model.result import HostResult
from orchestrator.sentences import say

_BRANCHES = {"windows7": "7", "windows8": "8", "windows8.1": "8.1", "windows10": "10"}
_VERDICTS = {
    "on": "on",
    "default": "by default",
    "off": "off",
    "hard_off": "forbidden",
    "awaits_restart": "after restart",
}
_SEVERITIES = {"block": 0, "warn": 1, "info": 2}


@dataclass(frozen=True)
class Finding:
    """One thing that a preflight noticed; `severity` is `block`, `warn` or `info`."""

    severity: str
    message: str
    remedy: str


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
    """Never raises, whatever the detail looks like: it may come from an edited result file."""
    detail = detail_of(host)
    reasons = [each.message for each in findings(detail) if each.severity in {"block", "warn"}]
    if not reasons or host.deciding.detail is not detail:
        reasons.insert(0, one_line(say(host.reason)))
    return Facts(
        windows=windows(host),
        tls12=_tls12(_mapping(detail.get("tls12"))),
        addin=_built_in(_mapping(detail.get("windows10"))) or _addin(_mapping(detail.get("addin"))),
        restart=_restart(detail),
        disk=_disk(detail.get("free_mb")),
        reasons=tuple(dict.fromkeys(reasons)),
    )


def windows(host: HostResult) -> str:
    """Which Windows the host runs, as in `7 SP1 x64`; empty when that was not learned."""
    machine = _mapping(detail_of(host).get("machine"))
    branch = _text(machine.get("branch")) or host.branch or ""
    title = _BRANCHES.get(branch) or _text(machine.get("product")).removeprefix("Windows ") or one_line(branch)
    pack = machine.get("service_pack")
    parts = (title, f"SP{pack}" if isinstance(pack, int) and pack > 0 else "", _text(machine.get("architecture")))
    return " ".join(part for part in parts if part)


def findings(detail: Mapping[str, Any]) -> list[Finding]:
    """The findings in a step's detail, gravest first."""
    listed = detail.get("findings")
    entries = [_mapping(entry) for entry in listed] if isinstance(listed, Sequence) else []
    found = [
        Finding(_text(entry.get("severity")), _text(entry.get("message")), _text(entry.get("remedy")))
        for entry in entries
        if _text(entry.get("message"))
    ]
    return sorted(found, key=lambda finding: _SEVERITIES.get(finding.severity, len(_SEVERITIES)))


def detail_of(host: HostResult) -> Mapping[str, Any]:
    """The detail of the step that looked at the host; empty when none did."""
    for record in host.steps:
        if "findings" in record.result.detail or "machine" in record.result.detail:
            return record.result.detail
    return {}


def _tls12(found: Mapping[str, Any]) -> str:
    verdict = _text(found.get("verdict"))
    return _VERDICTS.get(verdict, verdict)


def _addin(found: Mapping[str, Any]) -> str:
    if found.get("installed") is True:
        return _text(found.get("version")) or "yes"
    return "none" if found.get("installed") is False else ""


def _built_in(found: Mapping[str, Any]) -> str:
    if not isinstance(found.get("allowed"), bool):
        return ""
    return f"built in, {'on' if found['allowed'] else 'off'}"


def _restart(detail: Mapping[str, Any]) -> str:
    sources = detail.get("restart_pending")
    if not isinstance(sources, Sequence):
        return ""
    return "pending" if sources else "no"


def _disk(megabytes: object) -> str:
    if isinstance(megabytes, bool) or not isinstance(megabytes, int | float):
        return ""
    return f"{megabytes / 1024:,.1f} GB" if megabytes >= 1024 else f"{megabytes:.0f} MB"  # noqa: PLR2004 - MB in a GB


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return one_line(value) if isinstance(value, str) else ""
