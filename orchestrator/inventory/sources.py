"""Where inventories come from: each source gives the keys of an inventory file, and where each of them stands.

What keys mean, what goes together and what hosts inherit is settled once, for all sources, by `load`.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path
from typing import Final, Protocol

from orchestrator.model.document import Document, load_document


class Source(Protocol):
    """Reads what a person gives with `-i`."""

    def __call__(self, path: Path) -> Document:
        """The inventory at a path, with the keys and value types of `docs/schemas/inventory.schema.json`.

        `Document.lines` says where a key stands: that is where people are sent when it cannot be used. A key without
        a line of its own is sought where what is around it stands.

        Raises:
            DocumentError: It cannot be read at all. What is wrong with its content is found afterwards.
        """
        ...


SOURCES: Final[MutableMapping[str, Source]] = {".yaml": load_document, ".yml": load_document}
"""By the ending of the file's name, in small letters. What has another ending, or none, is YAML."""


def source_of(path: Path) -> Source:
    """What reads the inventory at a path."""
    return SOURCES.get(path.suffix.lower(), load_document)
