"""Step `uninstall`: a product is gone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from orchestrator.model.detail import Detail
from orchestrator.model.message import message, phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest, StepResult
from orchestrator.package.registration import Registers
from orchestrator.remote.target import Target
from orchestrator.steps import installer
from orchestrator.steps.declaration import WAIT_FOR_OTHER, PackageParameters, StepContext, StepKind
from orchestrator.steps.detached import TIDY_UP
from orchestrator.steps.installer import Running, Work
from orchestrator.windows import boot, branches, msiexec, product, provider
from orchestrator.windows import job as jobs
from orchestrator.windows.boot import Boot
from orchestrator.windows.command import all_of, asked, gather, together
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


_WOULD_TIDY_UP = phrase("uninstall-would-tidy-up")
_DONE_EARLIER = phrase("uninstalled-earlier")
_DONE_AND_RESTARTED = phrase("uninstalled-and-restarted")


@message("uninstall-registered", remedy=True)
def _registered(dll: str) -> None: ...


@message("change-uninstall")
def _uninstall(code: str) -> None: ...


@dataclass(frozen=True)
class UninstallDetail(Detail, kind="uninstall"):
    """Products that were removed, or are to be.

    Attributes:
        product_codes: Their codes.
        exit_code: What msiexec ended with, where that is no success.
        provider_registered: Whether the add-in's provider was registered afterwards; None where nobody looked.
    """

    product_codes: tuple[str, ...]
    exit_code: int | None = None
    provider_registered: bool | None = None

    @property
    def restart_noted(self) -> bool:
        return True

    @property
    def offers_reset(self) -> bool | None:
        return self.provider_registered


def _product_code(text: str) -> str:
    if not _PRODUCT_CODE.fullmatch(text):
        raise ValueError("expected a product code in braces: '{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}'")
    return text.upper()


class UninstallParameters(PackageParameters):
    """Remove the add-in in every version, silently; all is well where it is not installed."""

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
        found: Of those that were gone already, and whose removal had been begun and not seen to its end.
        litter: Of those whose removal has left something on the host, but had never begun.
        restart_due: Whether the host has not restarted since one of those that were found.
        running: How far msiexec is with the one that was begun last.
        log_tries: How often earlier attempts have fetched the log of a removal in vain.
        lost: How far msiexec was, with the one that was begun last, in an attempt that was lost.
    """

    wanted: tuple[str, ...] = ()
    begun: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    litter: tuple[str, ...] = ()
    restart_due: bool = False
    running: Running | None = None
    log_tries: int = 0
    lost: Running | None = None

    @property
    def left(self) -> list[str]:
        return [code for code in self.wanted if code not in self.removed]


@dataclass(frozen=True)
class _Seen:
    booted: Boot
    notes: Key | None


_SEEN: Final = gather("uninstall.seen", _Seen, booted=asked(boot.BOOT), notes=asked(boot.NOTES))


@dataclass(frozen=True)
class _Present:
    jobs: tuple[Job, ...]
    seen: _Seen


async def uninstall(target: Target, parameters: UninstallParameters, context: StepContext) -> StepResult | Rest:
    """Removes every product that the parameters mean and the host has; that it has none is success.

    With a package, that is every version of its product, and whatever has brought the add-in's credential provider;
    without one and without a code, the latter alone. Never said to be gone while that provider is registered.

    A removal that was begun and not seen to its end, by this run or an earlier one, is gone on with, though the product
    may be gone: its folder and task are not.
    """
    so_far = context.resumed(Removing)
    if so_far is None:
        before = context.recall(Removing) or Removing()
        standing = await _standing(target, parameters)
        tries = before.running.log_tries if before.running else before.log_tries
        lost = before.running or before.lost
        so_far = await _with_those_begun(target, standing, replace(before, running=None, log_tries=tries, lost=lost))
    if so_far.left or so_far.found or so_far.litter:
        told = UninstallDetail((*so_far.left, *so_far.found))
        words = _WOULD() if so_far.left else _WOULD_TIDY_UP()
        target.stop_in_check_mode(StepResult(Outcome.CHANGED, words, told, reboot_required=True, would_change=True))
    if so_far.found or so_far.litter:
        await context.keep(so_far)
        await _conclude(target, so_far)
    for code in so_far.left:
        if code not in so_far.begun:
            so_far = replace(so_far, begun=(*so_far.begun, code))
            await context.keep(so_far)
        result = await _remove(target, code, parameters, so_far, context)
        if isinstance(result, Rest) or not result.outcome.fine:
            return result
        so_far = replace(so_far, removed=(*so_far.removed, code), running=None)
    return await _told(target, so_far, parameters)


async def _told(target: Target, so_far: Removing, parameters: UninstallParameters) -> StepResult:
    """The result, once nothing is left to be removed."""
    gone = (*so_far.removed, *so_far.found)
    machine = await target.machine()
    if not gone and machine.branch is branches.WINDOWS_10:
        return StepResult(Outcome.SKIPPED, _NONE_ON_WINDOWS_10())
    standing = await target.observe(provider.REGISTRATION)
    if standing.registered and not (gone and parameters.product_code) and machine.branch is not branches.WINDOWS_10:
        dll = standing.dll or ""
        return StepResult(
            Outcome.BLOCKED,
            _registered(dll),
            UninstallDetail(gone, provider_registered=True),
            remedy=_registered.remedy(dll),
            reboot_required=bool(gone),
        )
    if not gone:
        not_installed = StepResult(Outcome.OK, _NOT_INSTALLED())
        seen = await target.observe(_SEEN)
        if boot.only_awaited_before(seen.notes, seen.booted):
            target.stop_in_check_mode(not_installed)
            await target.apply(boot.FORGET)
        return not_installed
    words = _DONE if so_far.removed else _DONE_EARLIER if so_far.restart_due else _DONE_AND_RESTARTED
    due = bool(so_far.removed) or so_far.restart_due
    detail = UninstallDetail(gone, provider_registered=standing.registered)
    return StepResult(Outcome.CHANGED, words(), detail, reboot_required=due)


