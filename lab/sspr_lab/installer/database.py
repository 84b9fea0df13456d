"""An installer package as the Windows Installer service reads it: summary information, tables, embedded cabinets."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Final

from pymsi import streamname
from pymsi.codepage import PAGES
from pymsi.package import Package
from pymsi.summary import PROPERTY_TEMPLATE
from pymsi.thirdparty.refinery.cab import Cabinet

Row = Mapping[str, str | int | None]

_PACKAGES_KEPT: Final = 8  # parsed packages shared by all the machines of a process

PAGES.update({437: "cp437", 850: "cp850", 852: "cp852", 866: "cp866", 874: "cp874", 1361: "johab", 54936: "gb18030"})
PAGES.update({page - 0x10000: codec for page, codec in PAGES.items() if page > 0x7FFF})
# What Windows reads and pymsi does not list; a summary has its code page as a signed number of 16 bits (MS-OLEPS).


class InvalidPackageError(Exception):
    """The bytes are not an installer package (msiexec: 1620)."""


class CorruptCabinetError(Exception):
    """A cabinet's checksums or compressed data do not fit (installer error 1335); `name` is the cabinet's."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True)
class MsiDatabase:
    """A package's content. `size` is the length of the .msi in bytes.

    `streams` are its embedded cabinets by name, `binaries` the contents of its Binary table.
    """

    tables: Mapping[str, tuple[Row, ...]]
    template: str
    package_code: str
    size: int
    streams: Mapping[str, bytes] = field(repr=False)
    binaries: Mapping[str, bytes] = field(repr=False)

    def rows(self, table: str) -> tuple[Row, ...]:
        """The rows of a table in the order of the file, none when the package has no such table."""
        return self.tables.get(table, ())

    @cached_property
    def properties(self) -> Mapping[str, str]:
        """The Property table."""
        return {text(row, "Property"): text(row, "Value") for row in self.rows("Property")}

    @property
    def platform(self) -> str:
        """The platform of the Template summary property: Intel, x64, Intel64, Arm, Arm64; "" means Intel."""
        return self.template.partition(";")[0].strip()

    @property
    def is_64bit(self) -> bool:
        return self.platform.lower() in ("x64", "intel64", "amd64")

    def binary(self, name: str) -> bytes:
        """The contents of a row of the Binary table, nothing when there is no such row."""
        return self.binaries.get(name, b"")

    def cabinet(self, name: str) -> dict[str, bytes]:
        """The files of the embedded cabinet `name` by their File keys.

        Raises:
            CorruptCabinetError: the cabinet is missing or damaged.
        """
        stream = self.streams.get(name)
        if stream is None:
            raise CorruptCabinetError(name)
        return _unpack(name, stream)


def read_database(data: bytes) -> MsiDatabase:
    """Read a package.

    Raises:
        InvalidPackageError: it is not an OLE compound file with the streams of an installer database.
    """
    return _parse(bytes(data))


def text(row: Row, column: str) -> str:
    """A cell as text, "" for null."""
    value = row.get(column)
    return "" if value is None else str(value)


def number(row: Row, column: str, default: int = 0) -> int:
    """A cell as an integer, `default` for null."""
    value = row.get(column)
    return default if value is None else int(value)


def long_name(name: str) -> str:
    """The long part of a "short|long" file or directory name."""
    return name.rpartition("|")[2]


@lru_cache(maxsize=_PACKAGES_KEPT)
def _parse(data: bytes) -> MsiDatabase:
    try:
        return _read(data)
    except Exception as error:  # a damaged file can break any assumption of the two parsers below
        raise InvalidPackageError(str(error)) from error


def _read(data: bytes) -> MsiDatabase:
    package: Any = Package(io.BytesIO(data), strict=False)
    tables = {table.name: tuple(package[table.name]) for table in list(package)}
    summary = package.summary
    cabinets = [text(row, "Cabinet")[1:] for row in tables.get("Media", ()) if text(row, "Cabinet").startswith("#")]
    binaries = [text(row, "Name") for row in tables.get("Binary", ())]

    def stream(name: str) -> bytes:
        return bytes(package.ole.openstream(streamname.encode_unicode(name, False)).read())

    return MsiDatabase(
        tables=tables,
        template=str(summary.properties.get(PROPERTY_TEMPLATE) or ""),
        package_code=str(summary.uuid() or "").upper(),
        size=len(data),
        streams={name: stream(name) for name in cabinets},
        binaries={name: stream(f"Binary.{name}") for name in binaries},
    )


@lru_cache(maxsize=_PACKAGES_KEPT)
def _unpack(name: str, stream: bytes) -> dict[str, bytes]:
    try:
        cabinet: Any = Cabinet(memoryview(stream))
        cabinet.process()
        cabinet.check()
        return {file.name: bytes(file.decompress()) for file in cabinet.get_files()}
    except Exception as error:  # as above: what a damaged cabinet breaks is not foreseeable
        raise CorruptCabinetError(name) from error
