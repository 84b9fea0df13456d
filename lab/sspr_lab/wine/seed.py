r"""What a Wine prefix gets of a stock machine: registry keys and directories that Wine does not have by itself.

Left out is what Wine has to decide for itself: services that it has too, and the images of the others, which its
service manager would try to start; user profiles; the hardware. Its HKLM\SYSTEM has CurrentControlSet alone.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from sspr_lab.file_tree import Folder
from sspr_lab.profile import Branch, Profile
from sspr_lab.registry import Key, Value
from sspr_lab.wine import hive

_HIVES: Final = (("SOFTWARE", "Software"), (r"SYSTEM\ControlSet001", r"System\CurrentControlSet"))
_SERVICES: Final = "System\\CurrentControlSet\\Services\\"
_WINES_OWN: Final = (
    "software\\microsoft\\windows nt\\currentversion\\profilelist",
    "system\\currentcontrolset\\control\\nls",
    "system\\currentcontrolset\\control\\computername",
)
_MODES: Final[dict[Branch, str]] = {
    "windows7": "win7",
    "windows8": "win8",
    "windows8.1": "win81",
    "windows10": "win10",
}


def sow_registry(directory: Path, profile: Profile, root: Key) -> None:
    """Add the stock content of `root` to the registry files of a prefix that does not run, and set Wine's mode."""
    system = directory / "system.reg"
    known = {path.split("\\")[3] for path in hive.read(system, _SERVICES.rstrip("\\")) if path.count("\\") == 3}
    with system.open("a", encoding="utf-8") as file:
        file.write(hive.added(_keys(root, known)))
    with (directory / "user.reg").open("a", encoding="utf-8") as file:
        file.write(hive.added([("Software\\Wine", Key("Wine", {"Version": Value.of(_MODES[profile.branch])}))]))


def sow_directories(drive: Path, root: Folder) -> None:
    """Make the directories of a stock machine, among them its users' profiles."""
    for entry in root.entries.values():
        if isinstance(entry, Folder):
            place = next((each for each in drive.iterdir() if each.name.lower() == entry.name.lower()), None)
            place = place or drive / entry.name
            place.mkdir(exist_ok=True)
            sow_directories(place, entry)


def _keys(root: Key, known_services: set[str]) -> Iterator[tuple[str, Key]]:
    machine = root.subkey("HKLM")
    for source, target in _HIVES:
        key = machine
        for part in source.split("\\"):
            key = key.subkey(part) if key is not None else None
        for path, each in key.walk(target) if key is not None else ():
            lower = path.lower()
            if lower.startswith(_WINES_OWN):
                continue
            if lower.startswith(_SERVICES.lower()):
                service, _, below = lower.removeprefix(_SERVICES.lower()).partition("\\")
                if service in known_services:
                    continue
                if not below:
                    yield path, replace(each, values={n: v for n, v in each.values.items() if n != "ImagePath"})
                    continue
            yield path, each
