"""The guard: who wants to prove an account waits here until that can lock it no more, and tells what the answer was.

When it may be proved is in `rules.py`. A permit is held from right before the proof goes out until the answer is there,
and goes to the next in line in the same step. A host that falls silent over it loses it after three times the usual
answer.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from orchestrator.connect.lockout.account import Account
from orchestrator.connect.lockout.ledger import MEMORY_SECONDS, Entry, Ledger, Proof, State
from orchestrator.connect.lockout.rules import UNANSWERED, Decision, decided
from orchestrator.model.errors import LogonsNotKept, LogonWithheld
from orchestrator.model.message import message, phrase

USUAL_TIMES: Final = 3
"""How many times as long as usual an answer may take."""
LEAST_SECONDS: Final = 3.0
FIRST_SECONDS: Final = 10.0
"""How long an answer may take at least, and while none has come yet."""
LONGEST_SECONDS: Final = 30.0
_GRACE_SECONDS: Final = 2.0
"""How much later a log-on of which nobody tells the end is given up: its process has died, or hangs."""
_ANSWERS: Final = 21
_LOOK_SECONDS, _BEHIND_SECONDS = 0.1, 1.0
"""How often the first in line looks what other processes have done, and the others whether they are first."""


class Verdict(StrEnum):
    """How a log-on ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    LOST = "lost"
    """The line broke or the host fell silent, after the proof was sent: somebody may have judged it."""
    UNJUDGED = "unjudged"
    """Nobody can have judged it."""


@message("logon-withheld")
def _withheld(account: str, refusals: int) -> None: ...


_RUN_IS_OVER = phrase("logon-run-is-over")


@dataclass
class Permit:
    """Leave to show one proof to one host; to be ended once.

    Attributes:
        seconds: How long the answer may take.
    """

    seconds: float
    _guard: Guard
    _line: _Line
    _sent: int
    _place: str
    _began: float = field(default_factory=time.monotonic)

    def end(self, verdict: Verdict) -> None:
        """Tells what the answer was; the next in line goes."""
        self._guard.end(self._line, self._sent, self._place, verdict, time.monotonic() - self._began)


@dataclass
class _Turn:
    """Somebody who stands in line."""

    account: Account
    spelled: str
    proof: Proof
    place: str
    hurried: bool
    settled: threading.Event = field(default_factory=threading.Event)
    end: Permit | LogonWithheld | None = None

    def settle(self, end: Permit | LogonWithheld) -> None:
        self.end = end
        self.settled.set()


@dataclass
class _Line:
    """All who wait for one account."""

    turns: deque[_Turn] = field(default_factory=deque)


