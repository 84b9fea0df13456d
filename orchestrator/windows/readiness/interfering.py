"""Findings about what keeps people from using Windows 10's own password reset although it is switched on."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.finding import Finding, Read, Severity
from orchestrator.windows import interfering, numbers, provider
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import Evidence
from orchestrator.windows.interfering import CAD_PATH, SHELL_PATH, Settings
from orchestrator.windows.readiness.finding import SSPR, Kind, Policy, finding, on_10
from orchestrator.windows.readiness.survey import Survey


def _source(editions: str, path: Evidence) -> Evidence:
    """Who says that it interferes, and where the place in the registry is known from: as sure as the latter."""
    if not editions:
        return path
    return Evidence(f"{SSPR.source} ({editions}); {path.source}", path.sureness)


def _is_set(name: str, number: int) -> None:
    """A policy is set that interferes by itself."""


OF_POLICIES: tuple[Kind[[str, int]], ...] = tuple(
    finding(
        policy.code,
        Severity.WARN,
        where=f"{policy.key}: {policy.name}",
        source=_source(policy.editions, policy.path),
        asked=on_10,
        rests_on=(provider.SYSTEM_POLICIES if policy.key == provider.POLICIES_SYSTEM else policy.value,),
        numbers=(place,),
    )(_is_set)
    for policy, place in zip(interfering.POLICIES, numbers.POLICIES, strict=True)
)
"""Of each of POLICIES, in their order."""


@finding(
    "custom_shell",
    Severity.WARN,
    where=f"{interfering.WINLOGON}: Shell",
    source=_source("2019, 2025", SHELL_PATH),
    asked=on_10,
    rests_on=(interfering.SHELL,),
)
def custom_shell() -> None:
    """Another shell than Explorer."""


@finding(
    "ctrl_alt_del",
    Severity.WARN,
    where=f"{provider.POLICIES_SYSTEM}: DisableCAD",
    source=_source("2019", CAD_PATH),
    asked=on_10,
    rests_on=(provider.SYSTEM_POLICIES,),
    numbers=numbers.CTRL_ALT_DEL,
)
def ctrl_alt_del() -> None:
    """Before version 1809 asking for Ctrl+Alt+Del interferes by itself."""


@finding(
    "ctrl_alt_del_combination",
    Severity.WARN,
    where=f"{provider.POLICIES_SYSTEM}: DisableCAD; lock screen notifications",
    source=_source("2019; 2025 with other limits", CAD_PATH),
    asked=on_10,
    rests_on=(interfering.SETTINGS,),
    numbers=numbers.CTRL_ALT_DEL,
)
def ctrl_alt_del_combination() -> None:
    """Two of three settings that interfere together."""


def findings(survey: Survey, _: Policy) -> Iterator[Finding]:
    """What is in the way on Windows 10; nothing on other branches."""
    if survey.windows10 is not None:
        yield from interferences(survey.windows10.settings, survey.machine)


def interferences(settings: Settings, machine: Machine) -> Iterator[Finding]:
    """Everything that is in the way on this machine, one by one."""
    for policy, kind in zip(interfering.POLICIES, OF_POLICIES, strict=True):
        number = settings.numbers[policy.key, policy.name]
        if number:
            yield kind.found({rf"{policy.key}\{policy.name}": number}, policy.name, number)
    if settings.shell is not None and _is_other_shell(settings.shell):
        yield custom_shell.found({rf"{interfering.WINLOGON}\Shell": settings.shell})
    yield from _ctrl_alt_del(settings, machine)


def _is_other_shell(shell: str) -> bool:
    program = shell.strip().strip('"').rstrip(",").strip().lower()
    return program.rpartition("\\")[2] != "explorer.exe"


def _ctrl_alt_del(settings: Settings, machine: Machine) -> Iterator[Finding]:
    r"""Asking for Ctrl+Alt+Del: by itself before version 1809 (2019), and as one of three settings together.

    Of those three the second, lock screen notifications turned off, interferes by itself. The third is
    IsContentDeliveryPolicyEnforced in 2019, which cannot be read, and a Home edition in 2025, which also limits the
    first to versions up to "1710", older than any that has the feature.
    """
    if settings.ctrl_alt_del != 0:
        return
    asked_for: dict[str, Read] = {rf"{provider.POLICIES_SYSTEM}\DisableCAD": 0}
    if machine.build_number < interfering.BUILD_1809:
        yield ctrl_alt_del.found(asked_for)
    key, name = interfering.NOTIFICATIONS
    if notifications := settings.numbers[key, name]:
        seen = {**asked_for, rf"{key}\{name}": notifications, "edition": machine.edition}
        yield ctrl_alt_del_combination.found(seen)
