"""`sspr runs export` and `prune`: what is kept of runs handed on, or removed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from orchestrator.cli import options
from orchestrator.cli.exit_code import ExitCode
from orchestrator.model.output_files import OutputFiles, OutputKind

if TYPE_CHECKING:
    from orchestrator.app.prune import Pruning

NAMES_SHOWN: Final = 8
_ARCHIVE: Final = OutputKind("FILE", "archive", re.compile(rb"PK\x03\x04.{26}[^/]+/", re.DOTALL))


def export(
    run: options.Run,
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="Where to write the archive; - prints it.")],
) -> None:
    """Write all that a run has left into one archive, for support or an audit.

    [dim]sspr runs export last ticket-4711.zip[/]

    In it are the result, the log, the report, what the run was when it began, what came home from hosts, and the
    SHA-256 of each of these. Passwords are in none of them; names of hosts, accounts and people are.
    """
    from orchestrator.cli.outputs import tell_aside, tell_unended
    from orchestrator.cli.streams import note
    from orchestrator.console.report import report_bytes
    from orchestrator.runs.archive import archive
    from orchestrator.runs.store import find_folder, known_of

    folder, files = find_folder(run), OutputFiles([(_ARCHIVE, file)])
    files.check([folder.journal, folder.result, folder.kept])
    known = known_of(folder, tell_aside)
    tell_unended(known)
    files.write(file, archive(folder, {"report.html": report_bytes(known)}))
    files.close()
    tell = note if files.take_the_standard_output() else typer.echo
    tell(f"run {folder.name} is in {file}")


def prune(
    older_than: Annotated[
        timedelta,
        typer.Option(
            "--older-than",
            parser=options.age,
            metavar="AGE",
            help="Only runs that ended longer ago: 90d, 12w or 48h, say.",
        ),
    ],
    keep: Annotated[
        int, typer.Option("--keep", metavar="N", min=0, help="Leave the newest N runs, however old they are.")
    ] = 0,
    resumable: Annotated[
        bool, typer.Option("--resumable", help="Remove runs as well that could be gone on with by `sspr runs resume`.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Remove nothing; say what would be removed.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask; needed where nobody can be asked, as in a scheduled job.")
    ] = False,
) -> None:
    """Remove what is kept of runs of long ago: results, logs, what came home, and copies of packages.

    [dim]sspr runs prune --older-than 90d --keep 20 --check[/]

    Runs at work stay, and so do those that can be gone on with unless --resumable is said. What a removed run has
    changed in registries can no longer be put back by `--undo`, which is said before you are asked. A folder that
    somebody has named with --folder is left where it is, and no longer listed.
    """
    from orchestrator.app.prune import prune as remove
    from orchestrator.app.prune import to_prune
    from orchestrator.cli.launch import approve_removal
    from orchestrator.cli.streams import complain
    from orchestrator.console.words import in_units

    pruning = to_prune(datetime.now(UTC), older_than=older_than, newest=keep, resumable=resumable)
    _tell(pruning)
    if check or not (pruning.runs or pruning.copies):
        return
    approve_removal(f"Remove {_counted(len(pruning.runs))}?", yes=yes)
    pruned = remove(pruning)
    typer.echo(f"removed {_counted(len(pruned.runs))}, {in_units(pruned.size)}")
    for name, why in pruned.left:
        complain(f"run {name} was not removed: {why}")
    raise typer.Exit(ExitCode.COORDINATOR if pruned.left else ExitCode.FINE)


def _tell(pruning: Pruning) -> None:
    """What would go, what stays, and what cannot be undone then."""
    from orchestrator.cli.outputs import Outputs
    from orchestrator.cli.streams import note
    from orchestrator.console.columns import print_columns
    from orchestrator.console.words import counted, in_units, names, one_line

    if pruning.runs:
        rows = [
            (
                one_line(old.folder.name),
                f"{old.run.finished.astimezone():%Y-%m-%d %H:%M}",
                one_line(old.run.playbook),
                old.run.state,
                in_units(old.size) if old.size else "",
                "goes" if old.undoes else "",
            )
            for old in pruning.runs
        ]
        print_columns(Outputs().screen(), ("Run", "Ended", "Playbook", "State", "Size", "Undo"), rows)
    copies = f" and {counted(len(pruning.copies), 'copy', 'copies')} of files" if pruning.copies else ""
    typer.echo(f"to be removed: {_counted(len(pruning.runs))}{copies}, {in_units(pruning.size)}")
    undone = [old.folder.name for old in pruning.runs if old.undoes]
    if undone:
        note(
            f"what {_counted(len(undone))} changed in registries can no longer be put back by `sspr run --undo` then: "
            f"{names(undone, NAMES_SHOWN)}"
        )
    for name, why in pruning.spared:
        note(f"run {one_line(name)} stays: {one_line(why)}")


def _counted(runs: int) -> str:
    from orchestrator.console.words import counted

    return counted(runs, "run", "runs")
