"""The summary after a run: grouped by reason, gravest first, with what to do next."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from rich.console import Console

from orchestrator.console.awaited import print_awaited
from orchestrator.console.groups import group, remedies
from orchestrator.console.report import report_bytes
from orchestrator.console.summary import GROUPS_SHOWN, print_summary
from orchestrator.model.awaited import Awaited, awaited, looked_for_in_vain
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult, StepRecord, StepResult, shown
from orchestrator.steps.restarting import RebootDetail
from tests.console.conftest import as_read


def summary(result: RunResult, width: int = 120) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    print_summary(result, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_groups_hold_every_host_once_gravest_first(make_run: Callable[..., RunResult]) -> None:
    """Grouping loses nobody, and puts the gravest outcome before the milder and the larger group before the smaller."""
    run = make_run(300)
    groups = group(run.hosts)
    assert sorted(name for each in groups for name in each.names) == sorted(host.name for host in run.hosts)
    order = [(-each.outcome.gravity, -len(each.hosts)) for each in groups]
    assert order == sorted(order)


def test_remedy_comes_from_the_step_or_from_what_blocks() -> None:
    """The step's own remedy counts; without one, those of the blocking findings, each once; else there is none."""
    findings = [
        {"code": "uac", "severity": "warn", "message": "UAC is off", "remedy": "Switch it on."},
        {"code": "disk", "severity": "block", "message": "disk", "remedy": "Free some space."},
        {"code": "pagefile", "severity": "block", "message": "pagefile", "remedy": "Free some space."},
    ]
    blocked = as_read(Outcome.BLOCKED, "x", {"findings": findings})
    assert remedies(blocked) == ("Free some space.",)
    assert remedies(as_read(Outcome.BLOCKED, "x", {"findings": findings, "remedy": "Call."})) == ("Call.",)
    assert remedies(as_read(Outcome.FAILED, "x", {"remedy": 7, "findings": "odd"})) == ()


def test_summary_says_who_why_and_what_to_do(make_run: Callable[..., RunResult]) -> None:
    """Headline, each reason with its hosts (capped) and its remedy, in order of gravity, and where the run stands."""
    text = summary(make_run(47 * 20))
    wanted = [
        "760 of 940 machines are done; 100 need a person",
        "40 wait for a restart, 20 were left out, 20 were not finished",
        "failed: 20 machines",
        "Windows Installer ended with 1603",
        "PC-0006, PC-0053, PC-0100, PC-0147, PC-0194, PC-0241, PC-0288, PC-0335 … and 12 more",
        "To do: Read the custom action that the log names",
        "unknown: 20 machines",
        "unreachable: 40 machines",
        "blocked: 20 machines",
        "To do: Free at least 500 MB",
        "changed: 600 machines",
        "finished after 23 min 12 s",
    ]
    places = [text.find(each) for each in wanted]
    assert -1 not in places
    assert places == sorted(places)


def test_hosts_that_were_looked_for(make_run: Callable[..., RunResult]) -> None:
    """They are one group, whenever each was last seen; of those that are waited for there is a table."""
    seen = datetime(2026, 11, 27, 17, 58, tzinfo=UTC)
    until = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
    reason = looked_for_in_vain(verbatim("no answer"), shown(until))
    steps = [StepRecord("msi", StepResult(Outcome.UNREACHABLE, reason), seen=each) for each in (seen, None)]
    run = replace(make_run(0), hosts=tuple(HostResult(f"PC-{n}", "", steps=(step,)) for n, step in enumerate(steps)))
    text = summary(run)
    assert "unreachable: 2 machines" in text
    assert f"Last seen: {shown(seen)}; 1 machine never in this run" in text
    waiting = Awaited(14, seen + timedelta(hours=1), seen, until)
    off = StepResult(Outcome.UNREACHABLE, awaited(verbatim("no answer"), shown(until)), waiting)
    never = replace(off, detail=replace(waiting, looks=1, next_look=None, last_seen=None))
    run = replace(run, hosts=(HostResult("PC-0", "", verdict=never), HostResult("PC-1", "", verdict=off)))
    told = Console(file=io.StringIO(), width=120, color_system=None)
    print_awaited(run, told)
    assert isinstance(told.file, io.StringIO)
    rows = [re.split("  +", line) for line in told.file.getvalue().splitlines() if line]
    assert rows == [
        ["Waited for", "Looked for", "Next look", "Last seen"],
        ["PC-1", "14 times", shown(seen + timedelta(hours=1)), shown(seen)],
        ["PC-0", "1 time", "-", "never in this run"],
    ]


