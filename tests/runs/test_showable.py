"""Text that hosts said, in the files of a run: nothing in them acts on whoever looks, and all of it is there."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from orchestrator.harvest.bundle import Bundle, manifest_sha256, read_manifest
from orchestrator.harvest.manifest import Origin, entry
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult, StepRecord, StepResult
from orchestrator.model.showable import UNSHOWABLE, escaped
from orchestrator.runs.result_file import read_result, write_result

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)
ACTING = (
    *map(chr, range(0x20)),
    *map(chr, range(0x7F, 0xA0)),
    *"\u061c\u180e\u200b\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\ufff9",
    "\U000e0041",
)


@pytest.mark.parametrize("character", ["\x1b", "\x85", "\x9b", "\u061c", "\u202e", "\u2066", "\u2029", "\ufeff"])
def test_a_result_file_is_safe_to_look_at(tmp_path: Path, character: str) -> None:
    """Characters that act are escaped wherever they stand, and read back as they were."""
    text = f"before{character}after"
    step = StepResult(Outcome.FAILED, verbatim(text), evidence={"output": text, text: [text]})
    host = HostResult("PC-1", text, "windows7", (StepRecord("look", step, 1.0, 1, "windows7"),))
    result = RunResult("run-1", "check", MOMENT, MOMENT, "finished", (host,))
    write_result(result, tmp_path / "result.json")
    written = (tmp_path / "result.json").read_text("utf-8")
    assert not UNSHOWABLE.search(written)
    assert written.isprintable() or set(written) - set("\n") == {each for each in written if each.isprintable()}
    assert read_result(tmp_path / "result.json") == result


def test_a_manifest_is_safe_to_look_at(tmp_path: Path) -> None:
    """What the host is called in an inventory, and where files come from, reads back as it was."""
    with Bundle(tmp_path / "PC-1", Origin("PC\u202e-1", "run-1", MOMENT)) as bundle:
        bundle.add_collected("a.log", [b"log"], "C:\\\x9b31m")
        sealed = bundle.seal(entry("collected.cab", BytesIO(b"MSCF"), "makecab"))
    assert not UNSHOWABLE.search((tmp_path / "PC-1" / "manifest.json").read_text("utf-8"))
    assert read_manifest(tmp_path / "PC-1") == sealed
    assert manifest_sha256(tmp_path / "PC-1") == sealed.sha256


@pytest.mark.parametrize("indent", [None, 1])
def test_escaped_json_means_the_same(indent: int | None) -> None:
    """All that act, halves of surrogate pairs among them."""
    told = {"".join(ACTING): ["".join(ACTING), "\ud800", "\udfff", "크기 é 😀"]}
    document = escaped(json.dumps(told, ensure_ascii=False, indent=indent))
    assert json.loads(document) == told
    assert not UNSHOWABLE.search(document)
    assert "크기 é 😀" in document
