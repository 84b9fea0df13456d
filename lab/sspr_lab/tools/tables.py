"""The output formats that tasklist, whoami and their like share: TABLE, LIST and CSV, with or without a header."""

from collections.abc import Sequence
from typing import Literal

Format = Literal["table", "list", "csv"]


def render(
    rows: Sequence[Sequence[str]], header: Sequence[str], widths: Sequence[int], style: Format, *, with_header: bool
) -> str:
    """The rows as text. A negative width aligns its column to the right; only TABLE pays attention to widths."""
    if style == "csv":
        lines = [",".join(f'"{cell}"' for cell in row) for row in ([header] if with_header else []) + list(rows)]
        return "".join(f"{line}\n" for line in lines)
    if style == "list":
        label_width = max(len(name) for name in header) + 1
        return "".join(
            "\n" + "".join(f"{name + ':':<{label_width}} {cell}\n" for name, cell in zip(header, row, strict=True))
            for row in rows
        )
    head = [_row(header, widths), " ".join("=" * abs(width) for width in widths)] if with_header else []
    return "\n" + "".join(f"{line}\n" for line in [*head, *(_row(row, widths) for row in rows)])


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return " ".join(
        cell[: abs(width)].rjust(-width) if width < 0 else cell[:width].ljust(width)
        for cell, width in zip(cells, widths, strict=True)
    )
