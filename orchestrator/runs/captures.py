"""Captures that this coordinator has begun and may be on: a file each in the state folder, until one is over for sure.

A file is written before anything is switched on, so that a process that dies leaves word of what it was about. Beside
one stands, where somebody has had enough before the time is up, an empty file that says so to the run that waits.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import AwareDatetime

from orchestrator.model import trust
from orchestrator.model.capture import CaptureDetail
from orchestrator.model.clock import Clock
from orchestrator.model.codec import decode, encode
from orchestrator.model.errors import UsageError
from orchestrator.model.private_file import make_folder, write_private
from orchestrator.runs.folders import state_folder

_MOST_BYTES: Final = 4096
_KNOWN, _ENOUGH = ".capture", ".enough"


def captures_folder() -> Path:
    """Where they are kept."""
    return state_folder() / "captures"


@dataclass(frozen=True)
class KnownCapture:
    """One that may be on.

    Attributes:
        run: Which run has begun it.
        host: Where, by the host's name in the inventory.
        inventory: That inventory.
        begun: When, by this computer's clock.
        until: Until when, likewise.
        there: The same as the host's clock shows it.
        switched: Whether something was to be switched on, or people were waited for alone.
    """

    run: str
    host: str
    inventory: Path
    begun: AwareDatetime
    until: AwareDatetime
    there: str
    switched: bool


@dataclass(frozen=True)
class RunCaptures:
    """Those of a run; see `steps.declaration.Captures`.

    Attributes:
        folder: Where they are kept.
        run: The run.
        inventory: Where its hosts are from.
        clock: The run's.
    """

    folder: Path
    run: str
    inventory: Path
    clock: Clock

    def begin(self, host: str, capture: CaptureDetail) -> None:
        until = capture.moment.date if capture.moment else self.clock.now()
        known = KnownCapture(
            self.run, host, self.inventory.resolve(), self.clock.now(), until, capture.there or "", capture.on
        )
        make_folder(self.folder)
        write_private(_path(self.folder, self.run, host, _KNOWN), encode(known).encode() + b"\n")

    def asked_to_end(self, host: str) -> bool:
        return _path(self.folder, self.run, host, _ENOUGH).exists()

    def end(self, host: str, *, everybody: bool = False) -> None:
        runs = {self.run}
        if everybody:
            here = self.inventory.resolve()
            runs |= {each.run for each in known_captures(self.folder) if (each.host, each.inventory) == (host, here)}
        for run in runs:
            for kind in (_KNOWN, _ENOUGH):
                _path(self.folder, run, host, kind).unlink(missing_ok=True)


def known_captures(folder: Path) -> tuple[KnownCapture, ...]:
    """All that may be on, the oldest first; what cannot be read, or is another person's, is none."""
    found = []
    for path in folder.glob(f"*{_KNOWN}"):
        with suppress(OSError, UsageError, ValueError):
            found.append(decode(KnownCapture, trust.read(path, most=_MOST_BYTES).decode()))
    return tuple(sorted(found, key=lambda each: (each.begun, each.host)))


def ask_to_end(folder: Path, capture: KnownCapture) -> None:
    """Has the run that waits end a capture. Raises OSError."""
    write_private(_path(folder, capture.run, capture.host, _ENOUGH), b"")


def _path(folder: Path, run: str, host: str, kind: str) -> Path:
    """Names of hosts may be longer than those of files, and differ in case alone."""
    return folder / f"{run}-{hashlib.sha256(host.encode()).hexdigest()[:16]}{kind}"
