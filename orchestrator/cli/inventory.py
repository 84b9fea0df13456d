"""`sspr inventory`: what an inventory says, without talking to anybody."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table

from orchestrator.cli import options
from orchestrator.console.words import machines
from orchestrator.inventory.load import load_inventory
from orchestrator.model.jump_host import way

app = typer.Typer(no_args_is_help=True, help="Read an inventory and show what it comes to.")


@app.command("list")
def list_hosts(inventory: options.Inventory, limit: options.Limit = None) -> None:
    """List the hosts that an inventory and a pattern choose, with how each is reached.

    [dim]sspr inventory list -i inventory.yaml --limit 'seoul,!PC-003'[/]
    """
    table = Table("Host", "Address", "Port", "Via", "Logs on by", "As", "With", "Groups", box=None, header_style="bold")
    hosts = load_inventory(inventory).select(limit)
    for host in hosts:
        credential = host.credential
        table.add_row(
            host.name,
            host.address,
            str(host.port),
            way(host.via),
            host.logon if host.https is None else f"{host.logon}, https",
            credential.account,
            credential.proof,
            ", ".join(host.groups),
        )
    console = Console()
    console.print(table)
    console.print(f"[dim]{machines(len(hosts))}[/]", highlight=False)
