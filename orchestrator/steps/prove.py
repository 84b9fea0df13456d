"""Step `prove`: the add-in is there and can work, seen independently of what any installer reported.

On Windows 10, which has the feature built in, it is the policy that is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from orchestrator.model.outcome import Outcome
from orchestrator.model.result import StepResult
from orchestrator.package.msi import fitting
from orchestrator.steps.context import StepContext
from orchestrator.steps.declaration import StepKind
from orchestrator.steps.parameters import PackageParameters
from orchestrator.steps.windows10 import prove_windows10
from orchestrator.target.target import Target
from orchestrator.windows import boot, branches, product, provider, tls
from orchestrator.windows.boot import Boot, RestartState
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import asked, known
from orchestrator.windows.product import Product
from orchestrator.windows.provider import Provider
from orchestrator.windows.tls import TlsSettings


class ProveParameters(PackageParameters):
    """Prove that the add-in is there and can work: product, credential provider, its file, TLS 1.2."""

    tls12: bool = Field(default=True, description="Whether TLS 1.2 belongs to what is to be proved.")


async def prove(target: Target, parameters: ProveParameters, context: StepContext) -> StepResult:
    """Looks whether what the steps before were for is so; changes nothing."""
    if any(record.result.would_change for record in context.earlier):
        return StepResult(Outcome.SKIPPED, "nothing to prove yet: the steps before were not carried out")
    machine = await target.machine()
    if machine.branch is branches.WINDOWS_10:
        return await prove_windows10(target, machine)
    return await _prove_add_in(target, machine, parameters)


@dataclass(frozen=True)
class _Seen:
    add_in: Provider
    tls: TlsSettings
    restart: RestartState
    booted: Boot
    standing: Product | None


async def _prove_add_in(target: Target, machine: Machine, parameters: ProveParameters) -> StepResult:
    """Looks at the provider's key, its DLL, the installed product and TLS 1.2."""
    package = fitting(parameters.packages, machine.architecture) if parameters.packages else None
    seen = await target.observe(
        _Seen,
        add_in=asked(provider.REGISTRATION),
        tls=asked(tls.SETTINGS),
        restart=asked(boot.RESTART),
        booted=asked(boot.BOOT),
        standing=asked(product.installed(package.product_code) if package else known("no package", None)),
    )
    registered, settings, restart, standing = seen.add_in, seen.tls, seen.restart, seen.standing
    dll_exists = await target.observe(provider.file_exists(registered.dll)) if registered.dll else None
    judgement = tls.judge(settings, machine.branch, machine.architecture)
    faults = []
    if registered.key is None:
        faults.append("the credential provider is not registered")
    elif registered.dll is None:
        faults.append("the credential provider has no DLL registered")
    elif not dll_exists:
        faults.append("the credential provider's DLL is missing")
    if package and standing is None:
        faults.append(f"{package.product_name} is not among the installed products")
    elif package and standing and standing.version != package.version:
        faults.append(f"version {standing.version} is installed, not {package.version}")
    if parameters.tls12 and not judgement.satisfied:
        faults.append(judgement.sentence)
    detail = {
        "provider_registered": registered.registered,
        "dll": registered.dll,
        "dll_exists": dll_exists,
        "installed_version": standing.version if standing else None,
        "tls12": {"verdict": judgement.verdict.value, "values": settings.values},
    }
    if faults:
        remedy = "run the playbook `install` again: it does what is missing; if it stays so, see `sspr logs collect`"
        return StepResult(Outcome.FAILED, "; ".join(faults), {**detail, "remedy": remedy})
    if restart.awaited is not None and not seen.booted.follows(restart.awaited):
        reason = "all is in place, and takes effect with the next restart"
        return StepResult(Outcome.REBOOT_PENDING, reason, detail, reboot_required=True)
    return StepResult(Outcome.OK, "the add-in is in place" + (", TLS 1.2 is on" if parameters.tls12 else ""), detail)


KIND = StepKind(
    name="prove",
    summary="Prove that the add-in is there and can work.",
    parameters=ProveParameters,
    changes_hosts=False,
    perform=prove,
)
