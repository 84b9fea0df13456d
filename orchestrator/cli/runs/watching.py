"""`sspr runs watch`: a run of another process, shown while it goes on."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Final

import typer

from orchestrator.cli import options
from orchestrator.cli.exit_code import ExitCode

if TYPE_CHECKING:
    from rich.console import Console

    from orchestrator.model.result import RunResult
    from orchestrator.runs.folders import RunFolder

_STOPPING: Final = "stopping when what is in flight is done"
_LOOK_SECONDS: Final = 0.25


def watch(
    run: options.Run,
) -> None:
    """Watch a run that another process is at work on, as `sspr run` itself shows it, to its end.

    [dim]sspr runs watch last[/]

    A run whose process has died is waited for until it is gone on with. Ctrl-C ends the watching, not the run. Exit
    codes are those of `sspr run`.
    """
    from rich.console import Console

    from orchestrator.cli.launch import exit_code
    from orchestrator.cli.outputs import Outputs, tell_how_to_go_on
    from orchestrator.cli.streams import note
    from orchestrator.console.summary import print_summary
    from orchestrator.runs.store import can_be_gone_on_with, find_folder

    folder = find_folder(run)
    try:
        result = _followed(folder, Console(stderr=True))
    except KeyboardInterrupt:
        note(f"run {folder.name} goes on; `sspr runs watch {folder.reference}` shows it again")
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    print_summary(result, Outputs().screen())
    if can_be_gone_on_with(result):
        tell_how_to_go_on(folder.name, result.state)
    raise typer.Exit(exit_code(result))


def _followed(folder: RunFolder, aside: Console) -> RunResult:
    """What a run has come to, once it has been shown to its end."""
    from orchestrator.cli.outputs import tell_aside
    from orchestrator.cli.streams import note
    from orchestrator.console.plain import progress_on
    from orchestrator.model.events import RunFinished
    from orchestrator.runs.following import Following
    from orchestrator.runs.store import known_of

    following, moment, said = Following(folder), _Moment(), False
    with _interrupts_noted() as interrupts, progress_on(aside, moment, _STOPPING) as progress:
        for told in following.events():
            if interrupts:
                raise KeyboardInterrupt
            if told is not None:
                at, event = told
                moment.past, said = at, False
                progress.notify(event)
                continue
            moment.past = None
            if following.is_deserted() and not said:
                said = True
                note(f"nobody is at work on the run; waiting until {_whoever_goes_on(folder)} goes on with it")
            time.sleep(_LOOK_SECONDS)
        result = known_of(folder, tell_aside)
        progress.notify(RunFinished(result))
    return result


def _whoever_goes_on(folder: RunFolder) -> str:
    from orchestrator.runs.handed_over import is_left_to_workers
    from orchestrator.runs.store import known_of

    left = is_left_to_workers(folder.name, known_of(folder).state)
    return "`sspr worker`, to which it is handed over," if left else f"`sspr runs resume {folder.reference}`"


@contextmanager
def _interrupts_noted() -> Iterator[list[int]]:
    """Collects interrupts: what reads the lines (pydantic 2.14) loses now and then what a signal's handler raises."""
    noted: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: noted.append(number))
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)


class _Moment:
    """The time of what is shown, in seconds since 1970: that of the log, and this one when it is caught up with.

    Attributes:
        past: The moment of the log; None for this one.
    """

    def __init__(self) -> None:
        self.past: datetime | None = None

    def __call__(self) -> float:
        return self.past.timestamp() if self.past else time.time()
