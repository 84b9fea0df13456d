"""`sspr playbooks`: the playbooks that come with the program."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.cli import completion, options
from orchestrator.model.errors import UsageError, did_you_mean


def playbooks(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="PLAYBOOK",
            help="Print this one, to start a file of your own from.",
            autocompletion=completion.playbooks,
        ),
    ] = None,
    csv: options.Csv = None,
    delimiter: options.Delimiter = None,
) -> None:
    """List the shipped playbooks, or print one.

    [dim]sspr playbooks install > my-install.yaml[/]
    """
    from rich.table import Table

    from orchestrator.cli.outputs import Outputs
    from orchestrator.console import table_file
    from orchestrator.playbook.load import shipped_playbooks

    if name is not None and csv is not None:
        raise UsageError("--csv writes the list of playbooks; leave it out, or the playbook")
    outputs = Outputs(csv=csv, delimiter=delimiter)
    outputs.check()
    shipped = {playbook.name: playbook for playbook in shipped_playbooks()}
    if name in shipped:
        typer.echo(shipped[name].path.read_text("utf-8"), nl=False)
        return
    if name is not None:
        hint = did_you_mean(name, shipped)
        raise UsageError(f"there is no shipped playbook `{name}`{hint or ';'} there are {', '.join(shipped)}")
    table = Table("Playbook", "What it does", "Steps", box=None, header_style="bold")
    rows = [(each.name, each.description, ", ".join(step.name for step in each.steps)) for each in shipped.values()]
    for row in rows:
        table.add_row(*row)
    outputs.screen().print(table)
    raise typer.Exit(outputs.write(table_file.Table(("name", "description", "steps"), rows)))
