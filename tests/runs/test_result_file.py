"""The result file: its contract, its round trip, and the refusal of what is none."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.model.detail import OtherDetail
from orchestrator.model.errors import DocumentError
from orchestrator.model.message import Message, verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.preflight import PreflightDetail
from orchestrator.model.registry import RegistryRecord, Value, ValueChange
from orchestrator.model.result import HostResult, LogEnd, RunResult, StepRecord, StepResult
from orchestrator.model.self_test import Answer, SelfTest
from orchestrator.runs.result_file import read_result, result_schema, write_result
from orchestrator.runs.result_part import ResultPart
from orchestrator.sentences import say

PUBLISHED = Path(__file__).parents[2] / "docs" / "schemas" / "result.schema.json"


@pytest.fixture
def written(tmp_path: Path, make_run: Callable[..., RunResult]) -> Path:
    path = tmp_path / "new" / "result.json"
    write_result(make_run(47), path)
    return path


def test_published_schema_is_current() -> None:
    """The schema in docs/ is the models' own; when this fails, write `result_schema()` there, indented by 2."""
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == result_schema()


def test_written_file_obeys_the_published_schema(written: Path) -> None:
    """What is written is valid by the published schema, has the contract's keys and is its owner's alone."""
    document = json.loads(written.read_text(encoding="utf-8"))
    schema = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema)
    assert set(document) == {"version", "run", "summary", "hosts"}
    assert set(document["run"]) == {"id", "playbook", "started", "finished", "state", "check"}
    assert set(document["hosts"][9]) == {
        *("name", "address", "outcome", "reason", "branch", "groups", "last_seen", "steps")
    }
    steps = [step for host in document["hosts"] for step in host["steps"]]
    always = {"name", "outcome", "reason", "seconds", "attempts", "branch", "seen"}
    assert all(always <= set(step) <= {*always, *ResultPart.model_fields} for step in steps)
    assert document["run"]["started"] == "2025-03-03T09:14:05Z"
    assert sum(document["summary"].values()) == len(document["hosts"]) == 47
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert [path.name for path in written.parent.iterdir()] == ["result.json"]


NAMES = st.text(max_size=9)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | NAMES
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2), max_leaves=4
)
PARAMETERS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=1).map(tuple) | st.builds(Message, NAMES, st.dictionaries(NAMES, inner, max_size=2))
    ),
    max_leaves=4,
)
MESSAGES = st.builds(Message, NAMES, st.dictionaries(NAMES, PARAMETERS, max_size=2))
KEYS = st.sampled_from(("HKLM\\SOFTWARE\\A", "HKU\\.DEFAULT\\b c"))
VALUES = st.none() | st.builds(Value, st.text(), st.integers() | st.text())
REGISTRY = st.builds(
    RegistryRecord,
    st.lists(st.builds(ValueChange, KEYS, st.text(), VALUES, VALUES), max_size=1).map(tuple),
    st.lists(KEYS, max_size=1).map(tuple),
    st.booleans(),
    st.lists(KEYS, max_size=1).map(tuple),
)
DETAILS = st.none() | st.builds(PreflightDetail)
RESULTS = st.builds(
    StepResult,
    st.sampled_from(Outcome),
    MESSAGES,
    DETAILS,
    st.booleans(),
    st.none() | MESSAGES,
    st.booleans(),
    REGISTRY,
    st.dictionaries(NAMES, JSON, max_size=2),
)
BRANCHES = st.none() | st.text()
TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
RECORDS = st.builds(StepRecord, st.text(), RESULTS, st.floats(0, 1e6), st.integers(1, 100), BRANCHES, st.none() | TIMES)
STEPS = st.lists(RECORDS, max_size=3).map(tuple)
HOSTS = st.builds(
    HostResult,
    st.text(),
    st.text(),
    BRANCHES,
    STEPS,
    st.none() | RESULTS,
    st.lists(st.text(), max_size=1).map(tuple),
)
RUNS = st.builds(
    RunResult,
    st.text(),
    st.text(),
    TIMES,
    TIMES,
    st.sampled_from(["finished", "interrupted", "stopped"]),
    st.lists(HOSTS, max_size=2, unique_by=lambda host: host.name.casefold()).map(tuple),
    st.booleans(),
    st.none() | st.builds(SelfTest, st.text(), st.sampled_from(Answer), st.text(), *[st.none() | st.text()] * 3),
    st.none() | st.builds(LogEnd, st.integers(1), st.text("0123456789abcdef", min_size=64, max_size=64)),
    st.none() | MESSAGES,
)


@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(run=RUNS)
def test_a_file_read_back_gives_an_equal_result(tmp_path: Path, run: RunResult) -> None:
    """Whatever a run ends with: every field of every part, with verdicts, remedies and restarts that are due."""
    write_result(run, tmp_path / "r.json")
    assert read_result(tmp_path / "r.json") == run


def test_every_field_is_among_them() -> None:
    """The strategies above give every field of what they build: a new one would not be tested otherwise."""
    counts = {
        StepResult: 8,
        StepRecord: 6,
        HostResult: 6,
        RunResult: 10,
        LogEnd: 2,
        SelfTest: 6,
        RegistryRecord: 4,
        ValueChange: 4,
    }
    assert {kind: len(fields(kind)) for kind in counts} == counts


