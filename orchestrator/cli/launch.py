"""From arguments to a finished run: reads what is needed, runs, shows, writes; the same for every command."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import structlog
import typer
from rich.console import Console
from rich.markup import escape

from orchestrator.connect import credentials
from orchestrator.connect.connector import PywinrmConnector
from orchestrator.connect.tunnel import tunnels
from orchestrator.console.csv_file import Table, host_table, write_csv
from orchestrator.console.progress import progress_on
from orchestrator.console.report import write_report
from orchestrator.console.summary import print_summary
from orchestrator.console.words import machines
from orchestrator.engine.in_process import InProcessEngine
from orchestrator.fleet.plan import plan
from orchestrator.fleet.run import Run
from orchestrator.fleet.stop import StoppedBy, StopSignal
from orchestrator.inventory.credentials import SecretResolver
from orchestrator.inventory.load import load_inventory
from orchestrator.model.errors import UsageError
from orchestrator.model.events import Interrupted
from orchestrator.model.host import Host
from orchestrator.model.result import RunResult
from orchestrator.model.self_test import SelfTest
from orchestrator.playbook.plan import PlannedStep, Playbook
from orchestrator.runs.folders import RunFolder, new_run_id, runs_folder
from orchestrator.runs.journal import Journal
from orchestrator.runs.result_file import write_result

FINE, SOME_NOT, STOPPED, INTERRUPTED = 0, 1, 3, 130
Show = Callable[[RunResult, Console], None]
Tabulate = Callable[[RunResult], Table]


@dataclass(frozen=True)
class Order:
    """What a command wants run.

    Attributes:
        playbook: With everything of the command line in it.
        inventory: The inventory file.
        limit: Pattern of hosts, or None for all.
        at_once: How many hosts at the same moment.
        check: Whether nothing may be changed.
        json: Where to write the result file besides the run's folder.
        report: Where to write the HTML report.
        folder: The run's folder, or None for one below the state folder.
        yes: Whether not to ask before hosts are changed.
        show: Prints the result.
        csv: Where to write the table for spreadsheets.
        table: Makes that table of the result.
        self_test: Looks whether the service takes what old hosts can offer; waits, and never raises.
    """

    playbook: Playbook
    inventory: Path
    limit: str | None
    at_once: int
    check: bool = False
    json: Path | None = None
    report: Path | None = None
    folder: Path | None = None
    yes: bool = False
    show: Show = print_summary
    csv: Path | None = None
    table: Tabulate = host_table
    self_test: Callable[[], SelfTest] | None = None


def launch(order: Order) -> None:
    """Runs to the end and leaves with the exit code that the result asks for.

    Raises:
        typer.Exit: always; 0 every host fine, 1 some not, 3 stopped by a guard, 130 interrupted.
        UsageError: before anything is begun.
    """
    steps = plan(order.playbook)
    inventory = load_inventory(order.inventory)
    hosts = inventory.select(order.limit)
    passwords = SecretResolver(inventory.path.parent)
    credentials.check(hosts, passwords.resolve)
    tunnels.check((hop for host in hosts for hop in host.via), passwords)
    _check_destinations(order)
    console = Console()
    changes = any(step.kind.changes_hosts for step in steps)
    if not order.yes and not order.check and changes and console.is_interactive and sys.stdin.isatty():
        _ask(order.playbook, hosts, console)
    result = asyncio.run(_run(order, steps, hosts, passwords, console))
    raise typer.Exit(exit_code(result))


def _check_destinations(order: Order) -> None:
    """What cannot be written is told before hosts are touched, not after."""
    for path in filter(None, (order.json, order.report, order.csv)):
        if path.is_dir():
            raise UsageError(f"{path}: is a folder; give the name of a file")
        if not path.parent.is_dir():
            raise UsageError(f"{path}: there is no folder {path.parent}; make it first")


def exit_code(result: RunResult) -> int:
    """The exit code that a result asks for."""
    if result.state == "interrupted":
        return INTERRUPTED
    if result.state == "stopped":
        return STOPPED
    return FINE if all(host.outcome.fine for host in result.hosts) else SOME_NOT


def _ask(playbook: Playbook, hosts: Sequence[Host], console: Console) -> None:
    console.print(f"[bold]{playbook.name}[/]: {playbook.description}", highlight=False)
    if not typer.confirm(f"Run it on {machines(len(hosts))}?"):
        console.print("nothing was done", highlight=False)
        raise typer.Exit(FINE)


async def _run(
    order: Order, steps: Sequence[PlannedStep], hosts: Sequence[Host], passwords: SecretResolver, console: Console
) -> RunResult:
    now = datetime.now(UTC)
    run_id = new_run_id(now)
    folder = RunFolder(order.folder or runs_folder() / run_id)
    folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    connector = PywinrmConnector(passwords, threads=order.at_once)
    stop = StopSignal()
    aside = Console(stderr=True)
    with Journal(folder.journal) as log, progress_on(aside) as progress, _own_log(folder.path):
        run = Run(
            id=run_id,
            playbook=order.playbook.name,
            plan=steps,
            hosts=hosts,
            connector=connector,
            engine=InProcessEngine(),
            folder=folder.hosts,
            listeners=[log, progress],
            stop=stop,
            at_once=order.at_once,
            check=order.check,
            started=now,
        )

        def give_up() -> None:
            progress.__exit__(None, None, None)
            _write(order, folder, run.as_things_stand())
            aside.print(f"stopped at once; what is known so far is kept in {folder.path}", markup=False, soft_wrap=True)

        _on_interrupt(run, give_up)
        tested = asyncio.create_task(asyncio.to_thread(order.self_test)) if order.self_test else None
        result = await run.execute()
        if tested:
            result = replace(result, self_test=await tested)
        connector.close()
    _write(order, folder, result)
    order.show(result, console)
    aside.print(f"[dim]kept in[/] {escape(str(folder.path))}", highlight=False, soft_wrap=True)
    return result


def _write(order: Order, folder: RunFolder, result: RunResult) -> None:
    write_result(result, folder.result)
    if order.json:
        write_result(result, order.json)
    if order.report:
        write_report(result, order.report)
    if order.csv:
        write_csv(order.table(result), order.csv)


def _on_interrupt(run: Run, give_up: Callable[[], None]) -> None:
    """The first Ctrl-C lets what is in flight end; the second writes the result as things stand, and is the end."""

    def interrupted() -> None:
        if run.stop.by is StoppedBy.OPERATOR:
            try:
                give_up()
            finally:
                os._exit(INTERRUPTED)
        run.stop.set(StoppedBy.OPERATOR, "the run was interrupted before this host was through")
        run.notify(Interrupted())

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, interrupted)
        except NotImplementedError:  # Windows' event loop has none; Ctrl-C then ends the program at once
            return


class _own_log:  # noqa: N801 - reads as what it does in a `with`
    """Sends this program's own log lines to a file of the run, so that they do not disturb the display."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "program.jsonl"

    def __enter__(self) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._file = os.fdopen(descriptor, "a", encoding="utf-8")
        structlog.configure(
            processors=[
                structlog.contextvars.merge_contextvars,
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.ExceptionRenderer(
                    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
                ),
                structlog.processors.JSONRenderer(),
            ],
            logger_factory=structlog.WriteLoggerFactory(self._file),
        )

    def __exit__(self, *_: object) -> None:
        structlog.reset_defaults()
        self._file.close()
        if self._path.stat().st_size == 0:
            self._path.unlink()
