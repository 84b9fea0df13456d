"""When an account may be proved: the rules, given what is remembered of it.

Before an account was accepted once, one log-on at a time, and two refusals at most. Afterwards at most W unanswered
ones; a refusal stops new ones until those are answered, and then one at a time goes until one is accepted. So no more
than W refusals that were seen follow one another, and W is one less than what locks the account. One that was accepted
takes back only what was answered before it was sent: its domain controller counts in that order too.

A line that breaks over the proof may hide a refusal: it counts towards W until an account was accepted. Afterwards it
lets one go at a time, and counts as soon as a refusal is seen. So may a process that dies over it: until an account was
accepted it counts as a refusal, and afterwards as such a line, since a run that is killed has W of them open more often
than not. That one tries the account all the same is what a W of which every last one was refused, unseen, would cost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from orchestrator.connect.lockout.ledger import Entry, Proof, State

UNANSWERED: Final = 4
"""W unless told: the usual advice is to lock an account after five wrong passwords or more."""
UNPROVEN_REFUSALS: Final = 2
"""How many refusals there may be before an account was accepted once."""


class Decision(StrEnum):
    """What somebody who wants to log on hears."""

    GO = "go"
    WAIT = "wait"
    NEVER = "never"


def decided(entries: Sequence[Entry], proof: Proof, unanswered: int, old: int = 0) -> Decision:
    """What the rules say, given all that is remembered of an account.

    Args:
        entries: No open ones among them that are overdue.
        proof: What is to be shown.
        unanswered: W.
        old: The number up to which what was answered speaks of another password, as a person says; 0 where nobody does.
            A domain may count it all the same, so that it is one more try at most where W is used up.
    """
    states = Counter(entry.state for entry in entries)
    by_now = [entry.state for entry in entries if not _outdated(entry, proof, old)]
    left = unanswered - states[State.REFUSED] - states[State.OPEN]
    if State.ACCEPTED in by_now:
        at_once = 1 if states[State.REFUSED] + states[State.LOST] else unanswered
        left -= states[State.LOST] if states[State.REFUSED] else 0
    else:
        at_once = 1
        unproven = UNPROVEN_REFUSALS - by_now.count(State.REFUSED) - states[State.OPEN]
        left = min(left - states[State.LOST], unproven)
        if old and not by_now:
            left = max(left, 1)
    if left > 0 and states[State.OPEN] < at_once:
        return Decision.GO
    return Decision.WAIT if states[State.OPEN] else Decision.NEVER


def _outdated(entry: Entry, proof: Proof, old: int) -> bool:
    """Whether an entry speaks of another password: a person says so, or there is a newer one where it came from."""
    told = old > 0 and entry.answered is not None and entry.answered <= old
    return told or (entry.proof.reference == proof.reference and entry.proof.version != proof.version)
