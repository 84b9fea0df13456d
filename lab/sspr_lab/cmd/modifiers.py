"""The %~ modifiers of parameters and FOR variables: quotes off, and the parts of a file's full name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

LETTERS: Final = "fdpnxsatz"


@dataclass(frozen=True)
class Modifiers:
    """Letters after %~, and the variable of a %~$PATH:1 search ("" when there is none)."""

    letters: str
    search: str = ""


class FileFacts(Protocol):
    """What the modifiers ask of the file system. Paths may be relative to the current directory."""

    def full_path(self, path: str) -> str: ...

    def attributes(self, path: str) -> str:
        """What %~a shows, "" for a file that does not exist."""
        ...

    def timestamp(self, path: str) -> str:
        """What %~t shows, "" for a file that does not exist."""
        ...

    def size(self, path: str) -> str:
        """What %~z shows, "" for a file that does not exist."""
        ...

    def exists(self, path: str) -> bool: ...


def apply(value: str, modifiers: Modifiers, facts: FileFacts, lookup: Callable[[str], str | None]) -> str:
    """`value` without its quotes, or what the letters ask for. An empty value stays empty.

    Short names (s) are the long ones: the lab's volume has 8.3 names switched off.
    """
    value = value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value.strip('"')
    if modifiers.search:
        value = _found(value, lookup(modifiers.search) or "", facts)
    if not modifiers.letters or not value:
        return value
    columns = [show(value) for letter, show in _columns(facts) if letter in modifiers.letters]
    name = _name(facts.full_path(value), modifiers.letters)
    return " ".join(part for part in (*columns, name) if part)


def _columns(facts: FileFacts) -> tuple[tuple[str, Callable[[str], str]], ...]:
    return ("a", facts.attributes), ("t", facts.timestamp), ("z", facts.size)


def _found(value: str, search: str, facts: FileFacts) -> str:
    candidates = (f"{folder.rstrip(chr(92))}\\{value}" for folder in search.split(";") if folder)
    return next((candidate for candidate in candidates if facts.exists(candidate)), "")


def _name(full: str, letters: str) -> str:
    if "f" in letters or set(letters) == {"s"}:
        return full
    drive, rest = full[:2], full[2:]
    folder, separator, name = rest.rpartition("\\")
    stem, dot, extension = name.rpartition(".")
    if not dot:
        stem, extension = name, ""
    parts = {"d": drive, "p": folder + separator, "n": stem, "x": dot + extension}
    return "".join(text for letter, text in parts.items() if letter in letters)
