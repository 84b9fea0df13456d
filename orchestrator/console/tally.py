"""Where a run stands, kept up to date event by event: the one source of both progress displays."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from orchestrator.console.headline import in_need
from orchestrator.console.waves import wave_line
from orchestrator.console.words import SHOWN_ORDER, Wording, duration, one_line, wording
from orchestrator.model.events import (
    Event,
    HostAwaited,
    HostFinished,
    HostGoesOn,
    HostReturned,
    HostWaits,
    Interrupted,
    Progress,
    RunFinished,
    RunStarted,
    StepRetried,
    StepStarted,
)
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, shown
from orchestrator.sentences import say

SMALL = 12
"""Up to so many hosts, each has a row of its own from beginning to end."""
PROBLEMS_KEPT = 5


@dataclass(frozen=True)
class InFlight:
    """What a host is doing; `since` is a moment of the tally's clock."""

    step: str
    since: float
    message: str = ""


@dataclass(frozen=True)
class Waiting:
    """What a host waits for, in words, and what tells one kind of wait from another."""

    step: str
    message: str
    kind: str

    @classmethod
    def of(cls, event: HostWaits) -> Waiting:
        until = f", until {shown(event.wait.until)}" if event.wait.until else ""
        return cls(one_line(event.step), one_line(say(event.wait.what)) + until, event.wait.what.code)


@dataclass(frozen=True)
class Ended:
    """How a host ended; `seconds` is what its steps took together, `in_need` whether a person has to see to it."""

    host: str
    outcome: Outcome
    reason: str
    seconds: float
    in_need: bool

    @classmethod
    def of(cls, result: HostResult) -> Ended:
        seconds = sum(step.seconds for step in result.steps)
        return cls(result.name, result.outcome, one_line(say(result.reason)), seconds, in_need(result))


@dataclass
class Tally:
    """Counts and rows of a run; what came from hosts is made safe to show on the way in.

    Attributes:
        waves: What was said last of waves and guards; may be empty.
        in_flight: Hosts at work, the one that began first foremost.
        waits: Hosts that wait for something that may take long.
        awaited: Hosts that are off and looked for.
        ended: Hosts that are through; kept only in small runs, where each has its row.
        problems: The last hosts that need a person, newest last.
    """

    clock: Callable[[], float] = time.monotonic
    run: str = ""
    playbook: str = ""
    check: bool = False
    hosts: tuple[str, ...] = ()
    began: float = 0.0
    stopping: bool = False
    waves: str = ""
    finished: bool = False
    counts: Counter[Outcome] = field(default_factory=Counter)
    in_flight: dict[str, InFlight] = field(default_factory=dict)
    waits: dict[str, Waiting] = field(default_factory=dict)
    awaited: set[str] = field(default_factory=set)
    ended: dict[str, Ended] = field(default_factory=dict)
    problems: deque[Ended] = field(default_factory=lambda: deque(maxlen=PROBLEMS_KEPT))

    @property
    def done(self) -> int:
        return self.counts.total()

    @property
    def waiting(self) -> int:
        return max(0, len(self.hosts) - self.done - len(self.in_flight))

    @property
    def small(self) -> bool:
        return len(self.hosts) <= SMALL

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return self.clock() - self.began

    def outcomes(self) -> list[tuple[Outcome, Wording]]:
        """The outcomes met so far and how they are shown."""
        return [(outcome, wording(outcome, check=self.check)) for outcome in SHOWN_ORDER if self.counts[outcome]]

    def take(self, event: Event) -> None:
        """Bring the tally up to date."""
        match event:
            case RunStarted(run, playbook, hosts, check):
                self._forget()  # what was before, where a run is gone on with: hosts that are through are told again
                self.run, self.playbook, self.check = one_line(run), one_line(playbook), check
                self.hosts = tuple(host.name for host in hosts)
                self.began = self.clock()
            case StepStarted(host, step, attempt):
                again = "" if attempt == 1 else f"attempt {attempt}"
                self.waits.pop(host, None)
                self.in_flight[host] = InFlight(one_line(step), self.clock(), again)
            case StepRetried(host, step, _, error, seconds):
                self._say(host, step, f"again in {duration(seconds)}: {say(error)}")
            case Progress(host, step, message):
                self._say(host, step, say(message))
            case HostAwaited() | HostReturned() | HostWaits() | HostGoesOn():
                self._wait(event)
            case HostFinished(result):
                self._leave(result.name)
                self._end(Ended.of(result))
            case Interrupted():
                self.stopping = True
            case RunFinished():
                self.finished = True
                self.in_flight.clear()
            case _:  # a host whose step has ended stays in flight until the next one begins or it is through
                self.waves = wave_line(event) or self.waves

    def _wait(self, event: HostAwaited | HostReturned | HostWaits | HostGoesOn) -> None:
        self._leave(event.host)
        match event:
            case HostAwaited(host=host):
                self.awaited.add(host)
            case HostWaits(host=host):
                self.waits[host] = Waiting.of(event)
            case HostReturned(host=host, step=step):
                self._say(host, step, "is back")
            case HostGoesOn(host=host, step=step):
                self._say(host, step, "")

    def _leave(self, host: str) -> None:
        """Neither at work nor waited for, as far as is known until now."""
        self.in_flight.pop(host, None)
        self.waits.pop(host, None)
        self.awaited.discard(host)

    def _forget(self) -> None:
        self.stopping = self.finished = False
        for known in (self.counts, self.in_flight, self.waits, self.awaited, self.ended, self.problems):
            known.clear()

    def _say(self, host: str, step: str, message: str) -> None:
        now = self.in_flight.get(host, InFlight(one_line(step), self.clock()))
        self.in_flight[host] = replace(now, message=one_line(message))

    def _end(self, ended: Ended) -> None:
        self.counts[ended.outcome] += 1
        if self.small:
            self.ended[ended.host] = ended
        if ended.in_need:
            self.problems.append(ended)
