r"""HKLM\SOFTWARE of a stock machine, in the native view and below Wow6432Node."""

from typing import Final

from sspr_lab.profile import Profile
from sspr_lab.registry import Data, Value
from sspr_lab.stock.providers import stock_registrations
from sspr_lab.stock.tree import expand
from sspr_lab.stock.updates import packages
from sspr_lab.winrm_settings import ServiceSettings

_Table = dict[str, dict[str, Data | Value]]
_NT: Final = r"Microsoft\Windows NT\CurrentVersion"
_OWN_ROOTS: Final = ("CDD4EEAE6000AC7F40C3802C171E30148030C072",)  # Microsoft Root Certificate Authority
_COME_WITH_WINDOWS: Final = ("D4DE20D05E66FC53FE1A50882C78DB2852CAE474",)  # Baltimore CyberTrust Root
_FETCHED_ROOTS: Final = (
    "DF3C24F9BFD666761B268073FE06D1CC8D4F82A4",  # DigiCert Global Root G2
    "A8985D3A65E5E5C4B2D7D66D40C6DD2FB19C5436",  # DigiCert Global Root CA
    "73A5E64A3BFF8316FF0EDCCC618A906E4EAE4D74",  # Microsoft RSA Root Certificate Authority 2017
)
_WINDOWS: Final = r"Microsoft\Windows\CurrentVersion"
_LAB_NAMES: Final = {
    7600: ("16385", "win7_rtm.090713-1255"),
    7601: ("17514", "win7sp1_rtm.101119-1850"),
    9200: ("16384", "win8_rtm.120725-1247"),
    9600: ("16384", "winblue_rtm.130821-1623"),
    16299: ("15", "rs3_release.170928-1534"),
    17134: ("1", "rs4_release.180410-1804"),
    19045: ("1", "vb_release.191206-1406"),
}
_WINDOWS_10: Final[dict[int, dict[str, Data | Value]]] = {  # what is written beside the build
    16299: {"ReleaseId": "1709", "UBR": 15},
    17134: {"ReleaseId": "1803", "UBR": 1},
    19045: {"ReleaseId": "2009", "DisplayVersion": "22H2", "UBR": 3803},  # ReleaseId stood still from then on
}
_POWERSHELL: Final = {7600: ("1", "2.0"), 7601: ("1", "2.0"), 9200: ("3", "3.0"), 9600: ("3", "4.0")}
_POWERSHELL_10: Final = ("3", "5.1")
_INTERNET_EXPLORER: Final = {
    7600: "8.0.7600.16385",
    7601: "8.0.7601.17514",
    9200: "9.10.9200.16384",
    9600: "9.11.9600.16384",
}
_DIRECT: Final = bytes.fromhex("18000000 00000000 01000000 00000000 00000000")  # WinHTTP's "no proxy"


def software(profile: Profile) -> dict[str, dict[str, Data | Value]]:
    r"""The entries below HKLM\SOFTWARE."""
    native = _common(profile) | stock_registrations(profile.branch) | _shared(profile)
    if not profile.is_x64:
        return native
    wow = _common(profile) | stock_registrations(profile.branch, classes=r"..\Classes\Wow6432Node")
    return native | {_below_wow(path): values for path, values in wow.items()}


def _below_wow(path: str) -> str:
    return path[3:] if path.startswith("..\\") else f"Wow6432Node\\{path}"


