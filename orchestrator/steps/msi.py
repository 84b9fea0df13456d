"""Step `msi`: the product of a package is installed in just that version."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field

from orchestrator.model.detail import Detail
from orchestrator.model.errors import PackageError, PackageUnproven, UsageError
from orchestrator.model.message import Message, message, phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest, StepResult
from orchestrator.package.msi import Package, Registers, fitting, read_package, version_key
from orchestrator.remote import files
from orchestrator.remote.target import Target
from orchestrator.steps import detached, installer
from orchestrator.steps.declaration import WAIT_FOR_OTHER, PackageParameters, StepContext, StepKind, Text
from orchestrator.steps.detached import TIDY_UP, tidy
from orchestrator.steps.installer import Running, Work
from orchestrator.windows import boot, branches, exit_codes, msiexec, product, provider, transfer
from orchestrator.windows import job as jobs
from orchestrator.windows.boot import Boot
from orchestrator.windows.command import asked, gather, together, would
from orchestrator.windows.exit_codes import Class, ExitCode
from orchestrator.windows.job import Job, JobState
from orchestrator.windows.msiexec import Brought
from orchestrator.windows.product import Product
from orchestrator.windows.provider import Provider
from orchestrator.windows.registry import Key

_BUILT_IN = phrase("msi-built-in", remedy=True)
_NOT_THERE = phrase("msi-not-there", remedy=True)
_RECOMMENDED = phrase("restart-recommended")
_NEEDED = phrase("restart-needed")
_RESTARTS_NOW = phrase("restarts-now")
_PUBLIC_PROPERTY: Final = re.compile(r"[A-Z_][A-Z0-9_.]*")


@message("msi-other-windows")
def _other_windows(product: str) -> None: ...


@message("msi-no-package", remedy=True)
def _no_package(architecture: str) -> None: ...


@message("change-install")
def _install(product: str, version: str) -> None: ...


@message("msi-installed")
def _installed(product: str, version: str, restart: Message) -> None: ...


@message("msi-installed-already")
def _installed_already(product: str, version: str) -> None: ...


@message("msi-newer-installed", remedy=True)
def _newer(installed: str, package: str) -> None: ...


@message("msi-not-registered", remedy=True)
def _not_registered(product: str, version: str, code: str) -> None: ...


@dataclass(frozen=True)
class MsiDetail(Detail, kind="msi"):
    """A product, and what is there of it.

    Attributes:
        product_code: In braces.
        installed_version: None where it is not installed.
        package_version: Of the package that was given.
        package_sha256: In lower-case hex.
        provider_registered: Whether the add-in's provider is there; None where that was not looked at.
        exit_code: What msiexec ended with; None where it was not run.
    """

    product_code: str
    installed_version: str | None
    package_version: str
    package_sha256: str
    provider_registered: bool | None = None
    exit_code: int | None = None


def _property_name(name: str) -> str:
    if not _PUBLIC_PROPERTY.fullmatch(name):
        raise ValueError("a public property of Windows Installer is written in upper-case letters, digits, `_` and `.`")
    if name == "REBOOT":
        raise ValueError("a package never restarts a host by itself here; restarts are the step `reboot`")
    return name


PropertyName = Annotated[str, AfterValidator(_property_name)]


class MsiParameters(PackageParameters):
    """Install the add-in's package silently, unless that version is installed already."""

    properties: dict[PropertyName, Text] = Field(
        default={}, description="Public properties for Windows Installer, in upper case."
    )
    wait_for_other_install_minutes: int = Field(default=15, strict=True, ge=0, description=WAIT_FOR_OTHER)
    install_minutes: int = Field(
        default=30, strict=True, ge=1, description="How long the installation itself may take, in minutes."
    )
    unproven: bool = Field(
        default=False,
        description="Whether to install a package whose tables do not tell that it registers the add-in's credential "
        "provider. On every host it is looked at afterwards whether it did.",
    )

    @property
    def allowed_minutes(self) -> int:
        """Both waits, ten minutes for looking before and after, and what the upload of the largest package may take."""
        largest = max((path.stat().st_size for path in self.packages if path.is_file()), default=0)
        return self.wait_for_other_install_minutes + self.install_minutes + 10 + transfer.minutes_for(largest)

    def prepared(self, playbook: str) -> Self:
        """The same, once there is a package, and each can be used.

        Raises:
            UsageError: There is none, or two are for the same architecture.
            PackageError: One cannot be used, or is certainly not the add-in's.
            PackageUnproven: One may be the add-in's, and nobody has said yet that it is to be installed.
        """
        if not self.packages:
            raise UsageError(
                f"the playbook `{playbook}` installs a package, and none was given; name the file with --msi, "
                "once for each architecture"
            )
        prepared = super().prepared(playbook)
        for path in self.packages:
            _check(read_package(path), unproven=self.unproven)
        return prepared


