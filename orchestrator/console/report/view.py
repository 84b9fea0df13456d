"""What the report's template shows, worked out beforehand; text from hosts is cleaned here and escaped there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any

from orchestrator.console.groups import Group, by_group, group
from orchestrator.console.headline import headline, remainder
from orchestrator.console.preflight import findings, windows
from orchestrator.console.since import since
from orchestrator.console.words import SHOWN_ORDER, Wording, one_line, wording
from orchestrator.model.finding import Finding, Severity
from orchestrator.model.message import Message
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult, StepRecord
from orchestrator.model.showable import clean
from orchestrator.sentences import say

SHOWN_ELSEWHERE = frozenset({"remedy", "findings"})


def evidence(entries: Mapping[str, object], limit: int) -> str:
    """Keys and values, a line each, nested ones indented; cut after `limit` characters with a word about the rest."""
    rest = {key: value for key, value in entries.items() if key not in SHOWN_ELSEWHERE}
    text = clean("\n".join(_lines(rest, "")))
    if len(text) <= limit:
        return text
    return f"{text[:limit]}\n… {len(text) - limit:,} more characters in the result file"


def _lines(value: Any, indent: str) -> Iterator[str]:
    items = value.items() if isinstance(value, Mapping) else (("-", each) for each in value)
    for key, item in items:
        each = _plain(item)
        label = key if key == "-" else f"{key}:"
        if isinstance(each, str) and "\n" in each:
            yield f"{indent}{label}"
            yield from (f"{indent}  {line}" for line in each.splitlines())
        elif isinstance(each, Mapping | list | tuple) and each:
            yield f"{indent}{label}"
            yield from _lines(each, f"{indent}  ")
        else:
            yield f"{indent}{label} {_scalar(each)}"


def _plain(value: Any) -> Any:
    """A message in its words, and a dataclass by its fields."""
    if isinstance(value, Message):
        return say(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    return value


def _scalar(value: Any) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case {} | [] | ():
            return "none"
        case _:
            return str(value)


EVIDENCE_PER_STEP = 4_000
"""Characters of one step's evidence; what is longer belongs into the result file."""
DETAIL_BUDGET = 5_000_000
"""Characters of all hosts' steps together, given to the gravest hosts first, so that the file stays one to mail."""
STEP_OVERHEAD = 160
"""About what the markup of a step adds."""
NAMES_SHOWN = 12
_NOT_THERE = frozenset({Outcome.UNREACHABLE, Outcome.UNKNOWN})


@dataclass(frozen=True)
class OutcomeView:
    """An outcome as shown; `key` is its CSS class."""

    key: str
    said: Wording
    count: int
    share: float
    start: float


@dataclass(frozen=True)
class FindingView:
    severity: Severity
    message: str
    remedy: str


@dataclass(frozen=True)
class StepView:
    name: str
    key: str
    said: Wording
    reason: str
    seconds: float
    attempts: int
    findings: Sequence[FindingView]
    evidence: str


@dataclass(frozen=True)
class HostView:
    """A host's row.

    Attributes:
        anchor: Its id on the page.
        groups: Positions of its groups among those of the view.
        last_seen: When a host that was not there last answered; empty for others, and where it never did.
        steps: None when the steps have no room in the report.
    """

    anchor: str
    name: str
    address: str
    groups: Sequence[int]
    key: str
    gravity: int
    said: Wording
    windows: str
    reason: str
    seconds: float
    last_seen: str
    steps: Sequence[StepView] | None


@dataclass(frozen=True)
class GroupView:
    key: str
    said: Wording
    reason: str
    remedies: Sequence[str]
    shown: Sequence[HostView]
    others: Sequence[HostView]

    @property
    def count(self) -> int:
        return len(self.shown) + len(self.others)


@dataclass(frozen=True)
class InventoryGroupView:
    """A group of the inventory; `name` is empty for hosts that are in none."""

    name: str
    hosts: int
    outcomes: Sequence[OutcomeView]


@dataclass(frozen=True)
class View:
    headline: str
    remainder: str
    playbook: str
    run: str
    state: str
    check: bool
    started: str
    finished: str
    seconds: float
    outcomes: Sequence[OutcomeView]
    meanings: Sequence[OutcomeView]
    grave: Sequence[GroupView]
    others: Sequence[GroupView]
    hosts: Sequence[HostView]
    windows: Sequence[tuple[str, int]]
    groups: Sequence[InventoryGroupView]