def _common(profile: Profile) -> _Table:
    """What both views have."""
    table: _Table = {
        _NT: _version(profile),
        _NT + r"\Winlogon": {
            "ReportBootOk": "1",
            "Shell": "explorer.exe",
            "PreCreateKnownFolders": "{A520A1A4-1780-4FF6-BD18-167343C5AF16}",
            "Userinit": r"C:\Windows\system32\userinit.exe,",
            "VMApplet": r"SystemPropertiesPerformance.exe /pagefile",
            "AutoRestartShell": 1,
            "Background": "0 0 0",
            "CachedLogonsCount": "10",
            "DebugServerCommand": "no",
            "ForceUnlockLogon": 0,
            "LegalNoticeCaption": "",
            "LegalNoticeText": "",
            "PasswordExpiryWarning": 5,
            "PowerdownAfterShutdown": "0",
            "ShutdownWithoutLogon": "0",
            "WinStationsDisabled": "0",
            "DisableCAD": 1,
            "scremoveoption": "0",
            "ShutdownFlags": 39,
        },
        _WINDOWS: _program_folders(profile),
        _WINDOWS + r"\Authentication\LogonUI": {"ShowTabletKeyboard": 0},
        _WINDOWS + r"\Authentication\PLAP Providers": {},
        _WINDOWS + r"\Internet Settings": {
            "ActiveXCache": r"C:\Windows\Downloaded Program Files",
            "CodeBaseSearchPath": "CODEBASE",
            "EnablePunycode": 1,
            "MinorVersion": "0",
            "WarnOnIntranet": 1,
        },
        _WINDOWS + r"\Internet Settings\5.0": {},
        _WINDOWS + r"\Run": {},
        _WINDOWS + r"\RunOnce": {},
        **{
            f"{_WINDOWS}\\Uninstall\\{name}": {}
            for name in ("AddressBook", "Connection Manager", "DirectDrawEx", "WIC")
        },
        r"Microsoft\Internet Explorer": {
            "Version": _INTERNET_EXPLORER.get(profile.build, f"9.11.{profile.build}.0"),
            "Build": str(profile.build),
        },
        r"Microsoft\.NETFramework": {"InstallRoot": _framework(profile)},
        r"Microsoft\.NETFramework\v2.0.50727": {},
        r"Microsoft\NET Framework Setup\NDP\v3.5": {"Install": 1, "SP": 1, "Version": "3.5.30729.5420"},
        r"Microsoft\Windows\Windows Error Reporting": {"ErrorPort": r"\WindowsErrorReportingServicePort"},
    }
    generation, version = _POWERSHELL.get(profile.build, _POWERSHELL_10)
    table[f"Microsoft\\PowerShell\\{generation}"] = {"Install": 1}
    table[f"Microsoft\\PowerShell\\{generation}\\PowerShellEngine"] = {
        "ApplicationBase": r"C:\Windows\System32\WindowsPowerShell\v1.0",
        "PowerShellVersion": version,
    }
    if profile.branch != "windows7":
        table[r"Microsoft\.NETFramework\v4.0.30319"] = {}
        table[r"Microsoft\NET Framework Setup\NDP\v4\Full"] = {"Install": 1, "Release": 378675}
    return table


def _shared(profile: Profile) -> _Table:
    """What only the native view has, or both views share."""
    return {
        r"Clients\Mail": {},
        _NT + r"\ProfileList": {
            "ProfilesDirectory": expand(r"%SystemDrive%\Users"),
            "Public": expand(r"%SystemDrive%\Users\Public"),
        },
        _NT + r"\ProfileList\S-1-5-18": {
            "Flags": 12,
            "ProfileImagePath": expand(r"%systemroot%\system32\config\systemprofile"),
        },
        _NT + r"\ProfileList\S-1-5-19": {"ProfileImagePath": expand(r"C:\Windows\ServiceProfiles\LocalService")},
        _NT + r"\ProfileList\S-1-5-20": {"ProfileImagePath": expand(r"C:\Windows\ServiceProfiles\NetworkService")},
        _NT + r"\Image File Execution Options": {},
        _NT + r"\NetworkCards": {},
        _NT + r"\Schedule\TaskCache\Tasks": {},
        _NT + r"\Schedule\TaskCache\Tree": {},
        _WINDOWS + r"\Component Based Servicing": {"LastTrustTime": b"\0" * 8},
        _WINDOWS + r"\Component Based Servicing\Packages": {},
        **packages(profile),
        _WINDOWS + r"\Group Policy": {},
        _WINDOWS + r"\Installer\Folders": {},
        _WINDOWS + r"\Installer\UserData\S-1-5-18\Components": {},
        _WINDOWS + r"\Installer\UserData\S-1-5-18\Products": {},
        _WINDOWS + r"\Internet Settings\Connections": {"WinHttpSettings": _DIRECT},
        _WINDOWS + r"\Policies\Explorer": {"NoDriveTypeAutoRun": 145},
        _WINDOWS + r"\Policies\System": _policies(profile),
        _WINDOWS + r"\WINEVT\Channels\Microsoft-Windows-CAPI2/Operational": {
            "OwningPublisher": "{5bbca4a8-b209-48dc-a8c7-b23d3e5216fb}",
            "Enabled": 0,  # as in public detection rules, which watch this key; that Type is 1 is from memory
            "Type": 1,
        },
        _WINDOWS + r"\WindowsUpdate\Auto Update": {"AUOptions": 4, "IncludeRecommendedUpdates": 1},
        **_wsman(profile),
        r"Microsoft\Cryptography": {},
        **_roots(profile),
        r"Policies\Microsoft\SystemCertificates": {},
        r"Policies\Microsoft\Windows": {},
        r"RegisteredApplications": {"Internet Explorer": r"SOFTWARE\Microsoft\Internet Explorer\Capabilities"},
    }


def _roots(profile: Profile) -> dict[str, dict[str, Data | Value]]:
    """The machine's own store, and what it has fetched of Windows Update's by and by; contents are made up."""
    fetched = () if "roots_never_fetched" in profile.traits else _FETCHED_ROOTS
    stores = {"ROOT": _OWN_ROOTS, "AuthRoot": (*_COME_WITH_WINDOWS, *fetched)}
    return {
        rf"Microsoft\SystemCertificates\{store}\Certificates\{each}": {"Blob": bytes.fromhex(each)}
        for store, thumbprints in stores.items()
        for each in thumbprints
    }


