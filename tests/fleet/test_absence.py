"""The moments at which hosts that are off are looked for: pure, and so simulated for as long as a weekend is."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter

import pytest

from orchestrator.fleet.absence import JITTER, LONGEST_PAUSE, PAUSES, Pace, looks_within, may_return, next_look
from orchestrator.fleet.search import LOOKS_A_SECOND
from orchestrator.model import errors
from orchestrator.model.errors import (
    AccessDenied,
    AnotherMachine,
    BrokenAtLogon,
    ChangeUnsettled,
    ConnectionLost,
    DeadlineExceeded,
    HandshakeDamaged,
    HandshakeFailed,
    JumpHostDefers,
    JumpHostRefused,
    JumpHostUnreachable,
    LeaseHeld,
    LogonImpossible,
    LogonRefused,
    LogonWithheld,
    NameUnknown,
    Resource,
    ResourcesExhausted,
    TargetError,
    TaskNeverStarted,
    Unreachable,
)
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome

RUN = "20261127-180000-abcd"
HOSTS = [f"pc-{number:04d}" for number in range(4000)]
WEEKEND = 3 * 24 * 3600.0
LOOK_SECONDS = 5.0
"""What a look takes at a host that is silent."""


def simulated(
    missed: dict[str, float], until: float, *, down: tuple[float, float] = (0.0, 0.0)
) -> dict[str, list[float]]:
    """When each host is looked for, with nobody looking while the coordinator is down."""
    pace = Pace(LOOKS_A_SECOND)
    begun: dict[str, list[float]] = {host: [] for host in missed}
    due = [(since + next_look(RUN, host, 0), host) for host, since in missed.items()]
    heapq.heapify(due)
    while due:
        moment, host = heapq.heappop(due)
        if down[0] <= moment < down[1]:
            moment = down[1]
        begin = pace.turn(moment)
        if begin > until:
            continue
        begun[host].append(begin)
        ended = begin + LOOK_SECONDS
        heapq.heappush(due, (missed[host] + next_look(RUN, host, ended - missed[host]), host))
    return begun


@pytest.mark.parametrize("down", [(0.0, 0.0), (3600.0, 12 * 3600.0)], ids=["all the time", "after half a day"])
def test_no_second_has_more_looks_than_it_may(down: tuple[float, float]) -> None:
    """Not even where 4,000 hosts are missed at the same moment, or are overdue together; and none is forgotten."""
    begun = simulated(dict.fromkeys(HOSTS, 0.0), WEEKEND, down=down)
    seconds = Counter(int(moment) for moments in begun.values() for moment in moments)
    assert max(seconds.values()) <= LOOKS_A_SECOND + 1
    steady = [count for second, count in seconds.items() if second > 18 * 3600]
    assert sum(steady) / (WEEKEND - 18 * 3600) < 1.1 * len(HOSTS) / LONGEST_PAUSE
    for moments in begun.values():
        gaps = [after - before for before, after in itertools.pairwise(moments) if before >= down[1]]
        assert max(gaps) < LONGEST_PAUSE * (1 + JITTER) + len(HOSTS) / LOOKS_A_SECOND
        assert moments[-1] > WEEKEND - 2 * LONGEST_PAUSE


def test_pauses_grow_and_are_a_host_s_own() -> None:
    """From a minute to half an hour, the same whoever asks, and different from host to host and from run to run."""
    moments = [0.0]
    while len(moments) < 10:
        moments.append(next_look(RUN, "pc", moments[-1]))
    pauses = [after - before for before, after in itertools.pairwise(moments)]
    wanted = [*PAUSES, *[LONGEST_PAUSE] * 4]
    shares = {round(pause / want, 6) for pause, want in zip(pauses, wanted, strict=True)}
    assert len(shares) == 1
    assert abs(shares.pop() - 1) <= JITTER
    assert looks_within(RUN, "pc", 0, moments[9]) == 9
    assert looks_within(RUN, "pc", moments[4], moments[9]) == 5
    firsts = {round(next_look(run, host, 0), 3) for run in (RUN, "other") for host in HOSTS[:100]}
    assert len(firsts) > 190


SAID = verbatim("said")
COMES_BACK = (
    Unreachable,
    NameUnknown,
    JumpHostUnreachable,
    BrokenAtLogon,
    ConnectionLost,
    DeadlineExceeded,
    ChangeUnsettled,
)
FOR_A_PERSON = (HandshakeFailed, HandshakeDamaged, LogonRefused, LogonImpossible, LogonWithheld, AccessDenied)


@pytest.mark.parametrize("kind", [*COMES_BACK, *FOR_A_PERSON], ids=lambda kind: kind.__name__)
def test_who_may_return(kind: type[TargetError]) -> None:
    """Who is off, or fell silent; not who has given an answer that a person has to see to."""
    assert may_return(kind(SAID)) is (kind in COMES_BACK)


@pytest.mark.parametrize(
    ("error", "returns"),
    [
        (JumpHostDefers("gate", "later", "10.0.0.1:22"), True),
        (JumpHostRefused(SAID, remedy=SAID, jump_host="gate"), False),
        (AnotherMachine("PC-2", "PC-1"), False),
        (LeaseHeld(SAID, "-", None), False),
        (TaskNeverStarted(), False),
        (ResourcesExhausted(Resource.THREADS), False),
    ],
    ids=lambda each: type(each).__name__,
)
def test_who_may_return_of_those_with_more_to_say(error: TargetError, returns: bool) -> None:
    """A jump host that takes us later lets through by itself; everything else has been answered."""
    assert may_return(error) is returns


def test_no_error_is_forgotten() -> None:
    """Each class that makes a host unreachable is in one of the lists above."""
    told = {*COMES_BACK, *FOR_A_PERSON, JumpHostDefers, JumpHostRefused, AnotherMachine}
    there = {
        each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, TargetError) and each.outcome is Outcome.UNREACHABLE
    }
    assert there <= told
