"""What a stock machine answers, with something wrong in it: every parser understands it, or refuses it as its own.

The facts are all that the catalogue has, and `test_catalogue` keeps any from being left out of that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.errors import UnexpectedOutput
from orchestrator.windows import lease
from orchestrator.windows.batch import compose
from orchestrator.windows.command import Fact, Reply, Unanswered
from sspr_lab.clock import Clock
from sspr_lab.machine import Machine
from sspr_lab.profile import Profile
from tests import catalogue
from tests.damage import damaged_text, few
from tests.windows.test_on_lab_hosts import run_line

FACTS: Final = {f"{number}-{fact.name}": fact for number, fact in enumerate(catalogue.facts()) if fact.commands}
PROFILES: Final = (Profile("windows7", "x64"), Profile("windows10", "x64"))
EXIT_CODES: Final = (0, 1, 2, 5, 0x80070005, 0xFFFFFFFF)
MARKER: Final = "0123abcd"


@cache
def replies() -> dict[str, tuple[Reply, ...]]:
    """By the line of a command, what stock machines have answered to it."""
    return asyncio.run(_asked())


async def _asked() -> dict[str, tuple[Reply, ...]]:
    clock = Clock(speed=1000)
    found: dict[str, tuple[Reply, ...]] = {}
    commands = list({command.line: command for fact in FACTS.values() for command in fact.commands}.values())
    try:
        for profile in PROFILES:
            machine = Machine(profile, clock)
            await machine.boot()
            for batch in compose(commands, MARKER):
                _, printed = await run_line(machine, batch.line)
                answered = batch.answers(printed).replies
                for command, reply in zip(batch.commands, answered, strict=True):
                    found[command.line] = (*found.get(command.line, ()), reply or Reply(1, ""))
    finally:
        await clock.close()
    return found


def test_stock_machines_answer() -> None:
    """Or nothing would be damaged below."""
    assert sum(bool(reply.output.strip()) for each in replies().values() for reply in each) > len(replies()) / 2


def answered(data: st.DataObject, fact: Fact[Any]) -> Sequence[Reply]:
    """What a machine says to all commands of a fact; of one or two of them, something else than it should."""
    each = [data.draw(st.sampled_from(replies()[command.line])) for command in fact.commands]
    for number in data.draw(st.lists(st.integers(0, len(each) - 1), min_size=1, max_size=2)):
        others = [reply.output for reply in replies()[fact.commands[number].line]]
        output = data.draw(damaged_text(others) | st.sampled_from(others))
        code = data.draw(st.just(each[number].exit_code) | st.sampled_from(EXIT_CODES))
        is_open = fact.commands[number] in fact.open and data.draw(st.booleans())
        each[number] = Unanswered(code, output) if is_open else Reply(code, output)
    return each


def read(name: str, data: st.DataObject) -> None:
    fact = FACTS[name]
    with suppress(UnexpectedOutput):
        fact.parse(answered(data, fact))


@pytest.mark.parametrize("name", FACTS)
@few(4)
@given(data=st.data())
def test_a_damaged_answer_is_understood_or_refused(name: str, data: st.DataObject) -> None:
    read(name, data)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", FACTS)
@few(25)
@given(data=st.data())
def test_many_damaged_answers_are_understood_or_refused(name: str, data: st.DataObject) -> None:
    read(name, data)


REFUSALS: Final = (
    (
        f"@{MARKER} refused\nlease\n0123456789abcdef.20261122-130501-9f3c\n"
        f"sspr-lease 20261122T130501Z 20261122T131501Z CORP\\=C3=A4dm coord01\n@{MARKER} shown\n"
    ),
    f"@{MARKER} refused\n@{MARKER} shown\n",
)


@few(60)
@given(output=damaged_text(REFUSALS))
def test_a_damaged_refusal_is_understood(output: str) -> None:
    """Whoever holds the lease has written that, and its folder may have been anybody's."""
    found = lease.refusal(output, MARKER)
    if found and found.lease:
        assert all(text is None or text.isprintable() for text in (found.lease.account, found.lease.computer))
