"""The directive file (DDF) of makecab: variables, and which file goes into which cabinet.

Source: Microsoft's MakeCAB user's guide (Cabinet SDK), "MAKECAB.EXE Directive File Syntax".
"""

import re
from dataclasses import dataclass, field

from sspr_lab.environment import Environment

_VARIABLE = re.compile(r"%([^%\s]+)%")
_WORD = re.compile(r'"([^"]*)"|(\S+)')
DEFAULTS = {
    "Cabinet": "ON",
    "CabinetNameTemplate": "*.cab",
    "Compress": "ON",
    "CompressionType": "MSZIP",
    "DestinationDir": "",
    "DiskDirectoryTemplate": "disk*",
    "GenerateInf": "ON",
    "InfFileName": "setup.inf",
    "MaxDiskSize": "1.44M",
    "RptFileName": "setup.rpt",
    "SourceDir": "",
}
_DISK_SIZES = {"1.44M": 1_457_664, "1.2M": 1_213_952, "720K": 730_112, "360K": 362_496, "CDROM": 681_984_000}


class DirectiveError(Exception):
    """A line that makecab refuses; the message is what follows "ERROR: "."""


@dataclass(frozen=True)
class Item:
    """One file to be stored: its path as written, and its name in the cabinet."""

    source: str
    name: str


@dataclass
class Layout:
    """The variables as they stand, and the files of each cabinet so far."""

    variables: Environment
    cabinets: list[list[Item]] = field(default_factory=lambda: [[]])

    @classmethod
    def start(cls, definitions: dict[str, str]) -> "Layout":
        return cls(Environment({**DEFAULTS, **definitions}))

    def is_on(self, name: str) -> bool:
        return self.variables.get(name, "OFF").upper() in ("ON", "YES", "1", "TRUE")

    @property
    def disk_size(self) -> int:
        """Bytes of a disk; 0 is without limit. Raises DirectiveError for what is no size."""
        text = self.variables["MaxDiskSize"].upper()
        size = _DISK_SIZES.get(text)
        if size is None:
            if not text.isdecimal():
                raise DirectiveError(f"Value of variable 'MaxDiskSize' must be a number: {text}")
            size = int(text)
        if size % 512:
            raise DirectiveError(f"MaxDiskSize({size}) is not a multiple of ClusterSize(512)")
        return size

    def cabinet_path(self, number: int) -> str:
        """Where cabinet `number` (from 1) is written, relative to the current directory."""
        folder = self.variables.get(f"DiskDirectory{number}", self.variables["DiskDirectoryTemplate"])
        name = self.variables.get(f"CabinetName{number}", self.variables["CabinetNameTemplate"])
        folder, name = folder.replace("*", str(number)), name.replace("*", str(number))
        return f"{folder}\\{name}" if folder not in ("", ".") else name

    def read(self, text: str) -> None:
        """Take in the lines of a directive file. Raises DirectiveError."""
        for line in text.splitlines():
            stripped = _VARIABLE.sub(lambda match: self.variables.get(match.group(1), match.group()), line.strip())
            if not stripped or stripped.startswith(";"):
                continue
            if stripped.startswith("."):
                self._directive(stripped)
            else:
                self._file(stripped)

    def _directive(self, line: str) -> None:
        command, _, rest = line[1:].partition(" ")
        match command.lower():
            case "set" | "define":
                name, equals, value = rest.partition("=")
                if not equals:
                    raise DirectiveError(f"Invalid .Set: {line}")
                self.variables[name.strip()] = value.strip().strip('"')
            case "new":
                if rest.strip().lower() == "cabinet" and self.cabinets[-1]:
                    self.cabinets.append([])
            case "delete":
                self.variables.pop(rest.strip(), None)
            case "option" | "dump" | "infbegin" | "infend" | "infwrite":
                pass
            case _:
                raise DirectiveError(f"Unknown command: {line}")

    def _file(self, line: str) -> None:
        words = [quoted or plain for quoted, plain in _WORD.findall(line)]
        names = [word for word in words if not word.startswith("/")]
        folder = self.variables["SourceDir"]
        source = f"{folder}\\{names[0]}" if folder else names[0]
        name = names[1] if len(names) > 1 else names[0].rpartition("\\")[2]
        target = self.variables["DestinationDir"]
        self.cabinets[-1].append(Item(source, f"{target}\\{name}" if target else name))