def _version(profile: Profile) -> dict[str, Data | Value]:
    revision, lab_name = _LAB_NAMES[profile.build]
    flavour = "amd64fre" if profile.is_x64 else "x86fre"
    values: dict[str, Data | Value] = {
        "CurrentVersion": "6.3" if profile.branch == "windows10" else profile.version,
        "CurrentBuild": str(profile.build),
        "SoftwareType": "System",
        "CurrentType": "Multiprocessor Free",
        "RegisteredOrganization": "",
        "RegisteredOwner": "Windows User",
        "SystemRoot": r"C:\Windows",
        "InstallationType": "Client",
        "EditionID": profile.edition,
        "ProductName": profile.product_name,
        "CurrentBuildNumber": str(profile.build),
        "BuildLab": f"{profile.build}.{lab_name}",
        "BuildLabEx": f"{profile.build}.{revision}.{flavour}.{lab_name}",
        "PathName": r"C:\Windows",
    }
    if profile.service_pack:
        values |= {"CSDBuildNumber": "1130", "CSDVersion": f"Service Pack {profile.service_pack}"}
    if profile.branch == "windows10":
        values |= {
            "CurrentMajorVersionNumber": 10,
            "CurrentMinorVersionNumber": 0,
            **_WINDOWS_10[profile.build],
        }
    return values


def _program_folders(profile: Profile) -> dict[str, Data | Value]:
    values: dict[str, Data | Value] = {
        "ProgramFilesDir": r"C:\Program Files",
        "CommonFilesDir": r"C:\Program Files\Common Files",
        "ProgramFilesPath": expand("%ProgramFiles%"),
        "DevicePath": expand(r"%SystemRoot%\inf"),
        "MediaPathUnexpanded": expand(r"%SystemRoot%\Media"),
    }
    if profile.is_x64:
        values |= {
            "ProgramFilesDir (x86)": r"C:\Program Files (x86)",
            "CommonFilesDir (x86)": r"C:\Program Files (x86)\Common Files",
            "ProgramW6432Dir": r"C:\Program Files",
            "CommonW6432Dir": r"C:\Program Files\Common Files",
        }
    return values


def _framework(profile: Profile) -> str:
    return "C:\\Windows\\Microsoft.NET\\Framework64\\" if profile.is_x64 else "C:\\Windows\\Microsoft.NET\\Framework\\"


def _policies(profile: Profile) -> dict[str, Data | Value]:
    r"""Policies\System as setup and, in a workgroup, `winrm quickconfig` (LocalAccountTokenFilterPolicy) write it."""
    values: dict[str, Data | Value] = {
        "ConsentPromptBehaviorAdmin": 5,
        "ConsentPromptBehaviorUser": 3,
        "EnableInstallerDetection": 1,
        "EnableLUA": 1,
        "EnableSecureUIAPaths": 1,
        "EnableUIADesktopToggle": 0,
        "EnableVirtualization": 1,
        "PromptOnSecureDesktop": 1,
        "ValidateAdminCodeSignatures": 0,
        "dontdisplaylastusername": 0,
        "legalnoticecaption": "",
        "legalnoticetext": "",
        "scforceoption": 0,
        "shutdownwithoutlogon": 1,
        "undockwithoutlogon": 1,
        "FilterAdministratorToken": 0,
        "LocalAccountTokenFilterPolicy": 1,
    }
    if profile.branch != "windows7":
        values["EnableCursorSuppression"] = 1
    return values


def _wsman(profile: Profile) -> _Table:
    """WinRM after `winrm quickconfig` and `winrm set`: its listeners, and what of its service is not the default.

    The names are those that a public Chef cookbook (winrm-config) and a public DSC document write. The thumbprint of
    an HTTPS listener's certificate is left out: the certificate is made when a server starts.
    """
    base = _WINDOWS + r"\WSMAN"
    stack: dict[str, Data | Value] = {"StackVersion": "2.0", "UpdatedConfig": "857C6BDB-A8AC-4211-93BB-8123C9ECE4E5"}
    if profile.quotas.stack != "2.0":
        stack["ServiceStackVersion"] = profile.quotas.stack
    ports = {"http": 5985, "https": 5986}
    listeners: _Table = {
        rf"{base}\Listener\*+{transport.upper()}": {"uriprefix": "wsman", "Port": ports[transport]}
        for transport in sorted(profile.winrm.listeners)
    }
    service: dict[str, Data | Value] = {"allow_remote_requests": 1}
    stock = ServiceSettings()
    for method in sorted(profile.winrm.auth ^ stock.auth):
        service[f"auth_{method}"] = int(method in profile.winrm.auth)
    if profile.winrm.cbt != stock.cbt:
        service["cbt_hardening_level"] = profile.winrm.cbt.capitalize()
    return {base: stack, **listeners, base + r"\Service": service, base + r"\SafeClientList": {}}
