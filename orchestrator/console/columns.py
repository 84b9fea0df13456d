"""Plain columns under headings: as wide as what stands in them, folded where the screen is narrower, and none cut.

Rich's own table measures and renders each cell by itself, which takes ten times as long: with 20,000 hosts that is a
quarter of a minute.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.console import Console

_BETWEEN: Final = "  "
_NARROWEST: Final = 4
"""Cells that a column keeps, however narrow the screen is."""
_READABLE: Final = 15
"""Cells that a column should keep: those of an address. Where very long names would leave less, they stand apart."""
_SHARE_OF_NAMES: Final = 3
"""Of a screen, which part the first column then has."""


def print_columns(console: Console, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Prints a heading and a line for each row, or several where its cells are folded.

    Args:
        console: Where to.
        headings: One for each column.
        rows: Of cells without line breaks, as many as there are headings. The first is never folded, as it is what
            people copy; one that is too long stands on a line of its own.
    """
    cells = list(rows)
    wanted = widths(headings, cells)
    sizes = _fitting(wanted, console.width)
    if max(sizes[1:], default=0) < min(_READABLE, max(wanted[1:], default=0)):
        names = [cell_len(row[0]) for row in (headings, *cells)]
        usual = [width for width in names if width <= console.width // _SHARE_OF_NAMES]
        sizes = _fitting([max(usual, default=wanted[0]), *wanted[1:]], console.width)
    console.out("\n".join(_lines(headings, sizes)), style="bold", highlight=False)
    if cells:
        console.out("\n".join(itertools.chain.from_iterable(_lines(row, sizes) for row in cells)), highlight=False)


def widths(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[int]:
    """Of each column, the cells that its widest text takes on a screen."""
    return [max(map(cell_len, column)) for column in zip(headings, *rows, strict=True)]


def line(cells: Sequence[str], sizes: Sequence[int]) -> str:
    """Cells beside each other, each as wide as its column."""
    padded = (set_cell_size(cell, size) for cell, size in zip(cells, sizes, strict=True))
    return _BETWEEN.join(padded).rstrip()


def _fitting(sizes: Sequence[int], screen: int) -> list[int]:
    """The widths of the columns on a screen: where all have no room, the widest but the first become narrower."""
    first, *others = sizes
    room = max(screen - first - len(_BETWEEN) * len(others), _NARROWEST * len(others))
    widest = max(others, default=0)
    while sum(min(width, widest) for width in others) > room:
        widest -= 1
    return [first, *(min(width, widest) for width in others)]


def _lines(row: Sequence[str], sizes: Sequence[int]) -> Iterator[str]:
    if all(cell_len(cell) <= width for cell, width in zip(row, sizes, strict=True)):
        yield line(row, sizes)
        return
    if cell_len(row[0]) > sizes[0]:
        yield row[0]
        row = ("", *row[1:])
    folded = [chop_cells(cell, width) or [""] for cell, width in zip(row, sizes, strict=True)]
    for cells in itertools.zip_longest(*folded, fillvalue=""):
        yield line(cells, sizes)
