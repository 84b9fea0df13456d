"""`sspr lab`: hosts to try everything on, on this machine."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, help="Lab hosts that speak real WinRM, for rehearsals and tests.")


@app.callback()
def _group() -> None:
    """Lab hosts that speak real WinRM, for rehearsals and tests."""
