"""Slots: never more at work than allowed, and who comes back goes before who has not begun."""

from __future__ import annotations

import asyncio
import random

import pytest

from orchestrator.engine.slots import Slots
from orchestrator.fleet.stop import StoppedBy, StopSignal
from orchestrator.model.clock import Clock
from orchestrator.model.errors import RunStopped
from orchestrator.model.message import verbatim

CLOCK = Clock()


async def settle() -> None:
    """Lets every task that can go on do so."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_no_more_than_so_many_at_work() -> None:
    """However hosts rest, fail and are cancelled, no more than allowed are at work, and all places return."""
    slots = Slots(3, StopSignal(), CLOCK)
    at_work = most = 0
    chance = random.Random(7)

    async def host(number: int) -> None:
        nonlocal at_work, most
        async with slots.place() as place:
            for _ in range(3):
                at_work += 1
                most = max(most, at_work)
                try:
                    await asyncio.sleep(chance.random() / 500)
                finally:
                    at_work -= 1
                if number % 7 == 0:
                    raise ValueError(number)
                await place.rest(CLOCK.after(chance.random() / 500))
                await place.take()

    tasks = [asyncio.create_task(host(number)) for number in range(40)]
    await asyncio.sleep(0.005)
    for task in tasks[::5]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert most == 3
    assert at_work == 0
    assert slots._free == 3


async def test_who_comes_back_goes_first() -> None:
    """A host that rested gets the next place, though others have waited for longer without having begun."""
    slots = Slots(1, StopSignal(), CLOCK)
    order: list[str] = []
    rested = asyncio.Event()

    async def resting() -> None:
        async with slots.place() as place:
            order.append("resting begins")
            await place.rest(CLOCK.after(0.01))
            await place.take()
            order.append("resting returns")

    async def first_newcomer() -> None:
        async with slots.place():
            order.append("first newcomer")
            await rested.wait()

    async def second_newcomer() -> None:
        async with slots.place():
            order.append("second newcomer")

    async with asyncio.TaskGroup() as group:
        for coroutine in (resting(), first_newcomer(), second_newcomer()):
            group.create_task(coroutine)
            await settle()
        while len(slots._waiting) < 2:  # the second newcomer, and who has rested
            await settle()
        rested.set()
    assert order == ["resting begins", "first newcomer", "resting returns", "second newcomer"]


async def test_newcomers_keep_their_order() -> None:
    """Hosts begin in the order in which they came."""
    slots = Slots(1, StopSignal(), CLOCK)
    order: list[int] = []

    async def host(number: int) -> None:
        async with slots.place():
            order.append(number)
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        for number in range(10):
            group.create_task(host(number))
    assert order == list(range(10))


async def test_a_rest_gives_the_place_away() -> None:
    """While one host rests, another works in its place."""
    slots = Slots(1, StopSignal(), CLOCK)
    worked = asyncio.Event()

    async def other() -> None:
        async with slots.place():
            worked.set()

    async with slots.place() as place:
        task = asyncio.create_task(other())
        await settle()
        assert not worked.is_set()
        await place.rest(CLOCK.after(0.01))
        assert worked.is_set()
        await place.take()
        assert place.held
    await task
    assert slots._free == 1


async def test_who_stands_aside_keeps_nobody_from_a_place() -> None:
    """It has none, and gives none back; when there is something to do it has one like everybody who comes back."""
    slots = Slots(1, StopSignal(), CLOCK)
    async with slots.place(aside=True) as place, slots.place(aside=True):
        async with slots.place():
            await place.rest(CLOCK.after(0.01))
            taking = asyncio.create_task(place.take())
            await settle()
            assert not taking.done()
        await taking
        assert slots._free == 0
    assert slots._free == 1


async def test_a_stop_ends_a_rest() -> None:
    """A host at rest is told at once why the run is stopped; it holds no place then, and gives none back twice."""
    stop = StopSignal()
    slots = Slots(1, stop, CLOCK)
    async with slots.place() as place:
        asyncio.get_running_loop().call_soon(stop.set, StoppedBy.OPERATOR, verbatim("interrupted"))
        with pytest.raises(RunStopped, match="interrupted"):
            await place.rest(CLOCK.after(3600))
        assert not place.held
    assert slots._free == 1


async def test_a_cancelled_waiter_loses_no_place() -> None:
    """Whoever is cancelled while waiting, even in the moment of getting a place, leaves it to the next."""
    slots = Slots(1, StopSignal(), CLOCK)
    release = asyncio.Event()

    async def host(until: asyncio.Event | None = None) -> None:
        async with slots.place():
            if until:
                await until.wait()

    holder = asyncio.create_task(host(release))
    await settle()
    waiting, next_one, last = (asyncio.create_task(host()) for _ in range(3))
    await settle()
    waiting.cancel()
    release.set()
    await holder  # gives the place to `next_one`, whose turn is set but who has not run yet
    next_one.cancel()
    results = await asyncio.gather(waiting, next_one, last, return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert results[2] is None
    assert slots._free == 1
