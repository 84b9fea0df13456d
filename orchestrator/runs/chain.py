"""The chain of a run's log: each line holds a hash of itself and of what is before it, so that no change goes unseen.

A line ends with `, "seq": N, "sha256": "H"}`: N is its number in the file, from 1; H is, in hex, the SHA-256 of the H
of the line before it (its 64 digits) and of the line itself up to where `, "sha256"` begins. It is bytes that are
hashed, as they stand, so that nobody need agree on how JSON is written. What the first line goes on from is the SHA-256
of what the file held before: of nothing, or of the lines of an earlier version, which had no chain.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from orchestrator.model.result import LogEnd
from orchestrator.runs.durable_file import DurableFile

_MEMBER: Final = b', "sha256": "'
_END: Final = re.compile(rb', "seq": ([1-9][0-9]{0,17})' + _MEMBER + rb'([0-9a-f]{64})"\}\n\Z')
_LONGEST_END: Final = 128
"""Bytes, and more than such an end has."""


def hash_after(previous: str, body: bytes) -> str:
    """The H of a line.

    Args:
        previous: That of the line before it.
        body: The line up to where its own begins.
    """
    digest = hashlib.sha256(previous.encode())
    digest.update(body)
    return digest.hexdigest()


def end_of(content: Iterable[bytes]) -> LogEnd:
    """What the first line of a chain goes on from, by what is in the file before it."""
    digest, lines = hashlib.sha256(), 0
    for piece in content:
        digest.update(piece)
        lines += piece.count(b"\n")
    return LogEnd(lines, digest.hexdigest())


class ChainedFile:
    """Writes lines of JSON into a file with their part of the chain; goes on where the file ends.

    A line that could not be written is none of the chain.

    Attributes:
        end: How many lines there are, and the hash of the last.
    """

    def __init__(self, file: DurableFile) -> None:
        self._file = file
        last = _END.search(file.tail(_LONGEST_END))
        self.end = LogEnd(int(last[1]), last[2].decode()) if last else end_of(file.pieces())

    def write(self, text: str) -> None:
        """Appends a line: an object of JSON that has entries, and a newline. Raises as DurableFile.write does."""
        number, entries = self.end.lines + 1, text.rstrip().removesuffix("}")
        body = f'{entries}, "seq": {number}'
        sha256 = hash_after(self.end.sha256, body.encode())
        self._file.write(f'{body}{_MEMBER.decode()}{sha256}"}}\n')
        self.end = LogEnd(number, sha256)

    def flush(self) -> None:
        """Nothing is held back."""


class Wrong(StrEnum):
    """What is wrong with a line."""

    CHANGED = "changed"
    """It, or the hash in it, is not what was written there."""
    MISSING = "missing"
    """Lines before it are gone."""
    INSERTED = "inserted"
    """It was not written there; a later line follows what is before it."""
    CUT = "cut"
    """It is half a line, at the end of the file."""
    TOO_LONG = "too long"
    """It is longer than lines are read."""


@dataclass(frozen=True)
class Break:
    """The first place where a chain does not hold.

    Attributes:
        line: Its number in the file, from 1.
        wrong: What is wrong there.
        lines: How many are missing or were inserted, or among how many that is which was changed.
    """

    line: int
    wrong: Wrong
    lines: int = 1


class ChainCheck:
    """Holds lines against the chain, one after the other, and keeps none.

    Attributes:
        end: Of what is intact: how many lines, and the hash of the last; None as long as no line of it has a chain.
        unchained: How many lines of an earlier version are before the first that has one.
        broken: The first place where it does not hold; what follows may still tell more of that.
        found: Of which line the hash is that was sought.

    Args:
        sought: A hash that may be that of a line.
    """

    def __init__(self, sought: str | None = None) -> None:
        self.end: LogEnd | None = None
        self.unchained = 0
        self.broken: Break | None = None
        self.found: int | None = None
        self._sought = sought
        self._before = hashlib.sha256()
        self._line = 0

    def take(self, line: bytes) -> bool:
        """Whether the next line is as it was written there, and so are all before it.

        Args:
            line: With its newline; without one it is half a line, at the end of the file.
        """
        self._line += 1
        end = _END.search(line, max(0, len(line) - _LONGEST_END))
        seq, sha256 = (int(end[1]), end[2].decode()) if end else (None, None)
        if self.broken is None and end is None and self.end is None and line.endswith(b"\n"):
            self._before.update(line)
            self.unchained += 1
            return True
        expected = self.end or LogEnd(self.unchained, self._before.hexdigest())
        follows = sha256 is not None and hash_after(expected.sha256, line[: line.rindex(_MEMBER)]) == sha256
        if self.broken is not None:
            self.broken = self._more_of(self.broken, seq, follows=follows)
            return False
        if follows and sha256 is not None and seq == self._line:
            self.end = LogEnd(seq, sha256)
            if sha256 == self._sought:
                self.found = seq
            return True
        self.broken = self._break(line, seq)
        return False

    def refuse_length(self) -> None:
        """The next line is too long to be taken, and nothing is after it."""
        self._line += 1
        self.broken = self.broken or Break(self._line, Wrong.TOO_LONG)

    def _break(self, line: bytes, seq: int | None) -> Break:
        if not line.endswith(b"\n"):
            return Break(self._line, Wrong.CUT)
        if self.end is None and self.unchained:
            return Break(1, Wrong.CHANGED, self._line)
        if seq is not None and seq > self._line:
            return Break(self._line, Wrong.MISSING, seq - self._line)
        return Break(self._line, Wrong.CHANGED)

    def _more_of(self, broken: Break, seq: int | None, *, follows: bool) -> Break:
        """The break, in the light of a later line."""
        behind = self._line - broken.line
        if follows and broken.wrong in {Wrong.CHANGED, Wrong.MISSING}:
            return Break(broken.line, Wrong.INSERTED, behind)
        if broken.wrong is Wrong.MISSING and behind == 1 and seq == self._line:
            return replace(broken, wrong=Wrong.CHANGED, lines=1)  # its number is what was changed
        return broken
