"""`sspr inventory`: what an inventory says, without talking to anybody."""

from __future__ import annotations

import typer

from orchestrator.cli import options
from orchestrator.model.host import Host, way

COLUMNS = ("name", "address", "port", "via", "logon", "account", "proof", "groups")

app = typer.Typer(
    no_args_is_help=True,
    help="Show what an inventory comes to, without contacting any host.\n\n"
    "[dim]sspr inventory list -i inventory.yaml[/]",
)


@app.command("list")
def list_hosts(
    inventory: options.Inventory,
    limit: options.Limit = None,
    csv: options.Csv = None,
    delimiter: options.Delimiter = None,
) -> None:
    """List the hosts that an inventory and a pattern choose, with how each is reached.

    [dim]sspr inventory list -i inventory.yaml --limit 'seoul,!PC-003'[/]
    """
    from orchestrator.cli.outputs import Outputs
    from orchestrator.console.columns import print_columns
    from orchestrator.console.words import machines
    from orchestrator.inventory.load import load_inventory

    outputs = Outputs(csv=csv, delimiter=delimiter)
    outputs.check([inventory])
    hosts = load_inventory(inventory).select(limit)
    rows = [_row(host) for host in hosts]
    console = outputs.screen()
    print_columns(console, ("Host", "Address", "Port", "Via", "Logs on by", "As", "With", "Groups"), rows)
    console.print(f"[dim]{machines(len(hosts))}[/]", highlight=False)
    if csv:
        from orchestrator.console import table_file

        raise typer.Exit(outputs.write(table_file.Table(COLUMNS, rows)))


def _row(host: Host) -> tuple[str, ...]:
    credential = host.credential
    return (
        host.name,
        host.address,
        str(host.port),
        way(host.via),
        host.logon if host.https is None else f"{host.logon}, https",
        credential.account,
        credential.proof,
        ", ".join(host.groups),
    )
