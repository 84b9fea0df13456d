"""The table on modelled machines of other languages: whatever the words, the product reads what it does in English.

Rows that read the output's own words, and those that only leave something, are about English and about no words.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from sspr_lab.clock import Clock
from sspr_lab.languages import LanguageTag
from sspr_lab.machine import Machine
from sspr_lab.profile import Profile

from .case import Case, Row, rows
from .hosts import ModelHost, run

OTHERS: tuple[LanguageTag, ...] = ("ko-KR", "de-DE", "fr-FR", "ja-JP")
WORDS = yaml.safe_load(Path(__file__).with_name("words.yaml").read_text(encoding="utf-8"))
"""Cases whose answers are told in words, and a piece of them in each language: what is read must come from there."""


@pytest.fixture
async def clock() -> AsyncIterator[Clock]:
    """A clock on which a host's minute passes in 60 ms."""
    clock = Clock(speed=1000)
    yield clock
    await clock.close()


def wordless() -> list[Row]:
    """Rows of which the product reads something other than the words themselves."""
    held = [row for row in rows() if row.holds_for(Profile())]
    return [row for row in held if row.case.reads and "text" not in row.case.reads]


@pytest.mark.parametrize("tag", OTHERS)
async def test_what_is_read_does_not_depend_on_words(tag: LanguageTag, clock: Clock) -> None:
    """Every fact, key, sum, search and belief of the table is read there as on an English machine."""
    complaints = {}
    for row in wordless():
        outcome = await run(ModelHost(Machine(Profile().in_language(tag), clock)), row.case)
        if outcome.complaints:
            complaints[str(row)] = (outcome.complaints, outcome.reply)
    assert complaints == {}


@pytest.mark.parametrize("tag", OTHERS)
@pytest.mark.parametrize("name", WORDS)
async def test_words_are_passed_over(name: str, tag: LanguageTag, clock: Clock) -> None:
    """The answer has the language's own words in it, and the product's parser finds the same among them."""
    case = Case.model_validate(WORDS[name]["case"])
    profile = Profile().in_language(tag).with_traits(*WORDS[name].get("traits", ()))
    reads = {reader: _localised(expected, profile) for reader, expected in case.reads.items()}
    outcome = await run(ModelHost(Machine(profile, clock)), case.model_copy(update={"reads": reads}))
    assert WORDS[name]["words"][tag] in outcome.reply.output
    assert outcome.complaints == []


def _localised(expected: object, profile: Profile) -> object:
    """What is expected, with the name of the machine's user in its place."""
    match expected:
        case "<user>":
            return profile.users[0]
        case dict():
            return {name: _localised(each, profile) for name, each in expected.items()}
        case list():
            return [_localised(each, profile) for each in expected]
        case _:
            return expected
