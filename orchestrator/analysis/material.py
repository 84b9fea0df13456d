"""What a case is made of: all that was read of one machine's files, and what is known of where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from orchestrator.analysis.look import Look
from orchestrator.harvest.reading import Reading
from orchestrator.model.case import CaseFile, Moment


@dataclass(frozen=True)
class Material:
    """What was read.

    Attributes:
        host: The machine's name in the inventory; None where no bundle says it.
        taken: When the newest of its bundles was taken, in UTC; None where there is none.
        clock_ahead_seconds: How far its clock was ahead then; None where nobody noted it.
        files: All of them, with what could not be read of each.
        reading: What they say.
        looks: What `sspr check` has said of it, the newest first.
        clocks: By the name of a file of events, how far the clock was ahead by which they were written, in seconds.
        add_in_logs: Names of those logs of Windows Installer that are about the add-in.
        manifest: The name of the newest bundle's manifest; None where there is none.
        steps: What this program did on the machine, by this computer's clock.
        captured: Whether the files were brought home amid a capture, which has the verbose log on for a while.
    """

    host: str | None = None
    taken: datetime | None = None
    clock_ahead_seconds: float | None = None
    files: tuple[CaseFile, ...] = ()
    reading: Reading = field(default_factory=Reading)
    looks: tuple[Look, ...] = ()
    clocks: Mapping[str, float] = field(default_factory=dict)
    add_in_logs: frozenset[str] = frozenset()
    manifest: str | None = None
    steps: tuple[Moment, ...] = ()
    captured: bool = False

    @property
    def learned(self) -> Look | None:
        """The newest look that tells something of the machine."""
        return next((look for look in self.looks if look.learned), None)
