"""`sspr logs`: the add-in's verbose log switched on and off, and logs brought home, verified, handed on and removed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli import analyze, captures, log_search, options, redaction
from orchestrator.cli.exit_code import ExitCode

app = typer.Typer(
    no_args_is_help=True,
    help="Switch the add-in's verbose log on, for a while or for good, or off; bring logs home, say what they "
    "tell, search them, verify that they are as they came, hand them on without names of persons, remove them.\n\n"
    "[dim]sspr logs collect -i inventory.yaml --limit PC-0042 --folder ticket-4711[/]",
)


@app.command("on")
def on(
    inventory: options.Inventory,
    limit: options.Limit = None,
    check: options.Check = False,
    forks: options.Forks = options.FORKS,
    lease_wait: options.LeaseWait = options.LEASE_WAIT,
    ignore_windows: options.IgnoreWindows = False,
    json: options.Json = None,
    report: options.Report = None,
    csv: options.Csv = None,
    delimiter: options.Delimiter = None,
    folder: options.Folder = None,
    new_password: options.NewPassword = False,
    yes: options.Yes = False,
) -> None:
    """Switch verbose logging on, for troubleshooting.

    [dim]sspr logs on -i inventory.yaml --limit PC-0042[/]
    """
    from orchestrator.app import SwitchVerboseLog, prepare
    from orchestrator.cli.launch import launch
    from orchestrator.cli.outputs import Outputs

    request = SwitchVerboseLog(
        inventory=inventory,
        limit=limit,
        forks=forks,
        check=check,
        folder=folder,
        lease_wait_minutes=lease_wait,
        ignore_windows=ignore_windows,
        new_password=new_password,
        on=True,
    )
    launch(prepare(request), Outputs(json, report, csv, delimiter), yes=yes)


@app.command("off")
def off(
    inventory: options.Inventory,
    limit: options.Limit = None,
    check: options.Check = False,
    forks: options.Forks = options.FORKS,
    lease_wait: options.LeaseWait = options.LEASE_WAIT,
    ignore_windows: options.IgnoreWindows = False,
    json: options.Json = None,
    report: options.Report = None,
    csv: options.Csv = None,
    delimiter: options.Delimiter = None,
    folder: options.Folder = None,
    new_password: options.NewPassword = False,
    yes: options.Yes = False,
) -> None:
    """Switch verbose logging off again.

    [dim]sspr logs off -i inventory.yaml --limit PC-0042[/]
    """
    from orchestrator.app import SwitchVerboseLog, prepare
    from orchestrator.cli.launch import launch
    from orchestrator.cli.outputs import Outputs

    request = SwitchVerboseLog(
        inventory=inventory,
        limit=limit,
        forks=forks,
        check=check,
        folder=folder,
        lease_wait_minutes=lease_wait,
        ignore_windows=ignore_windows,
        new_password=new_password,
        on=False,
    )
    launch(prepare(request), Outputs(json, report, csv, delimiter), yes=yes)


@app.command("collect")
def collect(
    inventory: options.Inventory,
    limit: options.Limit = None,
    days: Annotated[
        int, typer.Option(metavar="N", min=1, help="How far back events go, but for the add-in's own.")
    ] = 30,
    sources: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A YAML file of more logs, registry keys and folders to bring home."),
    ] = None,
    since_last: Annotated[
        bool, typer.Option("--since-last", help="Only events that came after each host's last logs were brought home.")
    ] = False,
    zipped: Annotated[bool, typer.Option("--zip", help="Make one zip file of each host's logs.")] = False,
    forks: options.Forks = options.FORKS,
    json: options.Json = None,
    report: options.Report = None,
    csv: options.Csv = None,
    delimiter: options.Delimiter = None,
    folder: options.Folder = None,
    new_password: options.NewPassword = False,
) -> None:
    """Bring home the add-in's events, installer and restart events, and its registry settings: a folder a host.

    [dim]sspr logs collect -i inventory.yaml --limit PC-0042 --folder ticket-4711[/]

    --delimiter is also what separates the cells of each timeline.csv.
    """
    from orchestrator.app import CollectLogs, prepare
    from orchestrator.cli.launch import launch
    from orchestrator.cli.outputs import Outputs
    from orchestrator.model.spreadsheet import USUAL

    request = CollectLogs(
        inventory=inventory,
        limit=limit,
        forks=forks,
        folder=folder,
        new_password=new_password,
        days=days,
        sources=sources,
        since_last=since_last,
        zipped=zipped,
        delimiter=delimiter or USUAL,
    )
    launch(prepare(request), Outputs(json, report, csv, delimiter if csv else None))


app.command("capture")(captures.capture)
app.command("captures")(captures.captures)
app.command("sweep")(captures.sweep)
app.command("analyze")(analyze.analyze)
app.command("search")(log_search.search)
app.command("groups")(log_search.groups)
app.command("redact")(redaction.redact)


@app.command("verify")
def verify(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER",
            help="What was brought home: a run's folder, that of one host, or its zip file.",
        ),
    ],
) -> None:
    """Verify that logs are as they were brought home: whether a file is missing, altered or extra.

    [dim]sspr logs verify ticket-4711[/]

    Each folder or zip file is held against the hashes in its manifest.json, and that against the run's result.json
    where the logs still lie in the run's folder; then none may be missing, and nothing be beside them. Exit codes: 0
    all is as it was, 1 something is not, 2 nothing to look at.
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
            if each.copy_of:
                typer.echo("  a redacted copy, not what the host gave: persons have pseudonyms there")
                typer.echo(f"  it says that the original's manifest.json has the SHA-256 {each.copy_of}")
            elif not each.vouched:
                typer.echo("  whether that manifest is the run's own, only the run's result.json could tell")
    if any(each.problems for each in logs):
        raise typer.Exit(ExitCode.SOME_NOT)


