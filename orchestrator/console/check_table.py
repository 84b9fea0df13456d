"""The table of `sspr check`: a host a row, what was found there, and what speaks against going ahead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich import box
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from orchestrator.console.groups import remedies
from orchestrator.console.preflight import facts
from orchestrator.console.words import headline, machines, one_line, wording
from orchestrator.model.result import HostResult, RunResult

HEADINGS = ("Host", "Outcome", "Windows", "TLS 1.2", "Add-in", "Restart", "Free disk")
ROWS_IN_TABLE = 200
WIDE = 120
"""Columns of a terminal from which the reasons have room beside the facts; below, they stand under them."""
HOST_WIDTH = 32


def print_check_table(result: RunResult, console: Console) -> None:
    """A table on a terminal; plain columns, a line per host, for many hosts or for another program."""
    rows = [_row(host, check=result.check) for host in result.hosts]
    reasons = [facts(host).reasons for host in result.hosts]
    styles = [wording(host.outcome, check=result.check).style for host in result.hosts]
    if len(rows) > ROWS_IN_TABLE or not console.is_terminal:
        _plain(console, rows, reasons)
    elif console.width >= WIDE:
        _table(console, rows, reasons, styles)
    else:
        _narrow(console, rows, reasons, styles)
    console.print(Text(headline(result), style="bold"))
    if result.self_test:
        console.print(Text(f"The service: {one_line(result.self_test.sentence)}"), soft_wrap=not console.is_terminal)
    if console.is_terminal:
        _to_do(console, result)


def _to_do(console: Console, result: RunResult) -> None:
    """What a person can do, each once, what helps most machines first."""
    counts = Counter(remedy for host in result.hosts for remedy in remedies(host.deciding))
    for remedy, count in counts.most_common():
        console.print(Text(f"To do for {machines(count)}: ", style="bold").append(remedy, style="not bold"))


def _row(host: HostResult, *, check: bool) -> tuple[str, ...]:
    found = facts(host)
    said = wording(host.outcome, check=check)
    cells = (found.windows, found.tls12, found.addin, found.restart, found.disk)
    return (one_line(host.name), f"{said.mark} {said.label}", *(cell or "-" for cell in cells))


def _table(
    console: Console, rows: Sequence[tuple[str, ...]], reasons: Sequence[tuple[str, ...]], styles: Sequence[str]
) -> None:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column(HEADINGS[0], no_wrap=True, overflow="ellipsis", max_width=HOST_WIDTH, style="bold")
    for heading in HEADINGS[1:]:
        table.add_column(heading, no_wrap=True, justify="right" if heading == HEADINGS[-1] else "left")
    table.add_column("Reasons", ratio=1, overflow="fold")
    for row, said, style in zip(rows, reasons, styles, strict=True):
        cells = [Text(cell, style=style if index == 1 else "") for index, cell in enumerate(row)]
        table.add_row(*cells, Text("\n".join(said)))
    console.print(table)


def _narrow(
    console: Console, rows: Sequence[tuple[str, ...]], reasons: Sequence[tuple[str, ...]], styles: Sequence[str]
) -> None:
    widths = _widths(rows)
    console.print(Text(_line(HEADINGS, widths), style="bold"), no_wrap=True, overflow="ellipsis", crop=True)
    for row, said, style in zip(rows, reasons, styles, strict=True):
        console.print(Text(_line(row, widths), style=style), no_wrap=True, overflow="ellipsis", crop=True)
        for reason in said:
            console.print(Padding(Text(reason, overflow="fold"), (0, 0, 0, 4)))
    console.print()


def _plain(console: Console, rows: Sequence[tuple[str, ...]], reasons: Sequence[tuple[str, ...]]) -> None:
    widths = _widths(rows)
    console.print(Text(f"{_line(HEADINGS, widths)}  Reasons"), soft_wrap=True)
    for row, said in zip(rows, reasons, strict=True):
        console.print(Text(f"{_line(row, widths)}  {'; '.join(said)}"), soft_wrap=True)


def _widths(rows: Sequence[tuple[str, ...]]) -> list[int]:
    return [max(map(cell_len, column)) for column in zip(HEADINGS, *rows, strict=True)]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(set_cell_size(cell, width) for cell, width in zip(cells, widths, strict=True))