def _check(package: Package, *, unproven: bool) -> None:
    """Refuses a package that no host could take, or that is not the add-in's as far as its tables tell."""
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
    if said.registers is Registers.UNPROVEN and not unproven:
        raise PackageUnproven(
            f"{package.path}: {package.product_name} {package.version} {said.because}, so its tables "
            "cannot prove that it is the add-in's package. If you trust it, give --set msi.unproven=true; the run then "
            "verifies on every host that the add-in's credential provider is registered"
        )


@dataclass(frozen=True)
class _Seen:
    """What is on the host; `brought` is asked for at once because an upload asks for it a moment later."""

    standing: Product | None
    job: JobState
    brought: Brought
    booted: Boot
    notes: Key | None


@dataclass(frozen=True)
class _Installed:
    standing: Product | None
    add_in: Provider


async def install(target: Target, parameters: MsiParameters, context: StepContext) -> StepResult | Rest:
    """Uploads the fitting package, installs it as SYSTEM, and verifies that it is there; leaves nothing else behind."""
    machine = await target.machine()
    if machine.branch is branches.WINDOWS_10:
        return StepResult(Outcome.BLOCKED, _BUILT_IN(), remedy=_BUILT_IN.remedy())
    if machine.branch is branches.OTHER:
        return StepResult(Outcome.BLOCKED, _other_windows(machine.product), remedy=branches.LEAVE_OUT)
    package = fitting(parameters.packages, machine.architecture)
    if package is None:
        which = machine.architecture
        return StepResult(Outcome.BLOCKED, _no_package(which), remedy=_no_package.remedy(which))
    job = detached.job_for("install", package.product_code, package.version, package.sha256)
    work = _work(target, package, parameters, context)
    if running := context.resumed(Running):
        return await _run(target, job, package, work, running, context)
    seen = await target.observe(
        _Seen,
        standing=asked(product.installed(package.product_code)),
        job=asked(jobs.state(job)),
        brought=asked(msiexec.brought(job, package.path.name)),
        booted=asked(boot.BOOT),
        notes=asked(boot.NOTES),
    )
    standing, state, booted, notes = seen.standing, seen.job, seen.booted, seen.notes
    patience = context.clock.after(parameters.wait_for_other_install_minutes * 60)
    running = context.recall(Running) or Running(booted, notes, patience)
    running = replace(running, booted=booted, notes=notes, ending=None)
    if standing and not _under_way(state):
        code = _ended_unseen(state, booted)
        settled = _already(standing, package, succeeded=running.succeeded)
        if settled:
            target.stop_in_check_mode(settled)
        if code and standing.version == package.version:
            return await _verified(target, job, package, code, running, context)
        if settled:
            if state.exists:
                await tidy(target, jobs.clean_up(job))
            return settled
    target.stop_in_check_mode(StepResult(Outcome.CHANGED, would(work.summary), reboot_required=True, would_change=True))
    return await _run(target, job, package, work, running, context)


