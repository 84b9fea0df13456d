"""The summary after a run: grouped by reason, gravest first, with what to do next."""

from __future__ import annotations

import io
from collections.abc import Callable

from rich.console import Console

from orchestrator.console.groups import group, remedies
from orchestrator.console.summary import GROUPS_SHOWN, print_summary
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult, StepRecord, StepResult
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
