"""What a step leaves for its next call, and what becomes of it when there is none."""

from dataclasses import replace

from orchestrator.fleet.step_state import StepState
from orchestrator.model.clock import Clock
from orchestrator.model.codec import decode, encode
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import RegistryRecord, Value, ValueChange
from orchestrator.sentences import say

CLOCK = Clock()
STOPPED = verbatim("stopped")
BEGUN = replace(StepState.beginning(CLOCK, 600), attempt=2)
CHANGED = RegistryRecord((ValueChange(r"HKLM\SOFTWARE\X", "A", None, Value("REG_DWORD", 1)),))


def test_a_step_that_is_given_up_is_cancelled() -> None:
    """A run that is stopped while a step rests cancels it, for the reason of the stop."""
    assert (BEGUN.given_up(STOPPED).outcome, BEGUN.given_up(STOPPED).reason) == (Outcome.CANCELLED, STOPPED)


def test_what_is_unsettled_stays_so() -> None:
    """A change that may have taken effect is told, whoever asks and whatever process: it is not merely cancelled."""
    unsettled = decode(StepState, encode(replace(BEGUN, unsettled=verbatim("lost in the middle of a change"))))
    result = unsettled.given_up(STOPPED)
    assert (result.outcome, say(result.reason)) == (Outcome.UNKNOWN, "lost in the middle of a change")
    assert result.remedy is not None


def test_its_record_says_what_was_changed() -> None:
    """The undo record is in the result, however the step ended, and attempts and time are counted over all calls."""
    state = replace(BEGUN, began=CLOCK.after(-90), registry=CHANGED)
    record = decode(StepState, encode(state)).record("step", state.given_up(STOPPED), CLOCK)
    assert record.result.registry == CHANGED
    assert (record.name, record.attempts, round(record.seconds)) == ("step", 2, 90)


def test_a_call_that_comes_late_costs_no_time() -> None:
    """As where more hosts are due at once than there are places; one that comes in time gets none."""
    rested = replace(BEGUN, due=CLOCK.after(-3600))
    called = decode(StepState, encode(rested)).called(CLOCK)
    assert called.due is None
    assert CLOCK.until(called.deadline) >= CLOCK.until(rested.deadline) + 3600
    assert called.called(CLOCK) == called
    assert replace(BEGUN, due=CLOCK.after(3600)).called(CLOCK) == BEGUN
