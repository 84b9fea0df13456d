"""`sspr runs`: what was run before, and its report made anew."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.cli import completion, options

app = typer.Typer(
    no_args_is_help=True,
    help="List earlier runs, show one, or write its report.\n\n[dim]sspr runs show last --report last.html[/]",
)


@app.command("list")
def list_runs(csv: options.Csv = None) -> None:
    """List earlier runs, newest first.

    [dim]sspr runs list[/]
    """
    from rich.console import Console
    from rich.table import Table

    from orchestrator.cli.outputs import Outputs
    from orchestrator.console.csv_file import runs_table
    from orchestrator.model.errors import DocumentError
    from orchestrator.runs.folders import result_files
    from orchestrator.runs.result_file import read_result

    outputs = Outputs(csv=csv)
    outputs.check()
    console = Console()
    table = Table("Run", "Playbook", "Hosts", "State", "Outcomes", box=None, header_style="bold")
    files, readable = result_files(), []
    for file in files:
        try:
            result = read_result(file)
        except DocumentError:
            table.add_row(file.parent.name, "", "", "[red]not readable[/]", str(file))
            continue
        readable.append((file.parent.name, result))
        outcomes = ", ".join(f"{count} {outcome}" for outcome, count in result.summary.items())
        table.add_row(file.parent.name, result.playbook, str(len(result.hosts)), result.state, outcomes)
    console.print(table if files else "no runs yet")
    raise typer.Exit(outputs.write(runs_table(readable)))


@app.command("show")
def show(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="A run: its identifier (see `sspr runs list`), its folder or its result file; `last` is the newest.",
            autocompletion=completion.runs,
        ),
    ],
    limit: options.LimitOfRun = None,
    by_group: Annotated[
        bool, typer.Option("--by-group", help="Count the outcomes for each group of the inventory, before the reasons.")
    ] = False,
    report: options.Report = None,
    csv: options.Csv = None,
) -> None:
    """Show how a run ended, all of it or for some hosts, and write its report if wanted.

    [dim]sspr runs show 20261122-130501-9f3c --limit seoul --report seoul.html[/]

    With --limit, the report and the table cover only those hosts. Groups are as they were when the run was made.
    """
    from rich.console import Console

    from orchestrator.cli.outputs import Outputs
    from orchestrator.console.csv_file import host_table
    from orchestrator.console.groups import print_by_group
    from orchestrator.console.summary import print_summary
    from orchestrator.runs.store import find_run, limited

    outputs = Outputs(report=report, csv=csv)
    outputs.check()
    result = find_run(run)
    if limit is not None:
        result = limited(result, limit)
    console = Console()
    if by_group:
        print_by_group(result, console)
        console.print()
    print_summary(result, console)
    raise typer.Exit(outputs.write(host_table(result), result))
