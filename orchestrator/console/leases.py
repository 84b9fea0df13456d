"""The table of `sspr leases list`: a line for each host that a run is at work on, and one for all that are free."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from rich.console import Console
from rich.text import Text

from orchestrator.console.columns import print_columns
from orchestrator.console.table_file import Cell
from orchestrator.console.table_file import Table as CsvTable
from orchestrator.console.words import machines, one_line
from orchestrator.model.lease import LeaseDetail
from orchestrator.model.result import HostResult, RunResult
from orchestrator.sentences import say


def print_leases(result: RunResult, console: Console) -> None:
    """Leases in a table, hosts that could not be asked with the reason, and how many are free."""
    leased = list(_leased(result))
    if leased:
        rows = ([one_line(cell) for cell in (host.name, *_cells(lease))] for host, lease in leased)
        print_columns(console, ("Host", "Run", "By", "Since", "Until"), rows)
    unasked = [host for host in result.hosts if not host.outcome.fine]
    for host in unasked:
        console.print(Text(f"{one_line(host.name)}: {one_line(say(host.reason))}"), soft_wrap=True)
    free = len(result.hosts) - len(leased) - len(unasked)
    console.print(Text(f"{machines(free)} without a lease", style="dim"))


def leases_table(result: RunResult) -> CsvTable:
    """A row for each host that has a lease."""
    columns = ("name", "run", "account", "computer", "since", "until", "ran_out", "ended")
    return CsvTable(columns, [_row(host.name, lease) for host, lease in _leased(result)])


def _row(host: str, lease: LeaseDetail) -> list[Cell]:
    who: list[Cell] = [host, lease.run, lease.account, lease.computer]
    return [*who, _iso(lease.since), _iso(lease.until), lease.ran_out, lease.ended]


def _leased(result: RunResult) -> Iterator[tuple[HostResult, LeaseDetail]]:
    for host in result.hosts:
        for record in host.steps:
            if isinstance(record.result.detail, LeaseDetail):
                yield host, record.result.detail


def _cells(lease: LeaseDetail) -> tuple[str, ...]:
    by = f"{lease.account} on {lease.computer}" if lease.account and lease.computer else "-"
    state = " (ended)" if lease.ended else " (ran out)" if lease.ran_out else ""
    return (lease.run or "-", by, _minute(lease.since), _minute(lease.until) + state)


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "-"


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
