"""A process of its own that reads the .evtx file on its standard input, and prints each record's XML as a line of JSON.

In a few kilobytes a record can say that its template stands for hundreds of megabytes, and the library that reads it
makes them. So it reads where memory is limited, and where its end is not ours. This file is run by its path.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO, Final, TypeAlias

from orchestrator.harvest import evtx_chunks
from orchestrator.harvest.evtx_chunks import Chunk, Record

MEGABYTES: Final = 32
"""Of memory, besides what the interpreter has at its start."""
SECONDS: Final = 60
"""Of CPU."""
LONGEST_EVENT: Final = 512 * 1024
"""Characters. Windows keeps an event below 64 KB; its XML may be several times that."""
INCOMPLETE: Final = 3
"""Exit code: more events are missing than those that were told of as unreadable."""


_SYSTEM_END: Final = "</System>"
_Parsed: TypeAlias = tuple[int | None, str | None]
"""Number and XML of a record; neither for one that cannot be read."""
_NOTHING: Final[_Parsed] = (None, None)


class Incomplete(Exception):
    """Events are missing, and nobody knows how many."""


def texts(file: BinaryIO) -> Iterator[str | None]:
    """The XML of each record, as far as it can be read; None for one that cannot.

    Raises:
        Incomplete: after the last one, where more are missing.
    """
    complete = True
    for chunk in evtx_chunks.chunks(file):
        if chunk is None or chunk.unknown:
            complete = False
        if chunk is not None:
            yield from _texts(chunk)
            yield from (_head(chunk, record) for record in chunk.torn)
            yield from [None] * chunk.lost
    if not complete:
        raise Incomplete


def _texts(chunk: Chunk) -> Iterator[str | None]:
    """What the parser does not come to, as it ends at the first record that it takes no more for one, is read alone."""
    together = _parsed(chunk.whole()) if chunk.sound else iter(())
    for record in chunk.records:
        number, text = next(together, _NOTHING)
        yield text if text is not None and number == record.number else _alone(chunk, record)


def _alone(chunk: Chunk, record: Record) -> str | None:
    number, text = _NOTHING
    for number, text in _parsed(chunk.alone(record)):  # noqa: B007 - the last one is wanted
        pass
    return text if number == record.number else None


def _head(chunk: Chunk, record: Record) -> str | None:
    """What a torn record says of itself, without an end; its number is there only when all before it is."""
    head, system_end, _ = (_alone(chunk, record) or "").partition(_SYSTEM_END)
    return head + system_end if f"<EventRecordID>{record.number}</EventRecordID>" in head else None


def _parsed(log: bytes) -> Iterator[_Parsed]:
    """What the parser makes of each record that it finds."""
    from evtx import PyEvtxParser  # noqa: PLC0415 - three megabytes, which nobody but this process needs

    try:
        stored = iter(PyEvtxParser(BytesIO(log), 1).records())
    except (OSError, RuntimeError, ValueError):
        return
    while True:
        try:
            entry = next(stored)
        except StopIteration:
            return
        except (OSError, RuntimeError, ValueError):
            yield _NOTHING
            continue
        if entry and len(entry["data"]) <= LONGEST_EVENT:
            yield entry["event_record_id"], entry["data"]
        else:
            yield _NOTHING


def _limit(megabytes: int) -> None:
    """Where the system has such limits: of memory, of CPU, and no image of the process when it is ended by them."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415 - Windows has none

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        with open("/proc/self/statm") as statm:  # noqa: PTH123 - what pathlib imports is not needed
            begun = int(statm.read().split()[0]) * resource.getpagesize()
        most = begun + megabytes * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def main() -> int:
    import evtx  # noqa: F401, PLC0415 - beforehand, so that its own code is not what memory is limited for

    _limit(int(sys.argv[1]))
    try:
        for text in texts(sys.stdin.buffer):
            sys.stdout.write(json.dumps(text) + "\n")
    except Incomplete:
        return INCOMPLETE
    return 0


if __name__ == "__main__":
    sys.exit(main())
