"""Earlier runs: which one a person means, which of its hosts, and what it left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from orchestrator.inventory import patterns
from orchestrator.model.errors import DocumentError, UsageError
from orchestrator.model.result import RunResult
from orchestrator.runs.folders import LAST, RunFolder, run_folders, runs_folder
from orchestrator.runs.journal_reader import read_journal
from orchestrator.runs.result_file import read_result


def limited(result: RunResult, pattern: str) -> RunResult:
    """The run with those hosts only that a pattern of names, groups and globs chooses (see `patterns.select`).

    Raises:
        UsageError: A part of the pattern matches nothing, or the whole leaves no host.
    """
    groups = tuple(dict.fromkeys(group for host in result.hosts for group in host.groups))
    return replace(result, hosts=patterns.select(result.hosts, groups, pattern))


def read_kept(folder: RunFolder) -> RunResult | None:
    """What is known of a run, without a result by its log; None where that cannot be read."""
    try:
        return read_result(folder.result) if folder.ended else read_journal(folder.journal)
    except DocumentError:
        return None


def find_run(
    reference: str, counts: Callable[[RunResult], bool] = lambda _: True, sought: str = "has ended"
) -> RunResult:
    """The run that a person means: by its identifier, its folder or its result file; a killed one by its log.

    Of an identifier, as much is enough as only one run begins with.

    Args:
        reference: As given; `last` is the newest run that `counts`.
        counts: Which runs `last` looks at.
        sought: The same in words, as in "changed anything", for when there is none.

    Raises:
        UsageError: There is no such run, or it has no result.
        DocumentError: Its result file cannot be read.
    """
    if reference == LAST:
        return _last(counts, sought)
    path = Path(reference)
    if not path.exists():
        path = _identified(reference)
    folder = RunFolder(path)
    if path.is_file():
        return read_journal(path) if path.suffix == folder.journal.suffix else read_result(path)
    if not (folder.ended or folder.journal.is_file()):
        raise UsageError(f"{path} holds no run: there is neither {folder.result.name} nor {folder.journal.name} in it")
    if not folder.ended:
        raise UsageError(
            f"{path} has no {folder.result.name}: that run is still at work, or was killed before it could write one; "
            f"of a killed run, give the log: {folder.journal}"
        )
    return read_result(folder.result)


def _identified(beginning: str) -> Path:
    folders = [folder.path for folder in run_folders() if folder.path.name.startswith(beginning)]
    if len(folders) > 1:
        raise UsageError(f"`{beginning}` begins the names of {len(folders)} runs; give more of the one that you mean")
    if not folders or not beginning:
        raise UsageError(f"there is no run `{beginning}`; `sspr runs list` shows those that there are")
    return folders[0]


def _last(counts: Callable[[RunResult], bool], sought: str) -> RunResult:
    for folder in run_folders():
        if folder.ended and (result := read_kept(folder)) and counts(result):
            return result
    raise UsageError(
        f"no run kept below {runs_folder()} {sought} (`sspr runs list` shows them all); if it was kept elsewhere, give "
        "its folder"
    )
