"""What a modelled machine is: Windows branch, architecture, edition, WinRM quotas, and what its past left behind."""

from dataclasses import dataclass, field, replace
from typing import Final, Literal, get_args

from sspr_lab.languages import Language, LanguageTag, language
from sspr_lab.winrm_settings import ServiceSettings

Branch = Literal["windows7", "windows8", "windows8.1", "windows10"]
Architecture = Literal["x86", "x64"]
Trait = Literal[
    "aes_off",  # a hardening tool has switched both AES ciphers of Schannel off
    "azure_ad_joined",  # joined to a tenant of Microsoft Entra ID
    "block_user_install",  # a policy: only administrators may install store apps
    "ctrl_alt_del_required",  # a policy asks for Ctrl+Alt+Del before anybody logs on
    "domain_joined",  # a member of contoso.example; together with azure_ad_joined: hybrid
    "fast_user_switching_off",  # a policy hides "switch user"
    "kiosk_shell",  # a program takes the place of Explorer
    "desktop_switch_delayed",  # the switch to the desktop waits a second
    "last_user_name_hidden",  # a policy hides who logged on last
    "lock_screen_notifications_off",  # a policy keeps notifications off the lock screen
    "network_policies",  # group policies set up networks, on cables and without
    "no_lock_screen",  # a policy does away with the lock screen
    "password_reset_managed",  # a device management has switched Windows 10's password reset on
    "smart_card_required",  # a policy: nobody logs on without a smart card
    "windows10_1709",  # Windows 10 as of October 2017
    "windows10_1803",  # Windows 10 as of April 2018
    "addin_source_left",  # an event source registration that an earlier removal of the add-in left
    "cbs_in_progress",  # servicing is under way
    "cbs_reboot_pending",  # servicing waits for a restart
    "clock_a_day_ahead",  # its clock shows tomorrow
    "clock_a_day_behind",  # its clock shows yesterday
    "copy_profile",  # set up from an image with CopyProfile
    "dot1x_before_logon",  # a cable's profile asks for 802.1X immediately before a user logs on
    "double_reboot",  # "configuring updates": a restart is followed by a second one
    "internet_no_names",  # its DNS servers know no names of the Internet
    "internet_refused",  # a firewall answers that there is no way to the Internet
    "internet_silent",  # a firewall swallows what goes to the Internet
    "proxy_asks",  # its proxy wants to know who is there
    "scripts_disabled",  # Windows Script Host is switched off
    "tls_inspection",  # something on the way to the Internet puts in certificates of its own
    "excluded_provider",  # policy hides the add-in's credential provider
    "low_disk",  # 40 MB free
    "no_service_pack",  # Windows 7 as it came out in 2009
    "old_wininet",  # SecureProtocols=0xA0 for SYSTEM: SSL 3.0 and TLS 1.0
    "on_battery",  # a notebook that nobody has plugged in
    "pending_file_rename",  # a printer driver's update left files to be replaced at the next start
    "provider_disabled",  # somebody disabled the add-in's credential provider
    "provider_filter",  # a credential provider filter of a third party
    "proxy",  # a machine-wide WinHTTP proxy
    "proxy_damaged",  # WinHTTP's proxy settings are cut off
    "proxy_of_users",  # users have a proxy script, the machine has none
    "remote_desktop",  # Remote Desktop is allowed
    "rename_pending",  # the computer was renamed and not restarted
    "root_updates_off",  # a policy keeps Windows from fetching root certificates
    "roots_never_fetched",  # Windows has not fetched any root certificate yet
    "schannel_explicit",  # TLS 1.2 switched on by group policy, Enabled=0xffffffff
    "third_party_provider",  # a VPN's credential provider
    "tls_hard_disabled",  # TLS 1.2 Enabled=0
    "uac_off",  # EnableLUA=0
    "unpatched",  # Service Pack 1 and nothing since
    "update_reboot_required",  # Windows Update waits for a restart
    "user_logged_on",  # somebody sits in front of it
    "doubtful_cipher_order",  # a policy leaves suites with DHE or RSA key exchange and GCM
    "weak_cipher_order",  # a policy leaves RC4, 3DES and CBC with SHA-1 and RSA key exchange
    "windows_server",  # Windows Server 2008 R2, which somebody took for a client
    "winhttp_a0",  # DefaultSecureProtocols=0xA0: SSL 3.0 and TLS 1.0, the old default written down
    "winhttp_a80",  # DefaultSecureProtocols=0xA80 in both views
    "wired_dot1x",  # 802.1X is used on cables
    "winrm_manual_start",  # the WinRM service's start type is manual: it will not be back after a restart
]


@dataclass(frozen=True)
class WinRMQuotas:
    """The limits of one generation of the WinRM service (WS-Management quotas of the operating system)."""

    stack: str
    max_shells_per_user: int
    max_concurrent_users: int
    max_processes_per_shell: int
    max_memory_per_shell_mb: int
    idle_timeout_ms: int
    max_envelope_size_kb: int
    max_timeout_ms: int
    max_concurrent_operations_per_user: int
    max_connections: int


