r"""What is in the way of Windows 10's own password reset although it is switched on: policies, and another shell.

Who says so: the page of November 2019 (azure-docs, howto-sspr-windows) and its edition of March 2025 (entra-docs, the
same file), called `2019` and `2025` here. They name policies, not registry paths; each path has a source of its own.
Two of their settings cannot be read from the registry; they are in NOT_READABLE, to be said and not to be guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from orchestrator.model.registry import Value
from orchestrator.windows import provider, registry
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import Evidence, Fact, Sureness, all_of, asked, gather
from orchestrator.windows.provider import POLICIES_SYSTEM
from orchestrator.windows.registry import Key

BUILD_1809 = 17763

WINLOGON = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon"
_PERSONALIZATION = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\Personalization"
_APPX = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\Appx"
_SYSTEM = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\System"
_NOTIFICATIONS = "DisableLockScreenAppNotifications"

NOT_READABLE: Mapping[str, str] = {
    "EnableLostMode": "2019, 2025; no place in the registry is known",
    "IsContentDeliveryPolicyEnforced": "2019 only, and only together with two others; a function inside Windows",
}
"""Settings that the pages name and that nobody can look up in the registry → who names them, and why not."""


@dataclass(frozen=True)
class Policy:
    """A number in the registry that is in the feature's way when it is not 0.

    Attributes:
        code: Our stable name for it.
        title: As the pages call it.
        key: Where it stands.
        name: The value's name there.
        editions: Which of the pages name it.
        path: Why we believe that it stands there.
    """

    code: str
    title: str
    key: str
    name: str
    editions: str
    path: Evidence


_ADMX = Evidence("paths as in public copies of Windows' administrative templates", Sureness.REPORTED)
_SECURITY_OPTION = Evidence("paths of security options as in public audit lists", Sureness.REPORTED)

POLICIES = (
    Policy(
        "fast_user_switching", "HideFastUserSwitching", POLICIES_SYSTEM, "HideFastUserSwitching", "2019, 2025", _ADMX
    ),
    Policy(
        "last_user_name",
        "DontDisplayLastUserName",
        POLICIES_SYSTEM,
        "dontdisplaylastusername",
        "2019, 2025",
        _SECURITY_OPTION,
    ),
    Policy("no_lock_screen", "NoLockScreen", _PERSONALIZATION, "NoLockScreen", "2019, 2025", _ADMX),
    Policy("block_user_install", "BlockNonAdminUserInstall", _APPX, "BlockNonAdminUserInstall", "2025", _ADMX),
    Policy(
        "lock_screen_notifications",
        "lock screen notifications are turned off",
        _SYSTEM,
        _NOTIFICATIONS,
        "2019, 2025",
        _ADMX,
    ),
    Policy(
        "smart_card_required",
        "Interactive logon: Require smart card",
        POLICIES_SYSTEM,
        "scforceoption",
        "2025",
        _SECURITY_OPTION,
    ),
)
"""The policies that interfere by themselves, whatever the build."""

SHELL_CODE, CAD_CODE, COMBINATION_CODE = "custom_shell", "ctrl_alt_del", "ctrl_alt_del_combination"

SHELL_PATH = Evidence("Winlogon's Shell value, known from experience", Sureness.REMEMBERED)
CAD_PATH = Evidence("the security option's value, known from experience", Sureness.REMEMBERED)


@dataclass(frozen=True)
class Settings:
    """What is set on one machine.

    Attributes:
        numbers: (key, value name) → number, of everything in POLICIES; None for what is not set.
        ctrl_alt_del: DisableCAD: 0 when a policy asks for Ctrl+Alt+Del.
        shell: What is started for whom logs on.
    """

    numbers: Mapping[tuple[str, str], int | None]
    ctrl_alt_del: int | None
    shell: str | None


_ELSEWHERE = tuple(policy for policy in POLICIES if policy.key != POLICIES_SYSTEM)
"""Those that do not stand in the one key that is asked for whole."""


def _settings(system: Key | None, shell: Value | None, elsewhere: Mapping[tuple[str, str], Value | None]) -> Settings:
    here = system or registry.absent(POLICIES_SYSTEM)
    numbers = {(policy.key, policy.name): here.number(policy.name) for policy in POLICIES}
    numbers |= {place: value.number if value else None for place, value in elsewhere.items()}
    return Settings(numbers, here.number("DisableCAD"), str(shell.data) if shell else None)


SETTINGS: Fact[Settings] = gather(
    "interfering",
    _settings,
    system=asked(provider.SYSTEM_POLICIES),
    shell=asked(registry.value("interfering.shell", WINLOGON, "Shell")),
    elsewhere=asked(
        all_of(
            "interfering.elsewhere",
            {
                (policy.key, policy.name): registry.value(f"interfering.{policy.name}", policy.key, policy.name)
                for policy in _ELSEWHERE
            },
        )
    ),
)


@dataclass(frozen=True)
class Interference:
    """Something that keeps people from resetting their passwords although the feature is on.

    Attributes:
        code: Stable name, as in the findings of a preflight.
        sentence: In plain words.
        evidence: What was read: registry path and data.
        said_by: Which editions of the page say that it interferes.
        sure: How sure we are of the place in the registry.
    """

    code: str
    sentence: str
    evidence: Mapping[str, int | str]
    said_by: str
    sure: Sureness


def interferences(settings: Settings, machine: Machine) -> Iterator[Interference]:
    """Everything that is in the way on this machine, one by one."""
    for policy in POLICIES:
        number = settings.numbers[policy.key, policy.name]
        if number:
            yield Interference(
                policy.code,
                f"a policy hides or breaks password reset: {policy.title} ({policy.name}={number})",
                {rf"{policy.key}\{policy.name}": number},
                policy.editions,
                policy.path.sureness,
            )
    if settings.shell is not None and _is_other_shell(settings.shell):
        sentence = "Explorer is replaced by another shell, with which password reset is known not to work"
        yield Interference(
            SHELL_CODE, sentence, {rf"{WINLOGON}\Shell": settings.shell}, "2019, 2025", SHELL_PATH.sureness
        )
    yield from _ctrl_alt_del(settings, machine)


def _is_other_shell(shell: str) -> bool:
    program = shell.strip().strip('"').rstrip(",").strip().lower()
    return program.rpartition("\\")[2] != "explorer.exe"


def _ctrl_alt_del(settings: Settings, machine: Machine) -> Iterator[Interference]:
    r"""Asking for Ctrl+Alt+Del: by itself before version 1809 (2019), and as one of three settings together.

    Of those three the second, lock screen notifications turned off, interferes by itself. The third is
    IsContentDeliveryPolicyEnforced in 2019, which cannot be read, and a Home edition in 2025, which also limits the
    first to versions up to "1710", older than any that has the feature.
    """
    if settings.ctrl_alt_del != 0:
        return
    evidence: dict[str, int | str] = {rf"{POLICIES_SYSTEM}\DisableCAD": 0}
    if machine.build_number < BUILD_1809:
        sentence = "a policy asks for Ctrl+Alt+Del, with which password reset does not work before version 1809"
        yield Interference(CAD_CODE, sentence, evidence, "2019", CAD_PATH.sureness)
    notifications = settings.numbers[_SYSTEM, _NOTIFICATIONS]
    if notifications:
        evidence |= {rf"{_SYSTEM}\{_NOTIFICATIONS}": notifications, "edition": machine.edition}
        sentence = (
            "two of three settings that together keep password reset from working are there: Ctrl+Alt+Del is asked "
            "for and lock screen notifications are off; the third (IsContentDeliveryPolicyEnforced) cannot be read"
        )
        yield Interference(COMBINATION_CODE, sentence, evidence, "2019; 2025 with other limits", CAD_PATH.sureness)
