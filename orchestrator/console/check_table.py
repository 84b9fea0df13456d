"""The table of `sspr check`: a host a row, what was found there, and what speaks against going ahead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from orchestrator.console.columns import line, widths
from orchestrator.console.groups import remedies
from orchestrator.console.headline import headline
from orchestrator.console.preflight import facts
from orchestrator.console.words import machines, one_line, wording
from orchestrator.model.result import HostResult, RunResult
from orchestrator.model.self_test import SelfTest

HEADINGS = ("Host", "Outcome", "Windows", "TLS 1.2", "Add-in", "Restart", "Free disk")
REASONS = "Reasons"
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
        print_self_test(result.self_test, console)
    _to_do(console, result)


def print_self_test(tested: SelfTest, console: Console) -> None:
    """What came of it, and whose certificate the service has."""
    console.print(Text(f"The service: {one_line(tested.sentence)}"), soft_wrap=not console.is_terminal)
    if tested.certificate:
        console.print(Text(f"Its certificate: {one_line(tested.certificate)}"), soft_wrap=not console.is_terminal)


def _to_do(console: Console, result: RunResult) -> None:
    """What a person can do, each once, what helps most machines first."""
    counts = Counter(remedy for host in result.hosts for remedy in remedies(host.deciding))
    for remedy, count in counts.most_common():
        told = Text(f"To do for {machines(count)}: ", style="bold").append(remedy, style="not bold")
        console.print(told, soft_wrap=not console.is_terminal)


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
    table.add_column(REASONS, ratio=1, overflow="fold")
    for row, said, style in zip(rows, reasons, styles, strict=True):
        cells = [Text(cell, style=style if index == 1 else "") for index, cell in enumerate(row)]
        table.add_row(*cells, Text("\n".join(said)))
    console.print(table)


def _narrow(
    console: Console, rows: Sequence[tuple[str, ...]], reasons: Sequence[tuple[str, ...]], styles: Sequence[str]
) -> None:
    sizes = widths(HEADINGS, rows)
    console.print(Text(line(HEADINGS, sizes), style="bold"), no_wrap=True, overflow="ellipsis", crop=True)
    for row, said, style in zip(rows, reasons, styles, strict=True):
        console.print(Text(line(row, sizes), style=style), no_wrap=True, overflow="ellipsis", crop=True)
        for reason in said:
            console.print(Padding(Text(reason, overflow="fold"), (0, 0, 0, 4)))
    console.print()


def _plain(console: Console, rows: Sequence[tuple[str, ...]], reasons: Sequence[tuple[str, ...]]) -> None:
    """Never folded, however narrow the screen is: a line for each host."""
    headings = (*HEADINGS, REASONS)
    whole = [(*row, "; ".join(said)) for row, said in zip(rows, reasons, strict=True)]
    sizes = widths(headings, whole)
    console.out("\n".join(line(row, sizes) for row in (headings, *whole)), highlight=False)
