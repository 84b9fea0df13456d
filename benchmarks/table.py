"""Costs side by side, with how many times dearer each is than the first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.measuring import Cost

WIDTH = 110


def print_costs(title: str, costs: Sequence[Cost[Any]]) -> None:
    """Prints a table; the first cost is what the others are compared with."""
    table = Table("Way", box=box.MARKDOWN, title=title, title_justify="left")
    for heading in ("Requests", "KB up", "KB down", "CPU ms", "Wall ms"):
        table.add_column(heading, justify="right")
    for cost in costs:
        table.add_row(
            cost.way, *(_cell(own, first) for own, first in zip(_figures(cost), _figures(costs[0]), strict=True))
        )
    Console(width=WIDTH).print(table)


def _figures(cost: Cost[Any]) -> tuple[float, ...]:
    return (cost.requests, cost.bytes_up / 1000, cost.bytes_down / 1000, cost.cpu * 1000, cost.wall * 1000)


def _cell(own: float, first: float) -> str:
    figure = f"{own:,.0f}" if own >= 100 or own == int(own) else f"{own:.1f}"  # noqa: PLR2004 - three digits are enough
    return figure if own == first else f"{figure} ({own / first:.1f}x)"