async def _standing(target: Target, parameters: UninstallParameters) -> list[str]:
    """Codes of the products that are meant and are there."""
    packages = parameters.read()
    codes = [package.product_code for package in packages]
    ours = [package for package in packages if package.registration.registers is not Registers.NO]
    families = {package.upgrade_code.upper() for package in ours if package.upgrade_code}
    related = {code: product.sharing(code) for code in sorted(families) if product.is_product_code(code)}
    registered = await target.observe(provider.REGISTRATION)
    if parameters.product_code:
        codes.append(parameters.product_code)
    if ours or not codes:
        looks = {**related, "owners": product.owners(provider.CLSID, registered.dll)}
        for found in (await target.observe(all_of("add_in", looks))).values():
            codes += found
    standing = await target.observe(all_of("products", {code: product.installed(code) for code in codes}))
    return [code for code in dict.fromkeys(codes) if standing[code] is not None]


async def _with_those_begun(target: Target, standing: Sequence[str], before: Removing) -> Removing:
    """What is to be done, with removals of ours that nobody has seen to their end.

    Those under way are waited for; those whose product is gone are concluded. Where the product is there, it is removed
    as if nothing had been, or left alone where nobody wants it gone any more. That this run meant to remove one proves
    nothing: without a trace of its own on the host, and a record of Windows Installer's of what this run has asked for,
    somebody else has removed it, be it to the end.
    """
    present = await target.observe(_Present, jobs=asked(jobs.PRESENT), seen=asked(_SEEN))
    booted = present.seen.booted
    begun = {code: job for job in present.jobs if (code := msiexec.removes(job))}
    meant = dict.fromkeys((*before.begun, *before.found))
    untraced = tuple(code for code in meant if code not in (*standing, *begun, *before.removed))
    due = bool(untraced) and boot.awaited(present.seen.notes, booted)
    by_us = untraced if due else await _removed_by_us(target, untraced, before.lost)
    due = due or (bool(by_us) and before.lost is not None and not booted.follows(before.lost.booted.marker))
    still = tuple(code for code in before.begun if code not in untraced)
    before = replace(before, begun=still, found=by_us, litter=(), restart_due=due)
    gone = {code: job for code, job in begun.items() if code not in (*standing, *before.begun)}
    wanted = tuple(dict.fromkeys((*standing, *before.begun)))
    if not gone:
        return replace(before, wanted=wanted)
    states = await target.observe(all_of("removals", {code: jobs.state(job) for code, job in gone.items()}))
    products = await target.observe(all_of("products", {code: product.installed(code) for code in gone}))
    for code, state in states.items():
        same_boot = state.request is not None and not booted.follows(state.request.boot)
        if same_boot and state.exit_code is None:
            wanted = (*wanted, code)
        elif state.started and products[code] is None:
            before = replace(before, found=(*before.found, code), restart_due=before.restart_due or same_boot)
        else:
            before = replace(before, litter=(*before.litter, code))
    return replace(before, wanted=wanted)


async def _removed_by_us(target: Target, untraced: Sequence[str], lost: Running | None) -> tuple[str, ...]:
    """Those of products that are gone without a trace of ours whose removal has ended after this run asked for it."""
    if lost is None:
        return ()
    ended = {code: await installer.recorded(target, code, lost, removal=True) for code in untraced}
    return tuple(code for code, end in ended.items() if end is not None and end.meaning in installer.SUCCESS)


async def _conclude(target: Target, so_far: Removing) -> None:
    """Takes away what is left of earlier removals, and notes that a restart is due where it still is."""
    seen = await target.observe(_SEEN)
    changes = [jobs.clean_up(msiexec.removal(code)) for code in (*so_far.found, *so_far.litter)]
    if so_far.restart_due:
        changes.append(boot.note_awaiting(seen.booted, seen.notes))
    await target.apply(together(TIDY_UP(), *changes))


async def _remove(
    target: Target, code: str, parameters: UninstallParameters, so_far: Removing, context: StepContext
) -> StepResult | Rest:
    running, resumed = so_far.running, so_far.running is not None
    if running is None:
        seen = await target.observe(_SEEN)
        patience = context.clock.after(parameters.wait_for_other_install_minutes * 60)
        asked = so_far.lost.asked if so_far.lost and code in so_far.begun else None
        running = Running(seen.booted, seen.notes, patience, log_tries=so_far.log_tries, asked=asked)
    job = msiexec.removal(code)
    work = Work(
        summary=_uninstall(code),
        product_code=code,
        removal=True,
        arguments=lambda job: msiexec.uninstall_arguments(job, code),
        prepare=_nothing,
        minutes=parameters.minutes,
        state=lambda running: replace(so_far, running=running),
    )
    ended = await installer.run_to_end(target, job, work, running, context, resumed=resumed)
    if isinstance(ended, Rest):
        return ended
    if ended.meaning not in {Class.DONE, Class.DONE_RESTART, Class.DONE_RESTARTING, Class.ABSENT}:
        return await installer.failure(target, job, work, ended, running, context)
    tidy = together(TIDY_UP(), boot.note_awaiting(running.booted, running.notes), jobs.clean_up(job))
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
)
