"""What a package registers, by its tables: the add-in's credential provider, another one, or nobody can know before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from orchestrator.windows.provider import CLSID

if TYPE_CHECKING:
    from orchestrator.package.database import Tables


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
TABLES: Final = frozenset(
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
"""Those that are looked at."""
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
