"""`sspr leases`: which runs are at work on hosts, and hosts taken away from runs that will never go on."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.cli import completion, options

app = typer.Typer(
    no_args_is_help=True,
    help="List which runs are at work on hosts, or take a host away from one.\n\n"
    "[dim]sspr leases list -i inventory.yaml[/]",
)


@app.command("list")
def list_leases(
    inventory: options.Inventory,
    limit: options.Limit = None,
    forks: options.Forks = options.FORKS,
    json: options.Json = None,
    csv: options.Csv = None,
    delimiter: options.Delimiter = None,
    folder: options.Folder = None,
) -> None:
    """List the hosts that a run is at work on, who runs it, and since when; changes nothing.

    [dim]sspr leases list -i inventory.yaml --limit seoul[/]

    Times are the host's own. A lease that nobody renews runs out by itself.
    """
    from orchestrator.app import ListLeases, prepare
    from orchestrator.cli.launch import launch
    from orchestrator.cli.outputs import Outputs
    from orchestrator.console.leases import leases_table, print_leases

    request = ListLeases(inventory=inventory, limit=limit, forks=forks, folder=folder)
    launch(prepare(request), Outputs(json, csv=csv, delimiter=delimiter), show=print_leases, table=leases_table)


@app.command("break")
def break_lease(
    host: Annotated[
        str,
        typer.Argument(metavar="HOST", help="The host, by its name in the inventory.", autocompletion=completion.host),
    ],
    inventory: options.Inventory,
    check: options.Check = False,
    json: options.Json = None,
    csv: options.Csv = None,
    delimiter: options.Delimiter = None,
    folder: options.Folder = None,
    yes: options.Yes = False,
) -> None:
    """Take a host away from the run that holds it, for a run that will never go on.

    [dim]sspr leases break PC-0042 -i inventory.yaml[/]

    If that run is alive after all and has more to change there, it does not, and ends unknown on this host. What it has
    begun may still be going on, such as an installation or a restart, and the next run may then meet it.
    """
    from orchestrator.app import BreakLease, prepare
    from orchestrator.cli.launch import launch
    from orchestrator.cli.outputs import Outputs

    request = BreakLease(inventory=inventory, limit=host, forks=1, check=check, folder=folder)
    launch(prepare(request), Outputs(json, csv=csv, delimiter=delimiter), yes=yes)
