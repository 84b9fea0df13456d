"""`sspr runs`: what was run before, and its report made anew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from orchestrator.cli import options, state
from orchestrator.console.report import write_report
from orchestrator.console.result_file import read_result
from orchestrator.console.summary import print_summary
from orchestrator.fleet.run import is_run_id
from orchestrator.model.errors import DocumentError, UsageError

app = typer.Typer(no_args_is_help=True, help="Earlier runs: list them, show one, write its report.")


@app.command("list")
def list_runs() -> None:
    """List earlier runs, newest first.

    [dim]sspr runs list[/]
    """
    console = Console()
    table = Table("Run", "Playbook", "Hosts", "State", "Outcomes", box=None, header_style="bold")
    folder = state.runs_folder()
    files = sorted(folder.glob(f"*/{state.RESULT}"), reverse=True) if folder.is_dir() else []
    for file in files:
        try:
            result = read_result(file)
        except DocumentError:
            table.add_row(file.parent.name, "", "", "[red]not readable[/]", str(file))
            continue
        outcomes = ", ".join(f"{count} {outcome}" for outcome, count in result.summary.items())
        table.add_row(file.parent.name, result.playbook, str(len(result.hosts)), result.state, outcomes)
    console.print(table if files else "no runs yet")


@app.command("show")
def show(
    run: Annotated[str, typer.Argument(help="A run's identifier, or the path of a result file.")],
    report: options.Report = None,
) -> None:
    """Show how a run ended, and write its report if wanted.

    [dim]sspr runs show 20261122-130501-9f3c --report last-night.html[/]
    """
    path = state.runs_folder() / run / state.RESULT if is_run_id(run) else Path(run)
    if not path.is_file():
        raise UsageError(f"there is no run `{run}`; `sspr runs list` shows those that there are")
    result = read_result(path)
    print_summary(result, Console())
    if report:
        write_report(result, report)
