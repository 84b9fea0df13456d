"""Earlier runs: where their results lie, and which one a person means."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from orchestrator.cli import state
from orchestrator.console.log_result import read_log
from orchestrator.console.result_file import read_result
from orchestrator.fleet.run import is_run_id
from orchestrator.model.errors import DocumentError, UsageError
from orchestrator.model.result import RunResult

LAST: Final = "last"
LOG_SUFFIX: Final = Path(state.LOG).suffix


def result_files() -> list[Path]:
    """The result files of runs that are kept below the state folder, newest first."""
    folder = state.runs_folder()
    return sorted(folder.glob(f"*/{state.RESULT}"), reverse=True) if folder.is_dir() else []


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
    folder = state.runs_folder() / reference if is_run_id(reference) else Path(reference)
    if not folder.exists():
        raise UsageError(f"there is no run `{reference}`; `sspr runs list` shows those that there are")
    if folder.is_file():
        return read_log(folder) if folder.suffix == LOG_SUFFIX else read_result(folder)
    file = folder / state.RESULT
    if not file.is_file():
        raise UsageError(
            f"{folder} has no {state.RESULT}: that run is still at work, or was killed before it could write one; "
            f"of a killed run, give the log: {folder / state.LOG}"
        )
    return read_result(file)


def _last(counts: Callable[[RunResult], bool]) -> RunResult:
    for file in result_files():
        try:
            result = read_result(file)
        except DocumentError:
            continue
        if counts(result):
            return result
    raise UsageError(f"there is no such run below {state.runs_folder()}; if it was kept elsewhere, give its folder")
