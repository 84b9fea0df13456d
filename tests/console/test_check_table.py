"""The table of `sspr check` at every width and size, and with everything missing."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from orchestrator.console.check_table import HEADINGS, print_check_table
from orchestrator.console.preflight import Facts, facts, windows
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult, StepRecord, StepResult
from tests.console.conftest import as_read

REASON = "Windows Installer ended with 1603 (fatal error during installation)"


def table(result: RunResult, width: int, *, terminal: bool = True) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=terminal, color_system=None, _environ={})
    print_check_table(result, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def preflight(detail: Mapping[str, Any], outcome: Outcome = Outcome.OK) -> HostResult:
    return HostResult("PC-1", "pc", "windows7", (StepRecord("look", as_read(outcome, "the reason", detail)),))


def test_facts_of_a_host(make_host: Callable[..., HostResult]) -> None:
    """Everything that a preflight learned is put into a few words, what blocks foremost."""
    assert facts(make_host(30, Outcome.BLOCKED)) == Facts(
        windows="8.1 x64",
        tls12="on",
        addin="1.0.11",
        restart="pending",
        disk="212 MB",
        reasons=("only 212 MB are free on drive C:", "user account control is off"),
    )


def test_reason_of_a_later_step_comes_first(make_host: Callable[..., HostResult]) -> None:
    """A warning of the preflight does not hide why a host failed afterwards."""
    assert facts(make_host(0, Outcome.FAILED)).reasons == (
        REASON,
        "user account control is off",
    )


@pytest.mark.parametrize(
    "detail",
    [
        {},
        {"machine": None, "tls12": [], "addin": "x", "restart_pending": None, "free_mb": "much", "findings": None},
        {"machine": {}, "tls12": {}, "addin": {}, "findings": [None, 1, {}, {"severity": "block"}], "free_mb": True},
    ],
)
def test_missing_and_misshapen_details(detail: dict[str, Any]) -> None:
    """Whatever is missing or not of the expected shape is left empty; the host's own reason stands in."""
    host = preflight(detail)
    assert facts(host) == Facts("7", "", "", "", "", ("the reason",))


@pytest.mark.parametrize(
    ("built_in", "addin"),
    [
        ({"allowed": True}, "built in, on"),
        ({"allowed": False}, "built in, off"),
        (None, "none"),
    ],
)
def test_windows_10_has_the_feature_built_in(built_in: object, addin: str) -> None:
    """Where others show the add-in's version, Windows 10 shows whether its own feature is on."""
    assert facts(preflight({"findings": [], "windows10": built_in, "addin": {"installed": False}})).addin == addin


def test_unknown_words_are_shown_as_they_came() -> None:
    """A branch or verdict that this version does not know is shown rather than swallowed."""
    host = preflight(
        {
            "findings": [],
            "machine": {"branch": "other", "product": "Windows Server 2008 R2"},
            "tls12": {"verdict": "odd"},
        }
    )
    assert windows(host) == "Server 2008 R2"
    assert facts(host).tls12 == "odd"


@pytest.mark.parametrize("width", [60, 80, 119, 120, 200])
def test_no_line_is_wider_than_the_terminal(make_run: Callable[..., RunResult], width: int) -> None:
    """At every width each host is there with its whole reason, wrapped where it must be."""
    text = table(make_run(47), width)
    assert all(cell_len(line) <= width for line in text.splitlines())
    assert all(f"PC-{index:04}" in text for index in range(47))
    assert re.search(r"\s+".join(map(re.escape, REASON.split())), text)
    assert "\n38 of 47 machines are done; 5 need a person\n" in text


@pytest.mark.parametrize(("count", "terminal"), [(201, True), (12, False)])
def test_plain_columns(make_run: Callable[..., RunResult], count: int, terminal: bool) -> None:
    """Many hosts, or a reader that is no terminal, get one unwrapped line a host, in aligned columns."""
    lines = table(make_run(count), 80, terminal=terminal).splitlines()
    assert sum(line.startswith("PC-") for line in lines) == count
    assert lines[count + 1].endswith("need a person")
    assert all(heading in lines[0] for heading in (*HEADINGS, "Reasons"))
    failed = next(line for line in lines if "✕ failed" in line)
    assert failed.index(REASON) == lines[0].index("Reasons")


def test_what_to_do_is_said_once_for_all() -> None:
    """What many machines need stands under the table once, before what fewer need; a pipe gets it too, unfolded."""
    reached = [
        preflight({"findings": [{"code": "x", "severity": "block", "message": "m", "remedy": remedy}]}, Outcome.BLOCKED)
        for remedy in ("free some space", "enable TLS", "enable TLS")
    ]
    result = RunResult("r", "preflight", datetime.now(UTC), datetime.now(UTC), "finished", tuple(reached))
    for terminal, width in ((True, 80), (False, 20)):
        assert table(result, width, terminal=terminal).splitlines()[-2:] == [
            "To do for 2 machines: enable TLS",
            "To do for 1 machine: free some space",
        ]


def test_wide_characters_stay_aligned(make_run: Callable[..., RunResult]) -> None:
    """A Korean host name takes two columns a sign, and the next column begins where it should."""
    hosts = [HostResult("회계-01", "pc", verdict=StepResult(Outcome.OK, verbatim("fine"))), preflight({})]
    lines = table(make_run(0, hosts=hosts), 80, terminal=False).splitlines()
    assert {cell_len(line[: line.index("✓")]) for line in lines[1:3]} == {9}


def test_hostile_text_is_disarmed(make_run: Callable[..., RunResult]) -> None:
    """Neither markup nor control sequences of a host reach the terminal."""
    findings = [{"code": "x", "severity": "block", "message": "[red]x[/y]\x1b[2J\x07", "remedy": ""}]
    host = preflight({"findings": findings, "machine": {"product": "[b]W\x1b]0;t\x07", "branch": "other"}})
    for width in (80, 140):
        text = table(make_run(0, hosts=[host]), width)
        assert "[red]x[/y]" in text
        assert "[b]W" in text
        assert "\x1b" not in text
        assert "\x07" not in text
