"""CSV files: right in Excel in any language, and with nothing in them that a host could smuggle, however it is read."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.console.csv_file import check_table, doctor_table, host_table, runs_table
from orchestrator.console.table_file import Cell, Table, csv_bytes
from orchestrator.model.doctor import DoctorDetail, ExaminedBelief
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, RunResult, StepRecord, StepResult
from orchestrator.model.spreadsheet import Delimiter
from tests.console.conftest import as_read

SIGNS = ("=", "+", "-", "@", "\uff1d")


def run_of(*hosts: HostResult) -> RunResult:
    """A finished run of these hosts."""
    now = datetime(2026, 11, 22, tzinfo=UTC)
    return RunResult("20261122-130501-9f3c", "install", now, now, "finished", hosts)


def written(folder: Path, table: Table) -> bytes:
    path = folder / "table.csv"
    path.write_bytes(csv_bytes(table))
    return path.read_bytes()


def cells(content: bytes) -> list[list[str]]:
    """What a reader makes of a file, without the mark at its beginning."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";", strict=True))


@pytest.mark.parametrize(
    ("delimiter", "form"),
    [
        ("semicolon", '\ufeffname;reason;s\r\n서울-001;"said ""no"", twice";3,75\r\nPC-2;;-1\r\n'),
        ("comma", '\ufeffname,reason,s\r\n서울-001,"said ""no"", twice",3.75\r\nPC-2,,-1\r\n'),
        ("tab", '\ufeffname\treason\ts\r\n서울-001\t"said ""no"", twice"\t3.75\r\nPC-2\t\t-1\r\n'),
    ],
)
def test_the_form_of_a_file(delimiter: str, form: str) -> None:
    """A byte order mark for Excel, CRLF, quotes where they are needed, decimals as they go with the delimiter."""
    table = Table(("name", "reason", "s"), [("서울-001", 'said "no", twice', 3.75), ("PC-2", None, -1)])
    assert csv_bytes(table, Delimiter(delimiter)) == form.encode()


def test_the_usual_form() -> None:
    """What a German Excel opens in columns."""
    table = Table(("name", "reason"), [("PC-1", "a; b")])
    assert csv_bytes(table) == csv_bytes(table, Delimiter.SEMICOLON)


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\n'=1"),
        ("  =1", "'  =1"),
        ("\x1b[31m=1", "'=1"),
        ("\u200b=1", "'=1"),
        ("\uff1d1", "'\uff1d1"),
        ("a=1", "a=1"),
        ("a,=1", "a,'=1"),
        ("a; +1", "a; '+1"),
        ("a\t-1", "a\t'-1"),
        ("a\n@b", "a\n'@b"),
        ('a,"=1"', 'a,"\'=1"'),
        ("a, b", "a, b"),
        ("|x", "'|x"),
        ("%0", "'%0"),
        ("two\r\nlines", "two\nlines"),
        (-1, "-1"),
        (-0.5, "-0,5"),
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
    assert not any(cell.lstrip().startswith(SIGNS) for cell in rows[1])


@pytest.mark.parametrize("read_with", [",", ";", "\t"])
@settings(deadline=None)
@given(
    texts=st.lists(st.text(st.sampled_from("a=+-@,;\t\r\n\"' \uff1d"), max_size=12), min_size=1, max_size=3),
    delimiter=st.sampled_from(Delimiter),
)
def test_no_other_separator_lets_a_formula_out(read_with: str, delimiter: Delimiter, texts: list[str]) -> None:
    """A program that takes another separator than the file's finds other cells, and no formula in them either."""
    content = csv_bytes(Table(["c"] * len(texts), [texts]), delimiter).decode("utf-8-sig")
    found = [cell for row in csv.reader(io.StringIO(content, newline=""), delimiter=read_with) for cell in row]
    assert not [cell for cell in found if cell.lstrip().startswith(SIGNS)]


def test_hosts_of_a_run() -> None:
    """A row a host, in the run's order, with columns as in the result file; each row has every column."""
    steps = (
        StepRecord(
            "tls12", StepResult(Outcome.CHANGED, verbatim("enabled")), 1.25, seen=datetime(2026, 11, 27, 18, tzinfo=UTC)
        ),
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
        "reason": "no room; before that: enabled",
        "remedy": "make room",
        "seconds": 3.75,
        "steps": "tls12: changed; msi: failed",
        "last_seen": "2026-11-27T18:00:00+00:00",
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
