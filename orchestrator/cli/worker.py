"""`sspr worker`: goes on with the runs that are handed over with --detach, for as long as it lives."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli import completion

if TYPE_CHECKING:
    from orchestrator.app.worker import Worker
    from orchestrator.model.message import Message


def worker(
    runs_at_once: Annotated[
        int, typer.Option("--runs", metavar="N", min=1, max=64, help="How many runs are at work at once.")
    ] = 4,
    until_idle: Annotated[
        bool,
        typer.Option("--until-idle", help="End when no run is left to be gone on with; so --detach starts one itself."),
    ] = False,
    run: Annotated[
        str | None,
        typer.Option(
            "--run",
            metavar="RUN",
            help="Go on with this run alone, in this process. A worker starts a process so for each of its runs.",
            autocompletion=completion.runs,
        ),
    ] = None,
) -> None:
    """Go on with runs that were left to a worker (--detach), until each has ended; as a service, see docs/worker.md.

    [dim]sspr worker[/]

    It finds the runs of this state folder that nobody is at work on, also those that a crash, a log-out or a restart of
    this computer has broken off. Each is gone on with in a process of its own. SIGTERM and Ctrl-C end it and them; what
    they leave is gone on with by the next worker. SIGHUP has it try at once what it has put off.
    """
    from orchestrator.app.worker import Worker
    from orchestrator.cli.detach import check_system, worker_command
    from orchestrator.runs.folders import state_folder

    check_system()
    if run is not None:
        _go_on(run)
    at_work = Worker(lambda name: worker_command("--run", name), _tell, runs_at_once, stays=not until_idle)
    asyncio.run(_work(at_work, str(state_folder().absolute())))


async def _work(worker: Worker, state: str) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, worker.stop)
    loop.add_signal_handler(signal.SIGHUP, worker.look_again)
    await worker.work(os.getpid(), state)


def _tell(said: Message) -> None:
    """A line of the log; systemd's journal has the time of each by itself."""
    from orchestrator.sentences import say

    time = "" if "JOURNAL_STREAM" in os.environ else f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S} "
    typer.echo(f"{time}{say(said)}", err=True)


def _go_on(name: str) -> None:
    """Goes on with one run, writes what is wanted of it at its end, and leaves with its exit code."""
    from orchestrator.app import resume
    from orchestrator.app.detach import come_to, settle, taken_up
    from orchestrator.cli.launch import carry_out
    from orchestrator.cli.outputs import Outputs
    from orchestrator.console.csv_file import host_table

    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    run = taken_up(name)
    outputs = Outputs(run.json, run.report, run.csv, run.delimiter, run.prometheus)
    if result := come_to(run):
        code = outputs.write(host_table(result), result)
    else:
        prepared = resume(
            run.run_folder, forks=run.forks, new_password=run.new_password, notify=run.notify, unattended=True
        )
        result, code = carry_out(replace(prepared, left_by=run.opening), outputs)
    settle(run, result)
    raise typer.Exit(code)
