"""A run in a sentence or two: how many hosts are done, how many need a person, and how many only a playbook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from orchestrator.console.preflight import left_to
from orchestrator.console.words import counted, machines, needs_person
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult


def in_need(host: HostResult) -> bool:
    """Whether a person has to see to the host, rather than the next run alone."""
    return needs_person(host.outcome) and left_to(host) is None


def headline(result: RunResult) -> str:
    """The run in one sentence, as in `181 of 200 machines are done; 12 need a person; 7 need only `install``."""
    foremost = _foremost(len(result.hosts), Counter(result.summary), check=result.check)
    return "; ".join((foremost, *needs(result)))


def needs(result: RunResult) -> Iterator[str]:
    """How many need a person, and how many only a playbook, a clause each; none where nobody does."""
    if people := sum(map(in_need, result.hosts)):
        yield counted(people, "needs a person", "need a person")
    ready = Counter(playbook for host in result.hosts if (playbook := left_to(host)))
    for playbook, hosts in ready.most_common():
        yield counted(hosts, f"needs only `{playbook}`", f"need only `{playbook}`")


def remainder(result: RunResult) -> str:
    """Those that the headline leaves out, as in `7 wait for a restart, 1 was left out`; may be empty."""
    count = Counter(result.summary)
    clauses = [
        (count[Outcome.REBOOT_PENDING], "waits for a restart", "wait for a restart"),
        (count[Outcome.SKIPPED], "was left out", "were left out"),
        (count[Outcome.CANCELLED], "was not finished", "were not finished"),
    ]
    return ", ".join(counted(number, singular, plural) for number, singular, plural in clauses if number)


def _foremost(total: int, count: Counter[Outcome], *, check: bool) -> str:
    if total == 0:
        return "No machine was touched"
    if check and count[Outcome.CHANGED]:
        changing = counted(count[Outcome.CHANGED], "would be changed", "would be changed")
        return f"{_share(count[Outcome.OK], total)} in order already; {changing}"
    nothing_done = not (count[Outcome.CHANGED] or count[Outcome.REBOOT_PENDING])
    return f"{_share(count[Outcome.OK] + count[Outcome.CHANGED], total)} {'in order' if nothing_done else 'done'}"


def _share(part: int, total: int) -> str:
    if part == total > 1:
        return f"All {total:,} machines are"
    return f"{part:,} of {machines(total)} {'is' if 1 in {part, total} else 'are'}"
