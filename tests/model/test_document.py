"""The reader of YAML files: what it makes of what is written, and the files that are no text at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.document import load_document, parse_value
from orchestrator.model.errors import DocumentError, UsageError
from orchestrator.model.validation import DocumentPath, Entry

PLAIN = st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=20)
VALUES = st.recursive(
    PLAIN | TEXT,
    lambda children: st.lists(children, max_size=4) | st.dictionaries(TEXT, children, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("on", "on"),
        ("no", "no"),
        ("22:30", "22:30"),
        ("007", "007"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("2026-01-31", "2026-01-31"),
        ("8.1", 8.1),
        ("1e3", 1000.0),
        ("-15", -15),
        ("'15'", "15"),
        ("true", True),
        ("~", None),
        ("", None),
        ("''", ""),
        ("[a.msi, b.msi]", ["a.msi", "b.msi"]),
        ("{A: 1}", {"A": 1}),
        ("<<", "<<"),
        ("=", "="),
    ],
)
def test_plain_words_mean_what_they_say(written: str, value: object) -> None:
    """Only numbers as in JSON, true, false and null are more than text; YAML 1.1's surprises are none here."""
    assert parse_value(written) == value
    assert type(parse_value(written)) is type(value)


@given(VALUES)
def test_json_is_read_as_json(value: Any) -> None:
    """Plain values are those of JSON: whatever JSON can say is read as JSON would."""
    assert parse_value(json.dumps(value, ensure_ascii=False)) == value


@pytest.mark.parametrize("written", ["[a", "a: b: c", "*a", "!!str 5", "a: 1\n---\nb: 2", "@x", "a\x00"])
def test_a_value_that_is_no_yaml_is_refused(written: str) -> None:
    """A value of the command line that cannot be read is wrong usage, and is shown as it was given."""
    with pytest.raises(UsageError, match="is not a value of YAML") as raised:
        parse_value(written)
    assert written in str(raised.value)


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"hosts:\n  PC-1: {}\n  M\xfcnchen: {}\n", 3, "is not UTF-8 text; save the file as UTF-8"),
        ("hosts: {}\n".encode("utf-16"), 1, "is not UTF-8 text"),
        (b"a: 1\nb: \x07\n", 2, "holds the control character U+0007"),
        (b"a: 1\nb: \x00\n", 2, "holds the control character U+0000"),
        (b"", 1, "keys with values are expected at the top"),
        (b"just text\n", 1, "keys with values are expected at the top"),
        (b"%", 1, "is not YAML"),
    ],
)
def test_what_is_no_text_is_refused_with_its_line(tmp_path: Path, content: bytes, line: int, words: str) -> None:
    """Wrong encodings and stray bytes are told by line, like every other problem."""
    path = tmp_path / "file.yaml"
    path.write_bytes(content)
    with pytest.raises(DocumentError) as raised:
        load_document(path)
    assert (raised.value.path, raised.value.line) == (path, line)
    assert words in raised.value.problem


def test_a_file_that_cannot_be_read_is_no_crash(tmp_path: Path) -> None:
    """A missing file and a folder are problems of the file as a whole."""
    for path in (tmp_path / "missing.yaml", tmp_path):
        with pytest.raises(DocumentError, match="cannot be read") as raised:
            load_document(path)
        assert raised.value.line is None


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    """Files saved by Notepad begin with a byte order mark."""
    path = tmp_path / "file.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: x\r\nsteps: []\r\n")
    assert load_document(path).data == {"name": "x", "steps": []}


def test_lines_are_those_of_the_keys(tmp_path: Path) -> None:
    """Every key and item knows its line; what is not in the file has the line of what is around it."""
    path = tmp_path / "file.yaml"
    path.write_text("# first\nsteps:\n  - msi:\n      packages: [a,\n        b]\n\n  - prove:\n", encoding="utf-8")
    document = load_document(path)
    assert document.line() == 1
    assert document.line("steps") == 2
    assert document.line("steps", 0, "msi", "packages", 0) == 4
    assert document.line("steps", 0, "msi", "packages", 1) == 5
    assert document.line("steps", 1) == 7
    assert document.line("steps", 1, "verify", "packages", 3) == 7
    assert document.line("nowhere") == 1


def test_many_problems_are_not_all_told(tmp_path: Path) -> None:
    """A file that is wrong throughout gives a screenful, and the number of the rest."""
    path = tmp_path / "file.yaml"
    path.write_text("a:\n" + "  - *x\n" * 5000, encoding="utf-8")
    with pytest.raises(DocumentError) as raised:
        load_document(path)
    told = str(raised.value).splitlines()
    assert len(told) == 21
    assert told[-1] == f"{path}: and 4980 more problems"


def test_paths_are_relative_to_their_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path means the same from whichever folder the tool is started; others stay as they are."""

    class Paths(Entry):
        paths: tuple[DocumentPath, ...]

    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    path = Path("folder/file.yaml")
    path.write_text("paths: [a.msi, ../b.msi, /c.msi, ~/d.msi]\n", encoding="utf-8")
    folder = tmp_path / "folder"
    assert load_document(path).parse(Paths).paths == (
        folder / "a.msi",
        folder / "../b.msi",
        Path("/c.msi"),
        Path.home() / "d.msi",
    )
