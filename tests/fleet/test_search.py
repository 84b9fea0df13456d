"""Who is waited for, and for how long: what a step's state says of a host that is missed, found, and missed again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.connect.connector import PywinrmConnector
from orchestrator.fleet.absence import RETURNS, Absence
from orchestrator.fleet.retry import Patience
from orchestrator.fleet.search import LOOKS_A_SECOND, Search
from orchestrator.fleet.step_state import StepState
from orchestrator.fleet.stop import StoppedBy, StopSignal
from orchestrator.model.clock import Clock, uptime
from orchestrator.model.codec import decode, encode
from orchestrator.model.events import Event, HostAwaited, HostReturned
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest, StepResult
from orchestrator.playbook.load import load_playbook
from orchestrator.sentences import say
from tests.connect.reach import at
from tests.connect.tunnels import closed_port, echo
from tests.passwords import Passwords

CLOCK = Clock()
OFF = StepResult(Outcome.UNREACHABLE, verbatim("no answer"))
BEGUN = replace(StepState.beginning(CLOCK, 600), attempt=3)
(PLANNED,) = load_playbook("preflight").steps


@pytest.fixture
def told() -> list[Event]:
    """What listeners hear."""
    return []


@pytest.fixture
def search(told: list[Event]) -> Iterator[Search]:
    """One whose end is far away."""
    connector = PywinrmConnector(Passwords("x"), threads=2)
    yield Search(CLOCK.now() + timedelta(days=3), "run", connector, CLOCK, StopSignal(), told.append)
    connector.close()


def missed(search: Search, state: StepState, *, answered: bool = False) -> Absence | None:
    after = search.missed(state, OFF, answered=answered)
    return after.absence if after else None


def found(absence: Absence, *, worked: bool = False) -> StepState:
    """The state of a step that goes on with a host that is back; `worked` is whether it has answered since."""
    state = BEGUN.found_again(replace(absence, found=True, looks=absence.looks + 1), CLOCK.after(600), CLOCK.now())
    return replace(state, patience=Patience(answered=worked))


def test_a_host_that_worked_in_between_is_missed_anew(search: Search) -> None:
    """Its pauses begin with the short ones, as if it had never been away."""
    first = missed(search, BEGUN)
    assert first is not None
    again = missed(search, found(replace(first, looks=20), worked=True))
    assert again is not None
    assert (again.looks, again.returns) == (0, 0)


def test_a_host_that_answers_looks_and_nothing_else(search: Search) -> None:
    """It may be starting, so that it is looked for again soon, a few times; then its pauses go on growing."""
    long_ago = CLOCK.after(-100_000)
    absence = replace(Absence(long_ago, OFF), looks=30)
    for returns in range(1, RETURNS + 3):
        again = missed(search, found(replace(absence, since=long_ago)))
        assert again is not None
        assert again.returns == returns
        assert (again.since != long_ago) is (returns <= RETURNS)
        assert again.looks > absence.looks
        absence = again


def test_a_host_that_is_there_and_does_not_hold_the_conversation(search: Search) -> None:
    """It is no host that is off: after a few turns it is as it is."""
    absence = missed(search, BEGUN, answered=True)
    for _ in range(RETURNS):
        assert absence is not None
        absence = missed(search, found(absence, worked=True), answered=True)
    assert absence is not None
    assert missed(search, found(absence, worked=True), answered=True) is None


def test_nobody_is_waited_for_when_the_time_is_over(search: Search) -> None:
    """What is missed then ends at once."""
    search.until = CLOCK.now()
    assert missed(search, BEGUN) is None


async def looked(search: Search, state: StepState, port: int) -> Rest | StepResult:
    return await search.look(at(port), PLANNED, decode(StepState, encode(state)))


async def test_one_line_at_the_beginning_and_one_at_the_end(search: Search, told: list[Event]) -> None:
    """However often it is looked for in between; what answers goes on at once, with all of its step's time."""
    waiting = search.missed(BEGUN, OFF, answered=False)
    assert waiting is not None
    rest = search.rest("pc-01", "preflight", waiting)
    for number in range(1, 4):
        again = await looked(search, decode(StepState, rest.state), closed_port())
        assert isinstance(again, Rest)
        assert (again.aside, again.until is None) == (True, False)
        kept = decode(StepState, again.state).absent
        assert kept is not None
        assert kept.looks == number
        rest = again
    with echo() as port:
        back = await looked(search, decode(StepState, rest.state), port)
    assert isinstance(back, Rest)
    assert (back.aside, back.until) == (False, None)
    state = decode(StepState, back.state)
    assert state.absent is None
    assert state.seen is not None
    assert CLOCK.until(state.deadline) > PLANNED.deadline_seconds - 60
    assert [type(event) for event in told] == [HostAwaited, HostReturned]


async def test_the_end_date(search: Search) -> None:
    """The last rest ends there, and nobody looks any more."""
    search.until = CLOCK.now() + timedelta(seconds=20)
    waiting = search.missed(BEGUN, OFF, answered=False)
    assert waiting is not None
    rest = search.rest("pc-01", "preflight", waiting)
    assert rest.until is not None
    assert CLOCK.until(rest.until) <= 20
    search.until = CLOCK.now()
    with echo() as port:
        result = await looked(search, waiting, port)
    assert isinstance(result, StepResult)
    assert result.outcome is Outcome.UNREACHABLE
    assert say(result.reason).startswith("no answer; looked for until ")


async def test_a_stop_is_not_kept_waiting_by_looks(search: Search) -> None:
    """Of thousands that are due, those whose turn has not come rest again, to be given up."""
    for _ in range(int(3600 * LOOKS_A_SECOND)):
        search._pace.turn(uptime())
    waiting = search.missed(BEGUN, OFF, answered=False)
    assert waiting is not None
    assert isinstance(search.stop, StopSignal)
    looking = asyncio.create_task(looked(search, waiting, closed_port()))
    await asyncio.sleep(0)
    search.stop.set(StoppedBy.OPERATOR, verbatim("enough"))
    end = await asyncio.wait_for(looking, timeout=120)
    assert isinstance(end, Rest)
    assert decode(StepState, end.state).absent == waiting.absent
