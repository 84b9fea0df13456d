"""Attempts of an audit log and a machine: what joins them, what does not, and how an attempt has ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.analysis.attempts import Joined, attempts
from orchestrator.harvest.audit_record import AuditRecord
from orchestrator.model.case import Lane, Moment, Piece

BEGIN: Final = datetime(2026, 9, 3, 8, tzinfo=UTC)
PROGRESS: Final = "Self-service password reset flow activity progress"
RESET: Final = "Reset password (self-service)"
UNLOCK: Final = "Unlock user account (self-service)"
BLOCKED: Final = "Blocked from self-service password reset"
OWN: Final = "203.0.113.10"


def step(
    seconds: float = 0,
    attempt: str = "a",
    *,
    user: str = "anna@contoso.example",
    address: str | None = OWN,
    activity: str = PROGRESS,
    succeeded: bool | None = True,
    reason: str = "some step",
) -> AuditRecord:
    at = BEGIN + timedelta(seconds=seconds)
    return AuditRecord(at, attempt, user, address, activity, succeeded, reason, "", "export.json", int(seconds))


def moment(seconds: float, lane: Lane = Lane.ADD_IN) -> Moment:
    at = BEGIN + timedelta(seconds=seconds)
    return Moment(at, None, lane, 4, "add-in", "", Piece("application.evtx", 1, ""))


def joined(found: Joined) -> list[tuple[str, ...]]:
    return [attempt.joined_by for attempt in found.attempts]


@pytest.mark.parametrize(
    ("addresses", "moments", "expected"),
    [
        ([], [], []),
        ([OWN], [], [("address",)]),
        (["::ffff:203.0.113.10"], [], [("address",)]),
        (["198.51.100.7"], [], []),
        ([], [moment(-60)], [("time",)]),
        ([], [moment(-60, Lane.WINDOWS)], []),
        ([], [moment(-61)], []),
        ([], [moment(359), moment(-9000)], [("time",)]),
        ([], [moment(361), moment(-9000)], []),
        ([OWN], [moment(10)], [("address", "time")]),
    ],
)
def test_what_joins(addresses: list[str], moments: list[Moment], expected: list[tuple[str, ...]]) -> None:
    found = attempts([step(), step(300)], addresses, moments, timedelta(minutes=1))
    assert joined(found) == expected
    assert found.left_out == 1 - len(expected)


def test_an_address_that_several_users_have_is_a_network_s() -> None:
    """Behind a NAT all have it; then it takes the time to tell whose attempt it is."""
    log = [step(), step(7200, "b", user="bert@contoso.example")]
    found = attempts(log, [OWN], [moment(5)])
    assert [(attempt.user, attempt.joined_by) for attempt in found.attempts] == [
        ("anna@contoso.example", ("address", "time"))
    ]
    assert found.left_out == 1
    assert attempts(log, [OWN], []) == Joined((), 2)


def test_one_user_with_several_attempts_has_the_address_alone() -> None:
    log = [step(), step(7200, "b", user="ANNA@contoso.example")]
    assert joined(attempts(log, [OWN], [])) == [("address",), ("address",)]


@pytest.mark.parametrize("name", ["anna@contoso.example", "Anna"])
def test_a_user_s_attempts_are_all_told(name: str) -> None:
    log = [step(), step(7200, "b", address="198.51.100.7"), step(7201, "c", user="bert@contoso.example")]
    found = attempts(log, [], [moment(0)], user=name)
    assert joined(found) == [("time",), ()]
    assert found.left_out == 1


@pytest.mark.parametrize(
    ("steps", "succeeded", "reason"),
    [
        ([step()], None, "some step"),
        ([step(), step(1, succeeded=False, reason="not enabled")], False, "not enabled"),
        ([step(succeeded=False, reason="not enabled"), step()], False, "not enabled"),
        ([step(succeeded=False), step(1, reason="again")], None, "again"),
        ([step(), step(1, activity=RESET, reason="done"), step(2)], True, "done"),
        ([step(), step(1, activity=UNLOCK, reason="done")], True, "done"),
        ([step(), step(1, activity=RESET, succeeded=False, reason="too weak"), step(2)], False, "too weak"),
        ([step(), step(1, activity=RESET, succeeded=None, reason="?"), step(2)], None, "?"),
        ([step(1, activity=RESET, succeeded=False), step(2, activity=RESET, reason="done")], True, "done"),
        ([step(), step(1, activity=BLOCKED, reason="24 hours")], False, "24 hours"),
    ],
)
def test_how_an_attempt_ended(steps: list[AuditRecord], succeeded: bool | None, reason: str) -> None:
    (attempt,) = attempts(steps, [], [moment(0)]).attempts
    assert (attempt.succeeded, attempt.reason) == (succeeded, reason)
    assert reason in attempt.at.text
    assert attempt.utc == BEGIN + timedelta(seconds=steps[0].place)


def test_user_and_address_may_stand_in_one_step_alone() -> None:
    (attempt,) = attempts([step(user="", address=None), step(1)], [], [moment(0)]).attempts
    assert (attempt.user, attempt.address) == ("anna@contoso.example", OWN)


DATES: Final = st.datetimes(timezones=st.just(UTC)) | st.sampled_from(
    [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
)
RECORDS: Final = st.builds(
    AuditRecord,
    DATES,
    st.sampled_from("abc"),
    st.sampled_from(["", "anna", "bert@contoso.example"]),
    st.sampled_from([None, OWN, "2001:db8::1"]),
    st.sampled_from([PROGRESS, RESET, BLOCKED, ""]),
    st.sampled_from([True, False, None]),
    st.text(max_size=5),
    st.just(""),
    st.just("export.json"),
    st.integers(1, 99),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(RECORDS, max_size=9), st.lists(DATES, max_size=3), st.timedeltas(min_value=timedelta(0)), st.booleans())
def test_each_attempt_is_told_or_counted(
    log: list[AuditRecord], times: list[datetime], window: timedelta, for_user: bool
) -> None:
    moments = [Moment(at, None, Lane.ADD_IN, 4, "", "", Piece("", None, "")) for at in times]
    in_order = sorted(log, key=lambda record: record.utc)
    found = attempts(in_order, [OWN], moments, window, "anna" if for_user else None)
    assert len(found.attempts) + found.left_out == len({record.correlation for record in log})
    assert for_user or all(attempt.joined_by for attempt in found.attempts)
    assert list(found.attempts) == sorted(found.attempts, key=lambda attempt: attempt.utc)
