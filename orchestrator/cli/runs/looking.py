"""`sspr runs list` and `show`: what was run before, and its report made anew."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.cli import completion, options
from orchestrator.model.errors import UntrustedPath
from orchestrator.model.message import Message
from orchestrator.model.result import RunResult


def list_runs(csv: options.Csv = None, delimiter: options.Delimiter = None) -> None:
    """List earlier runs, newest first.

    [dim]sspr runs list[/]
    """
    from orchestrator.cli.outputs import Outputs, tell_aside, tell_handed_over
    from orchestrator.console.csv_file import runs_table
    from orchestrator.console.summary import print_runs
    from orchestrator.runs.folders import run_folders
    from orchestrator.runs.handed_over import is_left_to_workers
    from orchestrator.runs.store import read_kept

    outputs = Outputs(csv=csv, delimiter=delimiter)
    outputs.check()
    runs: list[tuple[str, RunResult | None]] = []
    refused: list[UntrustedPath] = []
    notes: list[Message] = []
    for folder in run_folders():
        result = None
        try:
            result = read_kept(folder, notes.append)
        except UntrustedPath as error:
            refused.append(error)
        runs.append((folder.name, result))
    left = {name for name, result in runs if result is not None and is_left_to_workers(name, result.state)}
    print_runs(runs, outputs.screen(), left)
    if left:
        tell_handed_over()
    for each in refused:
        typer.echo(str(each), err=True)
    for said in notes:
        tell_aside(said)
    table = runs_table(((name, result) for name, result in runs if result is not None), left)
    raise typer.Exit(outputs.write(table))


def show(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="A run: its identifier (see `sspr runs list`), its folder, its result file or its log; `last` is the "
            "newest, whether it has ended or not.",
            autocompletion=completion.runs,
        ),
    ],
    limit: options.LimitOfRun = None,
    by_group: Annotated[
        bool, typer.Option("--by-group", help="Count the outcomes for each group of the inventory, before the reasons.")
    ] = False,
    report: options.Report = None,
    csv: options.Csv = None,
    delimiter: options.Delimiter = None,
) -> None:
    """Show how a run ended, all of it or for some hosts, and write its report if wanted.

    [dim]sspr runs show 20261122-130501-9f3c --limit seoul --report seoul.html[/]

    With --limit, the report and the table cover only those hosts. Groups are as they were when the run was made.
    """
    from orchestrator.cli.outputs import Outputs, tell_aside, tell_how_to_go_on, tell_unended
    from orchestrator.console.awaited import print_awaited
    from orchestrator.console.csv_file import host_table
    from orchestrator.console.groups import print_by_group
    from orchestrator.console.standing import print_standing
    from orchestrator.console.summary import print_summary
    from orchestrator.runs.past_hosts import limited
    from orchestrator.runs.store import can_be_gone_on_with, find_run, untold_of

    outputs = Outputs(report=report, csv=csv, delimiter=delimiter)
    outputs.check()
    result = find_run(run, passing=tell_unended, told=tell_aside)
    tell_unended(result)
    if limit is not None:
        result = limited(result, limit, tell_aside)
    console = outputs.screen()
    if by_group:
        print_by_group(result, console)
        console.print()
    print_summary(result, console)
    print_standing(result, console)
    print_awaited(result, console)
    for untold in untold_of(result):
        tell_aside(untold)
    if can_be_gone_on_with(result):
        tell_how_to_go_on(result.id, result.state)
    raise typer.Exit(outputs.write(host_table(result), result))
