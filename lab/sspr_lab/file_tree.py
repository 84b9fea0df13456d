"""Files and directories as immutable nodes.

A change makes new nodes from the changed one up to the root: machines share their stock files, and a snapshot is the
root of a moment.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

_EPOCH: Final = datetime(2012, 6, 1, tzinfo=UTC)  # when the files that a machine came with were written
_EMPTY: Final[Mapping[str, "Node"]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class File:
    """A file at one moment. `protected`: it belongs to Windows itself, and administrators may only read it."""

    name: str
    data: bytes = b""
    modified: datetime = _EPOCH
    protected: bool = False


@dataclass(frozen=True, slots=True)
class Folder:
    """A directory at one moment; entries are kept under their upper-case names."""

    name: str
    entries: Mapping[str, "Node"] = field(default_factory=lambda: _EMPTY)
    modified: datetime = _EPOCH
    protected: bool = False

    def with_entry(self, entry: "Node") -> "Folder":
        return replace(self, entries={**self.entries, entry.name.upper(): entry})

    def without_entry(self, name: str) -> "Folder":
        return replace(self, entries={key: node for key, node in self.entries.items() if key != name.upper()})

    def walk(self, path: str) -> Iterator[tuple[str, "Node"]]:
        """Everything below, each with its path (which begins with this folder's `path`)."""
        for key in sorted(self.entries):
            node = self.entries[key]
            where = f"{path}\\{node.name}"
            yield where, node
            if isinstance(node, Folder):
                yield from node.walk(where)


Node = File | Folder


def changed(folder: Folder, parts: list[str], change: Callable[[Folder], Folder]) -> Folder:
    """The tree below `folder` with the directory at `parts` changed."""
    if not parts:
        return change(folder)
    child = folder.entries[parts[0].upper()]
    assert isinstance(child, Folder)
    return folder.with_entry(changed(child, parts[1:], change))