@app.command("prune")
def prune(
    older_than: Annotated[
        timedelta,
        typer.Option(
            "--older-than",
            parser=options.age,
            metavar="AGE",
            help="Only logs brought home longer ago: 90d, 12w or 48h, say.",
        ),
    ],
    folder: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER]", help="Where they are; those of all runs unless said.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Remove nothing; say what would be removed.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask; needed where nobody can be asked, as in a scheduled job.")
    ] = False,
) -> None:
    """Remove logs that were brought home long ago; what the runs did is kept.

    [dim]sspr logs prune --older-than 90d --check[/]

    Only what is as it was brought home goes: logs of which a file is missing, altered or extra stay, and are named.
    Exit codes: 0 all of it went, 2 nothing was begun, 4 something could not be removed.
    """
    from orchestrator.app.prune_logs import logs_to_prune, prune_logs
    from orchestrator.cli.launch import approve_removal
    from orchestrator.cli.streams import complain, note
    from orchestrator.console.words import counted, in_units, one_line

    pruning = logs_to_prune(datetime.now(UTC), older_than, folder)
    for each in pruning.logs:
        typer.echo(f"{one_line(str(each.folder))}: {one_line(each.host or '')}, {each.taken:%Y-%m-%d}")
    for place, why in pruning.spared:
        note(f"{one_line(str(place))} stays: {one_line(why)}")
    hosts = counted(len(pruning.logs), "host's logs", "hosts' logs")
    typer.echo(f"to be removed: {hosts}, {in_units(pruning.size)}")
    if check or not pruning.logs:
        return
    approve_removal(f"Remove {hosts}?", yes=yes)
    left = prune_logs(pruning.logs)
    gone = len(pruning.logs) - len(left)
    typer.echo("removed " + counted(gone, "host's logs", "hosts' logs"))
    for place, why in left:
        complain(f"{one_line(str(place))} was not removed: {one_line(why)}")
    raise typer.Exit(ExitCode.COORDINATOR if left else ExitCode.FINE)
