"""What still happens on hosts once a run takes up nothing new: said to whoever has just stopped it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.console.words import machines, names, one_line
from orchestrator.model.capture import capture_left
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import GOES_ON, HostResult, RunResult, restart_due, shown

_NAMES_SHOWN: Final = 5


def still_to_come(run: RunResult) -> Iterator[str]:
    """Sentences about a run that has just been told to stop, or has stopped; none where nothing comes any more."""
    at_work = [host for host in run.hosts if host.deciding.reason == GOES_ON()]
    if at_work:
        yield (
            f"on {machines(len(at_work))} what is being done is brought to its end, waits are cut short, and no more "
            "machines are begun"
        )
    left = sum(host.outcome is Outcome.UNKNOWN for host in run.hosts) - len(at_work)
    if left:
        yield f"on {machines(left)} what had been begun, such as an installation, goes on by itself"
    due = [host for host in run.hosts if restart_due(host.steps) and not host.outcome.fine]
    if due:
        restarts = "restarts all the same" if len(due) == 1 else "restart all the same"
        told = names([_restart(host) for host in due], _NAMES_SHOWN)
        yield f"{machines(len(due))} {restarts}, unless `sspr reboot cancel` stops that: {told}"

    on = [(host, capture) for host in run.hosts if (capture := capture_left(host.steps))]
    if on:
        told = names([f"{one_line(host.name)} ({capture.there})" for host, capture in on], _NAMES_SHOWN)
        yield (
            f"{machines(len(on))} {'switches' if len(on) == 1 else 'switch'} verbose logging back without anybody, at "
            f"the time there that is told; `sspr logs capture HOST --stop` does it now: {told}"
        )


def _restart(host: HostResult) -> str:
    due = restart_due(host.steps)
    return f"{one_line(host.name)} ({shown(due)})" if due else one_line(host.name)
