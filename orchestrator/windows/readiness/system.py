"""Findings about Windows itself: which one it is, whether it is busy, whether it has room."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.finding import Finding
from orchestrator.windows import branches
from orchestrator.windows.readiness.kinds import DISK, SERVICE_PACK, SERVICING, UNSUPPORTED
from orchestrator.windows.readiness.survey import Survey


def findings(survey: Survey, minimum_free_mb: int) -> Iterator[Finding]:
    """What stands in the way of installing anything at all."""
    yield from _branch(survey)
    if survey.restart.servicing:
        yield SERVICING.found(
            "Windows is in the middle of installing updates", remedy="let it finish and restart, then run again"
        )
    installs = survey.machine.branch is not branches.WINDOWS_10
    if installs and survey.free_bytes is not None and survey.free_bytes < minimum_free_mb * 1024 * 1024:
        yield DISK.found(
            f"less than {minimum_free_mb} MB are free on the system drive",
            {"free_bytes": survey.free_bytes},
            "free some space, for instance with Disk Cleanup",
        )


def _branch(survey: Survey) -> Iterator[Finding]:
    machine = survey.machine
    seen = {"product": machine.product, "build": machine.build, "service_pack": machine.service_pack}
    if machine.branch is branches.OTHER or machine.architecture not in {"x86", "x64"}:
        yield UNSUPPORTED.found(f"{machine.product} is not Windows 7, 8, 8.1 or 10", seen, "leave this host out")
    if machine.branch is branches.WINDOWS_7 and machine.service_pack < 1:
        yield SERVICE_PACK.found(
            "Windows 7 without Service Pack 1 cannot be given TLS 1.2", seen, "install Service Pack 1"
        )
