"""What a start of Windows settles: pending renames, volatile keys, reboot markers, the count of boots."""

import struct
from datetime import datetime
from typing import Final

from sspr_lab.errors import WindowsError
from sspr_lab.eventlog_tree import filetime
from sspr_lab.interfaces.files import Files
from sspr_lab.interfaces.platform import Platform
from sspr_lab.registry import Value
from sspr_lab.stock.system import hardware
from sspr_lab.stock.tree import grow

_CONTROL: Final = r"HKLM\SYSTEM\CurrentControlSet\Control"
_SESSION_MANAGER: Final = _CONTROL + r"\Session Manager"
_PREFETCH: Final = _SESSION_MANAGER + r"\Memory Management\PrefetchParameters"
_CURRENT_VERSION: Final = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion"
_SETTLED_BY_A_START: Final = (
    _CURRENT_VERSION + r"\Component Based Servicing\RebootPending",
    _CURRENT_VERSION + r"\Component Based Servicing\RebootInProgress",
    _CURRENT_VERSION + r"\Component Based Servicing\PackagesPending",
    _CURRENT_VERSION + r"\WindowsUpdate\Auto Update\RebootRequired",
)
_LOGON_UI: Final = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon\AutoLogonChecked"
_RENAMES: Final = ("PendingFileRenameOperations", "PendingFileRenameOperations2")
_NT_PREFIX: Final = "\\??\\"


def note_shutdown(machine: Platform, moment: datetime) -> None:
    r"""Control\Windows\ShutdownTime, the FILETIME of the last orderly shutdown."""
    machine.registry.set(
        _CONTROL + r"\Windows", "ShutdownTime", Value("REG_BINARY", struct.pack("<Q", filetime(moment)))
    )


def settle(machine: Platform) -> None:
    """The work of kernel, session manager and servicing before the services start."""
    registry = machine.registry
    registry.drop_volatile()
    registry.root = grow(registry.root, hardware(machine.profile), volatile=True)
    name = registry.get(_CONTROL + r"\ComputerName\ComputerName", "ComputerName")
    registry.create(_CONTROL + r"\ComputerName\ActiveComputerName", volatile=True)
    if name is not None:
        registry.set(_CONTROL + r"\ComputerName\ActiveComputerName", "ComputerName", name)
    count = registry.get(_PREFETCH, "BootId")
    boots = count.data if count is not None and isinstance(count.data, int) else 0
    registry.set(_PREFETCH, "BootId", Value("REG_DWORD", boots + 1))
    for value_name in _RENAMES:
        _rename_pending_files(machine, value_name)
    for key in _SETTLED_BY_A_START:
        if registry.exists(key):
            registry.delete_key(key)


def start_logon_ui(machine: Platform) -> None:
    """LogonUI shows the logon screen; the key by which that is known is volatile."""
    machine.registry.create(_LOGON_UI, volatile=True)


def _rename_pending_files(machine: Platform, value_name: str) -> None:
    """The moves of MOVEFILE_DELAY_UNTIL_REBOOT in their order; an empty target deletes, what fails is skipped."""
    value = machine.registry.get(_SESSION_MANAGER, value_name)
    if value is None:
        return
    entries = value.data if isinstance(value.data, list) else []
    for source, target in zip(entries[::2], entries[1::2], strict=False):
        try:
            _rename(machine.files, source.removeprefix(_NT_PREFIX), target)
        except WindowsError:
            continue
    machine.registry.delete_value(_SESSION_MANAGER, value_name)


def _rename(files: Files, source: str, target: str) -> None:
    replaces = target.startswith("!")
    path = target.removeprefix("!").removeprefix(_NT_PREFIX)
    if not path and files.is_dir(source):
        files.rmdir(source)
    elif not path:
        files.delete(source)
    else:
        files.rename(source, path, replace_existing=replaces)
