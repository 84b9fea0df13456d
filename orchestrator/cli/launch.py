"""From a request to an exit code: asks, runs, shows and writes; the same for every command."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from orchestrator.app import PreparedRun, ResumeRun, Session
from orchestrator.cli.exit_code import ExitCode
from orchestrator.cli.outputs import Outputs, tell_how_to_go_on, tell_not_written
from orchestrator.cli.program_log import program_log
from orchestrator.cli.streams import note
from orchestrator.console.csv_file import host_table
from orchestrator.console.plain import progress_on
from orchestrator.console.still_to_come import still_to_come
from orchestrator.console.summary import print_summary
from orchestrator.console.table_file import Table
from orchestrator.console.words import machines
from orchestrator.model.errors import UsageError
from orchestrator.model.events import Listener
from orchestrator.model.result import RunResult
from orchestrator.runs.folders import RunFolder
from orchestrator.sentences import say

_OF_STATE: Final = {
    "interrupted": ExitCode.INTERRUPTED,
    "paused": ExitCode.INTERRUPTED,
    "cancelled": ExitCode.INTERRUPTED,
    "stopped": ExitCode.STOPPED,
    "failed": ExitCode.COORDINATOR,
}


def launch(
    prepared: PreparedRun,
    outputs: Outputs,
    *,
    show: Callable[[RunResult, Console], None] = print_summary,
    table: Callable[[RunResult], Table] = host_table,
    beside: Callable[[Console], Sequence[Listener]] = lambda _: (),
    yes: bool = True,
) -> NoReturn:
    """Runs to the end and leaves with the exit code that the result asks for.

    Args:
        prepared: What to run.
        outputs: Where the result is written besides the run's folder.
        show: Prints the result.
        table: Makes the table of the result.
        beside: Who else is told of every event, and may say something on the console that shows the progress.
        yes: Whether not to ask before hosts are changed.

    Raises:
        typer.Exit: always, with an ExitCode.
        UsageError, CoordinatorError: before anything is begun.
    """
    approve(prepared, outputs, yes=yes)
    _, code = carry_out(prepared, outputs, show=show, table=table, beside=beside, enlist=True)
    raise typer.Exit(code)


def approve(prepared: PreparedRun, outputs: Outputs, *, yes: bool) -> None:
    """Looks at all that can be wrong beforehand, tells what is good to know, and asks unless that was answered.

    Raises:
        typer.Exit: The answer was no.
        UsageError: Something cannot be used, or nobody can be asked.
    """
    outputs.check(_needed(prepared))
    aside = Console(stderr=True)
    for each in prepared.playbook.notes:
        note(each)
    for said in (*prepared.notes, *prepared.untold, *prepared.credential_notes):
        note(say(said))
    if not yes and prepared.changes_hosts:
        if not can_ask(aside):
            raise UsageError(
                f"`{prepared.playbook.name}` would change {machines(len(prepared.hosts))}, and nobody can be asked "
                f"without a terminal: say --yes{_or_look_first(prepared)}"
            )
        _ask(prepared, aside)


def _or_look_first(prepared: PreparedRun) -> str:
    """What else can be said; what an earlier run was to do is done as it was, so that there is no `--check`."""
    return "" if isinstance(prepared.request, ResumeRun) else ", or --check to see what it would change"


def carry_out(
    prepared: PreparedRun,
    outputs: Outputs,
    *,
    show: Callable[[RunResult, Console], None] = print_summary,
    table: Callable[[RunResult], Table] = host_table,
    beside: Callable[[Console], Sequence[Listener]] = lambda _: (),
    enlist: bool = False,
) -> tuple[RunResult, ExitCode]:
    """The run itself, shown while it goes on and at its end, with the exit code for it; Ctrl-C as `launch` takes it.

    With `enlist`, a run that is given a folder of its own is known among the others.
    """
    console, aside = outputs.screen(), Console(stderr=True)
    with _signals_noted() as early, progress_on(aside) as progress:
        since = prepared.before.started if prepared.before else None
        session = prepared.begin([progress, *beside(aside), *outputs.listeners(since)])
        if session.durable:
            aside.print(f"run {session.id}", markup=False, highlight=False)
        for each in session.notes:
            note(say(each))
        if enlist:
            _enlist(session)

        def give_up() -> None:
            progress.__exit__(None, None, None)
            known, unkept = _ended(session, session.abandon)
            kept = f"stopped at once; what is known so far is kept in {session.folder.path}"
            aside.print(kept, markup=False, soft_wrap=True)
            for each in still_to_come(known):
                note(each)
            _tell_how_to_go_on(session, known)
            if unkept:
                tell_not_written(unkept)
            outputs.write(table(known), known)

        with program_log(session.folder.program_log):
            result, unkept = _ended(session, lambda: asyncio.run(_execute(session, give_up, early)))
    try:
        show(result, console)
        aside.print(f"[dim]kept in[/] {escape(str(session.folder.path))}", highlight=False, soft_wrap=True)
        _tell_how_to_go_on(session, result)
        for each in session.untold[len(prepared.untold) :]:  # the others were told beforehand
            note(say(each))
    finally:  # also when nobody reads what is printed to its end
        if unkept:
            tell_not_written(unkept)
        unwritten = outputs.write(table(result), result)
    code = exit_code(result)
    if code in {ExitCode.FINE, ExitCode.SOME_NOT} and (unkept or unwritten):
        code = ExitCode.COORDINATOR
    return result, code


def _tell_how_to_go_on(session: Session, result: RunResult) -> None:
    if session.durable and result.state not in {"finished", "cancelled"}:
        tell_how_to_go_on(session.id, result.state)


def _enlist(session: Session) -> None:
    """Has the run known where all are looked for; that it cannot be is told, and no reason not to run."""
    try:
        session.folder.enlist(session.id)
    except OSError as error:
        note(
            f"`sspr runs list` and `last` will not know this run ({error.filename}: {error.strerror}); give its folder "
            f"where you mean it: {session.folder.path}"
        )


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
        yield from step.parameters.named_files
    if request.folder:
        folder = RunFolder(request.folder)
        yield from (folder.journal, folder.result, folder.kept, folder.program_log)


def exit_code(result: RunResult) -> ExitCode:
    """The exit code that a result asks for."""
    if result.state in _OF_STATE:
        return _OF_STATE[result.state]
    return ExitCode.FINE if all(host.outcome.fine for host in result.hosts) else ExitCode.SOME_NOT


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
        raise typer.Exit(ExitCode.INTERRUPTED) from None


def approve_removal(question: str, *, yes: bool) -> None:
    """Returns when what was named may be removed.

    Raises:
        UsageError: Nobody can be asked, and nobody has said --yes.
        typer.Exit: Somebody was asked, and said no.
    """
    if yes:
        return
    if not can_ask(Console(stderr=True)):
        raise UsageError("nobody can be asked without a terminal: say --yes, or --check to see what would go")
    if not confirmed(question):
        note("nothing was removed")
        raise typer.Exit(ExitCode.NOTHING_BEGUN)


def _ask(prepared: PreparedRun, aside: Console) -> None:
    aside.print(f"[bold]{prepared.playbook.name}[/]: {prepared.playbook.description}", highlight=False)
    if not confirmed(f"Run it on {machines(len(prepared.hosts))}?"):
        aside.print("nothing was done", highlight=False)
        raise typer.Exit(ExitCode.NOTHING_BEGUN)


def _ending() -> list[signal.Signals]:
    """The signals that end a run; a hanging-up is none under `nohup`, and Windows has none."""
    hanging_up = [each for each in signal.Signals if each.name == "SIGHUP" and signal.getsignal(each) != signal.SIG_IGN]
    return [signal.SIGINT, signal.SIGTERM, *hanging_up]


@contextmanager
def _signals_noted() -> Iterator[list[int]]:
    """Collects the signals that come before there is a loop that could hear them; for `_execute`."""
    early: list[int] = []
    before = {number: signal.signal(number, lambda number, _: early.append(number)) for number in _ending()}
    try:
        yield early
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def _execute(session: Session, give_up: Callable[[], None], early: Sequence[int]) -> RunResult:
    """The first Ctrl-C lets what is in flight end; the second writes the result as things stand, and is the end.

    A terminal that is closed is a first one: it may say so several times, by itself and through the shell.
    """

    def hung_up() -> None:
        if not session.stopping:
            session.stop()

    def interrupted() -> None:
        if not session.stopping:
            session.stop()
            return
        try:
            give_up()
        finally:
            os._exit(ExitCode.INTERRUPTED)

    loop = asyncio.get_running_loop()
    hear = {number: hung_up if number.name == "SIGHUP" else interrupted for number in _ending()}
    try:
        for number, heard in hear.items():
            loop.add_signal_handler(number, heard)
    except NotImplementedError:  # Windows' event loop: either ends the program at once
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for came in early:
        hear[signal.Signals(came)]()
    return await session.execute()
