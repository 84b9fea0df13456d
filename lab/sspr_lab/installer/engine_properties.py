"""The properties that the engine sets by itself: Windows' version, the folders, the user ("Property Reference")."""

from typing import Final

from sspr_lab.accounts import SYSTEM, Account, local_name, profile_directory
from sspr_lab.interfaces.platform import Platform
from sspr_lab.profile import Branch
from sspr_lab.registry import Registry

# Windows 10 tells installers what 8.1 told them (msiexec is not manifested for it).
_VERSION_NT: Final[dict[Branch, tuple[int, int]]] = {
    "windows7": (601, 7601),
    "windows8": (602, 9200),
    "windows8.1": (603, 9600),
    "windows10": (603, 9600),
}
_BUILDS: Final[dict[Branch, int]] = {"windows7": 7601, "windows8": 9200, "windows8.1": 9600, "windows10": 10011}
_PENDING: Final = (
    ("HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager", "PendingFileRenameOperations"),
    ("HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\RebootPending", None),
    ("HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto Update\\RebootRequired", None),
)


def engine_version(branch: Branch) -> str:
    """The version in a log's first line: "5.00.7601.00"."""
    return f"5.00.{_BUILDS[branch]}.00"


def engine_properties(machine: Platform, account: Account, *, is_64bit: bool) -> dict[str, str]:
    """The properties of an installation by `account` of a package whose platform has 64 bits or 32."""
    profile = machine.profile
    version, build = _VERSION_NT[profile.branch]
    properties = {
        "VersionMsi": "5.00",
        "VersionNT": str(version),
        "WindowsBuild": str(build),
        "ServicePackLevel": str(profile.service_pack),
        "ServicePackLevelMinor": "0",
        "MsiNTProductType": "1",
        "Intel": "6",
        "PhysicalMemory": str(profile.memory_bytes // 1024**2),
        "AdminUser": "1" if account.elevated else "",
        "MsiTrueAdminUser": "1" if account.elevated else "",
        "LogonUser": local_name(profile, account),
        "UserSID": account.sid,
        "UserLanguageID": str(profile.spoken.lcid),
        "SystemLanguageID": str(profile.spoken.lcid),
        "ComputerName": profile.computer_name,
        "RedirectedDllSupport": "2",
        "Privileged": "1" if account.elevated else "",
        "MsiRunningElevated": "1" if account.elevated else "",
        "MsiSystemRebootPending": "1" if _restart_is_pending(machine.registry) else "",
        "ROOTDRIVE": "C:\\",
        **_folders(account, is_x64=profile.is_x64, is_64bit=is_64bit),
    }
    if profile.is_x64:
        properties |= {"VersionNT64": str(version), "Msix64": "6"}
    return {name: value for name, value in properties.items() if value}


def _folders(account: Account, *, is_x64: bool, is_64bit: bool) -> dict[str, str]:
    home = profile_directory(account)
    temp = "C:\\Windows\\TEMP\\" if account.sid == SYSTEM.sid else f"{home}\\AppData\\Local\\Temp\\"
    programs, system = (
        ("C:\\Program Files (x86)\\", "C:\\Windows\\SysWOW64\\") if is_x64 else ("C:\\Program Files\\", "")
    )
    folders = {
        "WindowsFolder": "C:\\Windows\\",
        "WindowsVolume": "C:\\",
        "SystemFolder": system or "C:\\Windows\\system32\\",
        "System16Folder": "C:\\Windows\\system\\" if not is_x64 else "",
        "ProgramFilesFolder": programs,
        "CommonFilesFolder": f"{programs}Common Files\\",
        "TempFolder": temp,
        "CommonAppDataFolder": "C:\\ProgramData\\",
        "AppDataFolder": f"{home}\\AppData\\Roaming\\",
        "LocalAppDataFolder": f"{home}\\AppData\\Local\\",
        "ProgramMenuFolder": "C:\\ProgramData\\Microsoft\\Windows\\Start Menu\\Programs\\",
        "StartMenuFolder": "C:\\ProgramData\\Microsoft\\Windows\\Start Menu\\",
        "StartupFolder": "C:\\ProgramData\\Microsoft\\Windows\\Start Menu\\Programs\\Startup\\",
        "DesktopFolder": "C:\\Users\\Public\\Desktop\\",
        "FontsFolder": "C:\\Windows\\Fonts\\",
    }
    if is_x64 and is_64bit:  # a 32-bit package does not see these
        folders |= {
            "System64Folder": "C:\\Windows\\system32\\",
            "ProgramFiles64Folder": "C:\\Program Files\\",
            "CommonFiles64Folder": "C:\\Program Files\\Common Files\\",
        }
    return folders


def _restart_is_pending(registry: Registry) -> bool:
    return any(registry.exists(key) if name is None else registry.get(key, name) is not None for key, name in _PENDING)
