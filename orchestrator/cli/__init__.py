"""The `sspr` command: arguments in, exit code out; no decisions of its own."""

from __future__ import annotations

import io
import sys

import typer
from rich.console import Console
from rich.markup import escape

from orchestrator.cli import check, demo, doctor, inventory, lab, logs, msi, playbooks, reboot, run, runs
from orchestrator.model.errors import UsageError

app = typer.Typer(
    name="sspr",
    help="""Brings Microsoft's self-service-password-reset logon add-in to Windows 7 SP1, 8 and 8.1 machines over WinRM,
    and switches Windows 10's own on.

    [dim]sspr check -i inventory.yaml[/]

    Nothing is changed by that. To see it all on machines that the program makes up itself: `sspr demo`.
    """,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("check")(check.check)
app.command("run")(run.run)
app.add_typer(logs.app, name="logs")
app.add_typer(reboot.app, name="reboot")
app.add_typer(runs.app, name="runs")
app.add_typer(inventory.app, name="inventory")
app.command("playbooks")(playbooks.playbooks)
app.add_typer(msi.app, name="msi")
app.add_typer(lab.app, name="lab")
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)

USAGE = 2


def main() -> None:
    """The console script. What the person gave and cannot be used ends with exit code 2 and one clear text."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        app()
    except UsageError as error:
        Console(stderr=True, soft_wrap=True).print(f"[bold red]error:[/] {escape(str(error))}", highlight=False)
        sys.exit(USAGE)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        Console(stderr=True, soft_wrap=True).print(
            f"[bold red]error:[/] {escape(where)}{escape(error.strerror or str(error))}", highlight=False
        )
        sys.exit(USAGE)
