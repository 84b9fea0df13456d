"""`sspr demo`: the main job on a lab fleet, from nothing to the report."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from orchestrator.app import RunPlaybook, load_playbook, prepare
from orchestrator.cli.exit_code import ExitCode
from orchestrator.cli.launch import carry_out
from orchestrator.cli.outputs import Outputs
from sspr_lab.demo_crash import crash_demo
from sspr_lab.demo_fleet import HOSTS, LAB, PACKAGES, RETURN_MINUTES, as_they_should
from sspr_lab.fleet import HIGHEST_PORT, PORT
from sspr_lab.process_of_its_own import lab_process


def demo(
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder", metavar="DIR", help="Where the report, the result and the logs are left; else ./sspr-demo."
        ),
    ] = None,
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=1024, max=HIGHEST_PORT, help="TCP port of the lab.")
    ] = PORT,
    crash: Annotated[
        bool, typer.Option("--crash", help="Kill the coordinator amid its work, and show how it goes on.")
    ] = False,
) -> None:
    """Install the add-in on 24 simulated machines, some of them faulty, and write the report.

    [dim]sspr demo --crash[/]

    Nothing but this machine's loopback addresses is touched. The exit code is 0 when every machine ended as it should;
    with --crash, when none was installed or restarted twice besides.
    """
    console = Console()
    folder = folder or _new_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if crash:
        raise typer.Exit(ExitCode.FINE if crash_demo(folder, port, console) else ExitCode.SOME_NOT)
    report = folder / "report.html"
    playbook = (
        load_playbook("install")
        .with_packages(PACKAGES)
        .with_parameters("msi", allow_unsigned=True)
        .with_parameters("reboot", delay_minutes=0, return_minutes=RETURN_MINUTES)
    )
    inventory = folder / "lab.yaml"
    console.print(f"starting {HOSTS} lab machines on this computer", highlight=False)
    with lab_process(inventory, port=port, **LAB):
        console.print("they are up; running the playbook `install` on them\n", highlight=False)
        request = RunPlaybook(inventory=inventory, forks=HOSTS, folder=folder, playbook=playbook)
        result, code = carry_out(prepare(request), Outputs(report=report))
    console.print(f"report: {report.resolve()}", highlight=False, soft_wrap=True)
    if code == ExitCode.INTERRUPTED:
        raise typer.Exit(code)
    raise typer.Exit(ExitCode.FINE if as_they_should(result, console) else ExitCode.SOME_NOT)


def _new_folder() -> Path:
    """`sspr-demo`, or with a number behind it where earlier demos have left theirs."""
    names = (Path("sspr-demo" if number == 1 else f"sspr-demo-{number}") for number in count(1))
    return next(folder for folder in names if not folder.exists() or not any(folder.iterdir()))
