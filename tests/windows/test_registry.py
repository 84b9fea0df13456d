"""reg.exe's output read, and its command lines made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.registry import Value
from orchestrator.windows import registry
from orchestrator.windows.command import Reply
from orchestrator.windows.registry import Key

CASES = yaml.safe_load((Path(__file__).parent / "reg_query_outputs.yaml").read_text(encoding="utf-8"))
PATH = r"HKLM\SOFTWARE\X"
PRINTABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), min_size=1, max_size=20)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_output_is_read(case: dict[str, Any]) -> None:
    """Keys are read by layout alone, whatever language reg.exe speaks."""
    key = registry.key("sample", case["path"]).parse([Reply(0, case["output"])])
    assert key is not None
    assert key.shown == case["values"]
    assert list(key.subkeys) == case.get("subkeys", [])


@pytest.mark.parametrize("case", [case for case in CASES if "default" in case], ids=lambda case: case["case"])
def test_default_value_is_read(case: dict[str, Any]) -> None:
    """The default value is the only one that `/ve` lists, so its translated name does not matter."""
    fact = registry.default_value("sample", case["path"])
    assert fact.parse([Reply(0, case["output"])]) == case["default"]


@pytest.mark.parametrize("build", [registry.key, registry.default_value])
def test_absent_key(build: Any) -> None:
    """Exit code 1 says that there is no such key, in no words at all."""
    assert build("sample", PATH).parse([Reply(1, "")]) is None


def test_one_value() -> None:
    """A single value is found without regard to case; another one's or an absent key's gives None."""
    fact = registry.value("sample", PATH, "ComputerName")
    reply = Reply(0, "\nHKEY_LOCAL_MACHINE\\SOFTWARE\\X\n    computername    REG_SZ    PC-01\n\n")
    assert fact.parse([reply]) == Value("REG_SZ", "PC-01")
    assert fact.parse([Reply(1, "")]) is None
    assert fact.parse([Reply(0, "\n")]) is None


@pytest.mark.parametrize("code", [2, 5, 9009, 0xC0000142])
def test_other_exit_codes_are_refused(code: int) -> None:
    """reg.exe knows 0 and 1; anything else is no answer about the key."""
    with pytest.raises(UnexpectedOutput):
        registry.parse_key(PATH, Reply(code, ""))
    with pytest.raises(UnexpectedOutput):
        registry.parse_keys(Reply(code, ""))


def test_number_that_is_none() -> None:
    """A numeric type with data that is no number is refused rather than taken for text."""
    with pytest.raises(UnexpectedOutput):
        registry.parse_key(PATH, Reply(0, "    A    REG_DWORD    yes\n"))


def test_numbers_and_text() -> None:
    """A key gives numbers only of numeric values, text of any that is not empty, by names in any case."""
    key = Key(PATH, {"n": Value("REG_DWORD", 0), "t": Value("REG_SZ", "1"), "e": Value("REG_SZ", "")})
    assert [key.number(name) for name in ("N", "T", "E", "absent")] == [0, None, None, None]
    assert [key.text(name) for name in ("N", "T", "E", "absent")] == ["0", "1", None, None]


def test_search_finds_keys() -> None:
    """Of a search, the keys' full names count; values and the translated closing line do not."""
    output = "\nHKEY_LOCAL_MACHINE\\SOFTWARE\\X\\SourceList\n    PackageName    REG_SZ    a.msi\n\n검색 끝: 1개 찾음\n"
    assert [key.path for key in registry.parse_keys(Reply(0, output))] == [r"HKEY_LOCAL_MACHINE\SOFTWARE\X\SourceList"]
    assert registry.parse_keys(Reply(1, "End of search: 0 match(es) found.\n")) == ()


@given(name=PRINTABLE, data=PRINTABLE)
def test_any_text_survives(name: str, data: str) -> None:
    """Whatever characters a name and its data hold, they are read as they are shown."""
    name, data = f"n{name}n".replace("    ", " "), f"d{data}"
    output = f"\nHKEY_LOCAL_MACHINE\\SOFTWARE\\X\n    {name}    REG_SZ    {data}\n\n"
    key = registry.parse_key(PATH, Reply(0, output))
    assert key is not None
    assert key.shown == {name.lower(): data}


def test_text_of_several_lines_is_one_value() -> None:
    """Lines behind a value that show nothing of their own belong to its text, and no value or subkey is lost."""
    output = (
        "\nHKEY_LOCAL_MACHINE\\SOFTWARE\\X\n    A    REG_SZ    one\ntwo\n    B    REG_DWORD    0x2\n\n"
        "HKEY_LOCAL_MACHINE\\SOFTWARE\\X\\Below\n"
    )
    key = registry.parse_key(PATH, Reply(0, output))
    assert key is not None
    assert key.shown == {"a": "one\ntwo", "b": 2}
    assert key.subkeys == ("Below",)
