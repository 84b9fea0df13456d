"""Step `uninstall`: a product is gone."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from orchestrator.model.detail import Detail
from orchestrator.model.message import message, phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.rest import Rest
from orchestrator.model.result import StepResult
from orchestrator.package.msi import read_package
from orchestrator.steps import detached, installer
from orchestrator.steps.context import StepContext
from orchestrator.steps.declaration import StepKind
from orchestrator.steps.installer import InstallerFailure, Running, Work
from orchestrator.steps.parameters import WAIT_FOR_OTHER, PackageParameters
from orchestrator.steps.tidying import TIDY_UP
from orchestrator.target.target import Target
from orchestrator.windows import boot, branches, msiexec, product
from orchestrator.windows import job as jobs
from orchestrator.windows.boot import Boot
from orchestrator.windows.command import asked, together
from orchestrator.windows.exit_codes import Class
from orchestrator.windows.job import Job
from orchestrator.windows.registry import Key

_PRODUCT_CODE: Final = re.compile(r"\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}", re.IGNORECASE)

_WOULD = phrase("uninstall-would")
_NONE_ON_WINDOWS_10 = phrase("uninstall-none-on-windows10")
_NOT_INSTALLED = phrase("uninstall-not-installed")
_DONE = phrase("uninstalled")
_ONE_IS_GONE = phrase("uninstalled-one")
_STILL_THERE = phrase("uninstall-still-there", remedy=True)


@message("change-uninstall")
def _uninstall(code: str) -> None: ...


@dataclass(frozen=True)
class UninstallDetail(Detail, kind="uninstall"):
    """Codes of the products that were removed, or are to be; what msiexec ended with, where that is no success."""

    product_codes: tuple[str, ...]
    exit_code: int | None = None


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


@dataclass(frozen=True)
class Removing:
    """How far it is.

    Attributes:
        wanted: Codes of the products that are to go.
        begun: Of those whose removal was begun.
        removed: Of those that are gone.
        running: How far msiexec is with the one that was begun last.
    """

    wanted: tuple[str, ...] = ()
    begun: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    running: Running | None = None

    @property
    def left(self) -> list[str]:
        return [code for code in self.wanted if code not in self.removed]


async def uninstall(target: Target, parameters: UninstallParameters, context: StepContext) -> StepResult | Rest:
    """Removes every product that the parameters mean and the host has; that it has none is success.

    One whose removal was begun when the line broke is gone on with, though it may be gone: its folder and task are not.

    Without a code and without packages, what was installed from a package called SsprWindowsLogon… is meant.
    """
    so_far = context.resumed(Removing)
    if so_far is None:
        standing = await _standing(target, parameters)
        before = context.recall(Removing) or Removing()
        so_far = replace(before, wanted=tuple(dict.fromkeys((*standing, *before.begun))), running=None)
    if so_far.left:
        told = UninstallDetail(tuple(so_far.left))
        target.foretell(StepResult(Outcome.CHANGED, _WOULD(), told, reboot_required=True, would_change=True))
    for code in so_far.left:
        if code not in so_far.begun:
            so_far = replace(so_far, begun=(*so_far.begun, code))
            await context.keep(so_far)
        result = await _remove(target, code, parameters, so_far, context)
        if isinstance(result, Rest) or not result.outcome.fine:
            return result
        so_far = replace(so_far, removed=(*so_far.removed, code), running=None)
    removed = so_far.removed
    if not removed and (await target.machine()).branch is branches.WINDOWS_10:
        return StepResult(Outcome.SKIPPED, _NONE_ON_WINDOWS_10())
    if not removed:
        return StepResult(Outcome.OK, _NOT_INSTALLED())
    return StepResult(Outcome.CHANGED, _DONE(), UninstallDetail(removed), reboot_required=True)


async def _standing(target: Target, parameters: UninstallParameters) -> list[str]:
    codes = [read_package(path).product_code for path in parameters.packages]
    if parameters.product_code:
        codes.append(parameters.product_code)
    if not codes:
        codes = list(await target.observe(product.ADD_IN_CODES))
    return [code for code in codes if await target.observe(product.installed(code)) is not None]


@dataclass(frozen=True)
class _Seen:
    booted: Boot
    notes: Key | None


async def _remove(
    target: Target, code: str, parameters: UninstallParameters, so_far: Removing, context: StepContext
) -> StepResult | Rest:
    running, resumed = so_far.running, so_far.running is not None
    if running is None:
        seen = await target.observe(_Seen, booted=asked(boot.BOOT), notes=asked(boot.NOTES))
        patience = context.clock.after(parameters.wait_for_other_install_minutes * 60)
        running = Running(seen.booted, seen.notes, patience)
    job = detached.job_for("uninstall", code)
    work = Work(
        summary=_uninstall(code),
        arguments=lambda job: msiexec.uninstall_arguments(job, code),
        prepare=_nothing,
        minutes=parameters.minutes,
        state=lambda running: replace(so_far, running=running),
    )
    ended = await installer.run_to_end(target, job, work, running, context, resumed=resumed)
    if isinstance(ended, Rest):
        return ended
    if ended.meaning not in {Class.DONE, Class.DONE_RESTART, Class.DONE_RESTARTING, Class.ABSENT}:
        return await installer.failure(target, job, work, ended, context)
    tidy = together(TIDY_UP(), jobs.clean_up(job), boot.note_awaiting(running.booted, running.notes))
    if await target.apply(tidy, product.installed(code)) is not None:
        detail = UninstallDetail((code,), ended.code)
        return StepResult(Outcome.FAILED, _STILL_THERE(), detail, remedy=_STILL_THERE.remedy())
    return StepResult(Outcome.CHANGED, _ONE_IS_GONE(), UninstallDetail((code,)))


async def _nothing(_: Job) -> None:
    """A removal needs nothing in its folder but the task."""


KIND = StepKind(
    name="uninstall",
    summary="Remove a product.",
    parameters=UninstallParameters,
    changes_hosts=True,
    perform=uninstall,
    details=(UninstallDetail, InstallerFailure),
)
