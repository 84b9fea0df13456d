"""How a run stands, for Prometheus: gauges in its text format, as node_exporter's textfile collector takes them.

Every one has the run's label, since the collector takes no file that has a series of another one. No host and no group
is named: what an inventory has thousands of is no label.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from orchestrator.console.tally import Tally
from orchestrator.model.events import Event, RunFinished, RunStarted
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import ENDED_STATES, RunResult

EVERY_SECONDS: Final = 60.0
"""So that a run whose process was killed is told from one that waits, by the age of the file."""
_AT_WORK: Final = "at_work"


@dataclass(frozen=True, kw_only=True)
class _Standing:
    """A run that has ended, or not yet."""

    run: str
    playbook: str
    check: bool
    hosts: int
    outcomes: Mapping[Outcome, int]
    started: datetime
    now: datetime
    state: str = _AT_WORK


def metrics(result: RunResult) -> bytes:
    """The metrics of a run that has ended."""
    return _exposition(
        _Standing(
            run=result.id,
            playbook=result.playbook,
            check=result.check,
            hosts=len(result.hosts),
            outcomes=result.summary,
            started=result.started,
            now=result.finished,
            state=result.state,
        )
    )


class LiveMetrics:
    """A listener that writes a run's metrics when it begins, and then once a minute until it ends.

    What cannot be written is passed over: at the end it is tried again, and told.

    Args:
        write: Takes what is to stand in the file.
        since: When the run began, where it is gone on with.
    """

    def __init__(self, write: Callable[[bytes], None], since: datetime | None = None) -> None:
        self._write = write
        self._started = since or datetime.now(UTC)
        self._tally = Tally()
        self._next: asyncio.TimerHandle | None = None

    def notify(self, event: Event) -> None:
        self._tally.take(event)
        if isinstance(event, RunStarted):
            self._tell()
        elif isinstance(event, RunFinished) and self._next:
            self._next.cancel()

    def _tell(self) -> None:
        standing = _Standing(
            run=self._tally.run,
            playbook=self._tally.playbook,
            check=self._tally.check,
            hosts=len(self._tally.hosts),
            outcomes=self._tally.counts,
            started=self._started,
            now=datetime.now(UTC),
        )
        with suppress(OSError):
            self._write(_exposition(standing))
        self._next = asyncio.get_running_loop().call_later(EVERY_SECONDS, self._tell)


def _exposition(standing: _Standing) -> bytes:
    registry = CollectorRegistry()

    def gauge(name: str, help_text: str, *labels: str) -> Gauge:
        return Gauge(name, help_text, ("run", *labels), registry=registry)

    run, started, now = standing.run, standing.started.timestamp(), standing.now.timestamp()
    about = gauge("sspr_run_info", "Which run this is; always 1.", "playbook", "check")
    about.labels(run, standing.playbook, str(standing.check).lower()).set(1)
    gauge("sspr_run_start_timestamp_seconds", "When the run began.").labels(run).set(started)
    if standing.state != _AT_WORK:
        gauge("sspr_run_end_timestamp_seconds", "When the run ended.").labels(run).set(now)
    gauge("sspr_run_duration_seconds", "How long the run took, or has taken so far.").labels(run).set(now - started)
    states = gauge("sspr_run_state", "1 for the state that the run is in, 0 for all others.", "state")
    for state in sorted({_AT_WORK, standing.state} | ENDED_STATES):
        states.labels(run, state).set(state == standing.state)
    gauge("sspr_run_hosts", "Hosts that the run is for.").labels(run).set(standing.hosts)
    hosts = gauge("sspr_hosts", "Hosts that are through, by how they ended.", "outcome")
    for outcome in Outcome:
        hosts.labels(run, outcome.value).set(standing.outcomes.get(outcome, 0))
    return generate_latest(registry)
