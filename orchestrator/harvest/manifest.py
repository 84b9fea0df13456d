"""The manifest of a bundle, `manifest.json`: what is in it, where each file came from, and hashes to prove it by."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Final

from pydantic import TypeAdapter

from orchestrator.harvest.text import PORTION
from orchestrator.model.showable import escaped


@dataclass(frozen=True)
class Since:
    """The bundle behind which another goes on: the run that brought it home, and the SHA-256 of its manifest."""

    run_id: str
    manifest_sha256: str


@dataclass(frozen=True)
class Origin:
    """Where, when and by what a bundle's files were taken.

    Attributes:
        host: The host's name in the inventory.
        run_id: The run that took them.
        taken: When, in UTC, by the coordinator's clock.
        clock_ahead_seconds: How far the host's clock was ahead of that, behind where it is negative; None where the
            host did not tell.
        tool: The version of this program; None where it is not known.
        since: The bundle that has the events before those of this one; None where this one has them all.
    """

    host: str
    run_id: str
    taken: datetime
    clock_ahead_seconds: float | None = None
    tool: str | None = None
    since: Since | None = None


@dataclass(frozen=True)
class Entry:
    """One file.

    Attributes:
        name: Below the bundle's folder, with `/`.
        bytes: Its length.
        sha256: Its hash.
        source: What it is a copy of.
        note: What was not read of it, and why; None when there is nothing to say.
    """

    name: str
    bytes: int
    sha256: str
    source: str
    note: str | None = None


@dataclass(frozen=True)
class Taken:
    """What became of a source.

    Attributes:
        name: The source's.
        why: What it is good for.
        source: What it is.
        files: Names of those in the bundle that are of it.
        personal: What of persons may be in them; None where nothing is.
        log: The event log, where it is one's events.
        after: The record behind which they begin; None where they are all that the source means.
        newest: The log's newest record right before they were taken; None where it had none.
        newest_written: When that was written, by the host's clock.
        notes: What was cut, left on the host or lost there, a sentence each.
    """

    name: str
    why: str
    source: str
    files: tuple[str, ...] = ()
    personal: str | None = None
    log: str | None = None
    after: int | None = None
    newest: int | None = None
    newest_written: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeftOut:
    """A file that a redacted bundle does not have.

    Attributes:
        name: What the original calls it, with pseudonyms where names were in that.
        why: Why not.
    """

    name: str
    why: str


@dataclass(frozen=True)
class Redacted:
    """What makes a bundle a copy of another one, for handing on: pseudonyms stand in the place of persons.

    Attributes:
        names: How many different names of each kind were replaced.
        manifest_sha256: The hash of the original's manifest.
        left_out: Files of the original that could not be rewritten.
    """

    names: Mapping[str, int]
    manifest_sha256: str
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What is in a bundle.

    Attributes:
        personal: What it holds of persons, a source a line; empty where nothing is.
        cabinet: The file as it travelled; it is among the files only if it was not unpacked.
        files: All but the manifest itself, by their names.
        sources: What was asked for, and what became of it.
        redacted: What was replaced; None where this is what the host gave.
        Others as `Origin` has them.
    """

    host: str
    run_id: str
    taken: datetime
    clock_ahead_seconds: float | None = None
    tool: str | None = None
    since: Since | None = None
    personal: tuple[str, ...] = ()
    cabinet: Entry
    files: tuple[Entry, ...]
    sources: tuple[Taken, ...] = ()
    redacted: Redacted | None = None

    def to_json(self) -> bytes:
        return escaped(_MANIFEST.dump_json(self, indent=2, exclude_none=True).decode()).encode() + b"\n"

    @property
    def sha256(self) -> str:
        """The hash of `manifest.json`: who keeps this elsewhere can prove that the manifest was not rewritten."""
        return hashlib.sha256(self.to_json()).hexdigest()


_MANIFEST: Final = TypeAdapter(Manifest)


def parsed(content: bytes) -> Manifest:
    """A manifest from its file's content. Raises pydantic's ValidationError where it is none."""
    return _MANIFEST.validate_json(content)


def entry(name: str, file: BinaryIO, source: str) -> Entry:
    """The entry that describes a file. Raises OSError."""
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while portion := file.read(PORTION):
        digest.update(portion)
        size += len(portion)
    return Entry(name, size, digest.hexdigest(), source)
