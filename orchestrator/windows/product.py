r"""Installed products as Windows Installer registers them.

`Uninstall\{ProductCode}` in both views tells name and version. Products of which we have no package are found by what
they have brought, in `Installer\UserData\S-1-5-18\Components`; other versions of one by its upgrade code. Packed codes
have each group's digits reversed. `Win32_Product` is never asked: it reconfigures every product it lists (KB974524).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.windows import registry
from orchestrator.windows.command import Command, Evidence, Fact, Reply, Sureness, asked, gather
from orchestrator.windows.provider import places
from orchestrator.windows.registry import Key

COMPONENTS = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Installer\UserData\S-1-5-18\Components"
UPGRADE_CODES = r"HKLM\SOFTWARE\Classes\Installer\UpgradeCodes"
UNINSTALL = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"
UNINSTALL_WOW64 = r"HKLM\SOFTWARE\Wow6432Node\Microsoft\Windows\CurrentVersion\Uninstall"

_GUID = re.compile(r"\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}")

_SEARCH = Evidence(
    "reg query /s /f /d: learn.microsoft.com reg-query; that each component has its products and their key paths there "
    "is remembered",
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


def owners(provider: str, dll: str | None) -> Fact[tuple[str, ...]]:
    r"""Codes of the products that have brought a credential provider, as far as Windows Installer has noted it.

    It notes of every component which products have it, and its key path: a file, or a key of the registry. What is
    looked for is the provider's own key, and the file of the DLL that is registered for it.

    Args:
        provider: The provider's CLSID, in braces.
        dll: What InprocServer32 names; None when it names nothing.

    Raises:
        ValueError: when `provider` is no GUID in braces; nothing else may get into the command line.
    """
    if not is_product_code(provider):
        raise ValueError(f"not a CLSID: {provider!r}")
    files = [file for place in places(dll or "") if (file := _file(place))]
    searched = (provider, *dict.fromkeys(file.name for file in files))
    lines = (rf'reg query "{COMPONENTS}" /s /f "{word}" /d 2>nul' for word in searched)

    def parse(replies: Sequence[Reply]) -> tuple[str, ...]:
        found: list[str] = []
        for reply in replies:
            for key in registry.parse_keys(reply):
                for name, value in key.values.items():
                    path = str(value.data).lower()
                    ours = provider.lower() in path or any(file.whole.fullmatch(path) for file in files)
                    if ours and re.fullmatch(r"[0-9a-f]{32}", name):
                        found.append(unpack(name))
        return tuple(dict.fromkeys(found))

    return Fact("product.owners", tuple(Command(line, _SEARCH, accepts=frozenset({0, 1})) for line in lines), parse)


@dataclass(frozen=True)
class _File:
    """A file: its name, and how its path can stand in lower case among the components, where a `?` may be its colon."""

    name: str
    whole: re.Pattern[str]


def _file(place: str) -> _File | None:
    r"""The file at a place where Windows looks for a DLL; None where it tells no product.

    It comes from the host's registry: what would be more than a name in a command line is not looked for. Programs that
    run other people's code are registered for any number of providers, and belong to somebody else. What a variable
    stands for is not asked: the folder of Windows is one of its drive's own, any other may lie deeper.
    """
    match = re.fullmatch(
        r"(?:[A-Za-z]:|(?P<variable>%[A-Za-z()]+%)|)(?P<path>(?:\\[\w .()~-]+)*\\(?P<name>[\w.()~-]+))", place, re.ASCII
    )
    if match is None or match["name"].lower() in _HOSTS_OF_OTHERS:
        return None
    variable = (match["variable"] or "").lower()
    above = r"\\[^\\]+" if variable in _OF_WINDOWS else r"(\\[^\\]+)+" if variable else ""
    return _File(match["name"], re.compile(rf"[a-z][:?]{above}{re.escape(match['path'].lower())}"))


_OF_WINDOWS = frozenset({"%systemroot%", "%windir%"})
_HOSTS_OF_OTHERS = frozenset({"mscoree.dll", "scrobj.dll", "rundll32.exe"})


def sharing(upgrade_code: str) -> Fact[tuple[str, ...]]:
    """Codes of the installed products that share an upgrade code: the versions of one product.

    Raises:
        ValueError: when it is no GUID in braces.
    """
    if not is_product_code(upgrade_code):
        raise ValueError(f"not an upgrade code: {upgrade_code!r}")
    look = registry.key("product.sharing", rf"{UPGRADE_CODES}\{pack(upgrade_code)}")

    def parse(replies: Sequence[Reply]) -> tuple[str, ...]:
        key = look.parse(replies)
        return tuple(unpack(name) for name in (key.values if key else ()) if re.fullmatch(r"[0-9a-f]{32}", name))

    return Fact("product.sharing", look.commands, parse)


def pack(code: str) -> str:
    """A code in the packed form that Windows Installer uses in key names; the other way round is `unpack`."""
    groups = code.strip("{}").split("-")
    pairs = groups[3] + groups[4]
    return "".join([*(group[::-1] for group in groups[:3]), *(pairs[at : at + 2][::-1] for at in range(0, 16, 2))])


def unpack(packed: str) -> str:
    """A product code from the packed form that Windows Installer uses in key names: each group's digits reversed."""
    groups = (packed[0:8], packed[8:12], packed[12:16])
    pairs = [packed[place : place + 2][::-1] for place in range(16, 32, 2)]
    text = "-".join([*(group[::-1] for group in groups), "".join(pairs[:2]), "".join(pairs[2:])])
    return f"{{{text.upper()}}}"