def view_of(result: RunResult, budget: int = DETAIL_BUDGET) -> View:
    """Everything the template needs; hosts from the gravest to the mildest, in inventory order among equals."""
    ordered = sorted(enumerate(result.hosts), key=lambda item: -item[1].outcome.gravity)
    counted = by_group(result.hosts)
    positions = {each.name: position for position, each in enumerate(counted)}
    steps = _steps_within(budget, [host for _, host in ordered], check=result.check)
    hosts = {
        host.name: _host(host, f"m{index}", shown, positions, check=result.check)
        for (index, host), shown in zip(ordered, steps, strict=True)
    }
    groups = [(each.in_need, _group(each, hosts, check=result.check)) for each in group(result.hosts)]
    branches = Counter(windows(host) for host in result.hosts)
    return View(
        headline=headline(result),
        remainder=remainder(result),
        playbook=one_line(result.playbook),
        run=one_line(result.id),
        state=result.state,
        check=result.check,
        started=_moment(result.started),
        finished=_moment(result.finished),
        seconds=(result.finished - result.started).total_seconds(),
        outcomes=_outcomes(
            {each: result.summary[each] for each in SHOWN_ORDER if each in result.summary}, check=result.check
        ),
        meanings=_outcomes(dict.fromkeys(Outcome, 0), check=result.check),
        grave=[shown for grave, shown in groups if grave],
        others=[shown for grave, shown in groups if not grave],
        hosts=list(hosts.values()),
        windows=branches.most_common(),
        groups=[
            InventoryGroupView(one_line(each.name or ""), each.hosts, _outcomes(each.outcomes, check=result.check))
            for each in counted
        ],
    )


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _outcomes(counts: Mapping[Outcome, int], *, check: bool) -> list[OutcomeView]:
    """Each with its place on a bar that is 100 long."""
    present = [outcome for outcome in SHOWN_ORDER if outcome in counts]
    total = sum(counts.values()) or 1
    shares = [100 * counts[outcome] / total for outcome in present]
    starts = accumulate(shares, initial=0.0)
    return [
        OutcomeView(outcome.value, wording(outcome, check=check), counts[outcome], round(share, 3), round(start, 3))
        for outcome, share, start in zip(present, shares, starts, strict=False)
    ]


def _host(
    host: HostResult,
    anchor: str,
    steps: Sequence[StepView] | None,
    positions: Mapping[str | None, int],
    *,
    check: bool,
) -> HostView:
    return HostView(
        anchor=anchor,
        name=one_line(host.name),
        address=one_line(host.address),
        groups=[positions[name] for name in host.groups or (None,)],
        key=host.outcome.value,
        gravity=host.outcome.gravity,
        said=wording(host.outcome, check=check),
        windows=windows(host),
        reason=one_line(say(host.reason)),
        seconds=sum(record.seconds for record in host.steps),
        last_seen=_moment(host.last_seen) if host.last_seen and host.outcome in _NOT_THERE else "",
        steps=steps,
    )


def _steps_within(budget: int, hosts: Sequence[HostResult], *, check: bool) -> Iterator[Sequence[StepView] | None]:
    for host in hosts:
        done_with = since(host, ()).settled
        steps = [_step(record, done_with, check=check) for record in host.steps]
        budget -= sum(_size(step) for step in steps)
        yield steps if budget >= 0 or not steps else None


def _size(step: StepView) -> int:
    return STEP_OVERHEAD + len(step.reason) + len(step.evidence) + sum(len(each.message) for each in step.findings)


def _step(record: StepRecord, done_with: Collection[str], *, check: bool) -> StepView:
    return StepView(
        name=one_line(record.name),
        key=record.result.outcome.value,
        said=wording(record.result.outcome, check=check),
        reason=one_line(say(record.result.reason)),
        seconds=record.seconds,
        attempts=record.attempts,
        findings=[_finding(each, done_with) for each in findings(record.result.detail)],
        evidence=evidence(record.result.entries, EVIDENCE_PER_STEP),
    )


def _finding(found: Finding, done_with: Collection[str]) -> FindingView:
    remedy = found.remedy and one_line(say(found.remedy))
    to_do = "done with by a later step" if found.code in done_with else remedy or ""
    return FindingView(found.severity, one_line(say(found.message)), to_do)


def _group(each: Group, hosts: Mapping[str, HostView], *, check: bool) -> GroupView:
    members = [hosts[host.name] for host in each.hosts]
    cut = NAMES_SHOWN if len(members) > NAMES_SHOWN + 1 else len(members)
    return GroupView(
        key=each.outcome.value,
        said=wording(each.outcome, check=check),
        reason=". ".join((each.reason, *each.left)),
        remedies=each.remedies,
        shown=members[:cut],
        others=members[cut:],
    )
