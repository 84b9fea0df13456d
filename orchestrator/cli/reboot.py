"""`sspr reboot`: restarts scheduled, verified, and cancelled."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.cli import options
from orchestrator.model.errors import UsageError

app = typer.Typer(
    no_args_is_help=True,
    help="Restart hosts and verify that they did, or cancel such a restart.\n\n"
    "[dim]sspr reboot schedule -i inventory.yaml --limit branch-12 --at 22:30 --no-wait[/]",
)


@app.command("schedule")
def schedule(
    inventory: options.Inventory,
    limit: options.Limit = None,
    minutes: Annotated[int | None, typer.Option("--in", metavar="MINUTES", min=0, help="In so many minutes.")] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="HH:MM", help="At a time on the host's own clock.")] = None,
    message: Annotated[str | None, typer.Option("--message", help="What people at the host are told.")] = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Schedule only; do not wait for the host.")] = False,
    check: options.Check = False,
    forks: options.Forks = options.FORKS,
    json: options.Json = None,
    csv: options.Csv = None,
    folder: options.Folder = None,
    yes: options.Yes = False,
) -> None:
    """Restart hosts now, in some minutes or at a time, and wait until they are back.

    [dim]sspr reboot schedule -i inventory.yaml --limit branch-12 --at 22:30 --no-wait[/]
    """
    from orchestrator.app import Reboot, prepare
    from orchestrator.cli.launch import launch
    from orchestrator.cli.outputs import Outputs

    if minutes is not None and at is not None:
        raise UsageError("--in and --at exclude each other; give one of them")
    request = Reboot(
        inventory=inventory,
        limit=limit,
        forks=forks,
        check=check,
        folder=folder,
        delay_minutes=minutes or 0,
        at=at,
        message=message,
        wait=not no_wait,
    )
    launch(prepare(request), Outputs(json, csv=csv), yes=yes)


@app.command("cancel")
def cancel(
    inventory: options.Inventory,
    limit: options.Limit = None,
    check: options.Check = False,
    forks: options.Forks = options.FORKS,
    json: options.Json = None,
    csv: options.Csv = None,
    folder: options.Folder = None,
    yes: options.Yes = False,
) -> None:
    """Cancel restarts that this program has scheduled; those of others are left alone.

    [dim]sspr reboot cancel -i inventory.yaml --limit branch-12[/]
    """
    from orchestrator.app import CancelReboot, prepare
    from orchestrator.cli.launch import launch
    from orchestrator.cli.outputs import Outputs

    request = CancelReboot(inventory=inventory, limit=limit, forks=forks, check=check, folder=folder)
    launch(prepare(request), Outputs(json, csv=csv), yes=yes)
