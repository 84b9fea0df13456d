"""The list of earlier runs on screens of every width."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from rich.console import Console

from orchestrator.console.summary import print_runs
from orchestrator.model.result import RunResult

NAMES = ("20261122-130501-9f3c", "20261122-130502-0a1b", "20261122-130503-77aa", "20261122-130504-1c1c")
MakeRun = Callable[..., RunResult]


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_name_is_never_cut(make_run: MakeRun, width: int) -> None:
    """Whoever wants to show a run, or to undo it, takes its name from here."""
    shown = io.StringIO()
    results = make_run(40), make_run(40, check=True), make_run(40, state="killed"), None
    print_runs(list(zip(NAMES, results, strict=True)), Console(file=shown, width=width))
    assert [line.split()[0] for line in shown.getvalue().splitlines() if line.startswith("2026")] == list(NAMES)


def test_what_is_known_of_each(make_run: MakeRun) -> None:
    """A run in check mode is no run that changed something; one without a result has not ended."""
    shown = io.StringIO()
    runs = [(NAMES[0], make_run(40, check=True)), (NAMES[1], make_run(40, state="killed")), (NAMES[2], None)]
    print_runs(runs, Console(file=shown, width=400))
    rehearsed, killed, broken, note = shown.getvalue().splitlines()[1:]
    assert "finished, --check" in rehearsed
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d +\d[^-]* s ", rehearsed), "when it began, and how long it took"
    assert "would change" in rehearsed
    assert "killed" in killed
    assert "not readable" in broken
    assert "sspr runs show RUN" in note
