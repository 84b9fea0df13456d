"""An MSI file on the coordinator: which product it is, for which architecture, what it registers, if it is whole."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import olefile
from pymsi.package import Package as Database

from orchestrator.model.errors import PackageError
from orchestrator.windows.provider import CLSID

Tables = Mapping[str, Sequence[Mapping[str, Any]]]
"""Table → its rows, each by column; a table that a package lacks is not there."""


class Registers(StrEnum):
    """Whether a package registers the add-in's credential provider."""

    YES = "yes"
    """Its Registry table says so."""
    NO = "no"
    """Its tables register another one, or nothing in them could register any."""
    UNPROVEN = "unproven"
    """Code of the package may do it: only the host can tell, afterwards."""


@dataclass(frozen=True)
class Registration:
    """What the tables say, and where; `because` completes "the package …"."""

    registers: Registers
    because: str


_PROVIDERS: Final = "software\\microsoft\\windows\\currentversion\\authentication\\credential providers\\"
_MACHINE_ROOTS: Final = {2, -1}
"""HKEY_LOCAL_MACHINE, and what is that in an installation for the machine."""
_REMOVES_KEY: Final = "-"
_BASE_TYPE: Final = 0x3F
_RUNS_NOTHING: Final = {19, 35, 51}
"""Custom actions that show an error, set a directory or set a property."""
_CODE_TABLES: Final = {
    "ServiceInstall": "a service",
    "MsiEmbeddedChainer": "a package inside the package",
}


def registration(tables: Tables) -> Registration:
    """What the tables say."""
    keys = list(_registry_keys(tables))
    providers = {name.upper(): None for key in keys if (name := _provider(key))}
    if CLSID in providers:
        return Registration(Registers.YES, "registers the add-in's credential provider by its Registry table")
    if providers:
        return Registration(Registers.NO, f"registers another credential provider: {', '.join(providers)}")
    code = [*_code(tables), *(f"the Registry key `{key}`" for key in keys if "[" in key and _may_be_provider(key))]
    if code:
        named = ", ".join(code[:3]) + (f" and {len(code) - 3} more" if len(code) > 3 else "")  # noqa: PLR2004 - both
        return Registration(Registers.UNPROVEN, f"does not say what it registers: that is decided by {named}")
    return Registration(Registers.NO, "has nothing in it that could register a credential provider")


def _registry_keys(tables: Tables) -> Iterator[str]:
    """The keys below HKEY_LOCAL_MACHINE that it makes, with the properties that are plain text put in."""
    properties = {str(row["Property"]): str(row["Value"]) for row in tables.get("Property", ())}
    for row in tables.get("Registry", ()):
        removes = row["Name"] == _REMOVES_KEY and row["Value"] is None
        if int(row["Root"]) in _MACHINE_ROOTS and not removes:
            yield re.sub(r"\[([A-Za-z_][\w.]*)\]", lambda name: properties.get(name[1], name[0]), str(row["Key"]))


def _provider(key: str) -> str | None:
    """The provider whose key this is, or that it lies below."""
    if not key.lower().startswith(_PROVIDERS) or "[" in key:
        return None
    return key[len(_PROVIDERS) :].partition("\\")[0] or None


def _may_be_provider(key: str) -> bool:
    """Whether a key of which a part is not known may be a provider's: its known beginning does not speak against it."""
    known = key.partition("[")[0].lower()
    return _PROVIDERS.startswith(known) or known.startswith(_PROVIDERS)


def _code(tables: Tables) -> Iterator[str]:
    """What in the package runs code of its own while it is installed, in words."""
    scheduled = {str(row["Action"]) for row in tables.get("InstallExecuteSequence", ())}
    if "SelfRegModules" in scheduled:
        for row in tables.get("SelfReg", ()):
            yield f"the module `{row['File_']}`, which registers itself"
    for row in tables.get("CustomAction", ()):
        if str(row["Action"]) in scheduled and int(row["Type"]) & _BASE_TYPE not in _RUNS_NOTHING:
            yield f"the custom action `{row['Action']}`"
    for table, words in _CODE_TABLES.items():
        if tables.get(table):
            yield words


