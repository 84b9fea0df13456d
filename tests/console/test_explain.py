"""The page about one host: at every width, piped, and with anything missing or hostile in the result."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from orchestrator.console.explain import Entry, print_explanation
from orchestrator.model.detail import Detail
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.preflight import Join
from orchestrator.model.registry import Value
from orchestrator.model.result import HostResult, RunResult, StepRecord, StepResult
from orchestrator.steps.await_reboot import AwaitRebootDetail
from orchestrator.steps.tls12 import Tls12Detail
from orchestrator.steps.undo import UndoDetail
from orchestrator.steps.uninstall import UninstallDetail
from orchestrator.steps.verify import VerifyDetail
from orchestrator.steps.windows10 import Windows10Detail
from orchestrator.windows.registry import Key
from orchestrator.windows.tls12 import TlsSettings
from tests.console.conftest import as_read

KEY = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client"
GLOSSARY = {
    code: Entry(verbatim(meaning), verbatim(fine), where, verbatim(wanted), "Microsoft's page (documented)")
    for code, meaning, fine, where, wanted in (
        ("tls12", "TLS 1.2 is not on", "TLS 1.2 is on", KEY, "Enabled=1"),
        ("uac", "UAC is off", "UAC is on", "a policy", "1"),
    )
}
TLS12 = {
    "code": "tls12",
    "severity": "block",
    "message": "TLS 1.2 is off, as Windows 7 has it (no values set), and the add-in cannot do without",
    "evidence": {KEY: {"Enabled": 0}, "count": 3, "nobody": None, "yes": True, "names": ["a", "b"], "none": []},
    "remedy": "run the playbook `enable-tls12`, then restart the host when it suits whoever works there",
}


NOW = datetime(2025, 3, 3, 9, 14, tzinfo=UTC)


def page(detail: Mapping[str, Any], width: int = 80, *, terminal: bool = True, reason: str = "a reason") -> str:
    steps = (StepRecord("preflight", as_read(Outcome.BLOCKED, reason, detail)),)
    return page_of(run_of(*steps), width=width, terminal=terminal)


def page_of(result: RunResult, *later: RunResult, width: int = 80, terminal: bool = False) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=terminal, color_system=None, _environ={})
    print_explanation(result, GLOSSARY, console, later)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def run_of(*steps: StepRecord, name: str = "PC-1") -> RunResult:
    return RunResult("run", "preflight", NOW, NOW, "finished", (HostResult(name, "10.0.0.1", "windows7", steps),))


@pytest.mark.parametrize("width", [40, 80, 200])
def test_it_fits_the_terminal(width: int) -> None:
    """No line is wider than the terminal, nothing is cut off, and what is folded stays indented."""
    out = page({"findings": [TLS12], "fine": ["uac"]}, width)
    assert max(map(cell_len, out.splitlines())) <= width
    bare = "".join(out.split())
    for text in (TLS12["message"], TLS12["remedy"], KEY):
        assert "".join(str(text).split()) in bare
    after = out[out.index("Meaning") :].split("Looked at, and fine")[0]
    assert all(line.startswith("    ") or not line for line in ("    " + after).splitlines())


def test_every_field_is_one_line_when_piped() -> None:
    """Another program finds each field on a line of its own, however long."""
    lines = page({"findings": [TLS12]}, terminal=False).splitlines()
    assert f"    To do:      {TLS12['remedy']}" in lines
    assert f"    Looked at:  {KEY}" in lines
    assert f"    Read:       {KEY} = Enabled=0" in lines


def test_what_was_read_is_told_in_words() -> None:
    """Values are shown as a person would say them, each on its line."""
    out = page({"findings": [TLS12]}, terminal=False)
    read = [line.strip() for line in out.splitlines()]
    assert read[read.index("count = 3") :][:5] == [
        "count = 3",
        "nobody = not set",
        "yes = yes",
        "names = a, b",
        "none = (nothing)",
    ]


def test_a_value_of_another_type_is_shown_with_it() -> None:
    """What is no number where one is meant stands there with its type and the one that is wanted."""
    values = {"enabled": Value("REG_QWORD", 1), "disabledbydefault": Value("REG_DWORD", 0)}
    settings = TlsSettings(Key(KEY, values), None, None, None)
    out = page({"findings": [{**TLS12, "evidence": settings.values}]}, terminal=False)
    assert f'    Read:       {KEY} = enabled=REG_QWORD "1", wanted REG_DWORD, disabledbydefault=0\n' in out


def test_sections() -> None:
    """Findings, what the policy ignores, and what is fine are kept apart, in this order."""
    out = page(
        {"findings": [TLS12], "ignored": [{"code": "x", "severity": "ignore", "message": "seen"}], "fine": ["uac"]},
        terminal=False,
    )
    order = [out.index(text) for text in ("! blocks: TLS 1.2", "ignored by the policy", "- seen  [x]", "✓ UAC is on")]
    assert order == sorted(order)


VERIFIED = VerifyDetail(
    provider_registered=True, dll=None, dll_exists=None, installed_version=None, tls12_verdict="on", tls12={}
)
UNDONE = UndoDetail("run-1", ())


def switched(*, on: bool) -> Windows10Detail:
    """Windows 10's own, when it was switched on or off."""
    return Windows10Detail("Windows 10", "19045", Join(), not on, None, {}, (), {}, {})


