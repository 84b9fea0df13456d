"""Hosts over all runs: what is known of each, and what remains to do; as a table on screens and for spreadsheets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from rich.console import Console

from orchestrator.console.columns import print_columns
from orchestrator.console.groups import remedies
from orchestrator.console.table_file import Cell, Table
from orchestrator.console.words import machines, one_line, wording
from orchestrator.model.host_state import HostEnd, HostState
from orchestrator.model.outcome import Outcome
from orchestrator.sentences import say

_HEADINGS: Final = ("Host", "Last", "Since", "Last seen", "Reason", "To do", "Run")
_COLUMNS: Final = (
    "name",
    "address",
    "groups",
    "outcome",
    "check",
    "reason",
    "since",
    "ended",
    "answered",
    "to_do",
    "to_do_run",
    "run",
    "playbook",
    "at_work",
)


def print_host_states(hosts: Sequence[HostState], console: Console) -> None:
    """A line for each host, those with most to do first, and how many there are with anything."""
    if not hosts:
        console.print("no host is known; `sspr runs list` shows which runs there are", highlight=False)
        return
    print_columns(console, _HEADINGS, map(_row, sorted(hosts, key=_urgency)))
    left = sum(bool(to_do(host)) for host in hosts)
    console.print()
    if left:
        console.print(f"{machines(left)} of {len(hosts):,} with something to do", style="bold", highlight=False)
    else:
        console.print(f"nothing to do on {machines(len(hosts))}", style="bold", highlight=False)


def host_states_table(hosts: Sequence[HostState]) -> Table:
    """A row for each host, by name."""
    return Table(_COLUMNS, [_cells(host) for host in hosts])


def to_do(host: HostState) -> str:
    """What remains to do, in a line; empty where nothing does."""
    if host.at_work:
        return f"run {host.at_work} is still at work on it"
    end = host.left
    if end is None:
        return ""
    if end.check and end.outcome is Outcome.CHANGED:
        return f"run `{end.playbook}` without --check"
    told = "; ".join(remedies(end.deciding)) or f"run `{end.playbook}` again"
    before = host.last and end.run != host.last.run
    return f"{end.playbook} ended {wording(end.outcome, check=end.check).label}: {told}" if before else told


def _urgency(host: HostState) -> tuple[bool, int, str]:
    gravity = host.left.outcome.gravity if host.left else 0
    return (not to_do(host), -gravity, host.name.casefold())


def _row(host: HostState) -> tuple[str, ...]:
    last = host.last
    cells = (
        host.name,
        _label(last) if last else "",
        _day(host.since),
        _day(host.answered) or "never",
        say(last.reason) if last else "",
        to_do(host),
        last.run if last else "",
    )
    return tuple(map(one_line, cells))


def _label(end: HostEnd) -> str:
    return wording(end.outcome, check=end.check).label


def _day(moment: datetime | None) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}" if moment else ""


def _cells(host: HostState) -> list[Cell]:
    last, left = host.last, host.left
    return [
        host.name,
        host.address,
        ", ".join(host.groups),
        last.outcome if last else None,
        last.check if last else None,
        say(last.reason) if last else None,
        host.since.isoformat() if host.since else None,
        last.ended.isoformat() if last else None,
        host.answered.isoformat() if host.answered else None,
        to_do(host),
        left.run if left else None,
        last.run if last else None,
        last.playbook if last else None,
        host.at_work,
    ]
