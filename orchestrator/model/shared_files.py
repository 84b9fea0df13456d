"""Files that a team may share, as inventories and playbooks: its groups are trusted to write them, and to own them.

Which groups those are is set in a file that only root or we can write. Runs, secrets and known hosts are never shared.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Final

from pydantic import Field

from orchestrator.model import trust
from orchestrator.model.bounded import MEGABYTE
from orchestrator.model.document import Document, Problems, load_document
from orchestrator.model.validation import Entry

OF_ALL: Final = Path("/etc/sspr/trust.yaml")
MOST: Final = MEGABYTE
"""Bytes of a playbook, a policy or a list of groups: thousands of steps."""


class TrustEntry(Entry):
    """Whom else to trust."""

    trusted_groups: tuple[str, ...] = Field(default=(), description="Groups of this computer's users, by their names.")


def trusted_groups() -> frozenset[int]:
    """The groups of `/etc/sspr/trust.yaml` and of the user's own `sspr/trust.yaml`, by their numbers.

    Raises:
        DocumentError: A file cannot be used, or names a group that there is not.
        UntrustedPath: Another person may write it.
    """
    if not trust.POSIX:
        return frozenset()
    return frozenset[int]().union(*(_groups(path) for path in (OF_ALL, _own()) if path.is_file()))


def check_shared(path: Path) -> None:
    """Judges a file that somebody else reads for us. Raises as `trust.check` and `trusted_groups` do."""
    trust.check(path, trusted_groups())


def read_shared(path: Path, most: int = MOST) -> bytes:
    """The content of a file, judged, of at most so many bytes. Raises as `trust.read` and `trusted_groups` do."""
    return trust.read(path, trusted_groups(), most)


load_shared = partial(load_document, read=read_shared)
"""Reads a YAML file, judged."""


def _own() -> Path:
    folder = os.environ.get("XDG_CONFIG_HOME")
    return (Path(folder) if folder else Path.home() / ".config") / "sspr" / OF_ALL.name


def _groups(path: Path) -> frozenset[int]:
    import grp  # noqa: PLC0415 - Windows has none

    document: Document = load_document(path, partial(trust.read, most=MOST))
    problems, found = Problems(path), set()
    for place, name in enumerate(document.parse(TrustEntry).trusted_groups):
        try:
            found.add(grp.getgrnam(name).gr_gid)
        except KeyError:
            line = document.line("trusted_groups", place)
            problems.add(line, f"`trusted_groups`: there is no group `{name}`; see `getent group`")
    problems.check()
    return frozenset(found)
