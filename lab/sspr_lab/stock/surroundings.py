"""What policies, networks and images did to a machine that concerns the log-on screen or the way to the Internet."""

from collections.abc import Callable, Mapping
from typing import Final

from sspr_lab.accounts import local_sid
from sspr_lab.profile import Profile, Trait
from sspr_lab.registry import Data, Value
from sspr_lab.stock.tree import Entries

_Change = Callable[[Profile], Entries]
_CONTROL: Final = r"HKLM\SYSTEM\ControlSet001\Control"
_SERVICES: Final = r"HKLM\SYSTEM\ControlSet001\Services"
_WINDOWS: Final = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion"
_POLICIES: Final = r"HKLM\SOFTWARE\Policies\Microsoft"
_ADDIN: Final = "{86D2F0AC-2171-46CF-9998-4E33B3D7FD4F}"
_SETTINGS: Final = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings"
_PROXY: Final = "proxy.contoso.example:8080"
_SCRIPT: Final = "http://proxy.contoso.example/proxy.pac"
_SYSTEM_CERTIFICATES: Final = _POLICIES + r"\SystemCertificates"
_SUITES_POLICY: Final = _POLICIES + r"\Cryptography\Configuration\SSL\00010002"
_DOUBTFUL_ORDER: Final = "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384,TLS_RSA_WITH_AES_128_GCM_SHA256"
_WEAK_ORDER: Final = "TLS_RSA_WITH_AES_128_CBC_SHA,TLS_RSA_WITH_3DES_EDE_CBC_SHA,TLS_RSA_WITH_RC4_128_SHA"
_INTERFACE: Final = "{6B1B2F0E-3C55-4A0E-9C6D-1B0E5B7A2D11}"


def _fixed(key: str, **values: Data | Value) -> _Change:
    return lambda _: {key: values}


def _winhttp(blob: bytes) -> _Change:
    return _fixed(_WINDOWS + r"\Internet Settings\Connections", WinHttpSettings=blob)


def _winhttp_proxy() -> bytes:
    """The blob that `netsh winhttp set proxy` writes: header, flags 3, then two strings with their lengths."""
    blob = bytes.fromhex("18000000 00000000 03000000")
    for text in (_PROXY.encode(), b"<local>"):
        blob += len(text).to_bytes(4, "little") + text
    return blob


def _proxy_of_users(profile: Profile) -> Entries:
    """In the hives that are loaded: of whoever is logged on."""
    return {
        f"HKU\\{local_sid(profile, name)}\\{_SETTINGS}": {"AutoConfigURL": _SCRIPT} for name in profile.administrators
    }


def _network_policies(profile: Profile) -> Entries:
    del profile
    policy: Mapping[str, Data | Value] = {"Name": "Contoso Networks", "PolicyGUID": _INTERFACE}
    keys = (r"WiredL2\GP_Policy", r"Wireless\GPTWirelessPolicy")
    return {rf"{_POLICIES}\Windows\{key}": policy for key in keys}


def _server(profile: Profile) -> Entries:
    del profile
    version: Mapping[str, Data | Value] = {
        "InstallationType": "Server",
        "EditionID": "ServerStandard",
        "ProductName": "Windows Server 2008 R2 Standard",
    }
    return {
        r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion": version,
        _CONTROL + r"\ProductOptions": {"ProductType": "ServerNT"},
    }


def _aes_off(profile: Profile) -> Entries:
    del profile
    ciphers = _CONTROL + r"\SecurityProviders\SCHANNEL\Ciphers"
    return {rf"{ciphers}\AES {bits}/{bits}": {"Enabled": 0} for bits in (128, 256)}


CHANGES: Final[Mapping[Trait, _Change]] = {
    "aes_off": _aes_off,
    "cbs_in_progress": _fixed(_WINDOWS + r"\Component Based Servicing\RebootInProgress"),
    "dot1x_before_logon": _fixed(_SERVICES + r"\dot3svc", Start=2),
    "excluded_provider": _fixed(_WINDOWS + r"\Policies\System", ExcludedCredentialProviders=_ADDIN),
    "network_policies": _network_policies,
    "old_wininet": _fixed(rf"HKU\.DEFAULT\{_SETTINGS}", SecureProtocols=0xA0),
    "provider_disabled": _fixed(_WINDOWS + rf"\Authentication\Credential Providers\{_ADDIN}", Disabled=1),
    "proxy": _winhttp(_winhttp_proxy()),
    "proxy_damaged": _winhttp(_winhttp_proxy()[:-3]),
    "proxy_of_users": _proxy_of_users,
    "scripts_disabled": _fixed(r"HKLM\SOFTWARE\Microsoft\Windows Script Host\Settings", Enabled=0),
    "root_updates_off": _fixed(_SYSTEM_CERTIFICATES + r"\AuthRoot", DisableRootAutoUpdate=1),
    "remote_desktop": _fixed(_CONTROL + r"\Terminal Server", fDenyTSConnections=0),
    "doubtful_cipher_order": _fixed(_SUITES_POLICY, Functions=_DOUBTFUL_ORDER),
    "weak_cipher_order": _fixed(_SUITES_POLICY, Functions=_WEAK_ORDER),
    "windows_server": _server,
    "wired_dot1x": _fixed(_SERVICES + r"\dot3svc", Start=2),
}
"""Trait -> what it does to the registry."""

_ANSWER_FILE: Final = b"""\
<?xml version="1.0" encoding="utf-8"?>
<unattend xmlns="urn:schemas-microsoft-com:unattend">
  <settings pass="specialize">
    <component name="Microsoft-Windows-Shell-Setup">
      <CopyProfile>true</CopyProfile>
    </component>
  </settings>
</unattend>
"""
_CABLE: Final = b"""\
<?xml version="1.0"?>
<LANProfile xmlns="http://www.microsoft.com/networking/LAN/profile/v1">
	<MSM>
		<security>
			<OneXEnabled>true</OneXEnabled>
			<OneX xmlns="http://www.microsoft.com/networking/OneX/v1">
				<singleSignOn>
					<type>preLogon</type>
					<maxDelay>10</maxDelay>
				</singleSignOn>
			</OneX>
		</security>
	</MSM>
</LANProfile>
"""

FILES: Final[Mapping[Trait, tuple[str, bytes]]] = {
    "copy_profile": (r"Windows\Panther\unattend.xml", _ANSWER_FILE.replace(b"\n", b"\r\n")),
    "dot1x_before_logon": (
        rf"ProgramData\Microsoft\dot3svc\Profiles\Interfaces\{_INTERFACE}\{_INTERFACE}.xml",
        _CABLE.replace(b"\n", b"\r\n"),
    ),
}
"""Trait -> a file that it leaves: its path below the system drive, and what is in it."""
