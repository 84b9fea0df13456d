r"""Keys and values of the registry, as people write them in playbooks: which are taken, and where they stand on a host.

A 64-bit Windows shows 32-bit programs another HKLM\SOFTWARE, which stands below Wow6432Node; some keys in it are the
same for both (learn.microsoft.com/windows/win32/winprog64/shared-registry-keys). We write the place itself rather than
`/reg:32`, so that what was changed has one name, by which it can be undone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from orchestrator.model.registry import Value
from orchestrator.windows import boot, provider, quoting, registry, registry_change
from orchestrator.windows.command import Fact, asked, gather

View = Literal[64, 32]

_HIVES = {"HKLM": "HKLM", "HKEY_LOCAL_MACHINE": "HKLM", "HKU": "HKU", "HKEY_USERS": "HKU"}
_SOFTWARE = "HKLM\\SOFTWARE\\"
_LONGEST_PART, _LONGEST_NAME = 255, 1024
"""Characters: of a key's name (learn.microsoft.com, registry element size limits), and of a value's 16,383 some."""

_KEPT = {
    boot.OURS: "this program keeps its own notes there",
    provider.PROVIDER: "that is the add-in's own key; the steps `msi` and `verbose_logging` take care of it",
    r"HKLM\SAM": "accounts are no matter of registry values",
    r"HKLM\SECURITY": "accounts are no matter of registry values",
    r"HKLM\BCD00000000": "what starts Windows is changed with bcdedit",
}
"""Keys that are not to be written, with all below them → why."""

_ONE_FOR_BOTH = ("classes", "clients", "policies", "registeredapplications", "wow6432node")
"""Right below HKLM\\SOFTWARE: the same in both views, or, of Classes, parted further down."""


def checked_key(path: str) -> str:
    r"""The key's path, beginning with HKLM or HKU, when values may be written there.

    Raises:
        ValueError: when not; the text says why.
    """
    hive, *parts = path.split("\\")
    short = _HIVES.get(hive.upper())
    if short is None:
        raise ValueError(
            f"`{path}` begins with no hive that is the same for every account; expected HKLM or HKU, as in "
            r"HKLM\SOFTWARE\Contoso"
        )
    for part in parts:
        if not part or part != part.strip() or len(part) > _LONGEST_PART or not _plain(part):
            raise ValueError(f"`{path}` is no path of a key: {part!r} is empty, too long, or has what a name must not")
    if len(parts) < 2:  # noqa: PLR2004
        raise ValueError(rf"`{path}` is no key that values belong in; as in HKLM\SOFTWARE\Contoso")
    shortened = "\\".join([short, *parts])
    for kept, reason in _KEPT.items():
        if (shortened.lower() + "\\").startswith(kept.lower() + "\\"):
            raise ValueError(f"`{path}`: {reason}")
    return shortened


def checked_name(name: str) -> str:
    """The name of a value, when it can be written and read back.

    Raises:
        ValueError: when it cannot. A key's own value has no name, and is shown by a translated one.
    """
    if not name:
        raise ValueError("a key's default value cannot be told from one that is not set; name the value")
    if name != name.strip() or len(name) > _LONGEST_NAME or not _plain(name):
        raise ValueError(f"{name!r} is no name of a value that can be read back: blanks at its ends or in a row, say")
    return name


def _plain(text: str) -> bool:
    """Whether reg.exe takes it from a command line, and shows it in a way that can be taken apart."""
    return quoting.speakable(text) and " " * 4 not in text


def view_objection(path: str, view: View) -> str | None:
    """Why a checked key has no such view, in words; None when it has."""
    if view == 64:  # noqa: PLR2004
        return None
    if not path.lower().startswith(_SOFTWARE.lower()):
        return rf"only below {_SOFTWARE} do 32-bit programs see something else"
    first, _, rest = path[len(_SOFTWARE) :].lower().partition("\\")
    if first in _ONE_FOR_BOTH:
        return rf"{_SOFTWARE}{first} is not parted by views as a whole; name the key that is meant"
    if first == "microsoft" and re.match(r"windows\\currentversion\\(policies|group policy|setup)(\\|$)", rest):
        return "this key is the same in both views"
    return None


def place(path: str, view: View, architecture: str) -> str:
    """Where a checked key stands on a Windows of this architecture."""
    if view == 64 or architecture != "x64":  # noqa: PLR2004
        return path
    return f"{_SOFTWARE}Wow6432Node\\{path[len(_SOFTWARE) :]}"


@dataclass(frozen=True)
class Found:
    """What stands at a place.

    Attributes:
        value: None when it is absent.
        missing: Which of its key and those above it are not there, from the top.
    """

    value: Value | None
    missing: tuple[str, ...]


def look(path: str, name: str) -> Fact[Found]:
    """A value, and the keys above it."""
    return gather(
        "registry_value",
        Found,
        value=asked(registry.value("registry_value.value", path, name)),
        missing=asked(registry_change.missing_keys("registry_value.keys", path)),
    )
