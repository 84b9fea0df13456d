"""The programs, scripts and consoles that a stock machine has, by folder: read from `programs.yaml` beside this."""

from collections.abc import Iterator
from functools import cache
from typing import Final, get_args

from orchestrator.model.validation import Entry
from sspr_lab.data_beside import data_beside
from sspr_lab.profile import Architecture, Branch, Profile
from sspr_lab.stock.providers import built_in

SYSTEM32: Final = r"Windows\System32"
_SCRIPTS: Final = (".vbs", ".wsf")
_BRANCHES: Final[tuple[Branch, ...]] = get_args(Branch)


class _Group(Entry):
    """Files of one folder that are there under the same conditions."""

    folder: str
    source: str
    names: tuple[str, ...]
    not_on_home: bool = False
    architecture: Architecture | None = None
    since: Branch | None = None
    until: Branch | None = None

    def is_on(self, profile: Profile) -> bool:
        place = _BRANCHES.index(profile.branch)
        return (
            not (self.not_on_home and profile.is_home)
            and self.architecture in (None, profile.architecture)
            and (self.since is None or _BRANCHES.index(self.since) <= place)
            and (self.until is None or place <= _BRANCHES.index(self.until))
        )


class _File(Entry):
    groups: tuple[_Group, ...]
    not_in_syswow64: frozenset[str]
    opened_by_type: frozenset[str]
    also_associated: frozenset[str]
    file_types: frozenset[str]


def _file() -> _File:
    return data_beside(__file__, _File)


def stock_programs(profile: Profile) -> Iterator[tuple[str, str]]:
    """Folder and name of each file that is there, but for what a 64-bit Windows has beside it in 32 bits."""
    for group in _file().groups:
        if group.is_on(profile):
            yield from ((group.folder, name) for name in group.names)
    yield from ((SYSTEM32, dll) for dll in sorted({provider.dll for provider in built_in(profile.branch)}))


def system32(profile: Profile) -> list[str]:
    """The names of the files in System32."""
    return [name for folder, name in stock_programs(profile) if folder == SYSTEM32]


def syswow64(profile: Profile) -> list[str]:
    """The names of the 32-bit files that a 64-bit Windows keeps beside them."""
    lacking = _file().not_in_syswow64
    return [name for name in system32(profile) if name not in lacking] if profile.is_x64 else []


@cache
def stock_scripts() -> frozenset[str]:
    r"""The scripts of Windows by their paths in upper case (C:\WINDOWS\SYSTEM32\SLMGR.VBS)."""
    paths = (f"C:\\{group.folder}\\{name}" for group in _file().groups for name in group.names)
    return frozenset(path.upper() for path in paths if path.lower().endswith(_SCRIPTS))


def is_opened_by_type(name: str) -> bool:
    """Whether Windows opens a file of that name with a program when it is typed like a command."""
    return _extension(name) in _file().opened_by_type


def is_associated(extension: str) -> bool:
    """Whether the extension (".txt") has a file type, the packages of Windows Installer apart."""
    return _extension(extension) in _file().opened_by_type | _file().also_associated


def is_file_type(name: str) -> bool:
    """Whether a file type has that name ("txtfile"), that of the packages apart."""
    return name.lower() in _file().file_types


def has_app_path(name: str) -> bool:
    """Whether START finds a stock program of that name in a folder of its own, by App Paths [mem]."""
    wanted = name.lower().removesuffix(".exe")
    return any(
        file.lower() == f"{wanted}.exe"
        for group in _file().groups
        if group.folder.startswith("Program Files")
        for file in group.names
    )


def _extension(name: str) -> str:
    return f".{name.rpartition('.')[2].lower()}"