async def _run(
    target: Target, job: Job, package: Package, work: Work, running: Running, context: StepContext
) -> StepResult | Rest:
    code = await installer.run_to_end(target, job, work, running, context, resumed=context.continuing)
    if isinstance(code, Rest):
        return code
    if code.meaning in _RESTART:
        return await _verified(target, job, package, code, running, context)
    return await installer.failure(target, job, work, code, context)


def _under_way(state: JobState) -> bool:
    return state.request is not None and state.exit_code is None


def _ended_unseen(state: JobState, booted: Boot) -> ExitCode | None:
    """How an installation of ours went well that ended, in this boot, while nobody was connected to see it."""
    if state.exit_code is None or state.request is None or booted.follows(state.request.boot):
        return None
    code = exit_codes.classify(state.exit_code)
    return code if code.meaning in _RESTART else None


def _already(standing: Product, package: Package, *, succeeded: bool) -> StepResult | None:
    """The result when the product is there in this version or a newer one; None when there is something to do."""
    detail = MsiDetail(standing.code, standing.version, package.version, package.sha256)
    if standing.version == package.version:
        if succeeded:
            reason = _installed(package.product_name, package.version, _RECOMMENDED())
            return StepResult(Outcome.CHANGED, reason, detail, reboot_required=True)
        return StepResult(Outcome.OK, _installed_already(package.product_name, package.version), detail)
    if standing.version and version_key(standing.version) > version_key(package.version):
        versions = (standing.version, package.version)
        return StepResult(Outcome.BLOCKED, _newer(*versions), detail, remedy=_newer.remedy(*versions))
    return None


def _work(target: Target, package: Package, parameters: MsiParameters, context: StepContext) -> Work:
    name = package.path.name

    async def upload(job: Job) -> None:
        brought = await target.observe(msiexec.brought(job, name))
        if brought.sha256 == package.sha256:
            return
        there, folder = msiexec.package(job, name), msiexec.package_folder(job)
        await files.put(target, package.path, there, folder, jobs.ROOT, context.report, received=brought.received)

    return Work(
        summary=_install(package.product_name, package.version),
        arguments=lambda job: msiexec.install_arguments(job, name, parameters.properties),
        prepare=upload,
        minutes=parameters.install_minutes,
        state=lambda running: running,
    )


async def _verified(
    target: Target, job: Job, package: Package, code: ExitCode, running: Running, context: StepContext
) -> StepResult:
    """Tidies up, notes that a restart is due, and looks whether what msiexec reports is so."""
    await context.keep(replace(running, succeeded=True))
    note = boot.note_awaiting(running.booted, running.notes)
    change = together(TIDY_UP(), jobs.clean_up(job), note)
    look = gather(
        "installed",
        _Installed,
        standing=asked(product.installed(package.product_code)),
        add_in=asked(provider.REGISTRATION),
    )
    after = await target.apply(change, look)
    standing = after.standing
    detail = MsiDetail(
        product_code=package.product_code,
        installed_version=standing.version if standing else None,
        package_version=package.version,
        package_sha256=package.sha256,
        provider_registered=after.add_in.registered,
        exit_code=code.code,
    )
    if standing is None:
        return StepResult(Outcome.FAILED, _NOT_THERE(), detail, remedy=_NOT_THERE.remedy())
    if not after.add_in.registered and code.meaning is Class.DONE:
        which = (package.product_name, package.version, package.product_code)
        remedy = _not_registered.remedy(*which)
        return StepResult(Outcome.FAILED, _not_registered(*which), detail, remedy=remedy, reboot_required=True)
    reason = _installed(package.product_name, package.version, _RESTART[code.meaning])
    return StepResult(Outcome.CHANGED, reason, detail, reboot_required=True)


_RESTART = {
    Class.DONE: _RECOMMENDED(),
    Class.DONE_RESTART: _NEEDED(),
    Class.DONE_RESTARTING: _RESTARTS_NOW(),
}


KIND = StepKind(
    name="msi",
    summary="Install a package.",
    parameters=MsiParameters,
    changes_hosts=True,
    perform=install,
)
