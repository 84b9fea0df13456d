"""`sspr logs`: the add-in's verbose log switched on and off, and logs brought home and verified to be as they came."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli import options

app = typer.Typer(
    no_args_is_help=True,
    help="Switch the add-in's verbose log on or off, bring logs home, and verify that they are as they came.\n\n"
    "[dim]sspr logs collect -i inventory.yaml --limit PC-0042 --folder ticket-4711[/]",
)


@app.command("on")
def on(
    inventory: options.Inventory,
    limit: options.Limit = None,
    check: options.Check = False,
    forks: options.Forks = options.FORKS,
    json: options.Json = None,
    csv: options.Csv = None,
    folder: options.Folder = None,
    yes: options.Yes = False,
) -> None:
    """Switch verbose logging on, for troubleshooting.

    [dim]sspr logs on -i inventory.yaml --limit PC-0042[/]
    """
    from orchestrator.app import SwitchVerboseLog, prepare
    from orchestrator.cli.launch import launch
    from orchestrator.cli.outputs import Outputs

    request = SwitchVerboseLog(inventory=inventory, limit=limit, forks=forks, check=check, folder=folder, on=True)
    launch(prepare(request), Outputs(json, csv=csv), yes=yes)


@app.command("off")
def off(
    inventory: options.Inventory,
    limit: options.Limit = None,
    check: options.Check = False,
    forks: options.Forks = options.FORKS,
    json: options.Json = None,
    csv: options.Csv = None,
    folder: options.Folder = None,
    yes: options.Yes = False,
) -> None:
    """Switch verbose logging off again.

    [dim]sspr logs off -i inventory.yaml --limit PC-0042[/]
    """
    from orchestrator.app import SwitchVerboseLog, prepare
    from orchestrator.cli.launch import launch
    from orchestrator.cli.outputs import Outputs

    request = SwitchVerboseLog(inventory=inventory, limit=limit, forks=forks, check=check, folder=folder, on=False)
    launch(prepare(request), Outputs(json, csv=csv), yes=yes)


@app.command("collect")
def collect(
    inventory: options.Inventory,
    limit: options.Limit = None,
    days: Annotated[int, typer.Option(metavar="N", min=1, help="How far back installer and restart events go.")] = 30,
    forks: options.Forks = options.FORKS,
    json: options.Json = None,
    csv: options.Csv = None,
    folder: options.Folder = None,
) -> None:
    """Bring home the add-in's events, installer and restart events, and its registry settings: a folder a host.

    [dim]sspr logs collect -i inventory.yaml --limit PC-0042 --folder ticket-4711[/]
    """
    from orchestrator.app import CollectLogs, prepare
    from orchestrator.cli.launch import launch
    from orchestrator.cli.outputs import Outputs

    request = CollectLogs(inventory=inventory, limit=limit, forks=forks, folder=folder, days=days)
    launch(prepare(request), Outputs(json, csv=csv))


@app.command("verify")
def verify(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER",
            help="What was brought home: a run's folder, or that of one host.",
        ),
    ],
) -> None:
    """Verify that logs are as they were brought home: whether a file is missing, altered or extra.

    [dim]sspr logs verify ticket-4711[/]

    Each folder is held against the hashes in its manifest.json, and that against the run's result.json where the logs
    still lie in the run's folder; then none may be missing, and nothing be beside them. Exit codes: 0 all is as it was,
    1 something is not, 2 nothing to look at.
    """
    from orchestrator.app.verify_logs import verify_logs
    from orchestrator.console.words import counted, one_line

    logs = verify_logs(folder)
    for each in logs:
        where = one_line(str(each.folder))
        if each.problems:
            typer.echo(f"{where}: not as it was brought home")
            for problem in each.problems:
                typer.echo(f"  {one_line(problem)}")
        else:
            files = counted(each.files, "file", "files")
            as_what = "as they were brought home" if each.vouched else "as the manifest beside them has them"
            typer.echo(f"{where}: {files} of {one_line(each.host or '')}, {as_what}")
            typer.echo(f"  manifest.json has the SHA-256 {each.manifest_sha256}")
            if not each.vouched:
                typer.echo("  whether that manifest is the run's own, only the run's result.json could tell")
    if any(each.problems for each in logs):
        raise typer.Exit(1)
