"""Earlier runs: which one a person means, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeAlias

from orchestrator.model.errors import DocumentError, UntrustedPath, UsageError
from orchestrator.model.message import Message, message
from orchestrator.model.result import ENDED_STATES, RunResult
from orchestrator.runs.durable_file import being_written
from orchestrator.runs.folders import LAST, RunFolder, folder_at, run_folders, runs_folder
from orchestrator.runs.journal_reader import KILLED, is_begun, read_journal, read_untold
from orchestrator.runs.orders import is_cancelled
from orchestrator.runs.result_file import read_result

AT_WORK: Final = "at work"
"""The state of a run whose process lives."""
MAYBE_AT_WORK: Final = "no result"
"""Of one of which this system does not tell."""
NOT_BEGUN: Final = "not begun"
"""Of one whose process ended before it touched any host."""


Told: TypeAlias = Callable[[Message], object]
"""Hears what a person should know of where something comes from."""


def nobody(_: Message) -> None:
    """Hears nothing."""


@message("result-damaged")
def _damaged(run: str, problem: str) -> None: ...


@message("result-gone")
def _gone(run: str, path: str) -> None: ...


def read_kept(folder: RunFolder, told: Told = nobody) -> RunResult | None:
    """What is known of a run, without a result by its log; None where that cannot be read.

    Args:
        folder: The run's.
        told: Hears where the log stands in for a result file that is damaged or gone.

    Raises:
        UntrustedPath: Another person may write it, so that it may be anybody's invention.
    """
    try:
        return known_of(folder, told)
    except DocumentError:
        return None


def known_of(folder: RunFolder, told: Told = nobody, *, held: bool = False) -> RunResult:
    """The same, be it that this process holds the log without being at work on the run.

    Raises:
        DocumentError: Neither the result file nor the log can be read.
        UntrustedPath: As of `read_kept`.
    """
    at_work = False if held else being_written(folder.journal)
    if folder.ended:
        try:
            return read_result(folder.result)
        except DocumentError as damaged:
            if (known := _instead(folder, at_work=at_work)) is None:
                raise
            told(_damaged(folder.name, str(damaged)))
            return known
    known = of_log(folder.journal, folder.name, at_work=at_work)
    if known.state in ENDED_STATES and not at_work:  # else it is about to write one
        told(_gone(folder.name, str(folder.result)))
    return known


def _instead(folder: RunFolder, *, at_work: bool | None) -> RunResult | None:
    """What the log tells of a run whose result file cannot be read; None where that tells nothing either."""
    try:
        if not (folder.journal.is_file() and is_begun(folder.journal)):
            return None
        return of_log(folder.journal, folder.name, at_work=at_work)
    except DocumentError:
        return None


def of_log(journal: Path, name: str, *, at_work: bool | None) -> RunResult:
    """What a log tells of a run, and whether that is at work: its process holds the log as long as it lives.

    A run has its log before it has anything to write there; of such a one the name is known, and when it began.
    """
    if is_begun(journal):
        folder = RunFolder(journal.parent)
        resumable = folder.kept.is_file() and not is_cancelled(folder)
        result = read_journal(journal, goes_on=at_work is True, resumable=resumable)
    else:
        result = _nameless(journal, name)
    match at_work:
        case _ if result.state != KILLED:
            return result
        case True:
            return replace(result, state=AT_WORK)
        case None:
            return replace(result, state=MAYBE_AT_WORK)
        case False:
            return result if result.hosts else replace(result, state=NOT_BEGUN)


def _nameless(journal: Path, name: str) -> RunResult:
    began = datetime.fromtimestamp(journal.stat().st_mtime, UTC)
    return RunResult(name, "", began, began, KILLED, ())


def find_run(
    reference: str,
    counts: Callable[[RunResult], bool] = lambda _: True,
    sought: str = "is known",
    passing: Callable[[RunResult], None] = lambda _: None,
    told: Told = nobody,
) -> RunResult:
    """The run that a person means: by its identifier, its folder, its result file or its log.

    One that is at work or was killed is known by its log, and its state says so. Of an identifier, as much is enough as
    only one run begins with.

    Args:
        reference: As given; `last` is the newest run that began and `counts`.
        counts: Which runs `last` looks at.
        sought: The same in words, as in "changed anything", for when there is none.
        passing: Told of each newer run that is passed over and has not ended.
        told: Hears where a log stands in for a result file that is damaged or gone.

    Raises:
        UsageError: There is no such run.
        DocumentError: Neither its result file nor its log can be read; of `last`, also that of a newer run.
        UntrustedPath: Another person may write it, or a folder above it.
    """
    if reference == LAST:
        found = newest_run(counts, passing, told)
        if found is None:
            raise UsageError(
                f"no run kept below {runs_folder()} {sought} (`sspr runs list` shows them all); if it was kept "
                "elsewhere, give its folder"
            )
        return found
    path = Path(reference)
    folder = folder_at(path) if path.exists() else _identified(reference)
    if path.is_file():
        if path.suffix == folder.journal.suffix:
            return of_log(path, path.parent.name, at_work=being_written(path))
        return read_result(path)
    if not (folder.ended or folder.journal.is_file()):
        raise UsageError(
            f"{folder.path} holds no run: there is neither {folder.result.name} nor {folder.journal.name} in it"
        )
    return known_of(folder, told)


def untold_of(run: RunResult) -> tuple[Message, ...]:
    """Who was to be told of a run's end and could not be; nobody where its log does not tell."""
    for folder in run_folders():
        if folder.name == run.id and run.state in ENDED_STATES:
            with suppress(DocumentError, UntrustedPath):
                return read_untold(folder.journal)
    return ()


