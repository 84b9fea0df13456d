"""A step's detail in files: what is written is what was known, and older or edited files are read as far as they go."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orchestrator.model.finding import Finding, Severity
from orchestrator.model.message import Message, several, verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.preflight import AddIn, Machine, PreflightDetail
from orchestrator.model.result import StepResult
from orchestrator.runs.detail import DetailPart, plain, written

FOUND = Finding(
    "disk",
    Severity.WARN,
    Message("of-a-newer-version", {"free": 1, "share": 1.0, "sure": True, "names": ("a", "b"), "nobody": None}),
    {"free_bytes": 3, r"HKLM\A": {"b": [1, None, "c"]}},
    several((verbatim("one"), verbatim("two"))),
)
DETAIL = PreflightDetail(machine=Machine("windows7", service_pack=1), restart_pending=(), findings=(FOUND,), free_mb=3)


def as_file(result: StepResult) -> Any:
    return json.loads(json.dumps(written(result), default=plain))


def test_a_detail_comes_back_equal() -> None:
    """With the types that it had, and messages with their codes and parameters."""
    result = StepResult(Outcome.OK, "so", DETAIL, remedy="do this", would_change=True)
    assert DetailPart.model_validate(as_file(result)).result(Outcome.OK, "so") == result


def test_readers_find_the_text_beside_the_code() -> None:
    """Whoever reads the file with another program need not know our sentences."""
    (found,) = as_file(StepResult(Outcome.OK, "so", DETAIL))["findings"]
    assert found["remedy"] == {
        "code": "several",
        "parameters": {
            "messages": [
                {"code": "verbatim", "parameters": {"text": "one"}, "text": "one"},
                {"code": "verbatim", "parameters": {"text": "two"}, "text": "two"},
            ]
        },
        "text": "one; two",
    }


def test_a_file_of_an_earlier_version() -> None:
    """It names no kinds, has sentences for messages, and lacks what nobody asked then."""
    finding: dict[str, Any] = {"code": "disk", "severity": "block", "message": "full", "evidence": {}, "remedy": None}
    old = {"addin": {"installed": False, "version": None}, "findings": [finding]}
    detail = DetailPart.model_validate(old).result(Outcome.OK, "so").detail
    full = Finding("disk", Severity.BLOCK, "full")
    assert detail == PreflightDetail(addin=AddIn(installed=False), findings=(full,))


@pytest.mark.parametrize(
    "detail",
    [
        {"exit_code": 0},
        {"kind": "of a newer version", "exit_code": 0},
        {"kind": "preflight", "free_mb": "much"},
        {"findings": [{"code": "x", "severity": "grave", "message": "m"}]},
    ],
)
def test_what_does_not_fit_stays_as_it_is(detail: dict[str, Any]) -> None:
    """A detail of another step, of a newer version or an edited one is kept with its keys."""
    rest = {key: value for key, value in detail.items() if key != "kind"}
    assert DetailPart.model_validate(detail).result(Outcome.OK, "so").detail == rest
