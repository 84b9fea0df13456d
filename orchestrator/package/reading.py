"""Reads an MSI file to its end: its tables, its summary information, its signature.

Apart from `msi`, which most runs know packages by: what this takes is loaded when there is a package to be read.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Final

import olefile

from orchestrator.model.bounded import MEGABYTE, read_up_to
from orchestrator.model.errors import PackageError
from orchestrator.package import database, signature
from orchestrator.package.packages import Package
from orchestrator.package.registration import TABLES, registration

MOST: Final = 256 * MEGABYTE
"""Bytes of a package; the add-in's has three million."""
_ARCHITECTURES = {"intel": "x86", "": "x86", "x64": "x64", "amd64": "x64"}
"""First half of the summary's Template property (win32 Msi/template-summary); empty means 32-bit."""


@lru_cache(maxsize=32)
def read(path: Path, pinned: tuple[str, ...], _stamp: tuple[int, ...]) -> Package:
    """What a file is, which is read once as long as its stamp is the same; see `msi.read_package`.

    Raises:
        OSError: It cannot be read.
        PackageError: It is no MSI, is not a pinned one, or lacks what identifies a product.
    """
    with path.open("rb") as file:
        content = read_up_to(MOST, file)
    sha256 = hashlib.sha256(content).hexdigest()
    if pinned and sha256 not in pinned:
        raise PackageError(
            f"{path}: is not the package that `sha256` names, or with which the run began: its SHA-256 is {sha256}; "
            "get it again"
        )
    if not content.startswith(olefile.MAGIC):
        raise PackageError(f"{path}: is not an MSI file; give the path of the package")
    try:
        found = database.read(content, TABLES | {"Property"})
        properties = {row["Property"]: str(row["Value"]) for row in found.tables["Property"]}
        registers = registration(found.tables)
    except Exception as error:
        raise PackageError(f"{path}: is damaged, or is no installation package; get the file again") from error
    architecture = _ARCHITECTURES.get(found.platform.lower())
    if architecture is None:
        raise PackageError(f"{path}: is for the architecture `{found.platform}`; x86 and x64 are known")
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
        sha256=sha256,
        registration=registers,
        signature=signature.judge(content, found.signature),
    )