WINRM_2: Final = WinRMQuotas("2.0", 5, 5, 15, 150, 180_000, 150, 60_000, 15, 25)
WINRM_3: Final = WinRMQuotas("3.0", 30, 10, 25, 1024, 7_200_000, 500, 60_000, 1500, 300)


@dataclass(frozen=True)
class _Release:
    """What every machine of a branch shares."""

    version: str
    build: int
    service_pack: int
    name: str
    quotas: WinRMQuotas


_RELEASES: Final[dict[Branch, _Release]] = {
    "windows7": _Release("6.1", 7601, 1, "Windows 7", WINRM_2),
    "windows8": _Release("6.2", 9200, 0, "Windows 8", WINRM_3),
    "windows8.1": _Release("6.3", 9600, 0, "Windows 8.1", WINRM_3),
    "windows10": _Release("10.0", 19045, 0, "Windows 10", WINRM_3),
}
_OLD_BUILDS: Final[dict[Trait, tuple[Branch, int]]] = {
    "no_service_pack": ("windows7", 7600),
    "windows10_1709": ("windows10", 16299),
    "windows10_1803": ("windows10", 17134),
}
_EDITION_NAMES: Final = {"Professional": "Pro", "Core": ""}  # from Windows 8 on; other editions are named as they are
_HOME_EDITIONS: Final = frozenset({"HomeBasic", "HomePremium", "Starter", "Core"})


@dataclass(frozen=True)
class Profile:
    """A machine as it came out of the box, plus the traits that its administrators gave it."""

    branch: Branch = "windows7"
    architecture: Architecture = "x64"
    edition: str = "Professional"
    computer_name: str = "PC-01"
    workgroup: str = "WORKGROUP"
    language: LanguageTag = "en-US"
    utc_offset_minutes: int = 0
    administrators: tuple[str, ...] = ("Administrator",)
    users: tuple[str, ...] = ("user",)
    total_bytes: int = 120 * 1024**3
    free_bytes: int = 60 * 1024**3
    memory_bytes: int = 4 * 1024**3
    stop_seconds: float = 12.0  # from the start of a shutdown to power off
    start_seconds: float = 45.0  # firmware and boot, until the services without delay run
    winrm: ServiceSettings = field(default_factory=ServiceSettings)
    seed: int = 0
    traits: frozenset[Trait] = field(default_factory=frozenset)

    @property
    def version(self) -> str:
        """The NT version as GetVersion has it: 6.1, 6.2, 6.3, 10.0."""
        return _RELEASES[self.branch].version

    @property
    def spoken(self) -> Language:
        """What Windows says in the machine's language, with the locale that belongs to it."""
        return language(self.language)

    @property
    def oem_code_page(self) -> int:
        """The code page of consoles."""
        return self.spoken.oem_code_page

    @property
    def ansi_code_page(self) -> int:
        """The code page of programs that know no Unicode."""
        return self.spoken.ansi_code_page

    @property
    def build(self) -> int:
        old = (_OLD_BUILDS[trait] for trait in sorted(self.traits & _OLD_BUILDS.keys()))
        return next((build for branch, build in old if branch == self.branch), _RELEASES[self.branch].build)

    @property
    def service_pack(self) -> int:
        return 0 if self.has("no_service_pack") else _RELEASES[self.branch].service_pack

    @property
    def quotas(self) -> WinRMQuotas:
        return _RELEASES[self.branch].quotas

    @property
    def product_name(self) -> str:
        """The marketing name, "Windows 8.1 Pro"."""
        edition = self.edition if self.branch == "windows7" else _EDITION_NAMES.get(self.edition, self.edition)
        return f"{_RELEASES[self.branch].name} {edition}".rstrip()

    @property
    def is_x64(self) -> bool:
        return self.architecture == "x64"

    @property
    def is_home(self) -> bool:
        """Home editions lack quser, gpedit and the like."""
        return self.edition in _HOME_EDITIONS

    @property
    def machine_sid(self) -> str:
        """The SID of the machine's own account domain, without a RID."""
        return f"S-1-5-21-{1_000_000_007 + self.seed * 7919 % 2**30}-{2_000_000_011 - self.seed % 2**30}-1155"

    def in_language(self, tag: LanguageTag) -> "Profile":
        """The same machine with a Windows of that language: its accounts' names and its country's time."""
        spoken = language(tag)
        return replace(
            self,
            language=tag,
            utc_offset_minutes=spoken.utc_offset_minutes,
            administrators=(spoken.names.administrator,),
            users=(spoken.user,),
        )

    def has(self, trait: Trait) -> bool:
        return trait in self.traits

    def with_traits(self, *traits: Trait) -> "Profile":
        """The same machine with a past. Raises ValueError for a trait that does not exist."""
        if unknown := set(traits) - set(get_args(Trait)):
            raise ValueError(f"no such trait: {', '.join(sorted(unknown))}")
        return replace(self, traits=self.traits | set(traits))
