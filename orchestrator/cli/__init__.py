"""The `sspr` command: arguments in, exit code out; no decisions of its own."""

from __future__ import annotations

import io
import sys
from typing import Any

import typer

from orchestrator.cli.lazy import Commands
from orchestrator.model.errors import UsageError

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

USAGE = 2


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"sspr {version('sspr-orchestrator')}")
        raise typer.Exit


@app.callback()
def _sspr(
    version: bool = typer.Option(
        False, "--version", is_eager=True, callback=_version, help="Show the version and exit."
    ),
) -> None:
    pass


def main() -> None:
    """The console script. What the person gave and cannot be used ends with exit code 2 and one clear text."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        app()
    except UsageError as error:
        _complain(str(error))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _complain(f"{where}{error.strerror or error}")


def _complain(text: str) -> Any:
    from rich.console import Console
    from rich.markup import escape

    Console(stderr=True, soft_wrap=True).print(f"[bold red]error:[/] {escape(text)}", highlight=False)
    sys.exit(USAGE)
