"""What the machine knows of installed products: where the installer registers them, and how to find them again."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sspr_lab.errors import WindowsError
from sspr_lab.installer.guid import packed, unpacked
from sspr_lab.registry import Registry

INSTALLER: Final = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Installer"
MACHINE_DATA: Final = f"{INSTALLER}\\UserData\\S-1-5-18"
CLASSES: Final = "HKLM\\SOFTWARE\\Classes\\Installer"
UNINSTALL: Final = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall"
IN_PROGRESS: Final = f"{INSTALLER}\\InProgress"


@dataclass(frozen=True)
class InstalledProduct:
    r"""A product of the machine. `version` is ProductVersion; `local_package` the copy in C:\Windows\Installer."""

    code: str
    package_code: str
    name: str
    version: str
    local_package: str
    source: str
    package_name: str
    features: tuple[str, ...]

    @property
    def source_path(self) -> str:
        """Where its package was installed from."""
        return f"{self.source}{self.package_name}"


def find_product(registry: Registry, code: str) -> InstalledProduct | None:
    """The installed product with that product code, None when there is none."""
    short = packed(code)
    published = f"{CLASSES}\\Products\\{short}"
    properties = f"{MACHINE_DATA}\\Products\\{short}\\InstallProperties"
    if not registry.exists(published) or not registry.exists(properties):
        return None
    features = (
        registry.key(f"{CLASSES}\\Features\\{short}") if registry.exists(f"{CLASSES}\\Features\\{short}") else None
    )
    return InstalledProduct(
        code=code.upper(),
        package_code=unpacked(_text(registry, published, "PackageCode")),
        name=_text(registry, published, "ProductName"),
        version=_text(registry, properties, "DisplayVersion"),
        local_package=_text(registry, properties, "LocalPackage"),
        source=_text(registry, properties, "InstallSource"),
        package_name=_text(registry, f"{published}\\SourceList", "PackageName"),
        features=tuple(features.values) if features else (),
    )


def related_products(registry: Registry, upgrade_code: str) -> Iterator[InstalledProduct]:
    """The installed products that share the upgrade code."""
    try:
        key = registry.key(f"{CLASSES}\\UpgradeCodes\\{packed(upgrade_code)}")
    except WindowsError:  # no product was ever registered under it
        return
    for name in key.values:
        if name and (product := find_product(registry, unpacked(name))) is not None:
            yield product


def is_shared(registry: Registry, component_code: str, product_code: str) -> bool:
    """Whether another product than that one uses the component."""
    path = f"{MACHINE_DATA}\\Components\\{packed(component_code)}" if component_code else ""
    if not path or not registry.exists(path):
        return False
    return any(name and name != packed(product_code) for name in registry.key(path).values)


def version_tuple(version: str) -> tuple[int, int, int]:
    """The three parts of a ProductVersion that the installer compares; a fourth one is ignored."""
    parts = [int(part) if part.isdigit() else 0 for part in version.split(".")]
    major, minor, build = (*parts, 0, 0, 0)[:3]
    return major, minor, build


def _text(registry: Registry, path: str, name: str) -> str:
    value = registry.get(path, name)
    return "" if value is None else str(value.data)
