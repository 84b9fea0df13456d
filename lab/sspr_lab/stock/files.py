"""The files of a stock machine: the directories, the programs, the profiles of its users."""

from dataclasses import replace
from functools import lru_cache
from typing import Final

from sspr_lab.accounts import local_sid
from sspr_lab.file_tree import File, Folder
from sspr_lab.profile import Profile
from sspr_lab.stock.programs import stock_programs, syswow64
from sspr_lab.stock.surroundings import FILES

_FOLDERS: Final = (
    r"PerfLogs\Admin",
    r"Program Files\Common Files\Microsoft Shared",
    r"Program Files\Internet Explorer",
    r"Program Files\Windows NT\Accessories",
    r"ProgramData\Microsoft\Windows\Start Menu\Programs",
    r"Users\Default\AppData\Local\Temp",
    r"Users\Public\Documents",
    r"Windows\Fonts",
    r"Windows\inf",
    r"Windows\Installer",
    r"Windows\Logs\CBS",
    r"Windows\Prefetch",
    r"Windows\ServiceProfiles\LocalService",
    r"Windows\ServiceProfiles\NetworkService",
    r"Windows\SoftwareDistribution\Download",
    r"Windows\System32\config\systemprofile\AppData\Local",
    r"Windows\System32\config\systemprofile\AppData\Roaming",
    r"Windows\System32\drivers\etc",
    r"Windows\System32\LogFiles",
    r"Windows\System32\Tasks\Microsoft\Windows",
    r"Windows\System32\wbem",
    r"Windows\System32\WindowsPowerShell\v1.0",
    r"Windows\System32\winevt\Logs",
    r"Windows\Tasks",
    r"Windows\Temp",
    r"Windows\winsxs",
)
_FOLDERS_X64: Final = (
    r"Program Files (x86)\Common Files\Microsoft Shared",
    r"Program Files (x86)\Internet Explorer",
    r"Windows\SysWOW64\config\systemprofile",
    r"Windows\SysWOW64\wbem",
    r"Windows\SysWOW64\WindowsPowerShell\v1.0",
)
_ALSO_IN_SYSWOW64: Final = (("wbem", "WMIC.exe"), (r"WindowsPowerShell\v1.0", "powershell.exe"))
_PROFILE_FOLDERS: Final = (r"AppData\Local\Temp", r"AppData\Roaming\Microsoft", "Desktop", "Documents", "Downloads")
_LOW_DISK_BYTES: Final = 40 * 1024**2
_HOSTS: Final = b"# Host names of this machine; DNS resolves localhost itself.\r\n#\t127.0.0.1       localhost\r\n"
_WINRM: Final = b'@cscript //nologo "%~dpn0.vbs" %*\r\n'


def stock_files(profile: Profile) -> Folder:
    """Drive C: of a new machine."""
    root = _stock_root(replace(profile, computer_name="", seed=0, traits=frozenset(), utc_offset_minutes=0))
    for name in (*profile.administrators, *profile.users):
        for folder in _PROFILE_FOLDERS if _has_logged_on(profile, name) else ():
            root = _with_folder(root, ["Users", name, *folder.split("\\")])
    for path, content in (FILES[trait] for trait in sorted(profile.traits & FILES.keys())):
        *folders, name = path.split("\\")
        root = _with_file(root, folders, File(name, content))
    return root


def free_bytes(profile: Profile) -> int:
    """What is free on it."""
    return min(profile.free_bytes, _LOW_DISK_BYTES) if profile.has("low_disk") else profile.free_bytes


def _has_logged_on(profile: Profile, name: str) -> bool:
    """Whether the account has a profile: the built-in Administrator and everybody who sat in front of the machine."""
    return name in profile.users or local_sid(profile, name).endswith("-500")


@lru_cache(maxsize=32)
def _stock_root(profile: Profile) -> Folder:
    root = Folder("")
    for path in (*_FOLDERS, *(_FOLDERS_X64 if profile.is_x64 else ())):
        root = _with_folder(root, path.split("\\"))
    for folder, name in stock_programs(profile):
        root = _with_file(root, folder.split("\\"), _program(name, profile))
    for name in syswow64(profile):
        root = _with_file(root, ["Windows", "SysWOW64"], _program(name, profile))
    for folder, name in _ALSO_IN_SYSWOW64 if profile.is_x64 else ():
        root = _with_file(root, ["Windows", "SysWOW64", *folder.split("\\")], _program(name, profile))
    root = _with_file(root, ["Windows", "System32"], File("winrm.cmd", _WINRM, protected=True))
    root = _with_file(root, ["Windows"], File("win.ini", b"; for 16-bit app support\r\n[fonts]\r\n"))
    return _with_file(root, ["Windows", "System32", "drivers", "etc"], File("hosts", _HOSTS))


def _program(name: str, profile: Profile) -> File:
    """A stand-in for a program file: it begins as one, and differs from machine kind to machine kind."""
    return File(name, f"MZ\0\0{name} {profile.version}.{profile.build} {profile.architecture}".encode(), protected=True)


def _with_folder(folder: Folder, parts: list[str]) -> Folder:
    if not parts:
        return folder
    child = folder.entries.get(parts[0].upper(), Folder(parts[0], protected=parts == ["Windows"]))
    assert isinstance(child, Folder)
    return folder.with_entry(_with_folder(child, parts[1:]))


def _with_file(folder: Folder, parts: list[str], file: File) -> Folder:
    if not parts:
        return folder.with_entry(file)
    child = folder.entries.get(parts[0].upper(), Folder(parts[0]))
    assert isinstance(child, Folder)
    return folder.with_entry(_with_file(child, parts[1:], file))
