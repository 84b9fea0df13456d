"""What the guard goes by: whose account a name is, and the rules for when it may be proved; on any thread."""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from orchestrator.connect.lockout.account import Account, Told, account_of, told_by, upcased
from orchestrator.connect.lockout.guard import Guard, Verdict
from orchestrator.connect.lockout.ledger import Entry, Ledger, Proof, State
from orchestrator.connect.lockout.rules import Decision, decided
from orchestrator.model.errors import LogonsNotKept, LogonWithheld
from orchestrator.sentences import say

MEMBER = Told("PC-01", "PC-01.CONTOSO.COM", "CONTOSO", "CONTOSO.COM", "CONTOSO.COM")
ALONE = Told("PC-01", "PC-01", "PC-01", "PC-01")
ADMIN, PROOF = Account("ADMIN", "CONTOSO"), Proof("env:SECRET")
AT = "10.0.0.1:5985"

SAME = [r"CONTOSO\admin", r"contoso\ADMIN", "admin@contoso.com", "Admin@CONTOSO.COM", r"contoso.com\admin", "admin"]
OWN = [r".\admin", r"PC-01\admin", r"pc-01.contoso.com\admin"]


@pytest.mark.parametrize("name", SAME)
def test_one_account(name: str) -> None:
    """However a domain's account is spelled, a member of the domain tells whose it is."""
    found = account_of(name, AT, MEMBER)
    assert found is not None
    assert (found.user, found.domain, found.machine) == ("ADMIN", "CONTOSO", "")


@pytest.mark.parametrize("name", OWN)
def test_own_accounts(name: str) -> None:
    """A machine's own account is another one on each machine, by whichever port it is reached."""
    found = account_of(name, AT, MEMBER)
    assert found is not None
    assert found.machine
    assert found == account_of(name, "10.0.0.1:5986", MEMBER)
    assert found != account_of(name, "10.0.0.2:5985", MEMBER)


@pytest.mark.parametrize("name", [*SAME, *OWN])
def test_a_workgroup_knows_no_domain(name: str) -> None:
    """There every name is the machine's own."""
    found = account_of(name, AT, ALONE)
    assert found is not None
    assert found.machine


def test_another_domain_is_another_account() -> None:
    """The same name elsewhere is not the same account, and a bare one is nobody's before a host has told."""
    elsewhere = account_of(r"FABRIKAM\admin", AT, MEMBER)
    assert elsewhere is not None
    assert elsewhere.domain == "FABRIKAM"
    assert account_of("admin", AT) is None


def test_names_are_folded_as_windows_does() -> None:
    """One unit at a time: neither "ß" grows, nor what lies outside of the basic plane changes."""
    assert upcased("straße\U00010428é") == "STRAßE\U00010428É"


def test_what_is_learnt_of_a_domain_counts_for_what_came_before() -> None:
    """A host tells that CORP is contoso.com: what was noted under either name is one account's from then on."""
    ledger = Ledger(None)
    with ledger.writing():
        ledger.settle(ledger.note(Account("ADMIN", "CORP"), PROOF, 1), State.REFUSED)
        ledger.settle(ledger.note(Account("ADMIN", "CONTOSO.COM"), PROOF, 1), State.REFUSED)
        assert len(ledger.entries(Account("ADMIN", "CORP"))) == 1
        ledger.learn(Account("ADMIN", "CORP", same=("CORP", "CONTOSO.COM")))
        assert len(ledger.entries(Account("ADMIN", "CORP"))) == 2
    ledger.close()


@given(some.binary(max_size=200))
def test_challenges_of_any_bytes(rest: bytes) -> None:
    """Whatever stands behind a CHALLENGE's head is read to its end."""
    assert told_by(b"NTLMSSP\0" + struct.pack("<I", 2) + rest) is not None
    assert told_by(rest) is None or b"NTLMSSP" in rest


O, A, R, L = State.OPEN, State.ACCEPTED, State.REFUSED, State.LOST  # noqa: E741
GO, WAIT, NEVER = Decision.GO, Decision.WAIT, Decision.NEVER


@pytest.mark.parametrize(
    ("states", "decision"),
    [
        ([], GO),
        ([O], WAIT),
        ([R], GO),
        ([R, O], WAIT),
        ([R, R], NEVER),
        ([L, L], GO),
        ([L, R, R], NEVER),
        ([L, L, L, L], NEVER),
        ([A, O, O, O], GO),
        ([A, O, O, O, O], WAIT),
        ([A, R, O], WAIT),
        ([A, R], GO),
        ([A, R, R, R], GO),
        ([A, R, R, R, O], WAIT),
        ([A, R, R, L], GO),
        ([A, R, R, L, L], NEVER),
        ([A, L, L, L, L], GO),
        ([A, L, L, L, L, R], NEVER),
        ([A, L, O], WAIT),
        ([A, R, R, R, R], NEVER),
    ],
)
def test_the_rules(states: Sequence[State], decision: Decision) -> None:
    """With four unanswered log-ons of an account at most."""
    assert decided([_entry(number, state) for number, state in enumerate(states)], PROOF, 4) is decision


def test_a_new_password_begins_anew_and_still_counts() -> None:
    """What an older one was refused counts towards what locks the account, and what accepted it proves nothing."""
    new = Proof("file:x", "2")
    old = [_entry(number, R, Proof("file:x", "1")) for number in range(3)]
    assert decided(old[:2], new, 4) is GO
    assert decided(old[:2], Proof("file:other", "2"), 4) is NEVER
    assert decided([*old, _entry(4, R, new)], new, 4) is NEVER
    assert decided([_entry(0, A, Proof("file:x", "1")), _entry(1, O, new)], new, 4) is WAIT


