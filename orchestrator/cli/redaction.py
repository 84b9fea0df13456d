"""`sspr logs redact`: one machine's logs as a file that may be handed on, with pseudonyms in the place of persons."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final

import typer

from orchestrator.model.output_files import OutputKind, check_file

_BUNDLE: Final = OutputKind("--output", "zip file of logs", re.compile(rb"PK\x03\x04.{26}manifest\.json", re.DOTALL))


def redact(
    place: Annotated[
        Path, typer.Argument(metavar="BUNDLE", help="The logs: their folder or zip file, or a run's with one host's.")
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="OUT.zip", help="The zip file to write."),
    ],
) -> None:
    """Make a copy of one machine's logs with pseudonyms in the place of persons, to be handed on.

    [dim]sspr logs redact ticket-4711 -o ticket-4711-redacted.zip[/]

    Accounts, their SIDs, mail and IP addresses get one each, the same in all files and in every copy that is made with
    your key, which stays in the state folder. Names of computers and domains stay, and so do SYSTEM and Administrator.
    Event logs (.evtx) and cabinets cannot be rewritten and are left out, as is said in manifest.json. No program knows
    every name: look through the copy before it leaves your house.
    """
    from orchestrator.app.redact import redact_logs
    from orchestrator.cli.exit_code import ExitCode
    from orchestrator.cli.outputs import tell_not_written
    from orchestrator.console.words import counted, one_line
    from orchestrator.harvest.layout import ZIP
    from orchestrator.model.errors import UsageError

    if output.suffix != ZIP:
        raise UsageError(f"--output {output}: the copy is one zip file; give a name that ends in {ZIP}")
    check_file(_BUNDLE, output)
    try:
        made = redact_logs(place, output)
    except OSError as error:
        tell_not_written(error)
        raise typer.Exit(ExitCode.COORDINATOR) from error
    redacted = made.redacted
    assert redacted is not None, "a redacted copy says so"
    typer.echo(f"{one_line(str(output))}: {counted(len(made.files), 'file', 'files')} of {one_line(made.host)}")
    told = ", ".join(f"{count:,} of kind {kind}" for kind, count in redacted.names.items())
    typer.echo(f"  names replaced: {told or 'none'}")
    for each in redacted.left_out:
        typer.echo(f"  left out: {one_line(each.name)}: {one_line(each.why)}")
    typer.echo("  look through it before it leaves your house: no program knows every name")
