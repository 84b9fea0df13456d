"""Reads an inventory from its source: expands its hosts, resolves what each inherits, refuses what is ambiguous."""

from __future__ import annotations

from collections.abc import MutableMapping
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from orchestrator.inventory.entries import InventoryFile
from orchestrator.inventory.groups import Groups, Members
from orchestrator.inventory.jump_hosts import JumpHosts
from orchestrator.inventory.patterns import Inventory
from orchestrator.inventory.resolving import Resolving
from orchestrator.model.bounded import MEGABYTE
from orchestrator.model.document import Document, Problems, load_document
from orchestrator.model.errors import DocumentError
from orchestrator.model.shared_files import check_shared, read_shared


class Source(Protocol):
    """Reads what a person gives with `-i`."""

    def __call__(self, path: Path) -> Document:
        """The inventory at a path, with the keys and value types of `docs/schemas/inventory.schema.json`.

        `Document.lines` says where a key stands: that is where people are sent when it cannot be used. A key without
        a line of its own is sought where what is around it stands.

        Raises:
            DocumentError: It cannot be read at all. What is wrong with its content is found afterwards.
            OSError: The same, told for it by who asked.
            UnicodeDecodeError: The same.
        """
        ...


MOST: Final = 8 * MEGABYTE
"""Bytes of an inventory: what 100,000 hosts take, each with its address and its port."""
_load_yaml: Final = partial(load_document, read=partial(read_shared, most=MOST))
SOURCES: Final[MutableMapping[str, Source]] = {".yaml": _load_yaml, ".yml": _load_yaml}
"""By the ending of the file's name, in small letters. What has another ending, or none, is YAML."""


def source_of(path: Path) -> Source:
    """What reads the inventory at a path."""
    return SOURCES.get(path.suffix.lower(), _load_yaml)


def load_inventory(path: Path) -> Inventory:
    """Read an inventory.

    What is said of a host counts before what its groups say, an inner group before one around it, and `all` last.

    Raises:
        DocumentError: The file cannot be used. Every problem in it is told with its line.
        UntrustedPath: Another person may write it.
    """
    document = _read(path)
    file = document.parse(InventoryFile)
    problems = Problems(path)
    groups = Groups(file.groups, document, problems)
    jump_hosts = JumpHosts(file.jump_hosts, document, problems)
    jump_hosts.check_all(file)
    problems.check()
    members = Members(document, groups, problems)
    members.add_groups()
    members.add_hosts(file.hosts)
    problems.check()
    if not members.names:
        problems.stop(1, "there is no host in it; name some under `hosts`, or under `hosts` of a group")
    hosts = Resolving(file.all, groups, jump_hosts, members, document, problems).hosts()
    problems.check()
    return Inventory(path, hosts, tuple(groups.names.values()), file.lockout.threshold - 1)


def _read(path: Path) -> Document:
    try:
        check_shared(path)
        return source_of(path)(path)
    except OSError as error:
        raise DocumentError(path, None, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DocumentError(path, None, f"is not {error.encoding.upper()} text; save it as UTF-8") from error
