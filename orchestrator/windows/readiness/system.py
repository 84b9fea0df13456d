"""Findings about Windows itself: which one it is, whether it is busy, whether it has room."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.finding import Finding, Read, Severity
from orchestrator.windows import boot, branches, numbers
from orchestrator.windows.command import Evidence, Sureness
from orchestrator.windows.readiness.finding import SSPR, Policy, before_10, finding, on_7
from orchestrator.windows.readiness.survey import Survey

VERSION = rf"{branches.CURRENT_VERSION}: ProductName, CurrentBuild, CSDVersion"


@finding(
    "unsupported",
    Severity.BLOCK,
    where=VERSION,
    source=SSPR,
    firm=True,
    rests_on=(branches.MACHINE,),
    numbers=numbers.MAJOR_VERSION,
)
def unsupported(product: str) -> None:
    """There is no password reset for this Windows."""


@finding(
    "service_pack",
    Severity.BLOCK,
    where=VERSION,
    source=Evidence("KB3140245 (names Service Pack 1)", Sureness.DOCUMENTED),
    asked=on_7,
    firm=True,
    rests_on=(branches.MACHINE,),
)
def service_pack() -> None:
    """Windows 7 without Service Pack 1."""


@finding(
    "servicing",
    Severity.BLOCK,
    where=rf"{boot.CBS}: RebootInProgress, PackagesPending",
    source=boot.RESTART_SIGNS,
)
def servicing() -> None:
    """Windows is in the middle of installing updates."""


@finding(
    "disk",
    Severity.BLOCK,
    where="free bytes on the system drive (fsutil)",
    source=Evidence("an installation needs room for the package, its cache and its log", Sureness.INFERRED),
    asked=lambda survey: before_10(survey) and survey.free_bytes is not None,
)
def disk(minimum_mb: int) -> None:
    """Too little space on the system drive."""


def findings(survey: Survey, policy: Policy) -> Iterator[Finding]:
    """What stands in the way of installing anything at all."""
    yield from _branch(survey)
    if survey.restart.servicing:
        yield servicing.found({})
    free = survey.free_bytes
    if before_10(survey) and free is not None and free < policy.minimum_free_mb * 1024 * 1024:
        yield disk.found({"free_bytes": free}, policy.minimum_free_mb)


def _branch(survey: Survey) -> Iterator[Finding]:
    machine = survey.machine
    seen: dict[str, Read] = {"product": machine.product, "build": machine.build, "service_pack": machine.service_pack}
    if machine.branch is branches.OTHER or machine.architecture not in {"x86", "x64"}:
        yield unsupported.found(seen, machine.product)
    if on_7(survey) and machine.service_pack < 1:
        yield service_pack.found(seen)
