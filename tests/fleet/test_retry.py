"""The policy by which a step is tried again: by class of error, a few times, while the deadline leaves room."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from orchestrator.fleet import retry
from orchestrator.fleet.retry import Patience
from orchestrator.model import errors
from orchestrator.model.codec import decode, encode
from orchestrator.model.errors import Retry
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import StepResult

RETRIED: dict[str, Callable[[], Exception]] = {
    "ConnectionLost": lambda: errors.ConnectionLost(verbatim("lost")),
    "BrokenAtLogon": lambda: errors.BrokenAtLogon(verbatim("too early")),
    "DeadlineExceeded": lambda: errors.DeadlineExceeded(verbatim("late")),
    "ChangeUnsettled": lambda: errors.ChangeUnsettled(verbatim("who knows")),
    "TransferCorrupt": lambda: errors.TransferCorrupt(verbatim("differs")),
    "FileHeld": lambda: errors.FileHeld("x"),
    "JumpHostDefers": lambda: errors.JumpHostDefers("gate", "Not allowed at this time", "gate:22"),
    "quota": lambda: errors.WsManFault(verbatim("quota"), code=2150859174, retry=Retry.BACK_OFF),
    "shell gone": lambda: errors.WsManFault(verbatim("gone"), code=2150858843, retry=Retry.NEW_SHELL),
}
FINAL: dict[str, Callable[[], Exception]] = {
    "LogonRefused": lambda: errors.LogonRefused(verbatim("401")),
    "AccessDenied": lambda: errors.AccessDenied(verbatim("5")),
    "CommandFailed": lambda: errors.CommandFailed(verbatim("no"), command="x", exit_code=1, output=""),
    "UnexpectedOutput": lambda: errors.UnexpectedOutput(verbatim("what")),
    "WouldChange": lambda: errors.WouldChange(StepResult(Outcome.CHANGED, verbatim("would"))),
    "other fault": lambda: errors.WsManFault(verbatim("bad"), code=5, retry=Retry.NEVER),
    "UsageError": lambda: errors.UsageError("wrong"),
    "a bug": lambda: KeyError("bug"),
}


class Attempts:
    """A step that fails with `error` so many times, and what the policy did about it."""

    def __init__(self, error: Callable[[], Exception], failures: int = 1000) -> None:
        self.error, self.failures = error, failures
        self.made = 0
        self.rests: list[float] = []

    def step(self) -> str:
        self.made += 1
        if self.made <= self.failures:
            raise self.error()
        return "done"

    def carry_out(
        self, remaining: float = math.inf, first_wait: float = 2.0, carried: Callable[[], int] = lambda: 0
    ) -> str:
        patience = Patience()
        while True:
            before = carried()
            try:
                return self.step()
            except errors.TargetError as error:
                patience = decode(Patience, encode(patience.after(error, forward=carried() > before)))
                pause = patience.pause(error, remaining, first_wait)
                if pause is None:
                    raise
                self.rests.append(pause)


@pytest.mark.parametrize("name", RETRIED)
def test_passing_trouble_is_outlasted(name: str) -> None:
    """A step that fails with an error that may pass is tried again until it succeeds."""
    attempts = Attempts(RETRIED[name], failures=2)
    assert attempts.carry_out() == "done"
    assert (attempts.made, len(attempts.rests)) == (3, 2)


@pytest.mark.parametrize("name", RETRIED)
def test_trouble_that_stays_is_told(name: str) -> None:
    """After so many attempts the error itself comes out, and nobody rests after the last."""
    attempts = Attempts(RETRIED[name])
    with pytest.raises(type(RETRIED[name]())):
        attempts.carry_out()
    most = retry.HELD_ATTEMPTS if name in {"FileHeld", "JumpHostDefers"} else retry.ATTEMPTS
    assert (attempts.made, len(attempts.rests)) == (most, most - 1)


@pytest.mark.parametrize("name", FINAL)
def test_what_no_repetition_mends_is_not_repeated(name: str) -> None:
    """Refusals, failures, stops and bugs come out after one attempt; a refused log-on above all."""
    attempts = Attempts(FINAL[name])
    with pytest.raises(type(FINAL[name]())):
        attempts.carry_out()
    assert (attempts.made, attempts.rests) == (1, [])


def test_a_machine_that_is_off_is_tried_less() -> None:
    """Three looks tell a hiccup from a machine that is off."""
    attempts = Attempts(lambda: errors.Unreachable(verbatim("off")))
    with pytest.raises(errors.Unreachable):
        attempts.carry_out()
    assert attempts.made == retry.UNREACHABLE_ATTEMPTS == 3


def test_rests_grow() -> None:
    """Each rest is twice the one before, up to a minute, and a little more, so that hosts do not come all at once."""
    attempts = Attempts(RETRIED["quota"])
    with pytest.raises(errors.WsManFault):
        attempts.carry_out(first_wait=10)
    for rest, shortest in zip(attempts.rests, (10, 20, 40, 60, 60), strict=True):
        assert shortest <= rest <= shortest + 5


def test_no_rest_beyond_the_deadline() -> None:
    """When the next attempt would come too late it is not waited for, and the error comes out at once."""
    attempts = Attempts(RETRIED["ConnectionLost"])
    with pytest.raises(errors.ConnectionLost):
        attempts.carry_out(remaining=5, first_wait=30)
    assert (attempts.made, attempts.rests) == (1, [])


def test_attempts_that_bring_a_file_forward_do_not_count() -> None:
    """Ten broken lines, each a little further in a file, are outlasted with short rests; then patience is as before."""
    attempts = Attempts(RETRIED["ChangeUnsettled"])
    with pytest.raises(errors.ChangeUnsettled):
        attempts.carry_out(carried=lambda: min(attempts.made, 10))
    assert attempts.made == 10 + retry.ATTEMPTS
    assert all(rest <= 3 for rest in attempts.rests[:10])


def test_a_file_that_arrives_spoilt_has_not_come_forward() -> None:
    """However much was sent, spoilt files are sent a few times only."""
    attempts = Attempts(RETRIED["TransferCorrupt"])
    with pytest.raises(errors.TransferCorrupt):
        attempts.carry_out(carried=lambda: attempts.made)
    assert attempts.made == retry.ATTEMPTS


def test_what_is_damaged_twice_is_told() -> None:
    """A broken seal, or bytes that are none of TLS: once more, and the second time counts, whatever came between."""
    for error in (errors.AnswerDamaged(verbatim("no WinRM")), errors.HandshakeDamaged(verbatim("no TLS"))):
        attempts = Attempts(lambda error=error: error)  # type: ignore[misc]
        with pytest.raises(type(error)):
            attempts.carry_out()
        assert attempts.made == 2
    patience = Patience().after(errors.AnswerDamaged(verbatim("no WinRM")), forward=False)
    patience = patience.after(errors.ConnectionLost(verbatim("lost")), forward=False)
    again = errors.AnswerDamaged(verbatim("no WinRM"))
    assert patience.after(again, forward=False).pause(again, math.inf) is None
    assert patience.after(again, forward=True).pause(again, math.inf) is not None, "it had brought a file forward"
