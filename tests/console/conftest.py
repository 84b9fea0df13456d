"""A made-up fleet with every outcome, for the tests of what people see."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestrator.model.detail import OtherDetail
from orchestrator.model.finding import Read
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult, StepRecord, StepResult
from orchestrator.runs.result_part import ResultPart, from_version_1
from orchestrator.steps.tls12 import Tls12Detail

BEGAN = datetime(2025, 3, 3, 9, 14, 5, tzinfo=UTC)
SCHANNEL = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client"

BRANCHES = (("windows7", 1, "x64"), ("windows7", 1, "x86"), ("windows8.1", 0, "x64"), ("windows8", 0, "x64"))

FATES = {
    Outcome.SKIPPED: ("a condition of the playbook leaves Windows 10 out", None),
    Outcome.OK: ("the add-in 1.0.11 is installed and TLS 1.2 is on", None),
    Outcome.CHANGED: ("the add-in 1.0.11 was installed, and is proved", None),
    Outcome.REBOOT_PENDING: ("installed; a restart is due", None),
    Outcome.CANCELLED: ("the run was stopped before this host's turn", None),
    Outcome.BLOCKED: ("only 212 MB are free on drive C:", "Free at least 500 MB on drive C: and run it again."),
    Outcome.UNREACHABLE: (
        "no answer on port 5985",
        "Check that the machine is switched on and that winrm quickconfig has been run there.",
    ),
    Outcome.UNKNOWN: (
        "the connection was lost during the installation, and the host did not come back within 30 min",
        "Run the playbook again when the machine is back: it looks first, and repeats nothing that took effect.",
    ),
    Outcome.FAILED: (
        "Windows Installer ended with 1603 (fatal error during installation)",
        "Read the custom action that the log names; the log is in the run's folder.",
    ),
}
PATTERN = (
    *(Outcome.CHANGED,) * 30,
    *(Outcome.OK,) * 8,
    *(Outcome.REBOOT_PENDING,) * 2,
    Outcome.FAILED,
    Outcome.BLOCKED,
    Outcome.UNREACHABLE,
    Outcome.UNREACHABLE,
    Outcome.UNKNOWN,
    Outcome.SKIPPED,
    Outcome.CANCELLED,
)


def as_read(outcome: Outcome, reason: str, detail: Mapping[str, Any]) -> StepResult:
    """A step's result as a file gives it that has this detail."""
    part = from_version_1({"outcome": outcome, "reason": reason, "detail": detail})
    return ResultPart.model_validate_json(json.dumps(part)).result


def preflight_detail(index: int, *, free_mb: int = 51_234, block: bool = False) -> dict[str, Any]:
    """The detail that a preflight step leaves, as its contract says."""
    branch, pack, architecture = BRANCHES[index % len(BRANCHES)]
    product = {"windows7": "Windows 7 Professional", "windows8": "Windows 8 Pro"}.get(branch, "Windows 8.1 Pro")
    findings: list[dict[str, Any]] = [
        {
            "code": "uac_off",
            "severity": "warn",
            "message": "user account control is off",
            "evidence": {"EnableLUA": 0},
            "remedy": "Set EnableLUA to 1 and restart.",
        }
    ] * (index % 3 == 0)
    if block:
        message, remedy = FATES[Outcome.BLOCKED]
        findings += [
            {
                "code": "disk_full",
                "severity": "block",
                "message": message,
                "evidence": {"free_mb": free_mb},
                "remedy": remedy,
            }
        ]
    return {
        "machine": {
            "branch": branch,
            "product": product,
            "edition": "Professional",
            "service_pack": pack,
            "architecture": architecture,
            "build": "7601",
            "computer_name": f"PC-{index:04}",
        },
        "tls12": {
            "verdict": ("on", "default", "off")[index % 3],
            "sentence": "TLS 1.2 is enabled",
            "values": {SCHANNEL: {"Enabled": 1, "DisabledByDefault": 0}},
        },
        "addin": {"installed": index % 2 == 0, "version": "1.0.11" if index % 2 == 0 else None, "product_code": None},
        "restart_pending": ["Windows Update"] if index % 5 == 0 else [],
        "free_mb": free_mb,
        "findings": findings,
    }


def host(index: int, outcome: Outcome, **changed: Any) -> HostResult:
    """A host that met the given fate, with the steps that lead there."""
    reason, remedy = FATES[outcome]
    name, address = f"PC-{index:04}", f"10.20.{index // 250}.{index % 250}"
    final = StepResult(outcome, verbatim(reason), remedy=verbatim(remedy) if remedy else None)
    if outcome in {Outcome.CANCELLED, Outcome.SKIPPED}:
        return HostResult(name, address, verdict=final)
    if outcome is Outcome.UNREACHABLE:
        return HostResult(name, address, steps=(StepRecord("preflight", final, 92.4, 3),))
    blocked = outcome is Outcome.BLOCKED
    detail = preflight_detail(index, free_mb=212 if blocked else 51_234, block=blocked)
    found = (Outcome.BLOCKED, reason) if blocked else (Outcome.OK, "nothing speaks against it")
    preflight = as_read(*found, detail)
    steps = [StepRecord("preflight", preflight, 1.8)]
    if not blocked:
        tls = Tls12Detail("off", {SCHANNEL: {}}, {SCHANNEL: {"Enabled": 1, "DisabledByDefault": 0}})
        steps.append(StepRecord("tls12", StepResult(Outcome.OK, verbatim("TLS 1.2 is enabled"), tls), 2.6))
        log: dict[str, Read] = {
            "exit_code": 1603,
            "log": "MSI (s) (38:B8): Product: SSPR\nCustomAction Register returned 1603\n" * 8,
        }
        done: dict[str, Read] = {"exit_code": 0, "sha256": "9f" * 32}
        told = OtherDetail(None, log if outcome is Outcome.FAILED else done)
        steps.append(StepRecord("msi", replace(final, detail=told), 41.7 + index % 97, 1 + index % 2))
    branch = BRANCHES[index % len(BRANCHES)][0]
    return HostResult(**{"name": name, "address": address, "branch": branch, "steps": tuple(steps), **changed})


def run(count: int, **changed: Any) -> RunResult:
    """A run of the install playbook over `count` hosts, in which every outcome occurs."""
    stride = max(1, len(PATTERN) // count) if count else 1
    hosts = tuple(host(index, PATTERN[-1 - index * stride % len(PATTERN)]) for index in range(count))
    facts = {"id": "20250303-091405-4f1c", "playbook": "install", "started": BEGAN, "state": "finished"}
    return RunResult(**{**facts, "finished": BEGAN + timedelta(minutes=23, seconds=12), "hosts": hosts, **changed})


@pytest.fixture
def make_host() -> Callable[..., HostResult]:
    return host


@pytest.fixture
def make_run() -> Callable[..., RunResult]:
    return run
