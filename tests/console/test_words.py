"""How outcomes, counts and durations are said, and what is taken out of a host's text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from orchestrator.console.groups import group
from orchestrator.console.headline import headline, remainder
from orchestrator.console.words import SHOWN_ORDER, duration, names, one_line, wording
from orchestrator.model.finding import Finding, Severity
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.preflight import PreflightDetail
from orchestrator.model.result import HostResult, RunResult, StepRecord, StepResult
from orchestrator.model.showable import clean


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3, "0.0 s"),
        (0.44, "0.4 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.6, "1 min 00 s"),
        (200, "3 min 20 s"),
        (7500, "2 h 05 min"),
    ],
)
def test_duration(seconds: float, said: str) -> None:
    """A duration reads well at every magnitude, and rounding never gives 60 seconds."""
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("outcomes", "check", "said"),
    [
        ("", False, "No machine was touched"),
        ("changed", False, "1 of 1 machine is done"),
        ("changed ok", False, "All 2 machines are done"),
        ("ok ok", False, "All 2 machines are in order"),
        ("ok blocked", False, "1 of 2 machines is in order; 1 needs a person"),
        ("changed failed unknown", False, "1 of 3 machines is done; 2 need a person"),
        ("ok changed changed", True, "1 of 3 machines is in order already; 2 would be changed"),
    ],
)
def test_headline(
    make_host: Callable[..., HostResult], make_run: Callable[..., RunResult], outcomes: str, check: bool, said: str
) -> None:
    """The headline counts what is done and what needs a person, and claims nothing that was only rehearsed."""
    hosts = [make_host(index, Outcome(outcome)) for index, outcome in enumerate(outcomes.split())]
    assert headline(make_run(0, hosts=hosts, check=check)) == said


def blocked_by(*playbooks: str | None) -> HostResult:
    """A host on which a preflight found things that block, each with the playbook that deals with it."""
    blocking = [Finding("x", Severity.BLOCK, verbatim("m"), settled_by=playbook) for playbook in playbooks]
    detail = PreflightDetail(findings=(*blocking, Finding("y", Severity.WARN, verbatim("m"))))
    return HostResult("PC", "pc", steps=(StepRecord("preflight", StepResult(Outcome.BLOCKED, verbatim("m"), detail)),))


def test_what_a_playbook_deals_with_needs_nobody(make_run: Callable[..., RunResult]) -> None:
    """A host is counted with those that need a person only if something blocks it that no playbook takes care of."""
    hosts = [
        blocked_by("install"),
        blocked_by("install", "install"),
        blocked_by("enable-tls12"),
        blocked_by("install", None),
        blocked_by(None),
        blocked_by("install", "enable-tls12"),
    ]
    assert headline(make_run(0, hosts=hosts)) == (
        "0 of 6 machines are in order; 3 need a person; 2 need only `install`; 1 needs only `enable-tls12`"
    )
    assert [(each.in_need, len(each.hosts)) for each in group(hosts)] == [(True, 3), (False, 2), (False, 1)]


def test_headline_and_remainder_leave_out_nobody(make_run: Callable[..., RunResult]) -> None:
    """Every host of a run is counted in the headline or in the remainder."""
    said = f"{headline(make_run(47))}; {remainder(make_run(47))}"
    assert (
        said == "38 of 47 machines are done; 5 need a person; 2 wait for a restart, 1 was left out, 1 was not finished"
    )


def test_every_outcome_is_worded_once() -> None:
    """Each outcome has its own label and its place in the order shown."""
    assert set(SHOWN_ORDER) == set(Outcome)
    assert len({wording(outcome, check=False).label for outcome in Outcome}) == len(Outcome)
    assert wording(Outcome.CHANGED, check=True).label == "would change"


def test_names_are_capped() -> None:
    """A long list of hosts is cut with a count, but never to hide a single name."""
    hosts = [f"PC-{index:03}" for index in range(1, 41)]
    assert names(hosts, 2) == "PC-001, PC-002 … and 38 more"
    assert names(hosts[:3], 2) == "PC-001, PC-002, PC-003"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("a\x00b\x9bc\x7f", "abc"),
        ("\u202egnp.exe", "gnp.exe"),
        ("half \ud800 pair", "half  pair"),
        ("one\r\ntwo\tthree\rfour", "one\ntwo\tthree\nfour"),
        ("사용자 계정 컨트롤", "사용자 계정 컨트롤"),
    ],
)
def test_clean(raw: str, shown: str) -> None:
    """Control sequences, control characters and direction overrides go; text of any language stays."""
    assert clean(raw) == shown
    assert one_line(raw) == " ".join(shown.split())
