"""Gathering on a host what is to be brought home: as much of each source as it and the host may take, the newest first.

Files and keys have their lengths once they lie in the folder, and what is too much is gathered anew: of events those
behind a later record, so that text and original hold the same ones; of files those that were written last. A key has no
newest part, and is left out whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from orchestrator.harvest.manifest import Taken
from orchestrator.model.message import Message, message, phrase
from orchestrator.remote.target import Target
from orchestrator.sentences import say
from orchestrator.steps.since import Mark
from orchestrator.windows import collection, log_records
from orchestrator.windows.collection import Listing
from orchestrator.windows.command import Change, Fact, all_of, asked, together
from orchestrator.windows.command import gather as gathered_as
from orchestrator.windows.host_files import Listed
from orchestrator.windows.job import Job
from orchestrator.windows.log_records import Extent
from orchestrator.windows.sources import Events, Files, Source

_ROUNDS: Final = 6
"""How often events are gathered anew before the source is left out: those of a minute may fill a log."""
_SECONDS: Final = 600.0
"""How long gathering may take: an old machine writes out a full log for minutes."""
_SURELY: Final = 0.8
"""Of the records that would fit if all were as long as the average, so many are taken."""

_NO_LOG = phrase("source-no-log")
_ODD_NAMES = phrase("source-odd-names")
_SAME_NAME = phrase("source-same-name")


_ANEW = phrase("source-log-anew")


@message("source-records-gone")
def _records_gone(first: int, last: int) -> None: ...


@message("source-log-emptied")
def _emptied(record: int) -> None: ...


@message("source-older-left")
def _older_left(record: int, most_kb: int) -> None: ...


@message("source-left-out")
def _left_out(most_kb: int) -> None: ...


@message("source-files-left")
def _files_left(count: int, most_kb: int) -> None: ...


@dataclass
class _Course:
    """One source on its way.

    Attributes:
        source: Which.
        extent: What its log held before anything was gathered, where it is one's events.
        since: How far it was brought home last time, where this time is to go on from there.
        after: The record behind which its events begin.
        cut: Whether they begin there because more would have been too much.
        allowed: Bytes that it may take.
        out: Whether it is left out.
        listing: The files that it means, the newest first, where it means files.
        chosen: Those of them that come.
        notes: What was cut.
    """

    source: Source
    since: Mark | None = None
    extent: Extent | None = None
    after: int | None = None
    cut: bool = False
    allowed: int = 0
    out: bool = False
    listing: Listing = field(default_factory=Listing)
    chosen: tuple[Listed, ...] = ()
    notes: list[Message] = field(default_factory=list)

    def size(self, lengths: Mapping[str, int]) -> int:
        if self.chosen:
            return sum(file.size for file in self.chosen)
        return sum(lengths.get(name, 0) for name in self.source.made)

    def narrowed(self, size: int) -> None:
        """Has its events begin later, so that they fit; leaves it out where there is nothing to narrow."""
        newest = self.extent.newest if self.extent else None
        oldest = self.extent.oldest if self.extent else None
        if newest is None or oldest is None or not self.allowed:
            self.out = True
            return
        behind = max(oldest.number - 1, self.after or 0)
        self.after = newest.number - int((newest.number - behind) * _SURELY * self.allowed / size)
        self.cut, self.out = True, self.after >= newest.number

    def goes_on(self, extent: Extent) -> bool:
        """Whether its events go on behind those of last time; notes what of them is gone, and if it is another log."""
        self.extent, since = extent, self.since
        if since is None or not extent.there:
            return True
        oldest, newest = extent.oldest, extent.newest
        if newest is None or oldest is None:
            self.notes.append(_emptied(since.record))
        elif oldest.number > since.record + 1:
            self.notes.append(_records_gone(since.record + 1, oldest.number - 1))
        elif oldest.number <= since.record and (extent.known is None or extent.known.written != since.written):
            self.notes.append(_ANEW())
            self.after = None
            return False
        return True

    def taken(self) -> Taken:
        what, newest = self.source.what, self.extent.newest if self.extent else None
        names = tuple(file.name for file in self.chosen) or self.source.made
        return Taken(
            name=self.source.name,
            why=self.source.why,
            source=self.source.origin,
            files=() if self.out else tuple(f"collected/{name}" for name in names),
            personal=self.source.personal,
            log=what.log if isinstance(what, Events) else None,
            after=self.after,
            newest=newest.number if newest else None,
            newest_written=newest.written if newest else None,
            notes=tuple(map(say, self.notes)),
        )


@dataclass(frozen=True)
class Gathered:
    """What lies on the host.

    Attributes:
        taken: What became of each source.
        finish: What is left to be done before it can be packed: files are copied, and what is too large goes.
    """

    taken: tuple[Taken, ...]
    finish: Change


async def gather(
    target: Target, place: Job, sources: Sequence[Source], most_bytes: int, since: Sequence[Mark] = ()
) -> Gathered:
    """Gathers what the sources mean, and says of each what became of it.

    Args:
        target: The host.
        place: Where on it everything lies afterwards, in the folder `harvest`.
        sources: What is wanted, the most important first.
        most_bytes: What all of it may take there, not packed.
        since: How far events were brought home last time, where this time is to go on from there.
    """
    courses = [_begun(source, since) for source in sources]
    lengths, anew = await _first(target, place, courses)
    if anew:
        lengths = await target.apply(_making(place, anew), _lengths(place), seconds=_SECONDS)
    for _ in range(_ROUNDS):
        over = _too_long(courses, lengths, most_bytes)
        for course in over:
            course.narrowed(course.size(lengths))
        again = [course for course in over if not course.out]
        if not again:
            break
        lengths = await target.apply(_making(place, again), _lengths(place), seconds=_SECONDS)
    for course in _too_long(courses, lengths, most_bytes):
        course.out = True
    finish = _finishing(place, courses, lengths)
    return Gathered(tuple(course.taken() for course in courses), finish)


def _begun(source: Source, since: Sequence[Mark]) -> _Course:
    """A source on its way, from where it had come to last time if its events are of the same log."""
    log = source.what.log if isinstance(source.what, Events) else None
    mark = next((mark for mark in since if (mark.source, mark.log) == (source.name, log)), None)
    return _Course(source, mark, after=mark.record if mark else None)


async def _first(target: Target, place: Job, courses: Sequence[_Course]) -> tuple[Mapping[str, int], Sequence[_Course]]:
    """Gathers for the first time: asks how far logs go right before, and which files there are, in the same exchange.

    Returns:
        The lengths of what was made, by name; those that are to be gathered anew, and all of it.
    """
    logs = dict.fromkeys(course.source.what.log for course in courses if isinstance(course.source.what, Events))
    files = {course.source.name: course.source.what for course in courses if isinstance(course.source.what, Files)}
    known = {course.since.log: course.since.record for course in courses if course.since}
    extents = log_records.extents(logs, known)
    listings = all_of("logs.listings", {name: collection.newest_first(files[name].pattern) for name in files})
    lengths = _lengths(place)
    parts = (extents, collection.make_room(place), listings, _making(place, courses), lengths)
    change = Change(collection.GATHER(), tuple(command for part in parts for command in part.commands))
    replies = iter(await target.apply(change, seconds=_SECONDS))
    answers = [list(islice(replies, len(part.commands))) for part in parts]
    anew: list[_Course] = []
    found, listed = extents.parse(answers[0]), listings.parse(answers[2])
    for course in courses:
        course.listing = listed.get(course.source.name, course.listing)
        if isinstance(course.source.what, Events):
            if not course.goes_on(found[course.source.what.log]):
                anew.append(course)
            if not found[course.source.what.log].there:
                course.out = True
                course.notes.append(_NO_LOG())
    return lengths.parse(answers[4]), anew


def _making(place: Job, courses: Sequence[_Course]) -> Change:
    after = {course.source.name: course.after for course in courses if course.after is not None}
    return collection.gather(place, [course.source for course in courses], after)


def _lengths(place: Job) -> Fact[dict[str, int]]:
    return gathered_as("logs.lengths", _by_name, listed=asked(collection.gathered(place)))


def _by_name(listed: tuple[Listed, ...]) -> dict[str, int]:
    return {file.name: file.size for file in listed}


def _too_long(courses: Sequence[_Course], lengths: Mapping[str, int], most_bytes: int) -> list[_Course]:
    """Those that take more than they may; of files, those are chosen that fit."""
    left, files, names = most_bytes, collection.MOST_FILES, {name.lower() for name in lengths}
    over = []
    for course in courses:
        course.allowed = min(course.source.most_bytes, left)
        if isinstance(course.source.what, Files):
            course.notes.clear()
            _choose(course, files, names)
            files -= len(course.chosen)
            names |= {file.name.lower() for file in course.chosen}
        size = 0 if course.out else course.size(lengths)
        if size > course.allowed:
            over.append(course)
        left -= size if size <= course.allowed else int(course.allowed * _SURELY)
    return over


def _choose(course: _Course, most: int, taken: set[str]) -> None:
    """Takes files in, the newest first, up to the first that does not fit."""
    fresh = [file for file in course.listing.files if file.name.lower() not in taken]
    chosen: list[Listed] = []
    for file in fresh[:most]:
        if sum(each.size for each in chosen) + file.size > course.allowed:
            break
        chosen.append(file)
    course.chosen = tuple(chosen)
    if left := len(fresh) - len(chosen):
        course.notes.append(_files_left(left, course.allowed // 1024))
    if len(fresh) < len(course.listing.files):
        course.notes.append(_SAME_NAME())
    if course.listing.others:
        course.notes.append(_ODD_NAMES())


def _finishing(place: Job, courses: Sequence[_Course], lengths: Mapping[str, int]) -> Change:
    """Removes what is left out, copies files, and notes what was cut."""
    dropped = [name for course in courses if course.out for name in course.source.made if name in lengths]
    changes = [collection.drop(place, dropped)] if dropped else []
    for course in courses:
        most_kb = course.allowed // 1024
        if course.out and _NO_LOG() not in course.notes:
            course.notes.append(_left_out(most_kb))
        elif course.after is not None and course.cut and not course.out:
            course.notes.append(_older_left(course.after, most_kb))
        if isinstance(course.source.what, Files) and course.chosen:
            names = [file.name for file in course.chosen]
            changes.append(collection.copy(place, course.source.what.folder, names))
    return together(collection.GATHER(), *changes)
