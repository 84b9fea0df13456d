"""What stops a run before it has done to all hosts what has failed on some: failures by their cause, and at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from orchestrator.model.message import Message, message
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult
from orchestrator.playbook.strategy import Guards, share_of

Cause: TypeAlias = tuple[str | int, ...]
"""What tells one cause of a failure from another: which messages say it, and the code that it ended with."""

SHARE_FROM: Final = 10
"""Of fewer hosts that answered, a share says nothing."""
_CODE: Final = "code"
UNANSWERED: Final = frozenset({Outcome.UNREACHABLE, Outcome.CANCELLED})
"""What a host ends with of which no answer is known."""


@message("guard-same-cause")
def _same_cause(hosts: int, cause: Message) -> None: ...


@message("guard-too-many-failed")
def _too_many(failed: int, answered: int, limit: str, hosts: int, cause: Message) -> None: ...


class FailureGuard:
    """Counts how hosts end.

    Attributes:
        answered: How many did answer.
        failed: How many of them failed; whoever is blocked, unreachable or unknown did not.
    """

    def __init__(self, guards: Guards) -> None:
        self.answered = self.failed = 0
        self._guards = guards
        self._in_a_row: Counter[Cause] = Counter()
        self._causes: Counter[Cause] = Counter()
        self._said: dict[Cause, Message] = {}

    def count(self, result: HostResult) -> Message | None:
        """Why the run has to stop now that a host has ended so; None where it goes on."""
        outcome = result.outcome
        if outcome in UNANSWERED or outcome is Outcome.SKIPPED:
            return None
        self.answered += 1
        if outcome.fine:
            self._in_a_row.clear()
        if outcome is not Outcome.FAILED:
            return None
        self.failed += 1
        reason = result.deciding.reason
        cause = cause_of(reason)
        self._said.setdefault(cause, reason)
        self._causes[cause] += 1
        self._in_a_row[cause] += 1
        if self._guards.same_cause and self._in_a_row[cause] >= self._guards.same_cause:
            return _same_cause(self._in_a_row[cause], self._said[cause])
        return self._too_many()

    def _too_many(self) -> Message | None:
        limit = self._guards.failed
        if limit is None:
            return None
        share = share_of(limit)
        allowed = int(limit) if share is None else share * self.answered
        if self.failed <= allowed or (share is not None and self.answered < SHARE_FROM):
            return None
        (cause, hosts), *_ = self._causes.most_common(1)
        return _too_many(self.failed, self.answered, str(limit), hosts, self._said[cause])


def foremost_cause(hosts: Sequence[HostResult]) -> tuple[int, Message]:
    """How many of these hosts ended for the cause that most of them have, and the reason of the first of those."""
    reasons = [host.deciding.reason for host in hosts]
    causes = Counter(map(cause_of, reasons))
    (cause, number), *_ = causes.most_common(1)
    return number, next(reason for reason in reasons if cause_of(reason) == cause)


def cause_of(reason: Message) -> Cause:
    """The cause in a reason: what it says of this host or that, a path or a name, makes no other one of it."""
    return tuple(_parts(reason))


def _parts(said: Message) -> Iterator[str | int]:
    yield said.code
    for name, value in said.parameters.items():
        if isinstance(value, Message):
            yield from _parts(value)
        elif isinstance(value, tuple):
            for each in _messages(value):
                yield from _parts(each)
        elif name == _CODE and isinstance(value, int | str):
            yield value


def _messages(values: Sequence[object]) -> Iterator[Message]:
    yield from (each for each in values if isinstance(each, Message))
