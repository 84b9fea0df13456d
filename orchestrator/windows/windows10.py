r"""Windows 10 and 11: the feature is built in, one registry value switches it on, and policies may be in its way.

Who says so: the page of November 2019 (azure-docs, howto-sspr-windows) and its edition of March 2025 (entra-docs, the
same file), called `2019` and `2025` here. They name policies, not registry paths; each path has a source of its own.
Two of their settings cannot be read from the registry; they are in NOT_READABLE, to be said and not to be guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.model.registry import Value
from orchestrator.windows import registry, registry_change
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import Change, Command, Evidence, Fact, Reply, Sureness, gather
from orchestrator.windows.registry import REG_QUERY, Key

FIRST_BUILD = 17134
"""Version 1803 (April 2018 Update), the first that has the feature (2019, 2025)."""
BUILD_1809 = 17763
FIRST_WINDOWS_11 = 22000

POLICY = r"HKLM\SOFTWARE\Policies\Microsoft\AzureADAccount"
ALLOW = "AllowPasswordReset"
MANAGED = r"HKLM\SOFTWARE\Microsoft\PolicyManager\current\device\Authentication"
MANAGED_ALLOW = "AllowAadPasswordReset"
JOIN_INFO = r"HKLM\SYSTEM\CurrentControlSet\Control\CloudDomainJoin\JoinInfo"
TCPIP = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters"

POLICIES_SYSTEM = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"
_PERSONALIZATION = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\Personalization"
_APPX = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\Appx"
_SYSTEM = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\System"
WINLOGON = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon"
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

BUILD_CODE, JOIN_CODE = "windows10_build", "windows10_join"
SHELL_CODE, CAD_CODE, COMBINATION_CODE = "custom_shell", "ctrl_alt_del", "ctrl_alt_del_combination"

SHELL_PATH = Evidence("Winlogon's Shell value, known from experience", Sureness.REMEMBERED)
CAD_PATH = Evidence("the security option's value, known from experience", Sureness.REMEMBERED)


@dataclass(frozen=True)
class Join:
    """Whom the device belongs to.

    Attributes:
        tenants: Of the directories in the cloud that it is joined to; empty when it is joined to none. A join whose
            tenant is not shown stands as an empty text.
        domain: DNS name of its domain; None in a workgroup.
    """

    tenants: tuple[str, ...]
    domain: str | None

    @property
    def joined(self) -> bool:
        """Whether it is joined to the cloud's directory, with or without a domain of its own."""
        return bool(self.tenants)

    @property
    def title(self) -> str:
        """As an admin would say it."""
        if self.joined:
            return "hybrid Azure AD joined" if self.domain else "Azure AD joined"
        return f"a member of the domain {self.domain}, not registered with Azure AD" if self.domain else "not joined"


_JOIN_INFO = Evidence(
    f"{REG_QUERY.source}; that a device's join stands there is consistent in public administration scripts",
    Sureness.REPORTED,
)


def _parse_tenants(replies: Sequence[Reply]) -> tuple[str, ...]:
    """One tenant for each key below JoinInfo; the keys' names are thumbprints of certificates."""
    found: dict[str, list[str]] = {}
    prefix = registry.long_name(JOIN_INFO).lower() + "\\"
    below: str | None = None
    for line in replies[0].lines:
        if line.lower().startswith("hkey_"):
            below = line.strip().lower() if line.lower().startswith(prefix) else None
            if below is not None:
                found.setdefault(below, [])
        elif below is not None:
            value = registry.parse_value(line)
            if value is not None and value[0].lower() == "tenantid":
                found[below].append(str(value[1].data))
    return tuple("".join(tenants[:1]) for tenants in found.values())


def _join(tenants: tuple[str, ...], domain: Value | None) -> Join:
    return Join(tenants, str(domain.data) if domain and domain.data else None)


JOIN: Fact[Join] = gather(
    "windows10.join",
    _join,
    Fact(
        "windows10.tenants",
        (Command(f'reg query "{JOIN_INFO}" /s 2>nul', _JOIN_INFO, accepts=frozenset({0, 1})),),
        _parse_tenants,
    ),
    registry.value("windows10.domain", TCPIP, "Domain"),
)
"""dsregcmd shows more, in words that have changed with versions of Windows; the registry tells what is needed."""


@dataclass(frozen=True)
class State:
    """What bears on the feature on one machine.

    Attributes:
        policy: The key with AllowPasswordReset; None when there is none.
        managed: What a device management (Intune, say) has set, as Windows keeps it; None when it has not.
        join: Whom the device belongs to.
        numbers: (key, value name) → number, of everything in POLICIES; None for what is not set.
        ctrl_alt_del: DisableCAD: 0 when a policy asks for Ctrl+Alt+Del.
        shell: What is started for whom logs on.
    """

    policy: Key | None
    managed: int | None
    join: Join
    numbers: Mapping[tuple[str, str], int | None]
    ctrl_alt_del: int | None
    shell: str | None

    @property
    def allowed(self) -> bool:
        """Whether the registry's policy switches the feature on."""
        return self.policy is not None and self.policy.number(ALLOW) == 1

    @property
    def shown(self) -> dict[str, Any]:
        """In a few words, for a result's detail."""
        join = {"title": self.join.title, "tenants": list(self.join.tenants), "domain": self.join.domain}
        return {"join": join, "allowed": self.allowed, "set_by_device_management": self.managed}

    @property
    def values(self) -> dict[str, dict[str, int | str]]:
        """Path → values, as evidence and for undoing."""
        return {POLICY: self.policy.shown} if self.policy else {}


