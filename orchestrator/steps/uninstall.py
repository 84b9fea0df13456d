"""Step `uninstall`: a product is gone."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from orchestrator.model.outcome import Outcome
from orchestrator.model.result import StepResult
from orchestrator.package.msi import read_package
from orchestrator.steps import detached, installer
from orchestrator.steps.context import StepContext
from orchestrator.steps.declaration import StepKind
from orchestrator.steps.installer import Work
from orchestrator.steps.parameters import WAIT_FOR_OTHER, PackageParameters
from orchestrator.target.target import Target
from orchestrator.windows import boot, branches, msiexec, product
from orchestrator.windows import job as jobs
from orchestrator.windows.command import together
from orchestrator.windows.exit_codes import Class
from orchestrator.windows.job import Job

_PRODUCT_CODE: Final = re.compile(r"\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}", re.IGNORECASE)


def _product_code(text: str) -> str:
    if not _PRODUCT_CODE.fullmatch(text):
        raise ValueError("expected a product code in braces: '{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}'")
    return text.upper()


class UninstallParameters(PackageParameters):
    """Remove the products of packages, silently; all is well where they are not installed."""

    product_code: Annotated[str, AfterValidator(_product_code)] | None = Field(
        default=None,
        description="A product to remove by its code, in braces and quotes, when its package is not at hand.",
    )
    wait_for_other_install_minutes: int = Field(default=15, strict=True, ge=0, description=WAIT_FOR_OTHER)
    minutes: int = Field(default=10, strict=True, ge=1, description="How long the removal itself may take, in minutes.")

    @property
    def allowed_minutes(self) -> int:
        """Both waits, and five minutes for looking before and after."""
        return self.wait_for_other_install_minutes + self.minutes + 5


async def uninstall(target: Target, parameters: UninstallParameters, context: StepContext) -> StepResult:
    """Removes every product that the parameters mean and the host has; that it has none is success.

    One whose removal was begun when the line broke is gone on with, though it may be gone: its folder and task are not.

    Without a code and without packages, what was installed from a package called SsprWindowsLogon… is meant.
    """
    standing = await _standing(target, parameters)
    removed: list[str] = context.notes.setdefault("removed", [])
    begun: list[str] = context.notes.setdefault("begun", [])
    meant = [code for code in dict.fromkeys((*standing, *begun)) if code not in removed]
    if meant:
        told = {"product_codes": meant}
        words = "would uninstall the add-in"
        target.foretell(StepResult(Outcome.CHANGED, words, told, reboot_required=True, would_change=True))
    for code in meant:
        begun.append(code)
        result = await _remove(target, code, parameters, context)
        if not result.outcome.fine:
            return result
        removed.append(code)
    if not removed and (await target.machine()).branch is branches.WINDOWS_10:
        reason = (
            "Windows 10 has the feature built in: there is no add-in to remove; `windows10-disable` switches it off"
        )
        return StepResult(Outcome.SKIPPED, reason)
    if not removed:
        return StepResult(Outcome.OK, "the add-in is not installed")
    return StepResult(
        Outcome.CHANGED,
        "uninstalled the add-in; a restart is recommended",
        {"product_codes": removed},
        reboot_required=True,
    )


async def _standing(target: Target, parameters: UninstallParameters) -> list[str]:
    codes = [read_package(path).product_code for path in parameters.packages]
    if parameters.product_code:
        codes.append(parameters.product_code)
    if not codes:
        codes = list(await target.observe(product.ADD_IN_CODES))
    return [code for code in codes if await target.observe(product.installed(code)) is not None]


async def _remove(target: Target, code: str, parameters: UninstallParameters, context: StepContext) -> StepResult:
    booted, notes = await target.observe(boot.BOOT, boot.NOTES)
    job = detached.job_for("uninstall", code)
    work = Work(
        summary=f"uninstall {code}",
        arguments=lambda job: msiexec.uninstall_arguments(job, code),
        prepare=_nothing,
        minutes=parameters.minutes,
        patience_minutes=parameters.wait_for_other_install_minutes,
    )
    ended = await installer.run_to_end(target, job, work, booted, context)
    if ended.meaning not in {Class.DONE, Class.DONE_RESTART, Class.DONE_RESTARTING, Class.ABSENT}:
        return await installer.failure(target, job, work, ended, context)
    tidy = together("tidy up", jobs.clean_up(job), boot.note_awaiting(booted, notes))
    if await target.apply(tidy, product.installed(code)) is not None:
        reason = "Windows Installer reports success, but the product is still there"
        remedy = "see with `sspr logs collect` what Windows Installer wrote, and run the same again"
        return StepResult(Outcome.FAILED, reason, {"product_code": code, "exit_code": ended.code, "remedy": remedy})
    return StepResult(Outcome.CHANGED, "uninstalled", {"product_code": code, "exit_code": ended.code})


async def _nothing(_: Job) -> None:
    """A removal needs nothing in its folder but the task."""


KIND = StepKind(
    name="uninstall",
    summary="Remove a product.",
    parameters=UninstallParameters,
    changes_hosts=True,
    perform=uninstall,
)