class Guard:
    """Gives permits for log-ons; may be used on any thread, and several guards share a ledger.

    Args:
        ledger: What is remembered; closed with the guard.
        unanswered: W, at least 1.
        anew: Whether passwords are new since whatever is remembered, of all accounts that come here.

    Attributes:
        withheld: Whether a log-on was kept back so far.
    """

    def __init__(self, ledger: Ledger, unanswered: int = UNANSWERED, *, anew: bool = False) -> None:
        self.withheld = False
        self._ledger, self._unanswered = ledger, unanswered
        self._old = ledger.newest() if anew else 0
        self._lock = threading.Lock()
        self._lines: dict[Account, _Line] = defaultdict(_Line)
        self._answers: deque[float] = deque(maxlen=_ANSWERS)
        self._silences: Counter[str] = Counter()
        self._closed = False

    def look(self, account: Account, spelled: str, proof: Proof) -> None:
        """Raises LogonWithheld when no log-on is possible any more; for the time before there is a connection."""
        with self._lock:
            self._check_open()
            with self._ledger.writing():
                entries = self._present(account)
            if decided(entries, proof, self._unanswered, self._old) is Decision.NEVER:
                raise self._withhold(spelled, entries)

    def enter(self, account: Account, spelled: str, proof: Proof, place: str, *, hurried: bool = True) -> Permit:
        """Waits until the account may be proved, however long that takes.

        Args:
            account: Whose log-on it is.
            spelled: Its name as people know it.
            proof: What is about to be shown.
            place: To which host.
            hurried: Whether the answer can be cut short; libraries that ask a KDC or SSH server take their time.

        Raises:
            LogonWithheld: It is not to be shown, since the account may be locked then.
            LogonsNotKept: The ledger cannot be written.
        """
        turn = _Turn(account, spelled, proof, place, hurried)
        with self._lock:
            self._check_open()
            with self._ledger.writing():
                self._ledger.learn(account)
                line = self._lines[self._ledger.canonical(account)]
            line.turns.append(turn)
        try:
            while not turn.settled.is_set():
                with self._lock:
                    first = line.turns[0] is turn if line.turns else False
                    if first:
                        self._advance(line)
                turn.settled.wait(_LOOK_SECONDS if first else _BEHIND_SECONDS)
        finally:
            with self._lock:
                if turn in line.turns:
                    line.turns.remove(turn)
        if isinstance(turn.end, Permit):
            return turn.end
        assert turn.end is not None, "a turn that is settled has an end"
        raise turn.end

    def end(self, line: _Line, sent: int, place: str, verdict: Verdict, seconds: float) -> None:
        """What `Permit.end` does."""
        with self._lock:
            if verdict is Verdict.LOST:
                self._silences[place] += 1
            elif verdict is not Verdict.UNJUDGED:
                self._answers.append(seconds)
            self._advance(line, (sent, verdict))
            if self._closed:
                self._ledger.close()

    def close(self) -> None:
        """Sends away who still waits, and closes the ledger."""
        with self._lock:
            if not self._closed:
                self._closed = True
                for line in self._lines.values():
                    while line.turns:
                        line.turns.popleft().settle(LogonWithheld(_RUN_IS_OVER()))
                self._ledger.close()

    def _check_open(self) -> None:
        if self._closed:
            raise LogonWithheld(_RUN_IS_OVER())

    def _advance(self, line: _Line, ended: tuple[int, Verdict] | None = None) -> None:
        """Notes what a log-on has ended with, and lets go who is next, in one step; who goes is noted beforehand."""
        ends: list[tuple[_Turn, Permit | LogonWithheld]] = []
        try:
            with self._ledger.writing():
                if ended is not None:
                    self._note_end(*ended)
                while line.turns and (end := self._end_of(line, line.turns[0])):
                    ends.append((line.turns.popleft(), end))
        except LogonsNotKept:
            line.turns.extendleft(turn for turn, _ in reversed(ends))
            raise
        for turn, end in ends:
            turn.settle(end)

    def _note_end(self, sent: int, verdict: Verdict) -> None:
        if verdict is Verdict.UNJUDGED:
            self._ledger.forget(sent)
        else:
            self._ledger.settle(sent, State(verdict.value))

    def _end_of(self, line: _Line, turn: _Turn) -> Permit | LogonWithheld | None:
        """What the first in line hears; None while it has to wait."""
        entries = self._present(turn.account)
        decision = decided(entries, turn.proof, self._unanswered, self._old)
        if decision is Decision.WAIT:
            return None
        if decision is Decision.NEVER:
            return self._withhold(turn.spelled, entries)
        seconds = self._patience(turn.place) if turn.hurried else LONGEST_SECONDS
        sent = self._ledger.note(turn.account, turn.proof, seconds)
        return Permit(seconds, self, line, sent, turn.place)

    def _present(self, account: Account) -> list[Entry]:
        """What counts of an account at this moment; the rest is put in order."""
        entries = self._ledger.entries(account)
        overdue = [each for each in entries if each.state is State.OPEN and each.age > each.seconds + _GRACE_SECONDS]
        proven = {each.proof for each in entries if each.state is State.ACCEPTED}
        for each in overdue:
            self._ledger.settle(each.sent, State.LOST if each.proof in proven else State.REFUSED)
        if overdue:
            entries = self._ledger.entries(account)
        accepted = max((each.sent for each in entries if each.state is State.ACCEPTED), default=0)
        past = [each for each in entries if self._is_past(each, accepted)]
        self._ledger.forget(*(each.sent for each in past))
        return [each for each in entries if each not in past]

    def _is_past(self, entry: Entry, accepted: int) -> bool:
        """Whether an entry says nothing any more, be it for what came after it."""
        if entry.answered is None:
            return False
        if entry.age > MEMORY_SECONDS:
            return True
        return entry.sent < accepted if entry.state is State.ACCEPTED else entry.answered < accepted

    def _patience(self, place: str) -> float:
        """How long the answer of a host may take; one that was silent before gets three times as long."""
        seconds = FIRST_SECONDS
        if self._answers:
            seconds = max(LEAST_SECONDS, USUAL_TIMES * statistics.median(self._answers))
        return min(LONGEST_SECONDS, seconds * float(USUAL_TIMES ** self._silences[place]))

    def _withhold(self, spelled: str, entries: Sequence[Entry]) -> LogonWithheld:
        self.withheld = True
        refusals = sum(entry.state in {State.REFUSED, State.LOST} for entry in entries)
        return LogonWithheld(_withheld(spelled, refusals), username=spelled)
