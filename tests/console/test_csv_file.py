"""CSV files: as RFC 4180 has it, right in Excel in any language, and with nothing in them that a host could smuggle."""

from __future__ import annotations

import csv
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.console.csv_file import (
    Cell,
    Table,
    check_table,
    doctor_table,
    host_table,
    runs_table,
    write_csv,
)
from orchestrator.model.doctor import DoctorDetail, ExaminedBelief
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult, StepRecord, StepResult
from tests.console.conftest import as_read


def run_of(*hosts: HostResult) -> RunResult:
    """A finished run of these hosts."""
    now = datetime(2026, 11, 22, tzinfo=UTC)
    return RunResult("20261122-130501-9f3c", "install", now, now, "finished", hosts)


def written(folder: Path, table: Table) -> bytes:
    path = folder / "table.csv"
    write_csv(table, path)
    return path.read_bytes()


def cells(content: bytes) -> list[list[str]]:
    """What a reader makes of a file, without the mark at its beginning."""
    return list(csv.reader(content.decode("utf-8-sig").splitlines(keepends=True), strict=True))


def test_the_form_of_a_file(tmp_path: Path) -> None:
    """A byte order mark for Excel, commas, CRLF, quotes where they are needed; for its owner's eyes only."""
    table = Table(("name", "reason"), [("서울-001", 'said "no", twice'), ("PC-2", None)])
    content = written(tmp_path, table)
    assert content == '\ufeffname,reason\r\n서울-001,"said ""no"", twice"\r\nPC-2,\r\n'.encode()
    assert stat.S_IMODE((tmp_path / "table.csv").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\n=1"),
        ("  =1", "'  =1"),
        ("\x1b[31m=1", "'=1"),
        ("\u200b=1", "'=1"),
        ("\uff1d1", "'\uff1d1"),
        ("a=1", "a=1"),
        ("two\r\nlines", "two\nlines"),
        (-1, "-1"),
        (-0.5, "-0.5"),
        (True, "true"),
        (None, ""),
        (Outcome.OK, "ok"),
    ],
    ids=repr,
)
def test_cells(tmp_path: Path, cell: Cell, shown: str) -> None:
    """Text that a spreadsheet would compute stands behind an apostrophe, however it is hidden; numbers are numbers."""
    assert cells(written(tmp_path, Table(("c",), [(cell, "x")])))[1] == [shown, "x"]


@settings(deadline=None, max_examples=50)  # each example writes a file through to the disk
@given(texts=st.lists(st.text(), min_size=2, max_size=3))
def test_no_text_breaks_out(texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever hosts say, a row stays a row of as many cells, and none of them begins like a formula."""
    folder = tmp_path_factory.getbasetemp()
    rows = cells(written(folder, Table(["c"] * len(texts), [texts])))
    assert [len(row) for row in rows] == [len(texts)] * 2
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for cell in rows[1])


def test_hosts_of_a_run() -> None:
    """A row a host, in the run's order, with columns as in the result file; each row has every column."""
    steps = (
        StepRecord("tls12", StepResult(Outcome.CHANGED, verbatim("enabled")), 1.25),
        StepRecord("msi", StepResult(Outcome.FAILED, verbatim("no room"), remedy=verbatim("make room")), 2.5),
    )
    result = run_of(
        HostResult("PC-1", "10.0.0.1", "windows7", steps, groups=("seoul", "korea")), HostResult("PC-2", "10.0.0.2")
    )
    table = host_table(result)
    first, second = (dict(zip(table.columns, row, strict=True)) for row in table.rows)
    assert first == {
        "run": result.id,
        "name": "PC-1",
        "address": "10.0.0.1",
        "groups": "seoul, korea",
        "branch": "windows7",
        "outcome": Outcome.FAILED,
        "reason": "no room",
        "remedy": "make room",
        "seconds": 3.75,
        "steps": "tls12: changed; msi: failed",
    }
    assert (second["name"], second["branch"], second["outcome"], second["steps"]) == ("PC-2", None, "skipped", "")


def test_what_a_preflight_learned() -> None:
    """The table of `sspr check` has what its columns have, and all reasons of a host in one cell."""
    detail = {
        "machine": {"branch": "windows7", "service_pack": 1, "architecture": "x64"},
        "tls12": {"verdict": "off"},
        "restart_pending": [],
        "free_mb": 512,
        "findings": [
            {"code": "tls12", "severity": "block", "message": "TLS 1.2 is off", "remedy": ""},
            {"code": "logged_on", "severity": "warn", "message": "somebody is logged on", "remedy": ""},
        ],
    }
    step = StepRecord("preflight", as_read(Outcome.BLOCKED, "TLS 1.2 is off", detail))
    table = check_table(run_of(HostResult("PC-1", "10.0.0.1", "windows7", (step,))))
    (row,) = (dict(zip(table.columns, row, strict=True)) for row in table.rows)
    assert (row["windows"], row["tls12"], row["restart_pending"], row["free_disk"]) == (
        "7 SP1 x64",
        "off",
        "no",
        "512 MB",
    )
    assert row["findings"] == "TLS 1.2 is off; somebody is logged on"


def test_beliefs() -> None:
    """A row a belief; one that holds has no difference."""
    beliefs = (
        ExaminedBelief("a", verbatim("A is so")),
        ExaminedBelief("b", verbatim("B is so"), difference=verbatim("it is not")),
    )
    step = StepRecord(
        "doctor", StepResult(Outcome.FAILED, verbatim("differs"), DoctorDetail("Windows 7", "7601", beliefs))
    )
    table = doctor_table(run_of(HostResult("PC-1", "10.0.0.1", None, (step,)), HostResult("PC-2", "10.0.0.2")))
    assert table.rows == [["a", "A is so", True, None], ["b", "B is so", False, "it is not"]]


def test_runs() -> None:
    """A row a run, with a column for each outcome."""
    result = run_of(HostResult("PC-1", "a"), HostResult("PC-2", "b"))
    table = runs_table([("kept-here", result)])
    (row,) = (dict(zip(table.columns, row, strict=True)) for row in table.rows)
    assert (row["id"], row["hosts"], row[Outcome.SKIPPED], row[Outcome.FAILED]) == ("kept-here", 2, 2, 0)
