"""Earlier runs: which one a person means, which of its hosts, and what it left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from orchestrator.inventory import patterns
from orchestrator.model.errors import DocumentError, UsageError
from orchestrator.model.result import RunResult
from orchestrator.runs.folders import LAST, RunFolder, is_run_id, result_files, runs_folder
from orchestrator.runs.journal_reader import read_journal
from orchestrator.runs.result_file import read_result


def limited(result: RunResult, pattern: str) -> RunResult:
    """The run with those hosts only that a pattern of names, groups and globs chooses (see `patterns.select`).

    Raises:
        UsageError: A part of the pattern matches nothing, or the whole leaves no host.
    """
    groups = tuple(dict.fromkeys(group for host in result.hosts for group in host.groups))
    return replace(result, hosts=patterns.select(result.hosts, groups, pattern))


def find_run(reference: str, counts: Callable[[RunResult], bool] = lambda _: True) -> RunResult:
    """The run that a person means: by its identifier, its folder or its result file; a killed one by its log.

    Args:
        reference: As given; `last` is the newest run that `counts`.
        counts: Which runs `last` looks at.

    Raises:
        UsageError: There is no such run, or it has no result.
        DocumentError: Its result file cannot be read.
    """
    if reference == LAST:
        return _last(counts)
    path = runs_folder() / reference if is_run_id(reference) else Path(reference)
    folder = RunFolder(path)
    if not path.exists():
        raise UsageError(f"there is no run `{reference}`; `sspr runs list` shows those that there are")
    if path.is_file():
        return read_journal(path) if path.suffix == folder.journal.suffix else read_result(path)
    if not folder.result.is_file():
        raise UsageError(
            f"{path} has no {folder.result.name}: that run is still at work, or was killed before it could write one; "
            f"of a killed run, give the log: {folder.journal}"
        )
    return read_result(folder.result)


def _last(counts: Callable[[RunResult], bool]) -> RunResult:
    for file in result_files():
        try:
            result = read_result(file)
        except DocumentError:
            continue
        if counts(result):
            return result
    raise UsageError(
        f"no run kept below {runs_folder()} is one that `{LAST}` can mean here (`sspr runs list` shows them all); if "
        "it was kept elsewhere, give its folder"
    )
