r"""Installed products as Windows Installer registers them.

`Uninstall\{ProductCode}` in both views tells name and version. Products of which we have no package are found by the
file name they were installed from, in `Installer\Products\<packed code>\SourceList` `PackageName`. `Win32_Product` is
never asked: it reconfigures every product it lists (KB974524).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.windows import registry
from orchestrator.windows.command import Command, Evidence, Fact, Reply, Sureness, asked, gather
from orchestrator.windows.registry import Key

PRODUCTS = r"HKLM\SOFTWARE\Classes\Installer\Products"
UNINSTALL = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"
UNINSTALL_WOW64 = r"HKLM\SOFTWARE\Wow6432Node\Microsoft\Windows\CurrentVersion\Uninstall"

_GUID = re.compile(r"\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}")

_SEARCH = Evidence(
    "reg query /s /f /d: learn.microsoft.com reg-query; that SourceList keeps the package's file name is remembered",
    Sureness.REMEMBERED,
)


@dataclass(frozen=True)
class Product:
    """An installed product: its code, and name and version as `Uninstall` has them."""

    code: str
    name: str | None
    version: str | None


def is_product_code(text: str) -> bool:
    """Whether this is a GUID in braces with capital letters, as product codes are written."""
    return _GUID.fullmatch(text) is not None


def installed(code: str) -> Fact[Product | None]:
    """The product with this code, or None when it is not installed.

    Raises:
        ValueError: when `code` is not a GUID in braces; nothing else may get into the command line.
    """
    if not is_product_code(code):
        raise ValueError(f"not a product code: {code!r}")

    def build(native: Key | None, wow64: Key | None) -> Product | None:
        key = native or wow64
        return Product(code, key.text("DisplayName"), key.text("DisplayVersion")) if key else None

    return gather(
        f"product.{code}",
        build,
        native=asked(registry.key("product.native", rf"{UNINSTALL}\{code}")),
        wow64=asked(registry.key("product.wow64", rf"{UNINSTALL_WOW64}\{code}")),
    )


def _parse_codes(replies: Sequence[Reply]) -> tuple[str, ...]:
    parts = [path.split("\\") for path in registry.parse_search(replies[0])]
    packed = [part[part.index("Products") + 1] for part in parts if "Products" in part[:-1]]
    return tuple(dict.fromkeys(unpack(code) for code in packed if re.fullmatch(r"[0-9A-Fa-f]{32}", code)))


ADD_IN_CODES: Fact[tuple[str, ...]] = Fact(
    "product.add_in_codes",
    (Command(rf'reg query "{PRODUCTS}" /s /f SsprWindowsLogon /d 2>nul', _SEARCH, accepts=frozenset({0, 1})),),
    _parse_codes,
)
"""Product codes of everything that was installed from a package called SsprWindowsLogon…"""


def unpack(packed: str) -> str:
    """A product code from the packed form that Windows Installer uses in key names: each group's digits reversed."""
    groups = (packed[0:8], packed[8:12], packed[12:16])
    pairs = [packed[place : place + 2][::-1] for place in range(16, 32, 2)]
    text = "-".join([*(group[::-1] for group in groups), "".join(pairs[:2]), "".join(pairs[2:])])
    return f"{{{text.upper()}}}"
