"""`sspr msi`: what an MSI file is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli import options

COLUMNS = (
    "product_name",
    "manufacturer",
    "version",
    "architecture",
    "product_code",
    "upgrade_code",
    "bytes",
    "sha256",
)

app = typer.Typer(
    no_args_is_help=True,
    help="Inspect MSI files on this machine.\n\n[dim]sspr msi inspect SsprWindowsLogon.PROD.msi[/]",
)


@app.command("inspect")
def inspect(file: Annotated[Path, typer.Argument(help="The MSI file.")], csv: options.Csv = None) -> None:
    """Show which product a package is, its version and architecture, and its SHA-256.

    [dim]sspr msi inspect SsprWindowsLogon.PROD.msi[/]
    """
    from rich.table import Table

    from orchestrator.cli.outputs import Outputs, standard_output
    from orchestrator.console import csv_file
    from orchestrator.package.msi import read_package

    outputs = Outputs(csv=csv)
    outputs.check([file])
    package = read_package(file)
    table = Table(box=None, show_header=False)
    for title, text in (
        ("Product", package.product_name),
        ("Manufacturer", package.manufacturer),
        ("Version", package.version),
        ("Architecture", package.architecture),
        ("Product code", package.product_code),
        ("Upgrade code", package.upgrade_code or "none"),
        ("Bytes", f"{package.bytes:,}"),
        ("SHA-256", package.sha256),
        ("Provider", f"{package.registration.registers}: {package.registration.because}"),
    ):
        table.add_row(f"[bold]{title}[/]", text)
    standard_output().print(table)
    row = [getattr(package, column) for column in COLUMNS]
    raise typer.Exit(outputs.write(csv_file.Table(COLUMNS, [row])))


@app.callback()
def _group() -> None:
    """Inspect MSI files on this machine."""
