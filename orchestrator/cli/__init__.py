"""The `sspr` command: arguments in, exit code out; no decisions of its own."""

from __future__ import annotations

import logging
import sys

import typer

from orchestrator.cli import streams
from orchestrator.cli.exit_code import ExitCode
from orchestrator.cli.lazy import Commands
from orchestrator.model.core_dumps import forbid_core_dumps
from orchestrator.model.errors import CoordinatorError, UsageError

app = typer.Typer(
    name="sspr",
    cls=Commands,
    help="""Brings Microsoft's self-service-password-reset logon add-in to Windows 7 SP1, 8 and 8.1 machines over WinRM,
    and switches Windows 10's own on.

    [dim]sspr check -i inventory.yaml[/]

    That changes nothing. To try everything on simulated machines first: `sspr demo`.
    """,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from orchestrator.model import program

        typer.echo(f"sspr {program.version()}")
        raise typer.Exit


@app.callback()
def _sspr(
    version: bool = typer.Option(
        False, "--version", is_eager=True, callback=_version, help="Show the version and exit."
    ),
) -> None:
    pass


def main() -> None:
    """The console script.

    What the person gave and cannot be used, and what this computer cannot do, end with one clear text.
    """
    forbid_core_dumps()
    if not sys.warnoptions:
        logging.captureWarnings(capture=True)  # what libraries say to programmers is nothing for the person
    streams.bear_loss()
    code = _code()
    if (error := streams.lost()) is not None:
        streams.complain(f"the standard output could not be written: {error.strerror}")
        code = code if code not in {ExitCode.FINE, ExitCode.SOME_NOT} else ExitCode.COORDINATOR
    sys.exit(code)


def _code() -> int:
    """Does what the command line says, and gives the exit code for it."""
    try:
        app()
    except UsageError as error:
        streams.complain(str(error))
        return ExitCode.NOTHING_BEGUN
    except CoordinatorError as error:
        from orchestrator.sentences import say

        remedy = f". To do: {say(error.remedy)}" if error.remedy else ""
        streams.complain(f"{say(error.reason)}{remedy}")
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        streams.complain(f"{where}{error.strerror or error}")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return ExitCode.COORDINATOR
