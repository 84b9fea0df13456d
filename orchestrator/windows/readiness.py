"""Preflight: everything that is asked of a host before it is touched, and what it means for the add-in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from orchestrator.windows import boot, branches, disk, product, provider, tls
from orchestrator.windows.boot import Boot, RestartState
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import Fact, gather
from orchestrator.windows.provider import Provider
from orchestrator.windows.registry import Key
from orchestrator.windows.tls import TlsSettings

AWAITS_RESTART = "awaits_restart"
"""Shown in place of the verdict ON while the settings are in the registry but not yet in effect."""


@dataclass(frozen=True)
class Survey:
    """The answers of PREFLIGHT."""

    machine: Machine
    tls: TlsSettings
    restart: RestartState
    boot: Boot
    provider: Provider
    add_in_codes: tuple[str, ...]
    other_providers: tuple[str, ...]
    other_filters: tuple[str, ...]
    policies: Key | None
    free_bytes: int | None

    @property
    def awaits_restart(self) -> bool:
        """Whether a change of ours has not seen a restart yet."""
        return self.restart.awaited is not None and not self.boot.follows(self.restart.awaited)


PREFLIGHT: Fact[Survey] = gather(
    "preflight",
    Survey,
    branches.MACHINE,
    tls.SETTINGS,
    boot.RESTART,
    boot.BOOT,
    provider.REGISTRATION,
    product.ADD_IN_CODES,
    provider.OTHER_PROVIDERS,
    provider.OTHER_FILTERS,
    provider.UAC,
    disk.FREE_BYTES,
)


class Severity(StrEnum):
    """What a finding does to a host's outcome."""

    BLOCK = "block"
    WARN = "warn"
    INFO = "info"


@dataclass(frozen=True)
class Finding:
    """One thing that an admin should know about a host.

    Attributes:
        code: Stable name; playbooks tolerate findings by it.
        severity: Whether it blocks, warns or only informs.
        message: In plain words.
        evidence: What was read on the host.
        remedy: What to do about it; None when nothing need be done.
    """

    code: str
    severity: Severity
    message: str
    evidence: dict[str, Any] = field(default_factory=dict)
    remedy: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "severity": self.severity.value}


CODES = (
    "unsupported",
    "service_pack",
    "tls12",
    "servicing",
    "disk",
    "restart_pending",
    "file_renames",
    "winrm_start",
    "uac",
    "other_providers",
    "provider_filters",
)
"""Every code that `findings` uses."""


def findings(survey: Survey, minimum_free_mb: int) -> Iterator[Finding]:
    """What is to be said about a host, gravest matters first."""
    yield from _windows(survey)
    yield from _tls(survey)
    yield from _servicing_and_disk(survey, minimum_free_mb)
    yield from _restart(survey)
    yield from _logon(survey)


def _windows(survey: Survey) -> Iterator[Finding]:
    machine = survey.machine
    seen = {"product": machine.product, "build": machine.build, "service_pack": machine.service_pack}
    if machine.branch is branches.WINDOWS_10:
        yield Finding(
            "unsupported",
            Severity.BLOCK,
            "Windows 10 has the feature built in; the add-in is for Windows 7, 8 and 8.1",
            seen,
            "enable the feature by policy or registry instead",
        )
    elif machine.branch is branches.OTHER or machine.architecture not in {"x86", "x64"}:
        yield Finding(
            "unsupported", Severity.BLOCK, f"{machine.product} is not Windows 7, 8 or 8.1", seen, "leave this host out"
        )
    if machine.branch is branches.WINDOWS_7 and machine.service_pack < 1:
        yield Finding(
            "service_pack",
            Severity.BLOCK,
            "Windows 7 without Service Pack 1 cannot be given TLS 1.2",
            seen,
            "install Service Pack 1",
        )


def _tls(survey: Survey) -> Iterator[Finding]:
    judgement = tls.judge(survey.tls, survey.machine.branch, survey.machine.architecture)
    if not judgement.satisfied:
        yield Finding(
            "tls12",
            Severity.BLOCK,
            judgement.sentence,
            survey.tls.values,
            "run the playbook `enable-tls12`, then restart",
        )
    elif survey.awaits_restart:
        yield Finding(
            "tls12",
            Severity.WARN,
            "settings were changed and take effect with the next restart",
            {"changed_in_boot": survey.restart.awaited},
            "restart the host, for instance with the playbook `reboot`",
        )


def _servicing_and_disk(survey: Survey, minimum_free_mb: int) -> Iterator[Finding]:
    if survey.restart.servicing:
        yield Finding(
            "servicing",
            Severity.BLOCK,
            "Windows is in the middle of installing updates",
            remedy="let it finish and restart, then run again",
        )
    if survey.free_bytes is not None and survey.free_bytes < minimum_free_mb * 1024 * 1024:
        yield Finding(
            "disk",
            Severity.BLOCK,
            f"less than {minimum_free_mb} MB are free on the system drive",
            {"free_bytes": survey.free_bytes},
            "free some space, for instance with Disk Cleanup",
        )


def _restart(survey: Survey) -> Iterator[Finding]:
    if survey.restart.waiting:
        yield Finding(
            "restart_pending",
            Severity.WARN,
            "; ".join(survey.restart.waiting),
            {"waiting": list(survey.restart.waiting)},
            "restart the host when it suits its users",
        )
    if survey.restart.renames:
        yield Finding(
            "file_renames",
            Severity.INFO,
            "files wait to be replaced at the next start (printer drivers and virus scanners often leave such)",
            {"names": survey.restart.renames},
        )
    if not survey.restart.comes_back:
        yield Finding(
            "winrm_start",
            Severity.WARN,
            "WinRM does not start by itself; the host will not be restarted, as it would not be reachable afterwards",
            {"Start": survey.restart.winrm_start},
            "set the service WinRM to start automatically (sc config WinRM start= delayed-auto)",
        )


def _logon(survey: Survey) -> Iterator[Finding]:
    if survey.policies and survey.policies.number("EnableLUA") == 0:
        yield Finding(
            "uac",
            Severity.WARN,
            "User Account Control is switched off, which is known to break password reset",
            {"EnableLUA": 0},
            "set EnableLUA=1 and restart",
        )
    if survey.other_providers:
        yield Finding(
            "other_providers",
            Severity.WARN,
            "there are credential providers of other makers; users may see more than one tile",
            {"clsids": list(survey.other_providers)},
            "try the add-in beside them on one machine first",
        )
    if survey.other_filters:
        yield Finding(
            "provider_filters",
            Severity.WARN,
            "a credential provider filter of another maker may hide the add-in",
            {"clsids": list(survey.other_filters)},
            "ask the maker of the filter how to let {86D2F0AC-2171-46CF-9998-4E33B3D7FD4F} through",
        )
