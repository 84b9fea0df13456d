"""What is said of runs that are over: of one its hosts by reason, gravest first, with what to do; of many a list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from rich.console import Console, RenderableType
from rich.console import Group as Lines
from rich.padding import Padding
from rich.text import Text

from orchestrator.console.columns import print_columns
from orchestrator.console.groups import Group, group
from orchestrator.console.headline import headline, needs, remainder
from orchestrator.console.standing import goes_on, how_far, label, state
from orchestrator.console.words import duration, machines, names, needs_person, one_line, wording
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import ENDED_STATES, RunResult
from orchestrator.sentences import say

NAMES_SHOWN = 8
GROUPS_SHOWN = 20
_INDENT = (0, 0, 0, 4)


def print_summary(result: RunResult, console: Console) -> None:
    """Headline, a paragraph for each group of hosts that have ended, and where the run stands."""
    groups = group([host for host in result.hosts if not goes_on(host)])
    grave = [each for each in groups if needs_person(each.outcome)]
    others = [each for each in groups if not needs_person(each.outcome)]
    console.print(Lines(*_lines(result, grave, others)))


def _lines(result: RunResult, grave: list[Group], others: list[Group]) -> Iterator[RenderableType]:
    ended = replace(result, hosts=tuple(host for host in result.hosts if not goes_on(host)))
    under_way = len(ended.hosts) < len(result.hosts)
    yield Text("; ".join((how_far(result), *needs(ended))) if under_way else headline(result), style="bold")
    if rest := remainder(ended):
        yield Text(rest)
    if result.why is not None:
        stopped = "Stopped by a guard" if result.state != "finished" else "A guard spoke when nobody was left to stop"
        yield Text(f"{stopped}: {one_line(say(result.why))}", style="yellow")
    for each in grave[:GROUPS_SHOWN]:
        yield Text()
        yield from _paragraph(each, check=result.check)
    yield from _left_out(grave[GROUPS_SHOWN:])
    if others:
        yield Text()
    for each in others[:GROUPS_SHOWN]:
        yield _title(each.outcome, len(each.hosts), check=result.check).append(f"  {each.reason}")
        if each.outcome is Outcome.CANCELLED:
            yield Padding(Text(names(each.names, NAMES_SHOWN), style="dim"), _INDENT, expand=False)
            yield from _left(each)
    yield from _left_out(others[GROUPS_SHOWN:])
    yield Text()
    yield Text(_closing(result), style="dim")


def _paragraph(each: Group, *, check: bool) -> Iterator[RenderableType]:
    yield _title(each.outcome, len(each.hosts), check=check)
    yield Padding(Text(each.reason), _INDENT, expand=False)
    yield Padding(Text(names(each.names, NAMES_SHOWN), style="dim"), _INDENT, expand=False)
    yield from _left(each)


def _left(each: Group) -> Iterator[RenderableType]:
    """Of hosts that were not finished: what had been changed there, what still comes, and what to do."""
    for said in each.left:
        yield Padding(Text(said), _INDENT, expand=False)
    for remedy in each.remedies_of_their_own:
        yield Padding(Text("To do: ", style="bold").append(remedy, style="not bold"), _INDENT, expand=False)


def _title(outcome: Outcome, count: int, *, check: bool) -> Text:
    said = wording(outcome, check=check)
    return Text.assemble((f"{said.mark} {said.label}", f"bold {said.style}"), f": {machines(count)}")


def _left_out(groups: list[Group]) -> Iterator[RenderableType]:
    if groups:
        hosts = sum(len(each.hosts) for each in groups)
        yield Text(f"  … and {machines(hosts)} for {len(groups):,} more reasons, all in the report", style="dim")


def _closing(result: RunResult) -> str:
    took = duration((result.finished - result.started).total_seconds())
    check_mode = ", nothing was changed (--check)" if result.check else ""
    playbook = f"{one_line(result.playbook)}, " if result.playbook else ""
    if any(map(goes_on, result.hosts)):
        return f"{playbook}run {one_line(result.id)}, begun {took} ago: {state(result)}{check_mode}"
    return f"{playbook}run {one_line(result.id)}: {result.state} after {took}{check_mode}"


def print_runs(
    runs: Sequence[tuple[str, RunResult | None]], console: Console, handed_over: Collection[str] = ()
) -> None:
    """A line for each: its name, and what is known of it. The name is never cut; those of workers are marked."""
    if not runs:
        console.print("no runs yet")
        return
    headings = ("Run", "Started", "Took", "Playbook", "Hosts", "State", "Outcomes")
    print_columns(
        console, headings, ((one_line(name), *_row(result, handed_over=name in handed_over)) for name, result in runs)
    )
    if any(result is not None and result.state not in ENDED_STATES for _, result in runs):
        console.print(
            "Of a run that is at work or was killed, its log tells what it has done so far: `sspr runs show RUN`",
            style="dim",
            highlight=False,
        )


def _row(result: RunResult | None, *, handed_over: bool) -> tuple[str, ...]:
    if result is None:
        return (*[""] * 4, "not readable", "")
    states = [state(result), *(["handed over"] if handed_over else []), *(["--check"] if result.check else [])]
    outcomes = [f"{count:,} {label}" for label, count in _labels(result).items()]
    took = duration((result.finished - result.started).total_seconds()) if result.state in ENDED_STATES else ""
    cells = (f"{result.started.astimezone():%Y-%m-%d %H:%M}", took, result.playbook, f"{len(result.hosts):,}")
    return tuple(one_line(text) for text in (*cells, ", ".join(states), ", ".join(outcomes)))


def _labels(result: RunResult) -> Mapping[str, int]:
    """Hosts counted by how they have ended, or by where they are in a run that is at work."""
    if result.state in ENDED_STATES:
        return {wording(outcome, check=result.check).label: count for outcome, count in result.summary.items()}
    hosts = sorted(result.hosts, key=lambda host: host.outcome.gravity)
    return Counter(label(host) if goes_on(host) else wording(host.outcome, check=result.check).label for host in hosts)
