"""The hosts that a run waits for: how often each was looked for, when next, and when it was last seen."""

from __future__ import annotations

from datetime import datetime

from rich.console import Console

from orchestrator.console.columns import print_columns
from orchestrator.console.words import counted, one_line
from orchestrator.model.awaited import Awaited
from orchestrator.model.result import RunResult, shown

SHOWN = 200
"""Rows of a table that people still read; the CSV file has all."""
_HEADINGS = ("Waited for", "Looked for", "Next look", "Last seen")


def print_awaited(result: RunResult, console: Console) -> None:
    """A line for each host that is waited for, whoever is looked for next foremost; nothing where there is none."""
    details = [(host.name, host.deciding.detail) for host in result.hosts]
    waiting = [(name, detail) for name, detail in details if isinstance(detail, Awaited)]
    if not waiting:
        return
    waiting.sort(key=lambda each: (each[1].next_look or each[1].until, each[0]))
    console.print()
    print_columns(console, _HEADINGS, (_row(name, detail) for name, detail in waiting[:SHOWN]))
    if len(waiting) > SHOWN:
        console.print(f"… and {len(waiting) - SHOWN:,} more, all in the table of --csv", style="dim", highlight=False)


def _row(name: str, detail: Awaited) -> tuple[str, ...]:
    times = counted(detail.looks, "time", "times")
    return one_line(name), times, _at(detail.next_look, "-"), _at(detail.last_seen, "never in this run")


def _at(moment: datetime | None, otherwise: str) -> str:
    return shown(moment) if moment else otherwise
