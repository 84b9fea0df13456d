"""What goes out as text comes back equal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

import pytest

from orchestrator.fleet.retry import Patience
from orchestrator.fleet.step_state import StepState
from orchestrator.model.clock import Clock, Moment
from orchestrator.model.codec import decode, encode
from orchestrator.model.detail import Detail
from orchestrator.model.message import Message, verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import RegistryRecord, Value, ValueChange
from orchestrator.model.result import Rest, StepRecord, StepResult


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class PaintDetail(Detail, kind="paint"):
    """A detail of a step that there is not."""

    colours: tuple[Colour, ...]
    said: Message | None = None
    seconds: float = 0.5


REGISTRY = RegistryRecord(
    values=(ValueChange(r"HKLM\SOFTWARE\X", "A", Value("REG_DWORD", 1), Value("REG_SZ", "1")),),
    created_keys=(r"HKLM\SOFTWARE\X",),
    needs_restart=True,
    whole_keys=(r"HKLM\SOFTWARE\X\Y",),
)
SAID = Message("code", {"number": 1, "yes": True, "none": None, "nested": (Message("inner", {"x": 0.5}), "text")})
MOMENT = Moment(datetime(2026, 11, 28, 3, 4, 5, 678, tzinfo=UTC), 1234.5, "boot")
VALUES: dict[str, object] = {
    "a moment": MOMENT,
    "a rest": Rest(MOMENT, '{"x": "é\\ud83d\\ude00"}'),
    "a rest without end": Rest(None, ""),
    "a step's state": StepState(
        MOMENT, MOMENT, True, True, 3, True, True, Patience(answered=True, fruitless=2), SAID, REGISTRY, "{}"
    ),
    "a record": StepRecord(
        "x", StepResult(Outcome.CHANGED, SAID, None, True, SAID, registry=REGISTRY, evidence={"a": [1, "b", None]})
    ),
    "a record with a detail of its own": StepRecord(
        "x", StepResult(Outcome.OK, verbatim("because"), PaintDetail((Colour.RED,), SAID)), 1.25, 2
    ),
}


@pytest.mark.parametrize("name", VALUES)
def test_it_comes_back_equal(name: str) -> None:
    """Whatever an engine keeps, by its type alone."""
    value = VALUES[name]
    assert decode(type(value), encode(value)) == value


def test_a_detail_comes_back_as_what_it_is() -> None:
    """Not as some other, and not as a mapping."""
    record = VALUES["a record with a detail of its own"]
    assert isinstance(record, StepRecord)
    assert type(decode(StepRecord, encode(record)).result.detail) is PaintDetail


@pytest.mark.parametrize("text", ["", "{", "[]", '{"until": 7, "state": ""}'])
def test_what_is_something_else_is_refused(text: str) -> None:
    """Rather than guessed at."""
    with pytest.raises(ValueError, match="Rest"):
        decode(Rest, text)


def test_time_of_a_run_that_was_kept_counts_on() -> None:
    """A state that is read a while later has so much less time left."""
    clock = Clock()
    state = StepState.beginning(clock, 100)
    assert 99 < clock.until(decode(StepState, encode(state)).deadline) <= 100
    assert clock.until(replace(state, deadline=clock.after(-5)).deadline) < 0