VERSION_1 = {
    "run": {
        "id": "r",
        "playbook": "install",
        "started": "2025-03-03T09:14:05Z",
        "finished": "2025-03-03T09:20:00Z",
        "state": "finished",
        "check": False,
    },
    "summary": {"failed": 1, "cancelled": 1},
    "hosts": [
        {
            "name": "PC-1",
            "address": "pc-1",
            "outcome": "failed",
            "reason": "it failed",
            "branch": "windows7",
            "steps": [
                {
                    "name": "msi",
                    "outcome": "failed",
                    "reason": "it failed",
                    "detail": {
                        "exit_code": 1603,
                        "remedy": "read the log",
                        "registry": {"values": [], "created_keys": ["HKLM\\SOFTWARE\\X"], "needs_restart": False},
                    },
                    "seconds": 1.5,
                    "attempts": 2,
                }
            ],
        },
        {"name": "PC-2", "address": "p", "outcome": "cancelled", "reason": "stopped", "branch": None, "steps": []},
    ],
}


def test_a_file_of_the_first_version_is_read(tmp_path: Path) -> None:
    """Its sentences are kept as they are; remedy and registry record are where they belong; a fate is a verdict."""
    (tmp_path / "old.json").write_text(json.dumps(VERSION_1), encoding="utf-8")
    failed, cancelled = read_result(tmp_path / "old.json").hosts
    result = failed.steps[0].result
    assert (say(result.reason), say(result.remedy or verbatim("")), result.detail) == (
        "it failed",
        "read the log",
        OtherDetail(None, {"exit_code": 1603}),
    )
    assert result.registry == RegistryRecord((), (r"HKLM\SOFTWARE\X",))
    assert failed.verdict is None
    assert cancelled.verdict == StepResult(Outcome.CANCELLED, verbatim("stopped"))


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """With a word about why, rather than read as far as it happens to fit."""
    (tmp_path / "new.json").write_text(json.dumps({**VERSION_1, "version": 3}), encoding="utf-8")
    with pytest.raises(DocumentError, match="newer version"):
        read_result(tmp_path / "new.json")


def test_times_are_written_in_utc(tmp_path: Path, make_run: Callable[..., RunResult]) -> None:
    """A run on a coordinator elsewhere is told in UTC all the same."""
    seoul = datetime(2025, 3, 3, 18, 14, 5, tzinfo=timezone(timedelta(hours=9)))
    write_result(make_run(1, started=seoul), tmp_path / "r.json")
    assert '"2025-03-03T09:14:05Z"' in (tmp_path / "r.json").read_text()


def test_odd_detail_does_not_cost_the_file(tmp_path: Path, make_run: Callable[..., RunResult]) -> None:
    """A tuple, a path, not-a-number or half a surrogate pair in a detail is written as best it can be."""
    odd: Any = {"tuple": (1, 2), "path": Path("a/b"), "half": "\ud800", "nan": float("nan")}
    step = StepRecord("msi", StepResult(Outcome.OK, verbatim("half \udfff"), OtherDetail(None, odd)))
    write_result(make_run(0, hosts=[HostResult("PC", "pc", None, (step,))]), tmp_path / "r.json")
    read = read_result(tmp_path / "r.json").hosts[0].steps[0].result
    assert read.detail == OtherDetail(None, {"tuple": [1, 2], "path": "a/b", "half": "?", "nan": None})


def test_failed_write_leaves_nothing(tmp_path: Path, make_run: Callable[..., RunResult]) -> None:
    """When the file cannot be put in place, the error is told and no temporary file stays."""
    (tmp_path / "taken" / "inside").mkdir(parents=True)
    with pytest.raises(OSError):  # noqa: PT011 - which one is the platform's
        write_result(make_run(1), tmp_path / "taken")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def _set(place: str, value: Any) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        *way, last = [int(key) if key.isdigit() else key for key in place.split("/")]
        for key in way:
            document = document[key]
        document[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (_set("run/state", "done"), "run.state: "),
        (_set("run/started", "yesterday"), "run.started: "),
        (_set("run/started", "2025-03-03T09:14:05"), "timezone"),
        (_set("hosts/7/steps/0/attempts", 0), "hosts[7].steps[0].attempts: "),
        (_set("hosts/7/steps/0/outcome", "splendid"), "hosts[7].steps[0].outcome: "),
        (_set("extra", 1), "extra: "),
        (_set("hosts/7/name", "pc-0008"), "pc-0008 appears 2 times"),
        (_set("summary/failed", 9), "summary"),
        (_set("hosts/2/outcome", "ok"), "said to be ok, but a step of it is"),
    ],
)
def test_bad_content_is_refused(written: Path, change: Callable[[Any], None], problem: str) -> None:
    """A file that breaks the contract or contradicts itself is refused, and the error names the place."""
    document = json.loads(written.read_text(encoding="utf-8"))
    change(document)
    written.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(DocumentError) as caught:
        read_result(written)
    assert problem in caught.value.problem
    assert caught.value.path == written


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"", 1), (b'{"run": 1,\n "summary": }', 2), (b"\xff\xfe{}", None), (b"[1]", None), (b"[" * 200_000, None)],
)
def test_what_is_no_json_is_refused(tmp_path: Path, content: bytes, line: int | None) -> None:
    """Text that is no JSON, not UTF-8 or absurdly nested is refused, with the line where there is one."""
    (tmp_path / "bad.json").write_bytes(content)
    with pytest.raises(DocumentError) as caught:
        read_result(tmp_path / "bad.json")
    assert caught.value.line == line


def test_missing_file_is_refused(tmp_path: Path) -> None:
    """A file that is not there is a wrong usage, not a crash."""
    with pytest.raises(DocumentError, match="cannot be read"):
        read_result(tmp_path / "none.json")
