"""What administrators, other products and Windows Update did to a machine before we came: a trait each."""

from collections.abc import Callable, Mapping
from typing import Final

from sspr_lab.profile import Profile, Trait
from sspr_lab.registry import Data, Value
from sspr_lab.stock import surroundings
from sspr_lab.stock.providers import FILTERS, Provider, registration
from sspr_lab.stock.tree import Entries, expand, prefixed

_Table = dict[str, Mapping[str, Data | Value]]
_CONTROL: Final = r"HKLM\SYSTEM\ControlSet001\Control"
_WINDOWS: Final = r"Microsoft\Windows\CurrentVersion"
_TLS: Final = _CONTROL + r"\SecurityProviders\SCHANNEL\Protocols\TLS 1.2"
_SOURCE: Final = "AADPasswordResetCredentialProvider"
_VPN: Final = Provider("{B12744B8-5BB7-463A-B85E-BB7627E73002}", "Contoso VPN Start Before Logon", "ContosoSbl.dll")
_FILTER: Final = Provider("{F2A7C6C5-3E7C-4B1C-9E3B-6C0D3AF0A001}", "Fabrikam Single Sign-On Filter", "FabrikamSso.dll")


def _software(entries: Entries) -> _Table:
    return prefixed(r"HKLM\SOFTWARE", entries)


def _schannel(enabled: int, *, disabled_by_default: int) -> _Table:
    values = {"Enabled": enabled, "DisabledByDefault": disabled_by_default}
    return {f"{_TLS}\\{side}": values for side in ("Client", "Server")}


def _winhttp(profile: Profile, protocols: int) -> _Table:
    views = ("", "Wow6432Node\\") if profile.is_x64 else ("",)
    key = _WINDOWS + r"\Internet Settings\WinHttp"
    return _software({f"{view}{key}": {"DefaultSecureProtocols": protocols} for view in views})


def _pending_file_rename(profile: Profile) -> _Table:
    del profile
    driver = r"\??\C:\Windows\system32\spool\drivers\x64\3\New"
    return {_CONTROL + r"\Session Manager": {"PendingFileRenameOperations": [driver + r"\UNIDRV.DLL", ""]}}


def _rename_pending(profile: Profile) -> _Table:
    return {_CONTROL + r"\ComputerName\ComputerName": {"ComputerName": f"{profile.computer_name[:11]}-NEW"}}


def _addin_source_left(profile: Profile) -> _Table:
    log = "eventlog" if profile.branch == "windows7" else "EventLog"
    key = f"HKLM\\SYSTEM\\ControlSet001\\Services\\{log}\\Application\\{_SOURCE}"
    return {key: {"EventMessageFile": expand(r"C:\Windows\System32\SsprWindowsLogon.dll"), "TypesSupported": 7}}


def _azure_ad_joined(profile: Profile) -> _Table:
    """One key a join, named by the thumbprint of the device's certificate."""
    name = "0F1E2D3C4B5A69788796A5B4C3D2E1F0" + f"{profile.seed % 2**32:08X}"
    values: Mapping[str, Data | Value] = {
        "TenantId": "11111111-2222-3333-4444-555555555555",
        "UserEmail": "somebody@contoso.example",
        "IdpDomain": "login.windows.net",
    }
    return {_CONTROL + rf"\CloudDomainJoin\JoinInfo\{name}": values}


def _domain_joined(profile: Profile) -> _Table:
    del profile
    names: Mapping[str, Data | Value] = {"Domain": "contoso.example", "NV Domain": "contoso.example"}
    return {r"HKLM\SYSTEM\ControlSet001\Services\Tcpip\Parameters": names}


def _password_reset_managed(profile: Profile) -> _Table:
    del profile
    values: Mapping[str, Data | Value] = {"AllowAadPasswordReset": 1, "AllowAadPasswordReset_ProviderSet": 1}
    return _software({r"Microsoft\PolicyManager\current\device\Authentication": values})


def _policy(key: str, name: str, data: Data) -> Callable[[Profile], _Table]:
    return lambda _: _software({key: {name: data}})


_CHANGES: Final[Mapping[Trait, Callable[[Profile], Entries]]] = {
    **surroundings.CHANGES,
    "addin_source_left": _addin_source_left,
    "azure_ad_joined": _azure_ad_joined,
    "block_user_install": _policy(r"Policies\Microsoft\Windows\Appx", "BlockNonAdminUserInstall", 1),
    "cbs_reboot_pending": lambda _: _software({_WINDOWS + r"\Component Based Servicing\RebootPending": {}}),
    "ctrl_alt_del_required": _policy(_WINDOWS + r"\Policies\System", "DisableCAD", 0),
    "domain_joined": _domain_joined,
    "fast_user_switching_off": _policy(_WINDOWS + r"\Policies\System", "HideFastUserSwitching", 1),
    "kiosk_shell": _policy(r"Microsoft\Windows NT\CurrentVersion\Winlogon", "Shell", r"C:\Kiosk\kiosk.exe"),
    "desktop_switch_delayed": _policy(_WINDOWS + r"\Policies\System", "DelayedDesktopSwitchTimeout", 1),
    "last_user_name_hidden": _policy(_WINDOWS + r"\Policies\System", "dontdisplaylastusername", 1),
    "lock_screen_notifications_off": _policy(
        r"Policies\Microsoft\Windows\System", "DisableLockScreenAppNotifications", 1
    ),
    "no_lock_screen": _policy(r"Policies\Microsoft\Windows\Personalization", "NoLockScreen", 1),
    "password_reset_managed": _password_reset_managed,
    "pending_file_rename": _pending_file_rename,
    "provider_filter": lambda _: _software(registration(_FILTER, under=FILTERS)),
    "rename_pending": _rename_pending,
    "schannel_explicit": lambda _: _schannel(0xFFFFFFFF, disabled_by_default=0),
    "smart_card_required": _policy(_WINDOWS + r"\Policies\System", "scforceoption", 1),
    "third_party_provider": lambda _: _software(registration(_VPN)),
    "tls_hard_disabled": lambda _: _schannel(0, disabled_by_default=1),
    "uac_off": lambda _: _software({_WINDOWS + r"\Policies\System": {"EnableLUA": 0}}),
    "update_reboot_required": lambda _: _software({_WINDOWS + r"\WindowsUpdate\Auto Update\RebootRequired": {}}),
    "user_logged_on": lambda profile: _software(
        {_WINDOWS + r"\Authentication\LogonUI": {"LastLoggedOnUser": f".\\{profile.users[0]}"}} if profile.users else {}
    ),
    "winhttp_a0": lambda profile: _winhttp(profile, 0xA0),
    "winhttp_a80": lambda profile: _winhttp(profile, 0xA80),
}


def history(profile: Profile) -> list[Entries]:
    """The registry changes of the machine's traits, in an order that does not depend on how they were given."""
    return [_CHANGES[trait](profile) for trait in sorted(profile.traits) if trait in _CHANGES]
