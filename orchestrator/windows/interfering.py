r"""Settings that are in the way of Windows 10's own password reset although it is switched on.

Who says so: the page of November 2019 (azure-docs, howto-sspr-windows) and its edition of March 2025 (entra-docs, the
same file), called `2019` and `2025` here. They name policies, not registry paths; each path has a source of its own.
Two of their settings cannot be read from the registry; they are in NOT_READABLE, to be said and not to be guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.model.registry import Value
from orchestrator.windows import provider, registry
from orchestrator.windows.command import Evidence, Fact, Sureness, all_of, asked, gather
from orchestrator.windows.provider import POLICIES_SYSTEM
from orchestrator.windows.registry import Key

BUILD_1809 = 17763

WINLOGON = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon"
_PERSONALIZATION = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\Personalization"
_APPX = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\Appx"
_SYSTEM = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\System"
NOTIFICATIONS = (_SYSTEM, "DisableLockScreenAppNotifications")
"""Key and value by which notifications on the lock screen are turned off."""

NOT_READABLE: Mapping[str, str] = {
    "EnableLostMode": "2019, 2025; no place in the registry is known",
    "IsContentDeliveryPolicyEnforced": "2019 only, and only together with two others; a function inside Windows",
}
"""Settings that the pages name and that nobody can look up in the registry → who names them, and why not."""


@dataclass(frozen=True)
class Policy:
    """A number in the registry that is in the feature's way when it is not 0.

    Attributes:
        code: Our stable name for it, as in findings.
        key: Where it stands.
        name: The value's name there.
        editions: Which of the pages name it; empty where none does.
        path: Why we believe that it stands there, and, where no page names it, that it interferes.
    """

    code: str
    key: str
    name: str
    editions: str
    path: Evidence

    @property
    def value(self) -> Fact[Value | None]:
        """It alone."""
        return registry.value(f"interfering.{self.name}", self.key, self.name)


_ADMX = Evidence("paths as in public copies of Windows' administrative templates", Sureness.REPORTED)
_SECURITY_OPTION = Evidence("paths of security options as in public audit lists", Sureness.REPORTED)

POLICIES = (
    Policy("fast_user_switching", POLICIES_SYSTEM, "HideFastUserSwitching", "2019, 2025", _ADMX),
    Policy(
        "last_user_name",
        POLICIES_SYSTEM,
        "dontdisplaylastusername",
        "2019, 2025",
        _SECURITY_OPTION,
    ),
    Policy("no_lock_screen", _PERSONALIZATION, "NoLockScreen", "2019, 2025", _ADMX),
    Policy("block_user_install", _APPX, "BlockNonAdminUserInstall", "2025", _ADMX),
    Policy(
        "lock_screen_notifications",
        *NOTIFICATIONS,
        "2019, 2025",
        _ADMX,
    ),
    Policy(
        "smart_card_required",
        POLICIES_SYSTEM,
        "scforceoption",
        "2025",
        _SECURITY_OPTION,
    ),
    Policy(
        "desktop_switch_delay",
        POLICIES_SYSTEM,
        "DelayedDesktopSwitchTimeout",
        "",
        Evidence(
            "MicrosoftDocs/azure-docs issue 113847 and pull request 115721 (2023): one company's machines, where 1 in "
            "place of the default 0 led back to the log-on screen; the pages do not name it",
            Sureness.REPORTED,
        ),
    ),
)
"""The policies that interfere by themselves, whatever the build."""

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


SHELL: Fact[Value | None] = registry.value("interfering.shell", WINLOGON, "Shell")
SETTINGS: Fact[Settings] = gather(
    "interfering",
    _settings,
    system=asked(provider.SYSTEM_POLICIES),
    shell=asked(SHELL),
    elsewhere=asked(
        all_of(
            "interfering.elsewhere",
            {(policy.key, policy.name): policy.value for policy in _ELSEWHERE},
        )
    ),
)
