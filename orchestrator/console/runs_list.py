"""The list of earlier runs (`sspr runs list`)."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestrator.console.words import one_line, wording
from orchestrator.model.result import RunResult


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
