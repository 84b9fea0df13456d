"""Which packages the step `msi` lets out to hosts, judged before any of them is touched."""

from __future__ import annotations

from orchestrator.model.errors import PackageError, PackageUnproven
from orchestrator.package.packages import Package
from orchestrator.package.registration import Registers
from orchestrator.package.verdict import PUBLISHER, Verdict
from orchestrator.steps import detached
from orchestrator.windows import msiexec


def check(package: Package, *, unproven: bool, allow_unsigned: bool) -> None:
    """Refuses a package that no host could take, or that is not the add-in's as far as tables and signature tell.

    Args:
        package: As it was read.
        unproven: Whether its tables need not tell that it is the add-in's.
        allow_unsigned: Whether somebody answers for one that Microsoft has not signed.

    Raises:
        PackageError: It is not taken.
        PackageUnproven: It may be the add-in's, and nobody has said yet that it is to be installed.
    """
    try:
        msiexec.package(detached.job_for("install"), package.path.name)
    except ValueError as error:
        raise PackageError(f"{package.path}: {error}; rename the file") from error
    said = package.registration
    if said.registers is Registers.NO:
        raise PackageError(
            f"{package.path}: is not the add-in's package: it {said.because}. Give the package that Microsoft offers; "
            "other software is installed by the steps `copy` and `command`"
        )
    _check_signature(package, allow_unsigned=allow_unsigned)
    if said.registers is Registers.UNPROVEN and not unproven:
        raise PackageUnproven(
            f"{package.path}: {package.product_name} {package.version} {said.because}, so its tables "
            "cannot prove that it is the add-in's package. If you trust it, give --set msi.unproven=true; the run then "
            "verifies on every host that the add-in's credential provider is registered"
        )


def _check_signature(package: Package, *, allow_unsigned: bool) -> None:
    """Refuses a package that is not proved to be Microsoft's, but for one that somebody answers for."""
    signature = package.signature
    if signature.verdict is Verdict.BROKEN:
        raise PackageError(
            f"{package.path}: {signature.because}; whatever is allowed, it goes to no host. Get it again"
        )
    if signature.verdict is Verdict.UNVERIFIED:
        raise PackageError(f"{package.path}: {signature.because}")
    if signature.verdict is not Verdict.MICROSOFT and not allow_unsigned:
        raise PackageError(
            f"{package.path}: {signature.because}, so nothing proves that it is {PUBLISHER}'s, and every host would "
            "run it as SYSTEM. Get the package that Microsoft offers; if you answer for this one, say "
            "--set msi.allow_unsigned=true"
        )
