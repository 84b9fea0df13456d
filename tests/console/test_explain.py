"""The page about one host: at every width, piped, and with anything missing or hostile in the result."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from orchestrator.console.explain import Entry, print_explanation
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult, StepRecord
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


def page(detail: Mapping[str, Any], width: int = 80, *, terminal: bool = True, reason: str = "a reason") -> str:
    steps = (StepRecord("preflight", as_read(Outcome.BLOCKED, reason, detail)),)
    now = datetime(2025, 3, 3, 9, 14, tzinfo=UTC)
    result = RunResult("run", "preflight", now, now, "finished", (HostResult("PC-1", "10.0.0.1", "windows7", steps),))
    console = Console(file=io.StringIO(), width=width, force_terminal=terminal, color_system=None, _environ={})
    print_explanation(result, GLOSSARY, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


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


def test_sections() -> None:
    """Findings, what the policy ignores, and what is fine are kept apart, in this order."""
    out = page(
        {"findings": [TLS12], "ignored": [{"code": "x", "severity": "ignore", "message": "seen"}], "fine": ["uac"]},
        terminal=False,
    )
    order = [out.index(text) for text in ("! blocks: TLS 1.2", "ignored by the policy", "- seen  [x]", "✓ UAC is on")]
    assert order == sorted(order)


def test_a_host_that_was_not_looked_at() -> None:
    """An unreachable host gets its reason and what to do, and no list of what is fine."""
    out = page({"remedy": "switch it on"}, terminal=False, reason="no answer on port 5985")
    assert "no answer on port 5985" in out
    assert "was not looked at" in out
    assert "To do:      switch it on" in out
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
