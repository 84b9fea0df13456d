"""The standard output: as wide as the terminal, or, where it is piped on, as wide as its lines."""

from __future__ import annotations

from typing import Final

from rich.console import Console

_UNBOUND: Final = 10_000
"""Columns; nothing in a table is cut or wrapped for the sake of a program that reads it."""


def standard_output() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=_UNBOUND)
