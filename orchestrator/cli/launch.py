"""From a request to an exit code: asks, runs, shows and writes; the same for every command."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from orchestrator.app import PreparedRun, Session
from orchestrator.cli.program_log import program_log
from orchestrator.console.csv_file import Table, host_table, write_csv
from orchestrator.console.plain import progress_on
from orchestrator.console.report import write_report
from orchestrator.console.screen import standard_output
from orchestrator.console.summary import print_summary
from orchestrator.console.words import machines
from orchestrator.model.errors import UsageError
from orchestrator.model.result import RunResult
from orchestrator.runs.result_file import write_result

FINE, SOME_NOT, NOTHING_BEGUN, STOPPED, INTERRUPTED = 0, 1, 2, 3, 130


@dataclass(frozen=True)
class Output:
    """How the result is shown, and where it is written besides the run's folder.

    Attributes:
        json: Where to write the result file.
        report: Where to write the HTML report.
        csv: Where to write the table for spreadsheets.
        show: Prints the result.
        table: Makes the table of the result.
    """

    json: Path | None = None
    report: Path | None = None
    csv: Path | None = None
    show: Callable[[RunResult, Console], None] = print_summary
    table: Callable[[RunResult], Table] = host_table

    def check(self) -> None:
        """What cannot be written is told before hosts are touched, not after. Raises UsageError."""
        for path in filter(None, (self.json, self.report, self.csv)):
            if path.is_dir():
                raise UsageError(f"{path}: is a folder; give the name of a file")
            if not path.parent.is_dir():
                raise UsageError(f"{path}: there is no folder {path.parent}; make it first")

    def write(self, result: RunResult) -> None:
        """Writes the files that are wanted. Raises OSError."""
        if self.json:
            write_result(result, self.json)
        if self.report:
            write_report(result, self.report)
        if self.csv:
            write_csv(self.table(result), self.csv)


def launch(prepared: PreparedRun, output: Output, *, yes: bool = True) -> NoReturn:
    """Runs to the end and leaves with the exit code that the result asks for.

    Args:
        prepared: What to run.
        output: What is wanted of the result.
        yes: Whether not to ask before hosts are changed.

    Raises:
        typer.Exit: always; 0 every host fine, 1 some not, 3 stopped by a guard, 130 interrupted.
        UsageError: before anything is begun.
    """
    output.check()
    console, aside = standard_output(), Console(stderr=True)
    for note in prepared.playbook.notes:
        aside.print(f"note: {note}", style="dim", markup=False, soft_wrap=True)
    if not yes and prepared.changes_hosts and can_ask(aside):
        _ask(prepared, aside)
    with progress_on(aside) as progress:
        session = prepared.begin([progress])

        def give_up() -> None:
            progress.__exit__(None, None, None)
            output.write(session.abandon())
            kept = f"stopped at once; what is known so far is kept in {session.folder.path}"
            aside.print(kept, markup=False, soft_wrap=True)

        with program_log(session.folder.path / "program.jsonl"):
            result = asyncio.run(_execute(session, give_up))
    output.write(result)
    output.show(result, console)
    aside.print(f"[dim]kept in[/] {escape(str(session.folder.path))}", highlight=False, soft_wrap=True)
    raise typer.Exit(exit_code(result))


def exit_code(result: RunResult) -> int:
    """The exit code that a result asks for."""
    if result.state == "interrupted":
        return INTERRUPTED
    if result.state == "stopped":
        return STOPPED
    return FINE if all(host.outcome.fine for host in result.hosts) else SOME_NOT


def can_ask(aside: Console) -> bool:
    """Whether somebody sits at a terminal who can be asked on `aside`, the standard error stream.

    What is piped on, as to `tee`, is the standard output: it does not keep anybody from answering.
    """
    return aside.is_interactive and sys.stdin.isatty()


def confirmed(question: str) -> bool:
    """What somebody at the terminal answers; Ctrl-C there ends the program as it does elsewhere. Raises typer.Exit."""
    try:
        return typer.confirm(question, err=True)
    except typer.Abort:
        typer.echo("\nnothing was done", err=True)
        raise typer.Exit(INTERRUPTED) from None


def _ask(prepared: PreparedRun, aside: Console) -> None:
    aside.print(f"[bold]{prepared.playbook.name}[/]: {prepared.playbook.description}", highlight=False)
    if not confirmed(f"Run it on {machines(len(prepared.hosts))}?"):
        aside.print("nothing was done", highlight=False)
        raise typer.Exit(NOTHING_BEGUN)


async def _execute(session: Session, give_up: Callable[[], None]) -> RunResult:
    """The first Ctrl-C lets what is in flight end; the second writes the result as things stand, and is the end."""

    def interrupted() -> None:
        if not session.stopping:
            session.stop()
            return
        try:
            give_up()
        finally:
            os._exit(INTERRUPTED)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, interrupted)
        except NotImplementedError:  # Windows' event loop has none; Ctrl-C then ends the program at once
            break
    return await session.execute()
