"""Exports of an audit log: each in its form and language is read as the same story; what is none says so."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.analysis.attempts import attempts
from orchestrator.harvest import audit, audit_record, json_objects, text
from orchestrator.harvest.json_objects import LONGEST
from orchestrator.model.errors import DocumentError

CASES: Final = Path(__file__).parent / "audit_cases"
EXPECTED: Final[dict[str, dict[str, Any]]] = json.loads((CASES / "expected.json").read_text(encoding="utf-8"))
USERS: Final = ("anna", "bert", "cleo", "dora", "admin")
WHOLE: Final = sorted(set(EXPECTED) - {"graph-page-1.json", "graph-page-2.json"})
KILOBYTE: Final = 1024


def told(records: tuple[audit_record.AuditRecord, ...]) -> list[list[object]]:
    each = (attempt for user in USERS for attempt in attempts(records, (), (), user=user).attempts)
    return [[a.utc.isoformat(), a.user, a.succeeded, a.reason, a.address, a.at.place] for a in each]


def test_all_cases_are_expected() -> None:
    assert {path.name for path in CASES.iterdir()} == {*EXPECTED, "expected.json", "README.md"}


@pytest.mark.parametrize("name", EXPECTED)
def test_what_an_export_holds(name: str) -> None:
    found = audit.load(CASES / name)
    expected = EXPECTED[name]
    assert {
        "records": len(found.records),
        "others": found.others,
        "lost": found.lost,
        "continues": found.continues,
        "by_shape": found.by_shape,
        "attempts": told(found.records),
    } == expected
    assert all(record.utc.tzinfo is UTC for record in found.records)


@pytest.mark.parametrize("turned", [False, True])
def test_pages_are_one_export(turned: bool) -> None:
    """Whichever is given first, with the records that are in both once."""
    pages = [audit.load(CASES / f"graph-page-{number}.json") for number in (1, 2)]
    whole = audit.together(reversed(pages) if turned else pages)
    assert len(whole.records) == EXPECTED["portal.json"]["records"]
    assert [attempt[:5] for attempt in told(whole.records)] == [
        attempt[:5] for attempt in EXPECTED["portal.json"]["attempts"]
    ]
    assert whole.continues


def test_the_same_file_twice_is_one() -> None:
    one = audit.load(CASES / "portal-fr.csv")
    assert audit.together([one, one]).records == one.records


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ["portal.json", "lines.json", "portal-ko.csv"])
def test_encodings(tmp_path: Path, name: str, encoding: str) -> None:
    whole = (CASES / name).read_text(encoding="utf-8-sig")
    written(tmp_path, whole.encode(encoding))
    assert told(audit.load(tmp_path / "export").records) == EXPECTED[name]["attempts"]


def test_a_spreadsheet_s_code_page_costs_letters_alone(tmp_path: Path) -> None:
    whole = (CASES / "portal-de.csv").read_text(encoding="utf-8-sig")
    written(tmp_path, b"sep=;\r\n" + whole.encode("cp1252"))
    found = told(audit.load(tmp_path / "export").records)
    assert found == [[*attempt[:5], attempt[5] + 1] for attempt in EXPECTED["portal-de.csv"]["attempts"]]


@pytest.mark.parametrize("as_powershell_has_it", [str.upper, str.capitalize])
def test_names_in_another_case(tmp_path: Path, as_powershell_has_it: Callable[[str], str]) -> None:
    def renamed(value: Any) -> Any:
        if isinstance(value, dict):
            return {as_powershell_has_it(key): renamed(member) for key, member in value.items()}
        return [renamed(element) for element in value] if isinstance(value, list) else value

    whole = json.loads((CASES / "portal.json").read_text(encoding="utf-8-sig"))
    written(tmp_path, json.dumps(renamed(whole)).encode())
    found = [attempt[:5] for attempt in told(audit.load(tmp_path / "export").records)]
    assert found == [attempt[:5] for attempt in EXPECTED["portal.json"]["attempts"]]


def test_too_few_steps_tell_no_result(tmp_path: Path) -> None:
    """In a language that nobody knows, one attempt of two steps says no more than that there were two."""
    header, *rows = (CASES / "portal-fr.csv").read_text(encoding="utf-8").splitlines()
    written(tmp_path, "\n".join([header, *(row for row in rows if "bert@" in row)]).encode())
    found = audit.load(tmp_path / "export")
    assert [record.succeeded for record in found.records] == [None, None]


@pytest.mark.parametrize("content", [b"[]", b'{"value": []}', b'{"@odata.context": "x", "value": []}', b" \n[ ]\n"])
def test_an_export_may_hold_nothing(tmp_path: Path, content: bytes) -> None:
    assert audit.load(written(tmp_path, content)) == audit_record.Audit()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no audit log"),
        (b"Date;Service\n", "no audit log"),
        (b"MSI (s) (64:F0) [20:27:49:266]: Note\r\n" * 9, "no audit log"),
        (b'{"error": {"code": "Forbidden"}}', "no export"),
        (b'[{"createdDateTime": "2026-01-01T00:00:00Z", "appDisplayName": "x"}]', "no export"),
        (b'[{"activityDateTime": "2026', "cut off"),
        (b"[1]", "no JSON"),
        (b"{} x", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b'[{"a": ' + b"9" * 5000 + b"}]", "no JSON"),
        (b'[{"a": "' + b"x" * (LONGEST + 9) + b'"}]', "no JSON"),
        (b"x" * 2_000_000, "no table"),
        (b'a;b\n"' + b"x" * 200_000, "no table"),
        (b"a,b\r\n1\r2,3\r\n", "no table"),
    ],
)
def test_what_is_no_export_says_so(tmp_path: Path, content: bytes, words: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(DocumentError, match=words) as caught:
        audit.load(path)
    assert "download it as JSON" in caught.value.problem
    assert caught.value.path == path


def test_a_spreadsheet_s_dates_are_told(tmp_path: Path) -> None:
    """Which day 09.03.2026 is, nobody knows."""
    whole = (CASES / "portal-de.csv").read_text(encoding="utf-8-sig").replace("2026-09-03T", "09.03.2026 ")
    with pytest.raises(DocumentError, match="changed by a spreadsheet"):
        audit.load(written(tmp_path, whole.encode()))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="cannot be read"):
        audit.load(tmp_path / "none")


def test_a_cell_of_several_lines(tmp_path: Path) -> None:
    """What stands behind it is found on its own line."""
    whole = (CASES / "portal-fr.csv").read_text(encoding="utf-8")
    odd = whole.replace("User was presented with verification options", '"User was\npresented\nwith options"', 1)
    found = audit.load(written(tmp_path, odd.encode())).records
    places = [record.place for record in audit.load(CASES / "portal-fr.csv").records]
    assert [record.place for record in found] == [place + (2 if place > places[1] else 0) for place in places]


def test_there_is_an_end_to_what_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "MOST", 3)
    monkeypatch.setattr(audit_record, "MOST", 3)
    for name in ("portal.json", "portal-en.csv", "portal-ko.csv"):
        with pytest.raises(DocumentError, match="more than"):
            audit.load(CASES / name)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-09-03T08:01:02Z", datetime(2026, 9, 3, 8, 1, 2, tzinfo=UTC)),
        ("2026-09-03 08:01:02", datetime(2026, 9, 3, 8, 1, 2, tzinfo=UTC)),
        ("2026-09-03T08:01:02.7215374Z", datetime(2026, 9, 3, 8, 1, 2, 721537, tzinfo=UTC)),
        ("2026-09-03T08:01:02.5+09:00", datetime(2026, 9, 2, 23, 1, 2, 500000, tzinfo=UTC)),
        ("2026-09-03T08:01:02-0330", datetime(2026, 9, 3, 11, 31, 2, tzinfo=UTC)),
        ("0001-01-01T00:00:00+09:00", None),
        ("2026-09-03T08:01:02+99:00", None),
        ("2026-02-30T08:01:02Z", None),
        ("9/3/2026, 8:01:02 AM", None),
        ("\u0662\u0660\u0662\u0666-09-03T08:01:02Z", None),
        ("", None),
    ],
)
def test_times(cell: str, expected: datetime | None) -> None:
    assert audit_record.moment(cell) == expected


def test_nothing_that_a_terminal_obeys_comes_through(tmp_path: Path) -> None:
    whole = (CASES / "lines.json").read_text(encoding="utf-8").replace("User submitted", "\\u001b[2J\\u202eUser\\nsub")
    found = audit.load(written(tmp_path, whole.encode()))
    assert any("User sub" in record.reason for record in found.records)
    assert all(record.reason.isprintable() for record in found.records)


ORIGINALS: Final = {name: (CASES / name).read_bytes() for name in EXPECTED}
FUZZED: Final = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],  # a file that is written anew
)


@FUZZED
@given(data=st.data())
def test_any_file_is_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    """Exports with bytes changed, cut, doubled or put in, and what is none at all."""
    content = data.draw(st.sampled_from(sorted(ORIGINALS.values())) | st.binary(max_size=200))
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(content)))
        to = data.draw(st.integers(at, min(len(content), at + 300)))
        put = st.binary(max_size=9) | st.sampled_from(
            [b"9" * 5000, b"[" * 3000, b'"', b"\n", b"\0", content[at:to] * 3]
        )
        content = content[:at] + data.draw(put) + content[to:]
    with suppress(DocumentError):
        found = audit.load(written(tmp_path, content))
        assert all(record.user.isprintable() and record.reason.isprintable() for record in found.records)
        assert len(told(found.records)) <= len(found.records)


@pytest.mark.parametrize(
    ("begin", "again"),
    [
        (b"[", b'{"a": [[],[],[],[]]},\n'),
        (b"", b'{"activityDateTime": "2026-09-03T08:01:02Z", "loggedByService": "Core Directory"}\n'),
        (b"", b"{}" * 9),
        (b"", b" " * 9),
        (b"{", b'"a": 1, '),
        (b'{"value": [', b"{}, "),
        (b"", b",\n"),
        (b"", b"2026-09-03T08:01:02Z,00000000-0000-0000-0000-000000000000,a,b,c,d,e\n"),
        (b'"', b"x\n"),
    ],
)
def test_memory_does_not_grow_with_the_file(
    tmp_path: Path, begin: bytes, again: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All limits are made small with the file, since what is measured is slow."""
    monkeypatch.setattr(json_objects, "LONGEST", 4 * KILOBYTE)
    monkeypatch.setattr(text, "PORTION", 2 * KILOBYTE)
    path = written(tmp_path, begin + again * (48 * KILOBYTE // len(again)))
    tracemalloc.start()
    try:
        audit.load(path)
    except DocumentError:
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 400 * KILOBYTE, "all objects at once would take some 900"


def written(folder: Path, content: bytes) -> Path:
    path = folder / "export"
    path.write_bytes(content)
    return path
