"""An older commit beside this tree: what either takes, and what part of the former the latter is."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.measuring import ROOT, checkout, surroundings
from benchmarks.table import WIDTH


def compare(
    about: str | None,
    commit: str,
    rounds: int,
    measure: Callable[[Sequence[Path], int], Mapping[str, Sequence[float]]],
    *,
    heading: str,
    title: str,
    shown: str,
) -> None:
    """A program that compares: takes its arguments, measures, and prints a table.

    Args:
        about: What its help begins with.
        commit: What is compared with unless the arguments say otherwise.
        rounds: How often, likewise.
        measure: Gives what each row takes from each of these sources, as the median of so many rounds.
        heading: What the rows are.
        title: What was measured.
        shown: The format of a figure.
    """
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commit", default=commit, help="what is compared with (default: %(default)s)")
    parser.add_argument(
        "--rounds", type=int, default=rounds, help="how often; the median counts (default: %(default)s)"
    )
    asked = parser.parse_args()
    before = surroundings()
    with checkout(asked.commit) as older:
        figures = measure((older, ROOT), asked.rounds)
    table = Table(heading, box=box.MARKDOWN, title=title, title_justify="left")
    for column in (asked.commit, "this tree", "ratio"):
        table.add_column(column, justify="right")
    for row, (was, now) in figures.items():
        table.add_row(row, shown.format(was), shown.format(now), f"{now / was:.2f}")
    print(f"{before}\n{asked.rounds} rounds\n")
    Console(width=WIDTH).print(table)
