"""An MSI file on the coordinator: which product it is, for which architecture, and whether it is whole."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import olefile
from pymsi.package import Package as Database

from orchestrator.model.errors import PackageError
from orchestrator.package.registration import Registration, registration

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
