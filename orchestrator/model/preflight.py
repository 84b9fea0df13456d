"""What a preflight learned about a host: the detail of its step, which tables, pages and reports show.

Whatever was not learned is None. Files of earlier versions lack some of it, so that every field may be left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from orchestrator.model.detail import Detail
from orchestrator.model.finding import Finding, Read
from orchestrator.model.message import Message

AWAITS_RESTART = "awaits_restart"
"""Verdict on settings that are in the registry and take effect with the next restart."""


@dataclass(frozen=True)
class Machine:
    """Which Windows it is; `branch` is `windows7`, `windows8`, `windows8.1`, `windows10` or `other`."""

    branch: str = ""
    product: str = ""
    edition: str = ""
    build: str = ""
    service_pack: int = 0
    architecture: str = ""
    computer_name: str = ""
    title: str = ""


@dataclass(frozen=True)
class Tls12:
    """TLS 1.2 as the host is set to.

    Attributes:
        verdict: `on`, `default`, `off`, `hard_off`, or AWAITS_RESTART.
        sentence: What it rests on.
        values: Registry key → its values.
    """

    verdict: str = ""
    sentence: Message | None = None
    values: Mapping[str, Mapping[str, int | str]] = field(default_factory=dict)


@dataclass(frozen=True)
class AddIn:
    """The add-in; version and product code only where Windows Installer knows them."""

    installed: bool
    version: str | None = None
    product_code: str | None = None
    verbose_logging: bool = False


@dataclass(frozen=True)
class Roots:
    """What a host trusts of the roots that Azure's services have, and whether Windows may fetch more.

    Attributes:
        there: SHA-1 of those that are in one of the machine's stores, in capitals.
        updates_off: Whether a policy forbids Windows to fetch roots.
        disallowed: SHA-1 of those that the machine is told not to trust, wherever else they are.
    """

    there: tuple[str, ...]
    updates_off: bool
    disallowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Join:
    """Whom the device belongs to: `title` in words, tenants of cloud directories, DNS name of the domain."""

    title: Message | None = None
    tenants: tuple[str, ...] = ()
    domain: str | None = None


@dataclass(frozen=True)
class Windows10:
    """Windows 10's own password reset.

    Attributes:
        allowed: Whether the registry's policy switches it on.
        set_by_device_management: What a device management (Intune, say) has set; None when it has not.
    """

    allowed: bool
    join: Join = field(default_factory=Join)
    set_by_device_management: int | None = None


@dataclass(frozen=True)
class Updates:
    """Updates of Windows 7 that are registered as there.

    Attributes:
        packages: Which of those that matter, as in `KB3140245`, in order.
        rollups: Versions of monthly rollups, as in `7601.24545.1.8`.
    """

    packages: tuple[str, ...]
    rollups: tuple[str, ...]


@dataclass(frozen=True)
class WinHttp:
    """What WinHTTP uses for all programs: a proxy, and for which names not; both None when it goes directly."""

    server: str | None
    bypass: str | None


@dataclass(frozen=True)
class WinInet:
    """WinINET for one user: a proxy or a script that names one, and its protocols' bits; None when not set."""

    server: str | None
    script: str | None
    protocols: int | None

    @property
    def used(self) -> str | None:
        """The proxy, or else the script."""
        return self.server or self.script


@dataclass(frozen=True)
class Proxies:
    """Which proxies a host has.

    Attributes:
        winhttp: None when its settings are not in a form that we know.
        system: WinINET for SYSTEM.
        users: WinINET for each user whose hive is loaded.
        per_machine: Whether a policy makes WinINET's settings the same for all.
    """

    winhttp: WinHttp | None
    system: WinInet
    users: tuple[WinInet, ...]
    per_machine: bool

    @property
    def of_users_alone(self) -> bool:
        """Whether users have a proxy and the machine has none."""
        machine = (self.winhttp is not None and self.winhttp.server) or self.system.used
        return not machine and any(user.used for user in self.users)

    @property
    def shown(self) -> dict[str, Read]:
        """As evidence."""
        return {**asdict(self), "users": [asdict(user) for user in self.users]}


@dataclass(frozen=True)
class Egress:
    """Whether the host reached the service: how far it came, and WinHTTP's error or the HTTP status."""

    end: str
    asked_for: str = ""
    error: str | None = None
    winhttp_error: int | None = None
    http_status: int | None = None


@dataclass(frozen=True)
class Language:
    """What a host speaks.

    Attributes:
        installed: Language that Windows was set up in, as in `ko-KR`; the bare LANGID where it has no name, None when
            it is not known.
        interface: Languages that its windows can be shown in.
        oem_code_page: As in `949`; None when it is not known.
    """

    installed: str | None
    interface: tuple[str, ...]
    oem_code_page: str | None


@dataclass(frozen=True)
class Limits:
    """Signs of what password reset does not do anywhere.

    Attributes:
        remote_desktop: Remote Desktop connections are allowed.
        pre_logon_profiles: Files of network profiles that ask for 802.1X immediately before a user logs on.
        dot1x: What else says that 802.1X may be in use.
        copied_profile: The machine was set up with CopyProfile.
        domain: DNS name of its domain; None in a workgroup.
    """

    remote_desktop: bool
    pre_logon_profiles: tuple[str, ...]
    dot1x: tuple[Message, ...]
    copied_profile: bool
    domain: str | None


@dataclass(frozen=True)
class PreflightDetail(Detail, kind="preflight"):
    """All of it.

    Attributes:
        windows10: None on every other branch.
        restart_pending: What waits for a restart; None when that was not learned.
        egress: None when it was not tried.
        findings: Gravest first.
        ignored: Findings that a policy has decided not to matter.
        fine: Codes of what was looked for and not found.
    """

    machine: Machine | None = None
    tls12: Tls12 | None = None
    addin: AddIn | None = None
    windows10: Windows10 | None = None
    restart_pending: tuple[Message, ...] | None = None
    updates: Updates | None = None
    proxy: Proxies | None = None
    egress: Egress | None = None
    cipher_order: tuple[str, ...] | None = None
    roots: Roots | None = None
    language: Language | None = None
    limits: Limits | None = None
    clock_ahead_seconds: int | None = None
    free_mb: int | None = None
    findings: tuple[Finding, ...] = ()
    ignored: tuple[Finding, ...] = ()
    fine: tuple[str, ...] = ()

    @property
    def offers_reset(self) -> bool | None:
        if self.windows10:
            return self.windows10.allowed
        return self.addin.installed if self.addin else None
