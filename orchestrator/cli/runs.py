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
    from orchestrator.cli.outputs import Outputs, standard_output
    from orchestrator.console.csv_file import runs_table
    from orchestrator.console.summary import print_runs
    from orchestrator.runs.folders import run_folders
    from orchestrator.runs.store import read_kept

    outputs = Outputs(csv=csv)
    outputs.check()
    runs = [(folder.path.name, read_kept(folder), folder.ended) for folder in run_folders()]
    print_runs(runs, standard_output())
    raise typer.Exit(outputs.write(runs_table((name, result) for name, result, _ in runs if result is not None)))


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
    from orchestrator.cli.outputs import Outputs, standard_output
    from orchestrator.console.csv_file import host_table
    from orchestrator.console.groups import print_by_group
    from orchestrator.console.summary import print_summary
    from orchestrator.runs.store import find_run, limited

    outputs = Outputs(report=report, csv=csv)
    outputs.check()
    result = find_run(run)
    if limit is not None:
        result = limited(result, limit)
    console = standard_output()
    if by_group:
        print_by_group(result, console)
        console.print()
    print_summary(result, console)
    raise typer.Exit(outputs.write(host_table(result), result))