@pytest.mark.parametrize(
    ("states", "old", "decision"),
    [
        ([R, R], 2, GO),
        ([R, R, R, R], 4, GO),
        ([R, R, R, R, O], 4, WAIT),
        ([R, R, R, R, R], 4, NEVER),
        ([R, R, R, R], 2, NEVER),
        ([A, R, R, R, R], 5, GO),
        ([A, O], 1, WAIT),
    ],
)
def test_a_new_password_that_is_told(states: Sequence[State], old: int, decision: Decision) -> None:
    """What was refused before counts towards W; where it has used that up, whoever says so has one try."""
    assert decided([_entry(number, state) for number, state in enumerate(states, 1)], PROOF, 4, old) is decision


def _entry(number: int, state: State, proof: Proof = PROOF) -> Entry:
    return Entry(number, ADMIN, proof, state, None if state is O else number, 0.0, 3.0)


def test_at_most_so_many_at_once_and_in_the_order_of_coming(tmp_path: Path) -> None:
    """Two guards, as of two processes, on one file: one log-on until one is accepted, then four, of all together."""
    path = tmp_path / "state" / "logons.sqlite3"
    guards = [Guard(Ledger(path)), Guard(Ledger(path))]
    lock, proven, under_way = threading.Lock(), threading.Event(), [0]
    most: dict[bool, int] = {}

    def log_on(guard: Guard) -> None:
        permit = guard.enter(ADMIN, "admin", PROOF, AT)
        with lock:
            under_way[0] += 1
            most[proven.is_set()] = max(most.get(proven.is_set(), 0), under_way[0])
        time.sleep(0.01)
        with lock:
            under_way[0] -= 1
            proven.set()
        permit.end(Verdict.ACCEPTED)

    threads = [threading.Thread(target=log_on, args=(guards[number % 2],)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[False] == 1
    assert most[True] <= 4
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    for guard in guards:
        guard.close()


def test_whoever_dies_over_it_may_have_been_refused() -> None:
    """A log-on of which nobody tells the end counts as refused once its time is over."""
    ledger = Ledger(None)
    guard = Guard(ledger)
    with ledger.writing():
        for _ in range(2):
            ledger.note(ADMIN, PROOF, -10)
    with pytest.raises(LogonWithheld):
        guard.enter(ADMIN, "admin", PROOF, AT)
    guard.close()


def test_a_run_that_is_killed_amid_good_log_ons_goes_on() -> None:
    """With W of them open: the next run proves the account by one, and then all go again."""
    ledger = Ledger(None)
    guard = Guard(ledger)
    guard.enter(ADMIN, "admin", PROOF, AT).end(Verdict.ACCEPTED)
    with ledger.writing():
        for _ in range(4):
            ledger.note(ADMIN, PROOF, -10)
    guard.enter(ADMIN, "admin", PROOF, AT).end(Verdict.ACCEPTED)
    for permit in [guard.enter(ADMIN, "admin", PROOF, AT) for _ in range(4)]:
        permit.end(Verdict.ACCEPTED)
    with ledger.writing():
        assert {entry.state for entry in ledger.entries(ADMIN)} == {State.ACCEPTED}
    guard.close()


def test_an_acceptance_takes_back_only_what_was_answered_before_it_was_sent() -> None:
    """What a domain controller counted after it still counts."""
    guard = Guard(Ledger(None))
    guard.enter(ADMIN, "admin", PROOF, AT).end(Verdict.ACCEPTED)
    early, late = guard.enter(ADMIN, "admin", PROOF, AT), guard.enter(ADMIN, "admin", PROOF, AT)
    late.end(Verdict.REFUSED)
    early.end(Verdict.ACCEPTED)
    for _ in range(3):
        guard.enter(ADMIN, "admin", PROOF, AT).end(Verdict.REFUSED)
    with pytest.raises(LogonWithheld):
        guard.enter(ADMIN, "admin", PROOF, AT)
    assert guard.withheld
    guard.close()


def test_a_host_that_was_silent_is_given_more_time() -> None:
    """Three times the usual answer, and three times that when it is tried again."""
    guard = Guard(Ledger(None))
    guard.enter(ADMIN, "admin", PROOF, AT).end(Verdict.ACCEPTED)
    silent = guard.enter(ADMIN, "admin", PROOF, "slow")
    assert silent.seconds == 3.0
    silent.end(Verdict.LOST)
    assert guard.enter(ADMIN, "admin", PROOF, "slow").seconds == 9.0
    guard.close()


def test_who_waits_at_the_end_of_a_run_is_sent_away() -> None:
    """Nobody is left standing in line."""
    guard = Guard(Ledger(None))
    guard.enter(ADMIN, "admin", PROOF, AT)
    ends: list[Exception] = []

    def wait() -> None:
        try:
            guard.enter(ADMIN, "admin", PROOF, AT)
        except LogonWithheld as error:
            ends.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    while not any(line.turns for line in guard._lines.values()):
        time.sleep(0.001)
    guard.close()
    thread.join()
    assert len(ends) == 1


def test_a_memory_that_cannot_be_kept(tmp_path: Path) -> None:
    """Nobody logs on without it, and the error says what to do."""
    (tmp_path / "file").touch()
    with pytest.raises(LogonsNotKept) as nowhere:
        Ledger(tmp_path / "file" / "logons.sqlite3")
    broken = tmp_path / "logons.sqlite3"
    broken.touch(0o600)
    broken.write_bytes(b"not a database" * 100)
    with pytest.raises(LogonsNotKept) as damaged:
        Ledger(broken)
    for failed in (nowhere, damaged):
        assert failed.value.remedy is not None
        assert "SSPR_STATE" in say(failed.value.remedy)
