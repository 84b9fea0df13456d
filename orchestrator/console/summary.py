"""What is said of runs that are over: of one its hosts by reason, gravest first, with what to do; of many a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console, RenderableType
from rich.console import Group as Lines
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from orchestrator.console.groups import Group, group
from orchestrator.console.words import duration, headline, machines, names, needs_person, one_line, remainder, wording
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import RunResult

NAMES_SHOWN = 8
GROUPS_SHOWN = 20
_INDENT = (0, 0, 0, 4)


def print_summary(result: RunResult, console: Console) -> None:
    """Headline, a paragraph for each group of hosts, and where the run stands."""
    groups = group(result.hosts)
    grave = [each for each in groups if needs_person(each.outcome)]
    others = [each for each in groups if not needs_person(each.outcome)]
    console.print(Lines(*_lines(result, grave, others)))


def _lines(result: RunResult, grave: list[Group], others: list[Group]) -> Iterator[RenderableType]:
    yield Text(headline(result), style="bold")
    if rest := remainder(result):
        yield Text(rest)
    for each in grave[:GROUPS_SHOWN]:
        yield Text()
        yield from _paragraph(each, check=result.check)
    yield from _left_out(grave[GROUPS_SHOWN:])
    if others:
        yield Text()
    for each in others[:GROUPS_SHOWN]:
        yield _title(each.outcome, len(each.hosts), check=result.check).append(f"  {each.reason}")
        yield from _unfinished(each)
    yield from _left_out(others[GROUPS_SHOWN:])
    yield Text()
    yield Text(_closing(result), style="dim")


def _paragraph(each: Group, *, check: bool) -> Iterator[RenderableType]:
    yield _title(each.outcome, len(each.hosts), check=check)
    yield Padding(Text(each.reason), _INDENT, expand=False)
    yield Padding(Text(names(each.names, NAMES_SHOWN), style="dim"), _INDENT, expand=False)
    yield from _to_do(each)


def _unfinished(each: Group) -> Iterator[RenderableType]:
    """Of hosts that a stopped run left: what had been changed there, and what still comes."""
    if each.outcome is Outcome.CANCELLED:
        done = "; ".join(each.done) or "nothing"
        yield Padding(Text(f"Changed before: {done}"), _INDENT, expand=False)
        yield from _to_do(each)


def _to_do(each: Group) -> Iterator[RenderableType]:
    for remedy in each.remedies:
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
    return f"{one_line(result.playbook)}, run {one_line(result.id)}: {result.state} after {took}{check_mode}"


def print_runs(runs: Sequence[tuple[str, RunResult | None, bool]], console: Console) -> None:
    """A line for each: its name, what is known of it, and whether it has ended. The name is never cut."""
    if not runs:
        console.print("no runs yet")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("Run", no_wrap=True)
    for heading in ("Playbook", "Hosts", "State", "Outcomes"):
        table.add_column(heading, overflow="fold")
    for name, result, ended in runs:
        table.add_row(Text(name), *_row(result, ended=ended))
    console.print(table)
    if not all(ended for _, _, ended in runs):
        console.print(
            "A run without a result is at work, or was killed. What it had begun is in its log: `sspr runs show "
            "FOLDER/log.jsonl`",
            style="dim",
            highlight=False,
        )


def _row(result: RunResult | None, *, ended: bool) -> tuple[Text, ...]:
    if result is None:
        return (Text(), Text(), Text("not readable", style="red"), Text())
    state = [result.state if ended else "no result", *(["--check"] if result.check else [])]
    outcomes = [f"{count:,} {wording(outcome, check=result.check).label}" for outcome, count in result.summary.items()]
    return tuple(
        Text(one_line(text))
        for text in (result.playbook, f"{len(result.hosts):,}", ", ".join(state), ", ".join(outcomes))
    )
