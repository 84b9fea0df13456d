"""A run's log held against its chain, and what the run left beside it against the log.

Nothing in the folder is trusted: files are plain ones and read up to a bound, the log line by line. What the log tells
is told only so far as its chain holds.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from orchestrator.model.bounded import MEGABYTE, read_up_to
from orchestrator.model.errors import DocumentError
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import LogEnd, RunResult
from orchestrator.runs.chain import Break, ChainCheck, Wrong
from orchestrator.runs.durable_file import being_written
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.result_file import read_result
from orchestrator.runs.told import Began, Told

_LONGEST_LINE: Final = 32 * MEGABYTE
"""What the names of 200,000 hosts take, which is the longest that is written."""
_LARGEST_FILE: Final = 512 * MEGABYTE
"""Of those that are read whole."""
_NO_CHAIN: Final = "the log has no chain: an earlier version of sspr wrote it, or somebody has taken it out"
_EMPTY: Final = "the log is empty: the run ended before it began, or somebody has emptied it"
_NAMED: Final = 3
"""Hosts, before the others are counted."""
_WITHOUT_END: Final = {Outcome.UNKNOWN, Outcome.CANCELLED}
"""What becomes of hosts of whose end no line tells."""


class _Kept(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    files: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class VerifiedRun:
    """What became of looking.

    Attributes:
        name: What the run is called.
        problems: What is not as the run left it, a sentence each; empty when all is.
        at_work: Whether a process is at work on it, so that the log has no end yet.
        end: Of what is intact of the log; None where nothing is, or it has no chain.
        unchained: Lines of an earlier version before those that have one.
        began: Each process that was at work on it.
        ended: The state that the log tells at its end; None where the last process left none.
        agreed: Of how many hosts log and result have the same; None where there is no result.
        kept: How many files that the run keeps have their hashes.
        gone: Those of them that are not there any more.
        found: The line that has the hash that was asked for.
    """

    name: str
    problems: tuple[str, ...]
    at_work: bool = False
    end: LogEnd | None = None
    unchained: int = 0
    began: tuple[Began, ...] = ()
    ended: str | None = None
    agreed: int | None = None
    kept: int = 0
    gone: tuple[Path, ...] = ()
    found: int | None = None


@dataclass(frozen=True)
class _Looked:
    """What became of a file that a run keeps; without a problem, and not gone, it has its hash."""

    path: Path
    problem: str | None = None
    gone: bool = False


def verify_run(folder: RunFolder, head: str | None = None) -> VerifiedRun:
    """Looks whether what a run left is as it left it.

    Args:
        folder: Where it is.
        head: The hash of a line that was kept elsewhere, 64 hex digits; its line has to be there.
    """
    chain, told = ChainCheck(head), Told()
    try:
        with _plain(folder.journal) as log:
            at_work = being_written(folder.journal) is True
            _read(log, chain, told)
    except OSError as error:
        return VerifiedRun(name=folder.name, problems=(f"{folder.journal.name} cannot be read: {error.strerror}",))
    problems = [*_problems_of_log(chain, head, at_work=at_work)]
    agreed = None
    if not problems and chain.end:
        problems += _problems_of_result(folder, told, chain.end, at_work=at_work)
        agreed = len(told.hosts) if folder.ended and not problems else None
    looked = [*_kept_files(folder, told)]
    return VerifiedRun(
        name=folder.name,
        problems=(*problems, *(each.problem for each in looked if each.problem)),
        at_work=at_work,
        end=chain.end,
        unchained=chain.unchained,
        began=tuple(told.began),
        ended=told.ended,
        agreed=agreed,
        kept=sum(not (each.problem or each.gone) for each in looked),
        gone=tuple(each.path for each in looked if each.gone),
        found=chain.found,
    )


def _read(log: BufferedReader, chain: ChainCheck, told: Told) -> None:
    while line := log.readline(_LONGEST_LINE + 1):
        if len(line) > _LONGEST_LINE:
            chain.refuse_length()
            return
        if chain.take(line) and chain.end is not None:
            told.take(line)


def _in_words(broken: Break) -> str:
    last = broken.line + broken.lines - 1
    lines = f"line {broken.line:,}" if broken.lines == 1 else f"lines {broken.line:,} to {last:,}"
    match broken.wrong:
        case Wrong.CHANGED if broken.lines > 1:
            return f"one of the {lines} is not as it was written"
        case Wrong.CHANGED:
            return f"{lines} is not as it was written"
        case Wrong.MISSING:
            return f"{lines} {'is' if broken.lines == 1 else 'are'} missing"
        case Wrong.INSERTED:
            return f"{lines} {'was' if broken.lines == 1 else 'were'} inserted, or moved there"
        case Wrong.CUT:
            return f"{lines} is half a line: the end was cut off, or a process was killed while it wrote"
        case Wrong.TOO_LONG:
            return f"{lines} is longer than {_LONGEST_LINE // MEGABYTE} MB, which none of a run is"


def _problems_of_log(chain: ChainCheck, head: str | None, *, at_work: bool) -> Iterator[str]:
    if chain.broken and not (at_work and chain.broken.wrong is Wrong.CUT):
        yield _in_words(chain.broken)
    elif chain.end is None:
        yield _NO_CHAIN if chain.unchained else _EMPTY
    if head and chain.found is None:
        yield f"no line of what is intact has the hash {head}: lines were cut off, or all written anew"


def _problems_of_result(folder: RunFolder, told: Told, end: LogEnd, *, at_work: bool) -> Iterator[str]:
    """What speaks against the result file; nothing where there need not be one."""
    if not os.path.lexists(folder.result):
        if told.ended and not at_work:
            yield f"{folder.result.name} is gone, or was never written: the log tells of the run's end"
        return
    try:
        result = read_result(folder.result, _content)
    except DocumentError as error:
        yield str(error)
        return
    for problem in (_other_end(result.log, end), *_other_run(result, told)):
        if problem:
            yield f"{folder.result.name} does not fit the log: {problem}"


def _other_end(known: LogEnd | None, end: LogEnd) -> str | None:
    """What is wrong with a log's end by what its run's result has of that."""
    if known == end:
        return None
    if known is None:
        return "it does not say where that ended"
    if known.lines > end.lines:
        return (
            f"that had {known.lines:,} lines when the run ended, so that its end was cut off behind line {end.lines:,}"
        )
    if known.lines < end.lines:
        return f"that had {known.lines:,} lines when the run ended, and {end.lines - known.lines:,} more are there"
    return f"that ended with the hash {known.sha256}, so that it was written anew"


def _other_run(result: RunResult, told: Told) -> Iterator[str]:
    """What a result has otherwise than the log."""
    names = {host.name for host in result.hosts}
    if told.began and told.began[-1].run != result.id:
        yield f"it is that of run {result.id}, and the log that of run {told.began[-1].run}"
    if told.ended and told.ended != result.state != "interrupted":  # as it may be when it has ended already
        yield f"it has the run as {result.state}, the log as {told.ended}"
    if told.hosts != names:
        yield f"hosts are in one of them alone: {_named(sorted(told.hosts ^ names))}"
    differ = [
        f"{host.name} ({host.outcome}, by the log {told.outcomes.get(host.name, 'without an end')})"
        for host in result.hosts
        if host.outcome != told.outcomes.get(host.name)
        and not (host.name not in told.outcomes and host.outcome in _WITHOUT_END)
    ]
    if differ:
        yield f"hosts end otherwise: {_named(differ)}"


def _named(each: list[str]) -> str:
    more = f" and {len(each) - _NAMED:,} more" if len(each) > _NAMED else ""
    return ", ".join(each[:_NAMED]) + more


def _kept_files(folder: RunFolder, told: Told) -> Iterator[_Looked]:
    """What the run kept of itself, held against the log's hash, and the copies of files, against the hashes in that."""
    recorded = [file.sha256 for began in told.began for file in began.files if file.use == "kept"]
    if not recorded:
        return
    itself = _looked(folder.kept, recorded[-1])
    yield itself
    if itself.problem or itself.gone:
        return
    try:
        copies = _Kept.model_validate_json(_content(folder.kept)).files
    except (OSError, ValidationError):
        yield _Looked(folder.kept, f"{folder.kept} is not what a run keeps of itself")
        return
    yield from (_looked(Path(path), sha256) for path, sha256 in copies.items())


def _looked(path: Path, sha256: str) -> _Looked:
    try:
        with _plain(path) as file:
            same = hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except FileNotFoundError:
        return _Looked(path, gone=True)
    except OSError as error:
        return _Looked(path, f"{path} cannot be read: {error.strerror}")
    return _Looked(path) if same else _Looked(path, f"{path} is not as the run kept it")


def _content(path: Path) -> bytes:
    with _plain(path) as file:
        return read_up_to(_LARGEST_FILE, file)


@contextmanager
def _plain(path: Path) -> Iterator[BufferedReader]:
    """A file open for reading: a link may lead anywhere, and a pipe never ends. Raises OSError."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if path.is_symlink():
        raise _not_plain(path)
    with os.fdopen(os.open(path, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise _not_plain(path)
        yield file


def _not_plain(path: Path) -> OSError:
    return OSError(errno.EINVAL, "it is no plain file", str(path))
