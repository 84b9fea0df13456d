"""What was found where somebody searched what hosts gave."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LogHit:
    """A line of a file, or an event, with the words that were searched.

    Attributes:
        host: Whose it is.
        run: The run that brought it home.
        file: Below the run's folder, with `/`.
        place: The number of the line in the file, or of the event in its log.
        log: The log that the event is in; None for a line.
        time: When the event was written, as `2026-03-01 08:00:00`, in UTC by the host's clock; None for a line.
        text: All of it on one line, without anything that a terminal would obey.
    """

    host: str
    run: str
    file: str
    place: int
    log: str | None
    time: str | None
    text: str


@dataclass(frozen=True)
class LogHits:
    """What a search comes to.

    Attributes:
        words: What was searched; all of them are in each hit.
        hits: Those that are shown, by run (the newest first), host, file and place.
        found: How many there are.
        hosts: On how many hosts.
        complete: Whether the two numbers are all, and not so many that no more were counted.
    """

    words: tuple[str, ...]
    hits: tuple[LogHit, ...]
    found: int
    hosts: int
    complete: bool
