"""What each host of a run that is at work does at this moment, or waits for, by the lines of its log."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from orchestrator.model.message import Message, message, phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import BEGINS_YET, GOES_ON, StepResult
from orchestrator.model.waiting import Doing, Wait
from orchestrator.runs.journal_lines import (
    GuardedLine,
    HostAwaitedLine,
    HostFinishedLine,
    HostGoesOnLine,
    HostReturnedLine,
    HostWaitsLine,
    RunStartedLine,
    StepFinishedLine,
    StepStartedLine,
    WaveApprovedLine,
    WaveBeganLine,
    WaveWaitsLine,
)

WAIT: Final = phrase("remedy-run-goes-on")()


@message("run-killed-waiting")
def _killed_waiting(what: Message) -> None: ...


class Doings:
    """Brought up to date line by line."""

    def __init__(self) -> None:
        self._at_work: dict[str, tuple[str, datetime]] = {}
        self._waits: dict[str, tuple[HostWaitsLine, datetime]] = {}
        self._wave: WaveWaitsLine | None = None

    def take(self, line: Any) -> None:
        """Heeds a line; those that tell of nothing of the kind are passed over."""
        match line:
            case RunStartedLine():  # whoever goes on with the run tells anew
                self._at_work.clear()
                self._waits.clear()
                self._wave = None
            case HostWaitsLine(host=host):
                before = self._waits.get(host)
                same = before is not None and Wait(line.what).like(Wait(before[0].what))
                self._waits[host] = line, before[1] if before is not None and same else line.timestamp
            case StepStartedLine(host=host, step=step) | HostGoesOnLine(host=host, step=step):
                waited = self._waits.pop(host, None)
                if waited or self._at_work.get(host, ("", None))[0] != step:
                    self._at_work[host] = step, line.timestamp
            case HostReturnedLine(host=host, step=step):
                self._at_work[host] = step, line.timestamp
            case HostAwaitedLine(host=host) | StepFinishedLine(host=host) | HostFinishedLine(host=host):
                self._waits.pop(host, None)
            case WaveWaitsLine():
                self._wave = line
            case WaveBeganLine() | WaveApprovedLine() | GuardedLine():
                self._wave = None

    def waits(self, host: str) -> Message | None:
        """What a host that has begun waits for; None where it does not wait."""
        return self._waits[host][0].what if host in self._waits else None

    def of(self, host: str) -> StepResult:
        """What stands for the result of a host that has begun, and has no end yet."""
        if host in self._waits:
            line, since = self._waits[host]
            doing = Doing(line.step, since, waits=True, until=line.until)
            return StepResult(Outcome.CANCELLED, line.what, doing, remedy=WAIT)
        doing = Doing(*self._at_work[host]) if host in self._at_work else Doing("")
        return StepResult(Outcome.UNKNOWN, GOES_ON(), doing, remedy=WAIT)

    @property
    def not_begun(self) -> StepResult:
        """The same of one that has not begun, since the run has not come to it, or its wave has to wait."""
        if self._wave is None:
            return StepResult(Outcome.CANCELLED, BEGINS_YET(), Doing(waits=True), remedy=WAIT)
        doing = Doing(since=self._wave.timestamp, waits=True, until=self._wave.until)
        return StepResult(Outcome.CANCELLED, self._wave.reason, doing, remedy=WAIT)

    def killed(self, host: str) -> StepResult | None:
        """What a host ends with that waited, and was not at work, when the run was killed."""
        what = self.waits(host)
        return None if what is None else StepResult(Outcome.CANCELLED, _killed_waiting(what))
