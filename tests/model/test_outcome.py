"""Outcomes: a closed set, ordered from the mildest to the gravest."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.outcome import Outcome

OUTCOMES = st.sampled_from(Outcome)


def test_the_set_is_closed_and_ordered() -> None:
    """The words of the result file, in the order in which one decides over another."""
    assert [outcome.value for outcome in sorted(Outcome, key=lambda outcome: outcome.gravity)] == [
        "skipped",
        "ok",
        "changed",
        "reboot_pending",
        "cancelled",
        "blocked",
        "unreachable",
        "unknown",
        "failed",
    ]


def test_fine_is_what_needs_no_operator() -> None:
    """A host that waits for a restart nobody asked for is fine; one that was cancelled is not."""
    assert {outcome.value for outcome in Outcome if outcome.fine} == {"skipped", "ok", "changed", "reboot_pending"}


@given(outcomes=st.lists(OUTCOMES))
def test_the_gravest_decides(outcomes: list[Outcome]) -> None:
    """The worst of several is one of them, and none of them is graver; of none it is SKIPPED."""
    worst = Outcome.worst(outcomes)
    assert worst in (outcomes or [Outcome.SKIPPED])
    assert all(outcome.gravity <= worst.gravity for outcome in outcomes)
