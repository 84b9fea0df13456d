"""From a request to an exit code: asks, runs, shows and writes; the same for every command."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from orchestrator.app import PreparedRun, Session
from orchestrator.cli.outputs import NOT_WRITTEN, Outputs, standard_output, tell_not_written
from orchestrator.cli.program_log import program_log
from orchestrator.console.csv_file import Table, host_table
from orchestrator.console.plain import progress_on
from orchestrator.console.summary import print_summary
from orchestrator.console.words import machines
from orchestrator.model.result import RunResult
from orchestrator.runs.folders import RunFolder

FINE, SOME_NOT, NOTHING_BEGUN, STOPPED, INTERRUPTED = 0, 1, 2, 3, 130
PROGRAM_LOG: Final = "program.jsonl"


def launch(
    prepared: PreparedRun,
    outputs: Outputs,
    *,
    show: Callable[[RunResult, Console], None] = print_summary,
    table: Callable[[RunResult], Table] = host_table,
    yes: bool = True,
) -> NoReturn:
    """Runs to the end and leaves with the exit code that the result asks for.

    Args:
        prepared: What to run.
        outputs: Where the result is written besides the run's folder.
        show: Prints the result.
        table: Makes the table of the result.
        yes: Whether not to ask before hosts are changed.

    Raises:
        typer.Exit: always; 0 every host fine, 1 some not or a file of `outputs` not written, 3 stopped by a guard, 130
            interrupted.
        UsageError: before anything is begun.
    """
    outputs.check(_needed(prepared))
    aside = Console(stderr=True)
    for note in prepared.playbook.notes:
        aside.print(f"note: {note}", style="dim", markup=False, soft_wrap=True)
    if not yes and prepared.changes_hosts and can_ask(aside):
        _ask(prepared, aside)
    _, code = carry_out(prepared, outputs, show=show, table=table)
    raise typer.Exit(code)


def carry_out(
    prepared: PreparedRun,
    outputs: Outputs,
    *,
    show: Callable[[RunResult, Console], None] = print_summary,
    table: Callable[[RunResult], Table] = host_table,
) -> tuple[RunResult, int]:
    """The run itself, shown while it goes on and at its end, with the exit code for it; Ctrl-C as `launch` takes it."""
    console, aside = standard_output(), Console(stderr=True)
    with progress_on(aside) as progress:
        session = prepared.begin([progress])

        def give_up() -> None:
            progress.__exit__(None, None, None)
            known, unkept = _ended(session, session.abandon)
            kept = f"stopped at once; what is known so far is kept in {session.folder.path}"
            aside.print(kept, markup=False, soft_wrap=True)
            if unkept:
                tell_not_written(unkept)
            outputs.write(table(known), known)

        with program_log(session.folder.path / PROGRAM_LOG):
            result, unkept = _ended(session, lambda: asyncio.run(_execute(session, give_up)))
    try:
        show(result, console)
        aside.print(f"[dim]kept in[/] {escape(str(session.folder.path))}", highlight=False, soft_wrap=True)
    finally:  # also when nobody reads what is printed to its end
        if unkept:
            tell_not_written(unkept)
        unwritten = outputs.write(table(result), result)
    return result, exit_code(result) or (NOT_WRITTEN if unkept else unwritten)


def _ended(session: Session, end: Callable[[], RunResult]) -> tuple[RunResult, OSError | None]:
    """What a run came to, and why its folder could not take it where that is so.

    Raises:
        OSError: It came to nothing: its log could not be begun.
    """
    try:
        return end(), None
    except OSError as error:
        if session.result is None:
            raise
        return session.result, error


def _needed(prepared: PreparedRun) -> Iterator[Path]:
    """The files that a run reads, so far as paths on the command line or in the playbook name them, and its record."""
    request = prepared.request
    yield request.inventory
    yield prepared.playbook.path
    for step in prepared.steps:
        for _, value in step.parameters:
            yield from (each for each in (value if isinstance(value, tuple) else (value,)) if isinstance(each, Path))
    if request.folder:
        folder = RunFolder(request.folder)
        yield from (folder.journal, folder.result, folder.path / PROGRAM_LOG)


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