SETTLING = {
    "tls12 enables it": ("tls12", Tls12Detail("off", {}, {}), "tls12", Outcome.CHANGED, True),
    "tls12 fails": ("tls12", Tls12Detail("off", {}, {}), "tls12", Outcome.FAILED, False),
    "tls12 blocks": ("tls12", Tls12Detail("off", {}), "tls12", Outcome.BLOCKED, False),
    "verify reads it again": ("verify", VERIFIED, "tls12", Outcome.OK, True),
    "verify was not to look": ("verify", replace(VERIFIED, tls12_verdict="off"), "tls12", Outcome.OK, False),
    "the host restarts": ("reboot-return", AwaitRebootDetail("boot", 9), "restart_pending", Outcome.CHANGED, True),
    "it is about something else": ("reboot-return", AwaitRebootDetail("boot", 9), "uac", Outcome.CHANGED, False),
    "an undo takes it back": ("undo", UNDONE, "tls12", Outcome.CHANGED, False),
    "an undo takes nothing back": ("undo", UNDONE, "tls12", Outcome.OK, True),
    "Windows 10's own goes off again": ("windows10", switched(on=False), "windows10_off", Outcome.CHANGED, False),
    "Windows 10's own stays on": (
        "windows10",
        replace(switched(on=False), after=None),
        "windows10_off",
        Outcome.OK,
        True,
    ),
}
SETTLED_BEFORE: Mapping[str, Detail] = {"undo": Tls12Detail("off", {}, {}), "windows10": switched(on=True)}
"""What the first step that changed something has to tell, by the name of the last one."""


@pytest.mark.parametrize("by", ["a later step", "a later run"])
@pytest.mark.parametrize("case", SETTLING)
def test_what_has_been_done_since_the_look(case: str, by: str) -> None:
    """What a later step or run has dealt with is not told as if it were so still, and the page says what was done."""
    name, told, code, outcome, settled = SETTLING[case]
    found = {"code": code, "severity": "warn", "message": "so it was", "remedy": "mend it"}
    looked = StepRecord("preflight", as_read(Outcome.OK, "a warning", {"findings": [found], "fine": ["uac"]}))
    first = SETTLED_BEFORE.get(name)
    changed = StepRecord("first", StepResult(Outcome.CHANGED, verbatim("something is changed"), first))
    after = StepRecord(name, StepResult(outcome, verbatim("the last word"), told))
    if by == "a later step":
        out = page_of(run_of(looked, changed, after))
    else:
        elsewhere = run_of(StepRecord("x", StepResult(Outcome.CHANGED, verbatim("not here"))), name="PC-2")
        out = page_of(run_of(looked), elsewhere, run_of(changed, after))
    assert "Changed after it was looked at:" in out
    assert "not here" not in out
    assert "`sspr check -i INVENTORY --explain PC-1`" in out
    assert ("Found then, and done with since:" in out) is settled
    assert ("! warns: so it was" in out, "To do:      mend it" in out) == (not settled, not settled)
    assert "Looked at then, and fine:" in out


NEWER: dict[str, tuple[Sequence[Outcome], bool]] = {
    "could not be reached": ([Outcome.UNREACHABLE], True),
    "failed": ([Outcome.FAILED], True),
    "lost it": ([Outcome.OK, Outcome.UNKNOWN], True),
    "was blocked": ([Outcome.BLOCKED], True),
    "was stopped": ([Outcome.CANCELLED], True),
    "got through": ([Outcome.OK], False),
    "got through after one that did not": ([Outcome.UNREACHABLE, Outcome.CHANGED], False),
}


@pytest.mark.parametrize("case", NEWER)
def test_a_newer_run_that_did_not_get_to_look_is_told_first(case: str) -> None:
    """A page of a host that was fine is not shown as news while the newest run could not say so."""
    outcomes, told = NEWER[case]
    looked = StepRecord("preflight", as_read(Outcome.OK, "ready", {"findings": [], "fine": ["uac"]}))
    later = [
        replace(run_of(StepRecord("preflight", StepResult(outcome, verbatim(f"why {number}")))), id=f"newer-{number}")
        for number, outcome in enumerate(outcomes)
    ]
    lines = page_of(run_of(looked), *later).splitlines()
    assert ("A newer run did not get to look at it:" in lines) is told
    if told:
        number = len(outcomes) - 1
        assert lines[1] == "A newer run did not get to look at it:"
        assert f"run newer-{number}, {NOW:%Y-%m-%d %H:%M} UTC: " in lines[2]
        assert lines[2].endswith(f": why {number}")


