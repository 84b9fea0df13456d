"""When failures stop a run: by their cause, and by how many there are."""

from __future__ import annotations

import pytest

from orchestrator.fleet.guards import FailureGuard, cause_of
from orchestrator.model.message import Message, verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, StepRecord, StepResult
from orchestrator.playbook.strategy import Guards
from orchestrator.sentences import say

OUTCOMES = {
    "+": Outcome.CHANGED,
    "o": Outcome.OK,
    "p": Outcome.REBOOT_PENDING,
    "b": Outcome.BLOCKED,
    "u": Outcome.UNREACHABLE,
    "?": Outcome.UNKNOWN,
    "c": Outcome.CANCELLED,
    "s": Outcome.SKIPPED,
}


def ends(told: str) -> HostResult:
    """A host's end by its letter: a digit has failed with that exit code, a capital with that message."""
    outcome = OUTCOMES.get(told, Outcome.FAILED)
    reason = verbatim("so it is")
    if told.isdigit():
        reason = Message("command-ended", {"code": int(told), "path": rf"C:\{id(object())}"})
    elif told.isupper():
        reason = Message(f"msi-{told.lower()}")
    return HostResult("pc", "pc", steps=(StepRecord("step", StepResult(outcome, reason)),))


def stops_at(guards: Guards, hosts: str) -> int | None:
    """After how many hosts, from 1."""
    guard = FailureGuard(guards)
    return next((number for number, told in enumerate(hosts, 1) if guard.count(ends(told)) is not None), None)


@pytest.mark.parametrize(
    ("hosts", "stops"),
    [
        ("11111", 5),
        ("1111+1111", None),
        ("1111+11111", 10),
        ("1111o1", None),
        ("1111p1", None),
        ("1b1u1?1c1", 9),  # they are neither failures nor successes
        ("1212121", None),
        ("121212121", 9),
        ("AAAABBBB", None),
        ("AAAAbA", 6),
        ("bbbbbbbbb", None),
        ("uuuuuuuuuu", None),
    ],
)
def test_the_same_cause(hosts: str, stops: int | None) -> None:
    """Five hosts with no success in between; what a reason says of single hosts makes no other cause of it."""
    assert stops_at(Guards(failed=None), hosts) == stops


@pytest.mark.parametrize(
    ("failed", "hosts", "stops"),
    [
        ("20%", "1+2+3+4+5", None),
        ("20%", "+1+2+3+4+5", 10),
        ("20%", "++++1++++2", None),
        ("20%", "++++1++++23", 11),
        ("20%", "uuuuuuuuuuuu1+2", None),  # who did not answer does not count
        ("20%", "bbbbbbb123", 10),
        ("20%", "????????12", None),
        ("0%", "+++++++++1", 10),
        (2, "1+2", None),
        (2, "1+2+3", 5),
        (None, "1+2+3+4+5+6+7+8+9", None),
    ],
)
def test_how_many_at_all(failed: int | str | None, hosts: str, stops: int | None) -> None:
    """More than so many, or than such a share of those that answered, once ten have."""
    assert stops_at(Guards.model_validate({"failed": failed, "same_cause": 0}), hosts) == stops


def test_the_sentence_names_the_cause() -> None:
    guard = FailureGuard(Guards())
    for _ in range(4):
        assert guard.count(ends("5")) is None
    reason = guard.count(ends("5"))
    assert reason is not None
    assert "5 machines have failed for the same cause" in say(reason)
    assert "the command ended with 5" in say(reason)


def test_what_makes_a_cause() -> None:
    """The messages, whatever they carry, and the code that it ended with."""
    inner = Message("msi-disk-full", {"path": "C:"})
    assert cause_of(Message("a", {"why": inner, "code": 1603, "path": "x"})) == ("a", "msi-disk-full", 1603)
    assert cause_of(Message("several", {"messages": (inner, Message("b"))})) == ("several", "msi-disk-full", "b")
