"""Wine's registry files: what the lab adds to them is read back the same, and what Wine writes is understood."""

from pathlib import Path

import pytest

from sspr_lab.registry import Key, Value
from sspr_lab.wine import hive

HEAD = "WINE REGISTRY Version 2\n;; All keys relative to REGISTRY\\\\Machine\n\n#arch=win64\n"

VALUES = {
    "text": Value.of(r'C:\Program Files\"quoted"'),
    "": Value.of("the default value"),
    "한국어": Value.of("비밀번호 [재설정]\r\n"),
    "number": Value.of(0xFFFFFFFF),
    "long": Value("REG_QWORD", 2**40),
    "expanded": Value("REG_EXPAND_SZ", r"%SystemRoot%\x"),
    "many": Value.of(["one", "two"]),
    "none": Value.of([]),
    "octets": Value.of(bytes(range(40))),
    "nothing": Value("REG_NONE", b"\x01"),
    'a "name" = with\\signs': Value.of("x"),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "system.reg"
    path.write_text(HEAD, encoding="utf-8")
    return path


def add(path: Path, key: str, values: dict[str, Value]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(hive.added([(key, Key(key.rpartition("\\")[2], values))]))


def test_what_is_added_is_read_back(file: Path) -> None:
    """Every kind of value, awkward names and other scripts survive; a later section adds to an earlier one."""
    add(file, r"Software\Key [1]\한국어", VALUES)
    add(file, r"Software\Key [1]\한국어", {"number": Value.of(7)})
    assert hive.read(file) == {r"software\key [1]\한국어": {**VALUES, "number": Value.of(7)}}


def test_what_wine_writes(file: Path) -> None:
    """Lines as Wine 8 saves them: times behind keys, comments, long data on several lines, escapes without padding."""
    file.write_text(
        HEAD + "\n[Software\\\\Wine] 1795353536\n#time=1dd7a8406f1c21c\n"
        '@="Disk \\"drives\\""\n"Class"=hex:81,03,\\\n  d1,ec\n"Tab"="a\\tb\\xe9"\n'
        '"Several"=str(7):"one\\0two\\0"\n"Big"=hex(b):01,00,00,00,00,00,00,00\n',
        encoding="utf-8",
    )
    assert hive.read(file) == {
        r"software\wine": {
            "": Value.of('Disk "drives"'),
            "Class": Value.of(b"\x81\x03\xd1\xec"),
            "Tab": Value.of("a\tbé"),
            "Several": Value.of(["one", "two"]),
            "Big": Value("REG_QWORD", 1),
        }
    }


def test_a_key_is_taken_out_with_all_below(file: Path) -> None:
    """Keys whose names only begin alike stay, and so does the head of the file."""
    for key in (r"A\B", r"A\B\C", r"A\BC", "A"):
        add(file, key, {"x": Value.of(1)})
    hive.without(file, r"a\b")
    assert set(hive.read(file)) == {"a", r"a\bc"}
    assert file.read_text(encoding="utf-8").startswith(HEAD)


def test_a_part_is_read(file: Path) -> None:
    """Only the key that is asked for and those below it."""
    for key in (r"A\B", r"A\B\C", r"A\BC"):
        add(file, key, {"x": Value.of(1)})
    assert set(hive.read(file, r"A\B")) == {r"a\b", r"a\b\c"}
