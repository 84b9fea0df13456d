"""What steps call: a cabinet that came home becomes files that people can read and that can be verified.

Hosts decide how much work that is and, within limits, how much memory it takes. Two are served at a time, whatever
their number; the others wait with their cabinets on disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar

from orchestrator.harvest import reading, summary, text, timeline
from orchestrator.harvest.bundle import Bundle
from orchestrator.harvest.cabinet import Cabinet
from orchestrator.harvest.layout import SUMMARY, TIMELINE_CSV, TIMELINE_TXT
from orchestrator.harvest.manifest import Manifest, Origin, Taken, entry
from orchestrator.harvest.reading import Reading
from orchestrator.model.message import Message, message
from orchestrator.model.private_file import write_private
from orchestrator.model.spreadsheet import USUAL, Delimiter
from orchestrator.sentences import say

T = TypeVar("T")

CABINET = "collected.cab"
_MADE_BY: Final = "made by makecab on the host"
_TURNS: Final = ThreadPoolExecutor(2, thread_name_prefix="harvest")
"""Two: one that waits for a disk, and one that computes."""


@message("cabinet-not-unpacked")
def _not_unpacked(excess: Message) -> None: ...


async def in_turn(work: Callable[..., T], *arguments: Any) -> T:
    """Works on what came from a host, on a thread, when it is its turn."""
    return await asyncio.get_running_loop().run_in_executor(_TURNS, work, *arguments)


@dataclass(frozen=True)
class Asked:
    """What a cabinet is to hold, and what is known beside it.

    Attributes:
        origins: By file name in the cabinet, what it is: the path, registry key or query on the host. What is listed
            here and is not in the cabinet is said to be missing in summary.txt, and is no error.
        sources: What became of each source; files that are no file of the cabinet are those of `made`.
        made: Files beside the collected ones, by name, that were made of what the host has said.
    """

    origins: Mapping[str, str]
    sources: Sequence[Taken] = ()
    made: Mapping[str, bytes] = field(default_factory=dict)


def unpack(cabinet: Path, folder: Path, origin: Origin, asked: Asked, delimiter: Delimiter = USUAL) -> Manifest:
    """Makes the bundle of one host out of the cabinet that came from it; one that goes beyond its limits is kept.

    Args:
        cabinet: The cabinet, as carried home.
        folder: Where the bundle is to be; `names.folder_name` makes a safe name for a host. What stands there from an
            earlier attempt is replaced, and nothing is left there when this one fails.
        origin: The host, the run and the time.
        asked: What was asked for.
        delimiter: What separates the cells of the timeline.

    Raises:
        UnexpectedOutput: when the cabinet is not one that may be opened.
        OSError: when the files cannot be written.
    """
    with cabinet.open("rb") as file, Bundle(folder, origin) as bundle:
        opened = Cabinet(file)
        if opened.excess is None:
            came = _keep_contents(bundle, opened, asked.origins)
            told, missing = reading.read(bundle.collected), set(asked.origins) - came
        else:
            file.seek(0)
            bundle.add_collected(CABINET, _portions(file), _MADE_BY)
            told, missing = Reading(problems={CABINET: _not_unpacked(opened.excess)}), set[str]()
        for name, problem in told.problems.items():
            bundle.note(name, say(problem))
        for name, content in asked.made.items():
            bundle.add_made(name, [content])
        bundle.add_made(SUMMARY, [summary.write(origin, told, missing, asked.sources)])
        bundle.add_made_together((TIMELINE_CSV, TIMELINE_TXT), timeline.as_both(told.events, delimiter))
        return bundle.seal(entry(CABINET, file, _MADE_BY), asked.sources)


def unpack_one(cabinet: Path, destination: Path) -> Message | None:
    """Gives the one file of a cabinet its place, with mode 0600.

    Returns:
        Why it was not unpacked, where the cabinet goes beyond its limits; None when it was.

    Raises:
        UnexpectedOutput: when the cabinet is not one that may be opened.
        OSError: when the file cannot be written.
    """
    with cabinet.open("rb") as file:
        opened = Cabinet(file)
        if opened.excess is not None:
            return _not_unpacked(opened.excess)
        _, content = next(opened.contents())
        write_private(destination, content)
    return None


def _keep_contents(bundle: Bundle, opened: Cabinet, sources: Mapping[str, str]) -> set[str]:
    came = set()
    for name, content in opened.contents():
        bundle.add_collected(name, content, sources.get(name, "found there beside what was asked for"))
        came.add(name)
    return came


def _portions(file: BinaryIO) -> Iterator[bytes]:
    while portion := file.read(text.PORTION):
        yield portion
