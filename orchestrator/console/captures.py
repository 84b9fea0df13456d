"""What people are told of captures: that it is time to try it, and the tables of `sspr logs captures`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console
from rich.text import Text

from orchestrator.console.columns import print_columns
from orchestrator.console.table_file import Table as CsvTable
from orchestrator.console.words import machines, one_line
from orchestrator.model.capture import CaptureDetail
from orchestrator.model.result import HostResult, RunResult
from orchestrator.sentences import say


@dataclass(frozen=True)
class Row:
    """A capture that may be on; None for what is not known.

    Attributes:
        host: Where.
        by: Who is in it.
        since: From when on.
        until: Until when, by the host's clock or, where the host was not asked, this computer's.
        there: The same as the host's clock shows it.
        state: How it stands, in a word or two.
    """

    host: str
    by: str
    since: datetime | None
    until: datetime | None
    there: str
    state: str


def try_it_now(ready: Sequence[tuple[str, CaptureDetail]], *, ended_by_enter: bool) -> str:
    """What whoever began a capture is told once it has begun wherever it does; empty where it does nowhere.

    Args:
        ready: Hosts on which people may try it now.
        ended_by_enter: Whether somebody at the terminal can end it so.
    """
    if not ready:
        return ""
    first = min(ready, key=lambda each: each[1].until.timestamp() if each[1].until else 0.0)[1].there or ""
    alone = len(ready) == 1
    who = one_line(ready[0][0]) if alone else "HOST"
    begun = f"{who}: try it now, until {first} there" if alone else f"try it now on {machines(len(ready))}"
    until = "" if alone else f"; the first has time until {first} there"
    enough = "Enter ends it, as does" if ended_by_enter else "To end it sooner:"
    return (
        f"{begun}{until}. {enough} `sspr logs capture {who} --stop` in another terminal; Ctrl-C leaves it to the "
        f"{'machine' if alone else 'machines'} to switch back."
    )


def rows_of(result: RunResult) -> list[Row]:
    """The captures that hosts have told of."""
    found = []
    for host in result.hosts:
        for told in _told(host):
            if told.on:
                by, state = "; ".join(told.by), "overdue" if told.overdue else "on"
                found.append(Row(host.name, by, told.since, told.until, told.there or "", state))
    return found


def _told(host: HostResult) -> list[CaptureDetail]:
    return [each.result.detail for each in host.steps if isinstance(each.result.detail, CaptureDetail)]


def print_told(result: RunResult, console: Console) -> None:
    """What hosts have told: their captures in a table, hosts that could not be asked, and how many have none."""
    rows = rows_of(result)
    print_rows(rows, console)
    unasked = [host for host in result.hosts if not host.outcome.fine]
    for host in unasked:
        console.print(Text(f"{one_line(host.name)}: {one_line(say(host.reason))}"), soft_wrap=True)
    console.print(Text(f"{machines(len(result.hosts) - len(rows) - len(unasked))} without a capture", style="dim"))


def print_rows(rows: Sequence[Row], console: Console) -> None:
    """Captures in a table; nothing where there are none."""
    if rows:
        cells = ([one_line(cell) for cell in _cells(row)] for row in rows)
        print_columns(console, ("Host", "By", "Since", "Until", "There", "State"), cells)


def _cells(row: Row) -> tuple[str, ...]:
    return (row.host, row.by, _minute(row.since), _minute(row.until), row.there, row.state)


def _minute(moment: datetime | None) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}" if moment else "-"


def captures_table(rows: Sequence[Row]) -> CsvTable:
    """A row for each capture."""
    columns = ("name", "by", "since", "until", "there", "state")
    return CsvTable(columns, [[r.host, r.by, _iso(r.since), _iso(r.until), r.there, r.state] for r in rows])


def told_table(result: RunResult) -> CsvTable:
    """The same of what hosts have told."""
    return captures_table(rows_of(result))


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
