"""What befell a machine since it was made, in order: starts, restarts asked for, tasks run, products come and gone.

Written by the parts of the machine that do it, at the moment when it is done. Unlike the event log, nobody on the
machine can see it, clear it or write into it, so that it judges what a client brought about by nothing that it sent.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

What = Literal[
    "started",
    "shutdown asked for",
    "shutdown called off",
    "installed",
    "reconfigured",
    "removed",
    "installation failed",
    "removal failed",
    "task ran",
    "message shown",
]


@dataclass(frozen=True)
class Entry:
    """One thing that befell the machine; `of` is the product's code, the task's path, the message, or empty."""

    what: What
    of: str
    at: datetime


@dataclass
class Ledger:
    """The entries of one machine, oldest first."""

    entries: list[Entry] = field(default_factory=list)

    def note(self, what: What, at: datetime, of: str = "") -> None:
        self.entries.append(Entry(what, of, at))

    def count(self, what: What) -> int:
        """How often that happened, to whatever product or task."""
        return sum(entry.what == what for entry in self.entries)

    def kinds(self) -> dict[str, int]:
        """How often each kind of thing has happened, to whatever product or task."""
        return dict(Counter(entry.what for entry in self.entries))

    def totals(self) -> Counter[str]:
        """How often what has happened: "installed {…}" for a product, "started" alone for what has no name."""
        return Counter(f"{entry.what} {entry.of}".rstrip() for entry in self.entries)
