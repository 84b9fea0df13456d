"""A run left to a worker: asked about as any other, handed over, and a worker started where there is none."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final, NoReturn

import typer

from orchestrator.app import PreparedRun
from orchestrator.app.detach import detach
from orchestrator.cli.exit_code import ExitCode
from orchestrator.cli.launch import approve
from orchestrator.cli.outputs import Outputs
from orchestrator.cli.streams import complain, note
from orchestrator.model.errors import UsageError
from orchestrator.model.output_files import STANDARD_OUTPUT
from orchestrator.model.private_file import is_stream, open_private
from orchestrator.runs.folders import state_folder
from orchestrator.runs.handed_over import HandedOver
from orchestrator.runs.worker_lock import WorkerLock, known_worker

_BEGINS_SECONDS: Final = 60.0
"""How long a worker may take to begin, on a computer that has much to do."""
_UNTIL_RESTART: Final = (
    "It outlives this terminal and your log-out, but no restart of this computer: after that `sspr worker` goes on "
    "with the run, by itself where it is a service (docs/worker.md)"
)


def leave_to_a_worker(prepared: PreparedRun, outputs: Outputs, *, yes: bool) -> NoReturn:
    """Hands a run over and leaves, with its identifier on the standard output.

    Raises:
        typer.Exit: always, with an ExitCode.
        UsageError, CoordinatorError: before anything is handed over.
    """
    check_system()
    _check_outputs(outputs)
    approve(prepared, outputs, yes=yes)
    run = detach(prepared, _wanted(outputs))
    typer.echo(run.run)
    note(f"`sspr runs show {run.run}` tells how far it is, and how it ended; it is kept in {run.folder}")
    raise typer.Exit(_have_a_worker())


def check_system() -> None:
    """Raises UsageError where there are no processes that outlive a session."""
    if sys.platform == "win32":
        raise UsageError(
            "there are no workers on Windows: leave --detach out, in a session that stays, and go on with `sspr runs "
            "resume` where that has ended"
        )


def worker_command(*words: str) -> list[str]:
    """The command line of another process of this program; what lies in the current folder is none of its modules."""
    return [sys.executable, "-P", "-m", "orchestrator", "worker", *words]


def _check_outputs(outputs: Outputs) -> None:
    """What is written at the run's end has to be a file: nobody reads a pipe then. Raises UsageError."""
    for path in (outputs.json, outputs.report, outputs.csv, outputs.prometheus):
        if path is not None and (path == STANDARD_OUTPUT or is_stream(path)):
            raise UsageError(f"{path}: of a run that is left to a worker, nothing is printed; name a file")


def _wanted(outputs: Outputs) -> HandedOver:
    """What is to be written at the run's end, by whoever is in whichever folder then."""
    paths = (outputs.json, outputs.report, outputs.csv, outputs.prometheus)
    json, report, csv, prometheus = (path and path.absolute() for path in paths)
    return HandedOver(
        run="",
        folder=Path(),
        json=json,
        report=report,
        csv=csv,
        delimiter=outputs.delimiter,
        prometheus=prometheus,
    )


def _have_a_worker() -> ExitCode:
    """Sees to it that there is a worker, and says how long that lasts."""
    worker = known_worker()
    if worker is None:
        return _start_a_worker()
    if worker.stays:
        note("the worker that is at work here goes on with it, after a restart of this computer too if it is a service")
    else:
        note("the worker that an earlier --detach has started goes on with it. " + _UNTIL_RESTART)
    return ExitCode.FINE


def _start_a_worker() -> ExitCode:
    """Starts one in a session of its own, without a terminal, and returns when it is at work or has ended."""
    log = state_folder().absolute() / "worker.log"
    with open(open_private(log, os.O_WRONLY | os.O_APPEND), "ab") as output:  # noqa: PTH123 - a descriptor
        process = subprocess.Popen(  # noqa: S603 - our own program
            worker_command("--until-idle"),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env={**os.environ, "SSPR_STATE": str(state_folder().absolute())},
            start_new_session=True,
        )
    waiting_until = time.monotonic() + _BEGINS_SECONDS
    lock = WorkerLock()
    while process.poll() is None and lock.is_free():
        if time.monotonic() > waiting_until:
            break
        time.sleep(0.1)
    code, process.returncode = process.poll(), 0  # it is not waited for any more, which Python would complain of
    if code:
        complain(
            f"the run is handed over, but no worker could be started; {log} says why, and `sspr worker` does it then"
        )
        return ExitCode.COORDINATOR
    note(f"a worker goes on with it in the background; its log is {log}. {_UNTIL_RESTART}")
    return ExitCode.FINE