def can_be_gone_on_with(run: RunResult) -> bool:
    """Whether a run was broken off, and keeps what it was when it began."""
    return any(folder.name == run.id and is_resumable(folder, run.state) for folder in run_folders())


def is_resumable(folder: RunFolder, state: str) -> bool:
    """The same of a run in this state, by its folder."""
    if state in {"finished", "cancelled", AT_WORK, MAYBE_AT_WORK}:
        return False
    return folder.kept.is_file() and not is_cancelled(folder)


def find_folder(reference: str) -> RunFolder:
    """Where the run is kept that a person means by its identifier, or as much as only one begins with, or its folder.

    Args:
        reference: As given; `last` is the newest run, whatever has become of it.

    Raises:
        UsageError: There is no such run.
    """
    if reference == LAST:
        if not (folders := run_folders()):
            raise UsageError(f"no run is kept below {runs_folder()}; if it was kept elsewhere, give its folder")
        return folders[0]
    path = Path(reference)
    if not path.exists():
        return _identified(reference)
    folder = folder_at(path)
    if not (path.is_dir() and (folder.ended or folder.journal.is_file())):
        raise UsageError(f"{path} is no folder of a run; `sspr runs list` shows the runs that there are")
    return folder


def broken_off_before(run: RunResult, counts: Callable[[RunResult], bool]) -> Iterator[RunResult]:
    """Runs right before one that were killed or stopped: what they had done, it found done, and has no record of.

    Args:
        run: The one after them.
        counts: Which of them are looked at; the first that came to its end is the end of it.
    """
    for folder in run_folders():
        known = read_kept(folder) if folder.name < run.id else None
        if known is None or not counts(known):
            continue
        if known.state == "finished":
            return
        yield known


def _identified(beginning: str) -> RunFolder:
    folders = [folder for folder in run_folders() if folder.name.startswith(beginning)]
    if len(folders) > 1:
        raise UsageError(f"`{beginning}` begins the names of {len(folders)} runs; give more of the one that you mean")
    if not folders or not beginning:
        raise UsageError(f"there is no run `{beginning}`; `sspr runs list` shows those that there are")
    return folders[0]


def newest_run(
    counts: Callable[[RunResult], bool],
    passing: Callable[[RunResult], None] = lambda _: None,
    told: Told = nobody,
) -> RunResult | None:
    """The newest run that `counts`, as `find_run` looks for `last`; None where none does.

    Raises:
        DocumentError: Neither the result file nor the log of it, or of a newer run, can be read.
        UntrustedPath: Another person may write such a file, or a folder above it.
    """
    for folder in run_folders():
        result = known_of(folder, told)
        if result.state != NOT_BEGUN and counts(result):
            return result
        if result.state not in ENDED_STATES:
            passing(result)
    return None
