"""A table as a file for spreadsheets (`--csv`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

from orchestrator.model.showable import clean
from orchestrator.model.spreadsheet import USUAL, Delimiter, harmless, table_bytes

Cell: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True)
class Table:
    """Columns, named as in the result file where they are in it, and rows of as many cells."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def csv_bytes(table: Table, delimiter: Delimiter = USUAL) -> bytes:
    """The file of a table."""
    rows = ([_shown(cell, delimiter) for cell in row] for row in table.rows)
    return b"".join(table_bytes(chain([table.columns], rows), delimiter))


def _shown(cell: Cell, delimiter: Delimiter) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case str():
            return harmless(clean(cell))
        case _:
            return delimiter.number(cell)
