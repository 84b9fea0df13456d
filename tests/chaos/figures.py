"""The figures of many rounds, and whether they are within their targets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.chaos.ledger import PEAK, REFUSALS, Violation
from tests.chaos.round import Outcome

COUNTED = (
    "installed twice",
    "restarted twice",
    "never restarted",
    "lost",
    "wrong verdict",
    "state differs",
    "changed without a record",
    "no result",
    "readable by others",
    "ended by an error of ours",
    "hangs",
)
"""The rules of which no violation may be found."""


@dataclass
class Figures:
    """What rounds came to, so far."""

    rounds: list[Outcome] = field(default_factory=list)

    @property
    def happened(self) -> int:
        """How many faults were seen to happen."""
        return sum(outcome.happened.total() for outcome in self.rounds)

    @property
    def violations(self) -> Sequence[tuple[str, Violation]]:
        """All of them, each with its round's seed."""
        return [(outcome.seed, violation) for outcome in self.rounds for violation in outcome.violations]

    def lines(self) -> Iterator[str]:
        """The report."""
        tried = sum((outcome.tried for outcome in self.rounds), Counter[str]())
        happened = sum((outcome.happened for outcome in self.rounds), Counter[str]())
        yield f"{'fault':44} {'tried':>7} {'happened':>9}"
        for kind in sorted(tried):
            yield f"{kind:44} {tried[kind]:7} {happened[kind]:9}"
        yield f"{'all':44} {tried.total():7} {happened.total():9}"
        yield ""
        hosts, runs = sum(each.hosts for each in self.rounds), sum(each.runs for each in self.rounds)
        yield f"{'figure':44} {'found':>7} {'target':>9}"
        yield f"{'rounds':44} {len(self.rounds):7}"
        yield f"{'hosts disturbed':44} {hosts:7}"
        yield f"{'runs of the program':44} {runs:7}"
        against = Counter(violation.rule for _, violation in self.violations)
        for rule in COUNTED:
            yield f"{rule:44} {against[rule]:7} {0:9}"
        refusals = max((each.refusals for each in self.rounds), default=0)
        peak = max((each.peak for each in self.rounds), default=0)
        yield f"{'refusals of one account to one computer':44} {refusals:7} {REFUSALS:9}"
        yield f"{'memory of a coordinator, MB at most':44} {peak // 2**20:7} {PEAK // 2**20:9}"
        if self.violations:
            yield ""
            yield from self._violated()

    def _violated(self) -> Iterator[str]:
        """Violations by rule and by what went wrong then, each kind with an example and its seed."""
        kinds: dict[tuple[str, tuple[str, ...]], list[tuple[str, Violation]]] = {}
        for seed, violation in self.violations:
            kinds.setdefault((violation.rule, tuple(sorted(set(violation.during)))), []).append((seed, violation))
        for (rule, during), found in sorted(kinds.items(), key=lambda each: (each[0][0], -len(each[1]))):
            seed, violation = found[0]
            where = f"run {violation.run} " if violation.run else ""
            yield f"{len(found)} x {rule}, while: {', '.join(during) or 'nothing went wrong'}"
            yield f"    python -m tests.chaos --round {seed}: {where}{violation.host} {violation.words}"
