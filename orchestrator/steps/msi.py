"""Step `msi`: the product of a package is installed in just that version."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field

from orchestrator.model.detail import Detail
from orchestrator.model.errors import UsageError
from orchestrator.model.message import Message, message, phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import RESTARTED_SINCE, Rest, StepResult
from orchestrator.package.packages import Package, fitting, version_key
from orchestrator.package.verdict import Verdict
from orchestrator.remote import files
from orchestrator.remote.target import Target
from orchestrator.steps import admission, detached, installer
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
def _install(product: str, version: str, signature: str) -> None: ...


@message("msi-installed")
def _installed(product: str, version: str, signature: str, restart: Message) -> None: ...


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
        package_signature: What its signature is worth.
        provider_registered: Whether the add-in's provider is there; None where that was not looked at.
        exit_code: What msiexec ended with; None where it was not run.
    """

    product_code: str
    installed_version: str | None
    package_version: str
    package_sha256: str
    provider_registered: bool | None = None
    exit_code: int | None = None
    package_signature: Verdict | None = None

    @property
    def restart_noted(self) -> bool:
        return True

    @property
    def offers_reset(self) -> bool | None:
        return self.provider_registered


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
    allow_unsigned: bool = Field(
        default=False,
        description="Whether to install a package that nobody has signed, or somebody else than Microsoft. A package "
        "that has been changed since it was signed is refused all the same.",
    )

    @property
    def allowed_minutes(self) -> int:
        """Both waits, ten minutes for looking before and after, and what the upload of the largest package may take."""
        largest = max((path.stat().st_size for path in self.packages if path.is_file()), default=0)
        return self.wait_for_other_install_minutes + self.install_minutes + 10 + transfer.minutes_for(largest)

    def prepared(self, playbook: str) -> Self:
        """The same, once there is a package, and each can be used; just these files are installed then, by SHA-256.

        Raises:
            UsageError: There is none, or two are for the same architecture.
            PackageError: One cannot be used, is certainly not the add-in's, or may not be Microsoft's.
            PackageUnproven: One may be the add-in's, and nobody has said yet that it is to be installed.
        """
        if not self.packages:
            raise UsageError(
                f"the playbook `{playbook}` installs a package, and none was given; name the file with --msi, "
                "once for each architecture"
            )
        prepared = super().prepared(playbook)
        packages = self.read()
        for package in packages:
            admission.check(package, unproven=self.unproven, allow_unsigned=self.allow_unsigned)
        return prepared.model_copy(update={"sha256": tuple(package.sha256 for package in packages)})


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
    """Uploads the fitting package, installs it as SYSTEM, and verifies that it is there.

    Leaves nothing else behind but a log that would not come home.
    """
    machine = await target.machine()
    if machine.branch is branches.WINDOWS_10:
        return StepResult(Outcome.BLOCKED, _BUILT_IN(), remedy=_BUILT_IN.remedy())
    if machine.branch is branches.OTHER:
        return StepResult(Outcome.BLOCKED, _other_windows(machine.product), remedy=branches.LEAVE_OUT)
    package = fitting(parameters.read(), machine.architecture)
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
    before = context.recall(Running) or Running(booted, notes, patience)
    running = replace(before, booted=booted, notes=notes, ending=None)
    if standing and (ended := await _ended_unseen(target, package, state, before, running, context)):
        running, code = ended
        restart = _RECOMMENDED() if boot.awaited(notes, booted) else None
        settled = _already(standing, package, succeeded=running.succeeded, restart=restart)
        if settled:
            target.stop_in_check_mode(settled)
        if code and standing.version == package.version:
            return await _verified(target, job, package, code, running, context)
        if settled:
            left = [jobs.clean_up(job)] if state.exists else []
            left += [boot.FORGET] if boot.only_awaited_before(notes, booted) else []
            if left:
                await tidy(target, together(TIDY_UP(), *left))
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
    return await installer.failure(target, job, work, code, running, context)


async def _ended_unseen(
    target: Target, package: Package, state: JobState, before: Running, running: Running, context: StepContext
) -> tuple[Running, ExitCode | None] | None:
    """How an installation of ours went well that ended while nobody was connected to see it, where it was in this boot.

    None where one is under way, or was cut off by a restart before its end. Where the job has no word of its end,
    Windows Installer's own record tells whether it was an attempt of this step that has installed what is there.
    """
    booted, request = running.booted, state.request
    code = exit_codes.classify(state.exit_code) if state.exit_code is not None else None
    went_well = code is not None and code.meaning in _RESTART
    if request and not booted.follows(request.boot):
        return (running, code if went_well else None) if code else None
    if before.succeeded or (request and request.run == context.run_id and went_well):
        return replace(running, succeeded=True), None
    cut_off = request is not None and code is None
    if state.exists and not cut_off:
        return running, None
    recorded = await installer.recorded(target, package.product_code, before, removal=False)
    if recorded is None or recorded.meaning not in _RESTART:
        return None if cut_off else (running, None)
    return replace(running, succeeded=True), None if booted.follows(before.booted.marker) else recorded


def _already(standing: Product, package: Package, *, succeeded: bool, restart: Message | None) -> StepResult | None:
    """The result when the product is there in this version or a newer one; None when there is something to do.

    Args:
        standing: What is there.
        package: What is wanted.
        succeeded: Whether an earlier attempt of this step has installed it.
        restart: What is said of the restart that this waits for; None where the host has restarted since.
    """
    detail = MsiDetail(
        standing.code,
        standing.version,
        package.version,
        package.sha256,
        package_signature=package.signature.verdict,
    )
    if standing.version == package.version:
        if succeeded:
            since = restart or RESTARTED_SINCE()
            reason = _installed(package.product_name, package.version, package.signature.verdict, since)
            return StepResult(Outcome.CHANGED, reason, detail, reboot_required=restart is not None)
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
        await files.put(
            target, package.path, there, folder, jobs.ROOT, context.report, package.sha256, received=brought.received
        )

    return Work(
        summary=_install(package.product_name, package.version, package.signature.verdict),
        product_code=package.product_code,
        removal=False,
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
    change = together(TIDY_UP(), note, jobs.clean_up(job))
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
        package_signature=package.signature.verdict,
    )
    if standing is None:
        return StepResult(Outcome.FAILED, _NOT_THERE(), detail, remedy=_NOT_THERE.remedy())
    if not after.add_in.registered and code.meaning is Class.DONE:
        which = (package.product_name, package.version, package.product_code)
        remedy = _not_registered.remedy(*which)
        return StepResult(Outcome.FAILED, _not_registered(*which), detail, remedy=remedy, reboot_required=True)
    reason = _installed(package.product_name, package.version, package.signature.verdict, _RESTART[code.meaning])
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
