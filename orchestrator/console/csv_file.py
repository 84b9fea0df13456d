"""Tables of what commands show (`--csv`): their columns and rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from orchestrator.console.groups import remedies
from orchestrator.console.preflight import facts
from orchestrator.console.table_file import Cell, Table
from orchestrator.model.doctor import DoctorDetail, ExaminedBelief
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult
from orchestrator.sentences import say

_HOST_COLUMNS = (
    "run",
    "name",
    "address",
    "groups",
    "branch",
    "outcome",
    "reason",
    "remedy",
    "seconds",
    "steps",
    "last_seen",
)


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


def runs_table(results: Iterable[tuple[str, RunResult]], handed_over: Collection[str] = ()) -> Table:
    """A row for each run, by its name, with how many hosts ended in which outcome, and whether it is a worker's."""
    columns = ("id", "playbook", "started", "finished", "state", "check", "hosts", *Outcome, "handed_over")
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
            name in handed_over,
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
        host.last_seen.isoformat() if host.last_seen else None,
    ]
