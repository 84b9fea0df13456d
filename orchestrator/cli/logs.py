"""`sspr logs`: the add-in's verbose log switched on and off, and brought home."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli import options

app = typer.Typer(
    no_args_is_help=True,
    help="Switch the add-in's verbose log on or off, and bring logs home.\n\n"
    "[dim]sspr logs collect -i inventory.yaml --limit PC-0042 --folder ticket-4711[/]",
)


@app.command("on")
def on(
    inventory: options.Inventory,
    limit: options.Limit = None,
    check: options.Check = False,
    at_once: options.AtOnce = options.AT_ONCE,
    csv: options.Csv = None,
    yes: options.Yes = False,
) -> None:
    """Switch verbose logging on, for troubleshooting.

    [dim]sspr logs on -i inventory.yaml --limit PC-0042[/]
    """
    _switch(inventory, limit, check, at_once, csv, yes, on=True)


@app.command("off")
def off(
    inventory: options.Inventory,
    limit: options.Limit = None,
    check: options.Check = False,
    at_once: options.AtOnce = options.AT_ONCE,
    csv: options.Csv = None,
    yes: options.Yes = False,
) -> None:
    """Switch verbose logging off again.

    [dim]sspr logs off -i inventory.yaml --limit PC-0042[/]
    """
    _switch(inventory, limit, check, at_once, csv, yes, on=False)


@app.command("collect")
def collect(
    inventory: options.Inventory,
    limit: options.Limit = None,
    days: Annotated[int, typer.Option(metavar="N", min=1, help="How far back installer and restart events go.")] = 30,
    at_once: options.AtOnce = options.AT_ONCE,
    json: options.Json = None,
    csv: options.Csv = None,
    folder: options.Folder = None,
) -> None:
    """Bring home the add-in's events, installer and restart events, and its registry settings: a folder a host.

    [dim]sspr logs collect -i inventory.yaml --limit PC-0042 --folder ticket-4711[/]
    """
    from orchestrator.app import CollectLogs, prepare
    from orchestrator.cli.launch import Output, launch

    request = CollectLogs(inventory=inventory, limit=limit, at_once=at_once, folder=folder, days=days)
    launch(prepare(request), Output(json, csv=csv))


def _switch(
    inventory: Path, limit: str | None, check: bool, at_once: int, csv: Path | None, yes: bool, *, on: bool
) -> None:
    from orchestrator.app import SwitchVerboseLog, prepare
    from orchestrator.cli.launch import Output, launch

    request = SwitchVerboseLog(inventory=inventory, limit=limit, at_once=at_once, check=check, on=on)
    launch(prepare(request), Output(csv=csv), yes=yes)
