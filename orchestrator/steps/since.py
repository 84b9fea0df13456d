"""How far a host's events were brought home, so that a later bundle can go on there."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from orchestrator.harvest.manifest import Manifest
from orchestrator.model.validation import Entry


@dataclass(frozen=True)
class Mark:
    """How far a source's events have been brought home.

    Attributes:
        source: Its name.
        log: The log that they are of.
        record: The log's newest record then.
        written: When that was written, by the host's clock: another record of that number is of another log.
    """

    source: str
    log: str
    record: int
    written: str


def marks_of(manifest: Manifest) -> tuple[Mark, ...]:
    """How far the sources of a bundle have come; those whose log was empty have come nowhere."""
    return tuple(
        Mark(taken.name, taken.log, taken.newest, taken.newest_written)
        for taken in manifest.sources
        if taken.files and taken.log and taken.newest is not None and taken.newest_written is not None
    )


class MarkEntry(Entry):
    """How far a source was brought home."""

    log: str = Field(description="The log that it is of.")
    record: int = Field(description="The log's newest record then.")
    written: str = Field(description="When that was written, as the log has it.")


class SinceEntry(Entry):
    """The bundle behind which one of a host goes on."""

    run: str = Field(description="The run that brought it home.")
    manifest_sha256: str = Field(description="The SHA-256 of its manifest.")
    marks: dict[str, MarkEntry] = Field(description="How far each source was brought home, by name.")

    @property
    def told(self) -> tuple[Mark, ...]:
        """How far each source was brought home."""
        return tuple(Mark(name, mark.log, mark.record, mark.written) for name, mark in self.marks.items())