def _state(
    policy: Key | None,
    managed: Value | None,
    join: Join,
    system: Key | None,
    shell: Value | None,
    *others: Value | None,
) -> State:
    read = dict(zip(((policy.key, policy.name) for policy in _ELSEWHERE), others, strict=True))
    here = system or registry.absent(POLICIES_SYSTEM)
    numbers = {
        (each.key, each.name): here.number(each.name) if each.key == POLICIES_SYSTEM else _number(read, each)
        for each in POLICIES
    }
    text = str(shell.data) if shell else None
    return State(policy, managed.number if managed else None, join, numbers, here.number("DisableCAD"), text)


def _number(read: Mapping[tuple[str, str], Value | None], policy: Policy) -> int | None:
    value = read[policy.key, policy.name]
    return value.number if value else None


_ELSEWHERE = tuple(policy for policy in POLICIES if policy.key != POLICIES_SYSTEM)
"""Those that do not stand in the one key that is asked for whole."""

STATE: Fact[State] = gather(
    "windows10",
    _state,
    registry.key("windows10.policy", POLICY),
    registry.value("windows10.managed", MANAGED, MANAGED_ALLOW),
    JOIN,
    registry.key("policies.system", POLICIES_SYSTEM),
    registry.value("windows10.shell", WINLOGON, "Shell"),
    *(registry.value(f"windows10.{policy.name}", policy.key, policy.name) for policy in _ELSEWHERE),
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


def interferences(state: State, machine: Machine) -> Iterator[Interference]:
    """Everything that is in the way on this machine, one by one."""
    for policy in POLICIES:
        number = state.numbers[policy.key, policy.name]
        if number:
            yield Interference(
                policy.code,
                f"a policy hides or breaks password reset: {policy.title} ({policy.name}={number})",
                {rf"{policy.key}\{policy.name}": number},
                policy.editions,
                policy.path.sureness,
            )
    if state.shell is not None and _is_other_shell(state.shell):
        sentence = "Explorer is replaced by another shell, with which password reset is known not to work"
        yield Interference(SHELL_CODE, sentence, {rf"{WINLOGON}\Shell": state.shell}, "2019, 2025", SHELL_PATH.sureness)
    yield from _ctrl_alt_del(state, machine)


def _is_other_shell(shell: str) -> bool:
    program = shell.strip().strip('"').rstrip(",").strip().lower()
    return program.rpartition("\\")[2] != "explorer.exe"


def _ctrl_alt_del(state: State, machine: Machine) -> Iterator[Interference]:
    r"""Asking for Ctrl+Alt+Del: by itself before version 1809 (2019), and as one of three settings together.

    Of those three the second, lock screen notifications turned off, interferes by itself. The third is
    IsContentDeliveryPolicyEnforced in 2019, which cannot be read, and a Home edition in 2025, which also limits the
    first to versions up to "1710", older than any that has the feature.
    """
    if state.ctrl_alt_del != 0:
        return
    evidence: dict[str, int | str] = {rf"{POLICIES_SYSTEM}\DisableCAD": 0}
    if build_number(machine) < BUILD_1809:
        sentence = "a policy asks for Ctrl+Alt+Del, with which password reset does not work before version 1809"
        yield Interference(CAD_CODE, sentence, evidence, "2019", CAD_PATH.sureness)
    notifications = state.numbers[_SYSTEM, _NOTIFICATIONS]
    if notifications:
        evidence |= {rf"{_SYSTEM}\{_NOTIFICATIONS}": notifications, "edition": machine.edition}
        sentence = (
            "two of three settings that together keep password reset from working are there: Ctrl+Alt+Del is asked "
            "for and lock screen notifications are off; the third (IsContentDeliveryPolicyEnforced) cannot be read"
        )
        yield Interference(COMBINATION_CODE, sentence, evidence, "2019; 2025 with other limits", CAD_PATH.sureness)


def build_number(machine: Machine) -> int:
    """The build as a number; 0 when the host shows none."""
    return int(machine.build) if machine.build.isascii() and machine.build.isdecimal() else 0


def called(machine: Machine) -> str:
    """Windows 10 or 11: the registry's ProductName says 10 for both."""
    return "Windows 11" if build_number(machine) >= FIRST_WINDOWS_11 else "Windows 10"


@dataclass(frozen=True)
class Obstacle:
    """Why the feature cannot work here at all: stable code, plain words, and what to do."""

    code: str
    sentence: str
    remedy: str


def obstacles(state: State, machine: Machine) -> Iterator[Obstacle]:
    """What must be so before switching the feature on makes sense: version 1803 or later, and a join."""
    if build_number(machine) < FIRST_BUILD:
        yield Obstacle(
            BUILD_CODE,
            f"build {machine.build} has no password reset at the log-on screen; it came with version 1803 (17134)",
            "update Windows 10 to a version from 1803 on",
        )
    if not state.join.joined:
        yield Obstacle(
            JOIN_CODE,
            f"the device is {state.join.title}; password reset needs an Azure AD join or a hybrid one",
            "join the device to Azure AD; with a domain, see that it is registered (dsregcmd /status on the host)",
        )


def switch(*, on: bool, before: State) -> Change:
    """Sets AllowPasswordReset to 1, or to 0, which is what a policy that forbids it sets."""
    words = "allow" if on else "forbid"
    summary = f"{words} password reset at the log-on screen ({ALLOW}={int(on)})"
    return registry_change.numbers_change(summary, POLICY, {ALLOW: int(on)}, before.policy)
