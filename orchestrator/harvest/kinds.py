"""What a file is that somebody gave: told by how it begins, and only where that says nothing by its name."""

from __future__ import annotations

import codecs
from enum import StrEnum
from pathlib import PurePosixPath
from typing import BinaryIO, Final

from orchestrator.harvest import evtx_chunks, msi_trace
from orchestrator.harvest.layout import MANIFEST

CHECK: Final = "check.json"
"""What `sspr check` has said of a host, in its bundle."""
SAMPLE: Final = 64 * 1024
"""Bytes of the beginning that are looked at."""
_TRACES: Final = ("\nMSI (s) (", "\nMSI (c) (")
_EVENT_SCHEMA: Final = "schemas.microsoft.com/win/2004/08/events"


class Kind(StrEnum):
    """What reads a file."""

    EVENTS = "events"
    INSTALLATION_LOG = "installation-log"
    REGISTRY = "registry"
    CHECK = "check"
    MANIFEST = "manifest"
    ZIP = "zip"
    CABINET = "cabinet"
    OTHER = "other"


_BY_ENDING: Final = {
    ".evtx": Kind.EVENTS,
    ".xml": Kind.EVENTS,
    ".reg": Kind.REGISTRY,
    ".log": Kind.INSTALLATION_LOG,
}


def by_name(name: str) -> Kind:
    """What a file is meant to be."""
    return _BY_ENDING.get(PurePosixPath(name).suffix.lower(), Kind.OTHER)


def kind_of(name: str, file: BinaryIO) -> Kind:
    """What a file is. Raises OSError."""
    file.seek(0)
    sample = file.read(SAMPLE)
    if evtx_chunks.is_log(sample):
        return Kind.EVENTS
    if sample.startswith((b"PK\3\4", b"PK\5\6")):
        return Kind.ZIP
    if sample.startswith(b"MSCF"):
        return Kind.CABINET
    meant = by_name(name)
    told = _of_text(name, _decoded(sample).lstrip("\ufeff \t\r\n"))
    return told or (Kind.OTHER if meant is Kind.INSTALLATION_LOG else meant)  # many programs call their logs so


def _of_text(name: str, begins: str) -> Kind | None:
    if begins.startswith(("Windows Registry Editor", "REGEDIT4")):
        return Kind.REGISTRY
    if begins.startswith("<"):
        return Kind.EVENTS if _EVENT_SCHEMA in begins else None
    if begins.startswith("{"):
        return _of_json(name, begins)
    first = begins.partition("\n")[0].rstrip()
    if msi_trace.framed(first) or any(head in f"\n{begins}" for head in _TRACES):
        return Kind.INSTALLATION_LOG
    return None


def _of_json(name: str, begins: str) -> Kind:
    if PurePosixPath(name).name == MANIFEST and '"sha256"' in begins:
        return Kind.MANIFEST
    return Kind.CHECK if '"learned"' in begins or PurePosixPath(name).name == CHECK else Kind.OTHER


def _decoded(sample: bytes) -> str:
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if sample.startswith(mark):
            return sample.decode(encoding, "replace")
    return sample.decode("utf-16-le" if sample[1:2] == b"\0" else "utf-8", "replace")