def test_what_a_stopped_run_leaves_behind(make_run: Callable[..., RunResult]) -> None:
    """Hosts that were not finished are told apart by what had been changed there, with what still comes."""
    stopped = StepResult(Outcome.CANCELLED, verbatim("interrupted"), remedy=verbatim("run it again"))
    changes = [
        StepRecord("msi", StepResult(Outcome.CHANGED, verbatim("installed"))),
        StepRecord("reboot", StepResult(Outcome.REBOOT_PENDING, verbatim("a restart is scheduled"))),
    ]
    hosts = [HostResult(f"PC-{number}", "", steps=tuple(changes[: number % 3]), verdict=stopped) for number in range(6)]
    paragraphs = [
        paragraph
        for paragraph in summary(make_run(0, hosts=hosts, state="interrupted")).split("■")
        if "cancelled" in paragraph
    ]
    told = [line for each in paragraphs for line in each.splitlines() if "Changed before" in line]
    assert [line.strip() for line in told] == [
        "Changed before: nothing",
        "Changed before: installed",
        "Changed before: installed; a restart is scheduled",
    ]
    assert all("cancelled: 2 machines" in each and "To do: run it again" in each for each in paragraphs)


def test_restarts_that_are_still_to_come(make_run: Callable[..., RunResult]) -> None:
    """Hosts that restart at different times are one group, told with the first and the last of them."""
    stopped = StepResult(Outcome.CANCELLED, verbatim("interrupted"))
    due = [datetime(2025, 3, 3, 9, minute, tzinfo=UTC) for minute in (7, 5, 6)]
    hosts = [
        HostResult(
            "PC", "", steps=(StepRecord("reboot", StepResult(Outcome.CHANGED, verbatim("x"), each)),), verdict=stopped
        )
        for each in (RebootDetail("boot", (), (), due=moment) for moment in due)
    ]
    said = summary(make_run(0, hosts=hosts, state="interrupted"))
    assert "cancelled: 3 machines" in said
    assert f"A restart was set for: from {shown(due[1])} to {shown(due[0])}\n" in said
    one = summary(make_run(0, hosts=hosts[:1], state="interrupted"))
    assert f"A restart was set for: {shown(due[0])}\n" in one


def test_what_was_done_before_it_failed(make_run: Callable[..., RunResult]) -> None:
    """A host that a later step blocks is told with what an earlier one has changed, and the reports say so too."""
    steps = (
        StepRecord("tls12", StepResult(Outcome.CHANGED, verbatim("TLS 1.2 is enabled"))),
        StepRecord("reboot", StepResult(Outcome.BLOCKED, verbatim("may not restart"), remedy=verbatim("mend WinRM"))),
    )
    run = make_run(0, hosts=[HostResult("PC", "", steps=steps)])
    lines = [line.strip() for line in summary(run).splitlines()]
    at = lines.index("may not restart")
    assert lines[at + 1 : at + 4] == ["PC", "Changed before: TLS 1.2 is enabled", "To do: mend WinRM"]
    assert "may not restart. Changed before: TLS 1.2 is enabled" in report_bytes(run).decode()


def test_a_stopped_rehearsal_has_changed_nothing(make_run: Callable[..., RunResult]) -> None:
    """What a step of it would have done is not told as done."""
    would = StepRecord("msi", StepResult(Outcome.CHANGED, verbatim("would install"), would_change=True))
    host = HostResult("PC-1", "", steps=(would,), verdict=StepResult(Outcome.CANCELLED, verbatim("interrupted")))
    said = summary(make_run(0, hosts=(host,), state="interrupted", check=True))
    assert "Changed before: nothing" in said
    assert "would install" not in said


def test_what_is_piped_on_is_not_padded(make_run: Callable[..., RunResult]) -> None:
    """No line ends in blanks, however wide the output is."""
    lines = summary(make_run(40), width=10_000).splitlines()
    assert [line for line in lines if line != line.rstrip()] == []


def test_summary_of_a_rehearsal_claims_no_change(make_run: Callable[..., RunResult]) -> None:
    """Under --check nothing is said to have been changed."""
    text = summary(make_run(47, check=True, state="interrupted"))
    assert "would change: 30 machines" in text
    assert "✓ changed" not in text
    assert "interrupted after 23 min 12 s, nothing was changed (--check)" in text


def test_many_reasons_are_capped(make_run: Callable[..., RunResult]) -> None:
    """With a reason for every host the summary stays short and says how much it leaves out."""
    apart = [
        HostResult(f"PC-{index}", "pc", verdict=StepResult(Outcome.FAILED, verbatim(f"reason {index}")))
        for index in range(GROUPS_SHOWN + 30)
    ]
    text = summary(make_run(0, hosts=apart))
    assert "… and 30 machines for 30 more reasons" in text
    assert text.count("failed: 1 machine") == GROUPS_SHOWN


def test_hostile_text_is_shown_as_it_is(make_run: Callable[..., RunResult]) -> None:
    """Markup from a host is neither obeyed nor an error, and control sequences are gone."""
    remedy = verbatim("[link=http://x]do[/link]\x1b[2J")
    verdict = StepResult(Outcome.FAILED, verbatim("[bold]boo[/oops]\x1b]0;t\x07\nline"), remedy=remedy)
    text = summary(make_run(0, hosts=[HostResult("PC[/]\x1b[1m", "pc", verdict=verdict)]))
    assert "[bold]boo[/oops] line" in text
    assert "PC[/]" in text
    assert "To do: [link=http://x]do[/link]" in text
    assert "\x1b" not in text
