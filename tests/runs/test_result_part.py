"""A step's result in files: what is written is what was known, and older or edited files are read as far as they go."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orchestrator.model.detail import OtherDetail
from orchestrator.model.finding import Finding, Severity
from orchestrator.model.message import Message, several, verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.preflight import AddIn, Machine, PreflightDetail
from orchestrator.model.result import StepResult
from orchestrator.runs.result_part import ResultPart, from_version_1, plain, written

FOUND = Finding(
    "disk",
    Severity.WARN,
    Message("of-a-newer-version", {"free": 1, "share": 1.0, "sure": True, "names": ("a", "b"), "nobody": None}),
    {"free_bytes": 3, r"HKLM\A": {"b": [1, None, "c"]}},
    several((verbatim("one"), verbatim("two"))),
)
DETAIL = PreflightDetail(machine=Machine("windows7", service_pack=1), restart_pending=(), findings=(FOUND,), free_mb=3)


def as_file(result: StepResult) -> Any:
    return plain(written(result))


def read(part: Any) -> StepResult:
    return ResultPart.model_validate_json(json.dumps(part)).result


def read_version_1(detail: dict[str, Any]) -> StepResult:
    return read(from_version_1({"outcome": "ok", "reason": "so", "detail": detail}))


def test_a_detail_comes_back_equal() -> None:
    """With the types that it had, and messages with their codes and parameters."""
    result = StepResult(Outcome.OK, verbatim("so"), DETAIL, remedy=verbatim("do this"), would_change=True)
    assert read(as_file(result)) == result


def test_readers_find_the_text_beside_the_code() -> None:
    """Whoever reads the file with another program need not know our sentences."""
    (found,) = as_file(StepResult(Outcome.OK, verbatim("so"), DETAIL))["detail"]["findings"]
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
    detail = read_version_1(old).detail
    full = Finding("disk", Severity.BLOCK, verbatim("full"))
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
    part = {"outcome": "ok", "reason": {"code": "x", "parameters": {}}, "detail": detail}
    assert read(part).detail == OtherDetail(detail.get("kind"), rest)
