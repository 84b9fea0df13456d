"""Absence: a host that is off and that the run waits for, and the moments at which it is looked for.

The moments follow from the run, the host and when it was first missed, so that whoever knows these three knows them
all: another process, or one who only reads the log. Each host has a pace of its own, lest thousands that were missed
together be looked for together for ever after.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, repeat
from typing import Final

from orchestrator.model.awaited import looked_for_in_vain
from orchestrator.model.clock import Moment
from orchestrator.model.errors import Retry, TargetError
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import StepResult

PAUSES: Final = (60.0, 120.0, 300.0, 600.0, 1200.0)
"""Seconds between two looks, to begin with."""
LONGEST_PAUSE: Final = 1800.0
"""And from then on."""
JITTER: Final = 0.25
"""By which part of them a host's pauses are shorter or longer than these."""
RETURNS: Final = 3
"""How often a host that answers a look, and then fails all the same, is looked for again soon; and how often at all,
where it was not off but did not hold the conversation."""
_PASSING: Final = frozenset({Retry.RECONNECT, Retry.BACK_OFF, Retry.LOOK})


@dataclass(frozen=True)
class Absence:
    """A host that is waited for, or was a moment ago.

    Attributes:
        since: When it was missed; its looks are reckoned from then on.
        result: What the step ends with if the host is not seen again.
        looks: How often it was looked for.
        returns: How often it has answered a look, and the step has failed all the same.
        found: Whether it has answered the last look, and the step goes on.
    """

    since: Moment
    result: StepResult
    looks: int = 0
    returns: int = 0
    found: bool = False

    @property
    def as_it_stands(self) -> StepResult:
        """What the step ends with when nobody looks any more."""
        return replace(self.result, evidence={**self.result.evidence, "looked_for": self.looks})

    def ended(self, until: str) -> StepResult:
        """The same at the run's end date, in words."""
        told = self.as_it_stands
        return replace(told, reason=looked_for_in_vain(told.reason, until))


def may_return(error: TargetError) -> bool:
    """Whether a host may come back by itself that an attempt has ended so with.

    So do those that are off (no answer, nothing listens, no way there, a name that leads nowhere as those of laptops
    do, a jump host that is down), those whose line broke, be it amid a change, and those that fell silent. Not those
    that have given an answer which a person has to see to: a log-on refused, a certificate, another machine.
    """
    return error.outcome in {Outcome.UNREACHABLE, Outcome.UNKNOWN} and error.retry in _PASSING


def looks(run: str, host: str) -> Iterator[float]:
    """The moments at which a host is looked for, in seconds from when it was missed."""
    digest = hashlib.sha256(f"{run}\n{host}".encode()).digest()
    share = int.from_bytes(digest[:4], "big") / 2**32
    pace = 1 + JITTER * (2 * share - 1)
    moment = 0.0
    for pause in chain(PAUSES, repeat(LONGEST_PAUSE)):
        moment += pace * pause
        yield moment


def next_look(run: str, host: str, away: float) -> float:
    """The first of these moments after so many seconds."""
    return next(moment for moment in looks(run, host) if moment > away)


def looks_within(run: str, host: str, begin: float, end: float) -> int:
    """How many of these moments lie after `begin` and not after `end`."""
    count = 0
    for moment in looks(run, host):
        if moment > end:
            return count
        count += moment > begin
    raise AssertionError("the moments have no end")


@dataclass
class Pace:
    """Looks are begun one after the other, at most so many a second.

    Attributes:
        a_second: How many.
    """

    a_second: float
    _next: float = 0.0

    def turn(self, now: float) -> float:
        """When whoever asks at that moment may begin; both in real seconds."""
        begin = max(now, self._next)
        self._next = begin + 1 / self.a_second
        return begin
