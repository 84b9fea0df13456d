"""Step `verify`: the add-in is there and can work, seen independently of what any installer reported.

On Windows 10, which has the feature built in, it is the policy that is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from orchestrator.model.detail import Detail
from orchestrator.model.message import message, phrase, together
from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import Shown
from orchestrator.model.result import StepResult
from orchestrator.package.msi import read_package
from orchestrator.package.packages import Package, fitting
from orchestrator.remote.target import Target
from orchestrator.steps.declaration import PackageParameters, StepContext, StepKind
from orchestrator.steps.windows10 import verify_windows10
from orchestrator.windows import boot, branches, product, provider, tls12
from orchestrator.windows.boot import Boot, RestartState
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import asked, known
from orchestrator.windows.product import Product
from orchestrator.windows.provider import Provider
from orchestrator.windows.tls12 import TlsSettings, Verdict

_NOTHING_TO_PROVE = phrase("verify-nothing-carried-out")
_NOT_REGISTERED = phrase("verify-not-registered")
_NO_DLL_REGISTERED = phrase("verify-no-dll-registered")
_DLL_MISSING = phrase("verify-dll-missing")
_INSTALL_AGAIN = phrase("remedy-install-again")
_ALL_IN_PLACE = phrase("verify-all-in-place")


@message("verify-not-installed")
def _not_installed(product: str) -> None: ...


@message("verify-other-version")
def _other_version(installed: str | None, wanted: str) -> None: ...


@message("verified")
def _verified(tls12: bool) -> None: ...


@dataclass(frozen=True)
class VerifyDetail(Detail, kind="verify"):
    """What was found of the add-in.

    Attributes:
        provider_registered: Whether LogonUI and COM know it.
        dll: Path of its file as registered.
        dll_exists: None where no file is registered.
        installed_version: None where the product is not installed, or nothing said which product is meant.
        tls12_verdict: Of `windows.tls12.Verdict`, on `tls12`.
    """

    provider_registered: bool
    dll: str | None
    dll_exists: bool | None
    installed_version: str | None
    tls12_verdict: str
    tls12: Shown

    @property
    def settles(self) -> frozenset[str]:
        return frozenset({"tls12"} if self.tls12_verdict == Verdict.ON else ())

    @property
    def offers_reset(self) -> bool:
        return bool(self.provider_registered and self.dll_exists)


class VerifyParameters(PackageParameters):
    """Verify that the add-in is there and can work: product, credential provider, its file, TLS 1.2."""

    tls12: bool = Field(default=True, description="Whether TLS 1.2 belongs to what is to be verified.")

    def read(self) -> list[Package]:
        """The packages, wherever they lie: nothing on a host is changed by them."""
        return [read_package(path, self.sha256) for path in self.packages]


async def verify(target: Target, parameters: VerifyParameters, context: StepContext) -> StepResult:
    """Looks whether what the steps before were for is so; changes nothing."""
    if any(record.result.would_change for record in context.earlier):
        return StepResult(Outcome.SKIPPED, _NOTHING_TO_PROVE())
    machine = await target.machine()
    if machine.branch is branches.WINDOWS_10:
        return await verify_windows10(target, machine)
    return await _verify_add_in(target, machine, parameters)


@dataclass(frozen=True)
class _Seen:
    add_in: Provider
    tls: TlsSettings
    restart: RestartState
    booted: Boot
    standing: Product | None


async def _verify_add_in(target: Target, machine: Machine, parameters: VerifyParameters) -> StepResult:
    """Looks at the provider's key, its DLL, the installed product and TLS 1.2."""
    package = fitting(parameters.read(), machine.architecture) if parameters.packages else None
    seen = await target.observe(
        _Seen,
        add_in=asked(provider.REGISTRATION),
        tls=asked(tls12.SETTINGS),
        restart=asked(boot.RESTART),
        booted=asked(boot.BOOT),
        standing=asked(product.installed(package.product_code) if package else known("no package", None)),
    )
    registered, settings, restart, standing = seen.add_in, seen.tls, seen.restart, seen.standing
    dll_exists = await target.observe(provider.dll_exists(registered.dll)) if registered.dll else None
    judgement = tls12.judge(settings, machine.branch, machine.architecture)
    faults = []
    if registered.key is None:
        faults.append(_NOT_REGISTERED())
    elif registered.dll is None:
        faults.append(_NO_DLL_REGISTERED())
    elif not dll_exists:
        faults.append(_DLL_MISSING())
    if package and standing is None:
        faults.append(_not_installed(package.product_name))
    elif package and standing and standing.version != package.version:
        faults.append(_other_version(standing.version, package.version))
    if parameters.tls12 and not judgement.satisfied:
        faults.append(judgement.sentence)
    detail = VerifyDetail(
        provider_registered=registered.registered,
        dll=registered.dll,
        dll_exists=dll_exists,
        installed_version=standing.version if standing else None,
        tls12_verdict=judgement.verdict.value,
        tls12=settings.values,
    )
    if faults:
        return StepResult(Outcome.FAILED, together(faults), detail, remedy=_INSTALL_AGAIN())
    if restart.awaited is not None and not seen.booted.follows(restart.awaited):
        return StepResult(Outcome.REBOOT_PENDING, _ALL_IN_PLACE(), detail, reboot_required=True)
    return StepResult(Outcome.OK, _verified(parameters.tls12), detail)


KIND = StepKind(
    name="verify",
    formerly=("prove",),
    summary="Verify that the add-in is there and can work.",
    parameters=VerifyParameters,
    changes_hosts=False,
    perform=verify,
)
