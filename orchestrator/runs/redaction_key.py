"""The key by which persons get pseudonyms: one for all runs of an operator, made once and kept beside them.

Whoever has it can find out by trying which pseudonym is whose, so that it never goes with what is handed on.
"""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from orchestrator.model.errors import UsageError
from orchestrator.model.private_file import create_private, make_folder, others_may_read
from orchestrator.runs.folders import state_folder

_KEY: Final = re.compile(r"[0-9a-f]{64}")
_LONGEST: Final = 1_000
"""Bytes that are looked at."""


def redaction_key_file() -> Path:
    """Where it is kept."""
    return state_folder() / "redaction.key"


def redaction_key() -> bytes:
    """The key, 32 bytes; of several processes that make it at once, one does.

    Raises:
        UsageError: What is there is no key, or others may read it.
        OSError: It can neither be read nor made.
    """
    path = redaction_key_file()
    if not path.exists():
        make_folder(path.parent)
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(create_private(fresh), "w", encoding="ascii") as file:
            file.write(f"{secrets.token_hex(32)}\n")
        with suppress(FileExistsError):  # of a process that was quicker
            path.hardlink_to(fresh)
        fresh.unlink()
    if others_may_read(path):
        raise UsageError(f"{path}: others may read it; do `chmod 600 {path}` and start again")
    with path.open("rb") as file:
        written = file.read(_LONGEST).decode("ascii", "replace").strip()
    if not _KEY.fullmatch(written):
        raise UsageError(
            f"{path}: holds no key, which would be 64 hexadecimal digits; put the old file back, or remove this one to "
            "have another made, which gives other pseudonyms"
        )
    return bytes.fromhex(written)