_ARCHITECTURES = {"intel": "x86", "": "x86", "x64": "x64", "amd64": "x64"}
"""First half of the summary's Template property (win32 Msi/template-summary); empty means 32-bit."""


_TABLES = frozenset(
    {
        "Property",
        "Registry",
        "SelfReg",
        "CustomAction",
        "InstallExecuteSequence",
        "ServiceInstall",
        "MsiEmbeddedChainer",
    }
)


@dataclass(frozen=True)
class Package:
    """What an MSI file says of itself.

    Attributes:
        path: Where it lies.
        product_code: In braces, capital letters.
        product_name: As shown to people.
        version: As in `1.0.10.0`.
        upgrade_code: In braces, or None.
        manufacturer: As shown to people.
        architecture: `x86` or `x64`.
        bytes: Its length.
        sha256: In lower-case hex.
        registration: What its tables say about the credential provider that it registers.
    """

    path: Path
    product_code: str
    product_name: str
    version: str
    upgrade_code: str | None
    manufacturer: str
    architecture: str
    bytes: int
    sha256: str
    registration: Registration


def read_package(path: Path) -> Package:
    """Reads an MSI's tables and summary information.

    Raises:
        PackageError: when the file is missing, is no MSI, or lacks what identifies a product.
    """
    try:
        stamp = path.stat()
        return _read(path, stamp.st_mtime_ns, stamp.st_size)
    except OSError as error:
        raise PackageError(f"{path}: {error.strerror or 'cannot be read'}; give the path of the MSI file") from error


@lru_cache(maxsize=32)
def _read(path: Path, _changed: int, _size: int) -> Package:
    content = path.read_bytes()
    if not content.startswith(olefile.MAGIC):
        raise PackageError(f"{path}: is not an MSI file; give the path of the package")
    try:
        with Database(io.BytesIO(content)) as msi:
            tables = {table.name: tuple(msi[table.name].rows) for table in list(msi) if table.name in _TABLES}
            properties = {row["Property"]: str(row["Value"]) for row in tables["Property"]}
            registers = registration(tables)
            template = str(msi.summary.arch() or "")
    except Exception as error:
        raise PackageError(f"{path}: is damaged, or is no installation package; get the file again") from error
    architecture = _ARCHITECTURES.get(template.lower())
    if architecture is None:
        raise PackageError(f"{path}: is for the architecture `{template}`; x86 and x64 are known")
    missing = [name for name in ("ProductCode", "ProductVersion", "ProductName") if not properties.get(name)]
    if missing:
        raise PackageError(f"{path}: has no {' and no '.join(missing)}; it is no installation package")
    return Package(
        path=path,
        product_code=properties["ProductCode"].upper(),
        product_name=properties["ProductName"],
        version=properties["ProductVersion"],
        upgrade_code=properties.get("UpgradeCode"),
        manufacturer=properties.get("Manufacturer", ""),
        architecture=architecture,
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        registration=registers,
    )


def fitting(packages: tuple[Path, ...], architecture: str) -> Package | None:
    """The package for an architecture, or None.

    Raises:
        PackageError: when one cannot be read, or two are for this architecture.
    """
    found = [package for package in map(read_package, packages) if package.architecture == architecture]
    if len(found) > 1:
        raise PackageError(f"{found[0].path} and {found[1].path} are both for {architecture}; give one of them")
    return found[0] if found else None


def version_key(version: str) -> tuple[int, ...]:
    """A version for comparing. Windows Installer looks at the first three fields only (win32 Msi/productversion)."""
    return tuple(int(part) if part.isdecimal() else 0 for part in version.split(".")[:3])
