"""What steps call: a cabinet that came home becomes a bundle that people can read and that can be verified."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from orchestrator.harvest import cabinet as cabinets
from orchestrator.harvest import reading, summary, timeline
from orchestrator.harvest.bundle import Bundle, Manifest, Origin, entry

TIMELINE_CSV = "timeline.csv"
TIMELINE_TXT = "timeline.txt"
SUMMARY = "summary.txt"
CABINET = "collected.cab"


def unpack(cabinet: bytes, folder: Path, origin: Origin, sources: Mapping[str, str]) -> Manifest:
    """Makes the bundle of one host out of the cabinet that came from it.

    Args:
        cabinet: The cabinet, as carried home.
        folder: Where the bundle is to be; `names.folder_name` makes a safe name for a host. What stands there from an
            earlier attempt is replaced, and nothing is left there when this one fails.
        origin: The host, the run and the time.
        sources: By file name in the cabinet, what it is: the path, registry key or query on the host. What is listed
            here and is not in the cabinet is said to be missing in summary.txt, and is no error.

    Raises:
        UnexpectedOutput: when the cabinet is not one that may be opened.
        OSError: when the files cannot be written.
    """
    files = dict(cabinets.contents(cabinet))
    told = reading.read(files)
    with Bundle(folder, origin) as bundle:
        for name, content in files.items():
            bundle.add_collected(name, content, sources.get(name, "found there beside what was asked for"))
        bundle.add_made(SUMMARY, summary.write(origin, told, sources.keys() - files.keys()))
        bundle.add_made(TIMELINE_CSV, timeline.as_csv(told.events))
        bundle.add_made(TIMELINE_TXT, timeline.as_text(told.events))
        return bundle.seal(entry(CABINET, cabinet, "made by makecab on the host"))
