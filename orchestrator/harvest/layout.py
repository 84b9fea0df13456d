"""What a bundle's parts are called; whoever only looks for them needs nothing that makes them."""

from __future__ import annotations

from typing import Final

MANIFEST: Final = "manifest.json"
COLLECTED: Final = "collected"
"""The folder of what the host gave."""
SUMMARY: Final = "summary.txt"
TIMELINE_CSV: Final = "timeline.csv"
TIMELINE_TXT: Final = "timeline.txt"
TIMELINE_COLUMNS: Final = (
    "time (UTC)",
    "level",
    "what",
    "details",
    "source",
    "event id",
    "log",
    "record",
    "computer",
)
ZIP: Final = ".zip"
"""How the name of a bundle ends that is one file."""
