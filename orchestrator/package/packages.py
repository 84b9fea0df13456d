"""Packages: what MSI files say of themselves, and which of several fits a host; `msi` reads them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from orchestrator.model.errors import PackageError
from orchestrator.package.registration import Registration
from orchestrator.package.verdict import Signature


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
        signature: Who has signed it, as far as that is proved.
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
    signature: Signature


def fitting(packages: Iterable[Package], architecture: str) -> Package | None:
    """The package for an architecture, or None. Raises PackageError when two are for this architecture."""
    found = [package for package in packages if package.architecture == architecture]
    if len(found) > 1:
        raise PackageError(f"{found[0].path} and {found[1].path} are both for {architecture}; give one of them")
    return found[0] if found else None


def version_key(version: str) -> tuple[int, ...]:
    """A version for comparing. Windows Installer looks at the first three fields only (win32 Msi/productversion)."""
    return tuple(int(part) if part.isdecimal() else 0 for part in version.split(".")[:3])
