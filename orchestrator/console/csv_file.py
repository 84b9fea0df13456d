"""CSV files (`--csv`): tables for spreadsheets, in which nothing that came from a host can act.

RFC 4180: commas, CRLF, quotes where they are needed. UTF-8 with a byte order mark, because without one Excel takes a
file for the ANSI code page of its own machine, and Korean names come out wrong; other programs skip it
(`utf-8-sig` in Python). A cell of text that begins like a formula gets an apostrophe in front: spreadsheets would
compute it (owasp.org/www-community/attacks/CSV_Injection), and what hosts say of themselves is not to be trusted.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from orchestrator.console.groups import remedies
from orchestrator.console.preflight import facts
from orchestrator.console.words import clean
from orchestrator.model.doctor import DoctorDetail, ExaminedBelief
from orchestrator.model.outcome import Outcome
from orchestrator.model.private_file import write_private
from orchestrator.model.result import HostResult, RunResult
from orchestrator.sentences import say

Cell: TypeAlias = str | int | float | bool | None
FORMULA_BEGINNINGS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r")
"""The four signs, also in full width as East Asian spreadsheets take them, and what hides one."""


@dataclass(frozen=True)
class Table:
    """Columns, named as in the result file where they are in it, and rows of as many cells."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def write_csv(table: Table, path: Path) -> None:
    """Write a table, whole or not at all, mode 0600: it may hold what only administrators should know.

    Raises:
        OSError: The file cannot be written.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(table.columns)
    writer.writerows([_shown(cell) for cell in row] for row in table.rows)
    write_private(path, text.getvalue().encode("utf-8-sig"))


def _shown(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case str():
            # What `clean` takes away may have stood in front of a formula, and so may blanks.
            text = clean(cell)
            harmless = not (cell.startswith(FORMULA_BEGINNINGS) or text.lstrip().startswith(FORMULA_BEGINNINGS))
            return text if harmless else f"'{text}"
        case _:
            return str(cell)


_HOST_COLUMNS = ("run", "name", "address", "groups", "branch", "outcome", "reason", "remedy", "seconds", "steps")


def host_table(result: RunResult) -> Table:
    """A row for each host of a run; `steps` has the outcome of each, `seconds` what they took together."""
    return Table(_HOST_COLUMNS, [_host(result, host) for host in result.hosts])


def check_table(result: RunResult) -> Table:
    """The same with what a preflight learned, as `sspr check` shows it."""
    rows: list[list[Cell]] = []
    for host in result.hosts:
        found = facts(host)
        learned = (found.windows, found.tls12, found.addin, found.restart, found.disk, "; ".join(found.reasons))
        rows.append([*_host(result, host), *learned])
    return Table((*_HOST_COLUMNS, "windows", "tls12", "addin", "restart_pending", "free_disk", "findings"), rows)


def doctor_table(result: RunResult) -> Table:
    """A row for each belief that was tested."""
    columns = ("name", "sentence", "holds", "difference")
    details = [record.result.detail for host in result.hosts for record in host.steps]
    beliefs = [belief for detail in details if isinstance(detail, DoctorDetail) for belief in detail.beliefs]
    return Table(columns, [_belief(belief) for belief in beliefs])


def _belief(belief: ExaminedBelief) -> list[Cell]:
    difference = None if belief.difference is None else say(belief.difference)
    return [belief.name, say(belief.sentence), belief.holds, difference]


def runs_table(results: Iterable[tuple[str, RunResult]]) -> Table:
    """A row for each run, by the name of its folder, with how many hosts ended in which outcome."""
    columns = ("id", "playbook", "started", "finished", "state", "check", "hosts", *Outcome)
    rows: list[list[Cell]] = [
        [
            name,
            result.playbook,
            result.started.isoformat(),
            result.finished.isoformat(),
            result.state,
            result.check,
            len(result.hosts),
            *(result.summary.get(outcome, 0) for outcome in Outcome),
        ]
        for name, result in results
    ]
    return Table(columns, rows)


def _host(result: RunResult, host: HostResult) -> list[Cell]:
    return [
        result.id,
        host.name,
        host.address,
        ", ".join(host.groups),
        host.branch,
        host.outcome,
        say(host.reason),
        "; ".join(remedies(host.deciding)),
        round(sum(record.seconds for record in host.steps), 3),
        "; ".join(f"{record.name}: {record.result.outcome}" for record in host.steps),
    ]
