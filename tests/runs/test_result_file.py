"""The result file: its contract, its round trip, and the refusal of what is none."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from orchestrator.model.errors import DocumentError
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult, StepRecord, StepResult
from orchestrator.runs.result_file import read_result, result_schema, write_result
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
    assert set(document) == {"run", "summary", "hosts"}
    assert set(document["run"]) == {"id", "playbook", "started", "finished", "state", "check"}
    assert set(document["hosts"][9]) == {"name", "address", "outcome", "reason", "branch", "groups", "steps"}
    steps = [step for host in document["hosts"] for step in host["steps"]]
    assert {key for step in steps for key in step} == {"name", "outcome", "reason", "detail", "seconds", "attempts"}
    assert document["run"]["started"] == "2025-03-03T09:14:05Z"
    assert sum(document["summary"].values()) == len(document["hosts"]) == 47
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert [path.name for path in written.parent.iterdir()] == ["result.json"]


def test_round_trip(written: Path, make_run: Callable[..., RunResult]) -> None:
    """A file read back tells the same run: hosts, steps, details, and fates decided outside any step."""
    run, back = make_run(47), read_result(written)
    assert (back.id, back.started, back.finished, back.state, back.check) == (
        run.id,
        run.started,
        run.finished,
        run.state,
        run.check,
    )
    assert back.summary == run.summary
    for mine, theirs in zip(run.hosts, back.hosts, strict=True):
        assert (theirs.name, theirs.outcome, say(theirs.reason), theirs.branch) == (
            mine.name,
            mine.outcome,
            say(mine.reason),
            mine.branch,
        )
        assert theirs.steps == mine.steps


def test_times_are_written_in_utc(tmp_path: Path, make_run: Callable[..., RunResult]) -> None:
    """A run on a coordinator elsewhere is told in UTC all the same."""
    seoul = datetime(2025, 3, 3, 18, 14, 5, tzinfo=timezone(timedelta(hours=9)))
    write_result(make_run(1, started=seoul), tmp_path / "r.json")
    assert '"2025-03-03T09:14:05Z"' in (tmp_path / "r.json").read_text()


def test_odd_detail_does_not_cost_the_file(tmp_path: Path, make_run: Callable[..., RunResult]) -> None:
    """A tuple, a path, not-a-number or half a surrogate pair in a detail is written as best it can be."""
    detail = {"tuple": (1, 2), "path": Path("a/b"), "half": "\ud800", "nan": float("nan")}
    step = StepRecord("msi", StepResult(Outcome.OK, "half \udfff", detail))
    write_result(make_run(0, hosts=[HostResult("PC", "pc", None, (step,))]), tmp_path / "r.json")
    read = read_result(tmp_path / "r.json").hosts[0].steps[0].result
    assert read.detail == {"tuple": [1, 2], "path": "a/b", "half": "?", "nan": None}


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
