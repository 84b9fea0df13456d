r"""Where Windows keeps a task: its XML in C:\Windows\System32\Tasks, its name in the registry's TaskCache."""

from typing import Final
from uuid import NAMESPACE_URL, uuid5

from sspr_lab.interfaces.platform import Platform
from sspr_lab.registry import Value

TASK_DIRECTORY: Final = r"C:\Windows\System32\Tasks"
_CACHE: Final = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Schedule\TaskCache"


def put(machine: Platform, path: str, xml: str) -> None:
    r"""Keep a task under its full path (\Folder\Task), with the folders that are missing."""
    files, registry = machine.files, machine.registry
    folder = TASK_DIRECTORY
    for name in path.split("\\")[1:-1]:
        folder = f"{folder}\\{name}"
        if not files.exists(folder):
            files.mkdir(folder)
    files.write(TASK_DIRECTORY + path, xml.encode("utf-16"))
    tree, entry = _cache_keys(path)
    registry.create(tree)
    registry.set(tree, "Id", Value("REG_SZ", entry.rpartition("\\")[2]))
    registry.set(tree, "Index", Value("REG_DWORD", 3))
    registry.create(entry)
    registry.set(entry, "Path", Value("REG_SZ", path))


def remove(machine: Platform, path: str) -> None:
    """Keep it no longer; its folders stay."""
    machine.files.delete(TASK_DIRECTORY + path)
    for key in _cache_keys(path):
        machine.registry.delete_key(key)


def _cache_keys(path: str) -> tuple[str, str]:
    """The registry keys of a task: its place in the tree, and its entry by GUID."""
    return f"{_CACHE}\\Tree{path}", f"{_CACHE}\\Tasks\\{{{str(uuid5(NAMESPACE_URL, path.lower())).upper()}}}"