ASK, INSTALL = "If password reset fails and nothing above says why, ask next:", "run the playbook `install`"
THERE, NOT_THERE = {"addin": {"installed": True}}, {"addin": {"installed": False}}
WARNS = {**TLS12, "severity": "warn"}
NEXT: dict[str, tuple[Mapping[str, Any], Detail | None, str]] = {
    "the add-in is there": (THERE, None, ASK),
    "and something warns": ({**THERE, "findings": [WARNS]}, None, ASK),
    "and something blocks": ({**THERE, "findings": [TLS12]}, None, ""),
    "what blocked is settled": ({**THERE, "findings": [TLS12]}, Tls12Detail("off", {}, {}), ASK),
    "it is not there": (NOT_THERE, None, INSTALL),
    "and something blocks too": ({**NOT_THERE, "findings": [TLS12]}, None, ""),
    "it came since": (NOT_THERE, replace(VERIFIED, dll="sspr.dll", dll_exists=True), ASK),
    "it came without its file": (NOT_THERE, VERIFIED, INSTALL),
    "it went since": (THERE, UninstallDetail(("{A}",), provider_registered=False), INSTALL),
    "one of its products went since": (THERE, UninstallDetail(("{A}",), provider_registered=True), ASK),
    "a product went, and nobody looked": (THERE, UninstallDetail(("{A}",)), ASK),
    "an undo took something back": (THERE, UNDONE, ""),
    "Windows 10's own is on": ({"windows10": {"allowed": True}}, None, ASK),
    "Windows 10's own went off since": ({"windows10": {"allowed": True}}, switched(on=False), INSTALL),
    "Windows 10's own is off": ({"windows10": {"allowed": False}}, None, INSTALL),
}


@pytest.mark.parametrize("case", NEXT)
def test_what_to_do_next_where_the_machine_is_fine(case: str) -> None:
    """Three lines say whom to ask what; where there is nothing to reset a password by, one says what to run."""
    seen, since, said = NEXT[case]
    steps = [StepRecord("preflight", as_read(Outcome.OK, "looked", {"findings": [], **seen}))]
    if since:
        steps.append(StepRecord("later", StepResult(Outcome.CHANGED, verbatim("done"), since)))
    out = page_of(run_of(*steps))
    assert [each for each in (ASK, INSTALL) if each in out] == ([said] if said else [])
    assert sum(line.startswith("    ? ") for line in out.splitlines()) == (3 if said == ASK else 0)
    assert out.count("Microsoft Entra ID (formerly Azure AD)") == (said == ASK)


@pytest.mark.parametrize("outcome", [Outcome.OK, Outcome.SKIPPED])
def test_steps_that_changed_nothing_leave_the_page_as_it_is(outcome: Outcome) -> None:
    """Nothing is said of steps that only looked, or that would have changed something."""
    looked = StepRecord("preflight", as_read(Outcome.OK, "a warning", {"findings": [TLS12]}))
    others = (
        StepRecord("verify", StepResult(outcome, verbatim("fine"), VERIFIED)),
        StepRecord("msi", StepResult(Outcome.CHANGED, verbatim("would"), would_change=True)),
    )
    out = page_of(run_of(looked, *others))
    assert "Changed after" not in out
    assert "! blocks: TLS 1.2 is off" in out


def test_a_host_that_was_not_looked_at() -> None:
    """An unreachable host gets its reason, what to do and how to look, and no list of what is fine."""
    out = page({"remedy": "switch it on"}, terminal=False, reason="no answer on port 5985")
    assert "no answer on port 5985" in out
    assert "was not looked at" in out
    assert "To do:      switch it on" in out
    assert "Look:       `sspr check -i INVENTORY --explain PC-1`" in out
    assert "fine" not in out


@pytest.mark.parametrize(
    "detail",
    [
        {"findings": None, "ignored": 1, "fine": "x"},
        {"findings": [None, 1, {}, {"code": 1, "severity": None, "evidence": [1]}], "fine": [None, {}, "unknown"]},
        {"machine": [], "findings": [{"code": "other", "message": "of a newer program", "severity": "grave"}]},
    ],
)
def test_anything_may_be_missing(detail: Mapping[str, Any]) -> None:
    """A result file of another version, or an edited one, is shown as far as it goes."""
    assert "PC-1" in page(detail)


def test_a_host_cannot_move_the_cursor() -> None:
    """Text that came from a host is shown without control sequences and mark-up."""
    hostile = {"code": "uac", "severity": "warn", "message": "a\x1b[2Jb [red]c", "evidence": {"x\ny": "z\x07[b]"}}
    out = page({"findings": [hostile]}, terminal=False)
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "ab [red]c" in out
    assert "x y = z[b]" in out
