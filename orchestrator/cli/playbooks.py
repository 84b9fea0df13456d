"""`sspr playbooks`: the playbooks that come with the program."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table

from orchestrator.model.errors import UsageError
from orchestrator.model.suggestion import did_you_mean
from orchestrator.playbook.load import shipped_playbooks


def playbooks(
    name: str | None = typer.Argument(None, help="Print this one, to start a file of your own from."),
) -> None:
    """List the shipped playbooks, or print one.

    [dim]sspr playbooks install > my-install.yaml[/]
    """
    shipped = {playbook.name: playbook for playbook in shipped_playbooks()}
    if name in shipped:
        typer.echo(shipped[name].path.read_text("utf-8"), nl=False)
        return
    if name is not None:
        hint = did_you_mean(name, shipped)
        raise UsageError(f"there is no shipped playbook `{name}`{hint or ';'} there are {', '.join(shipped)}")
    table = Table("Playbook", "What it does", "Steps", box=None, header_style="bold")
    for playbook in shipped.values():
        table.add_row(playbook.name, playbook.description, ", ".join(step.name for step in playbook.steps))
    Console().print(table)
