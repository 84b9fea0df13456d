"""The records themselves: complete, from somewhere, about nobody, and found by the command lines that they are for."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests import catalogue
from tests.recorded.records import all_records, recorded

RECORDS = all_records()


def test_each_is_told_apart() -> None:
    """No two records of a tool in one language have the same name, so that a failing test names one of them."""
    names = Counter((record.tool, record.language, record.case) for record in RECORDS)
    assert [name for name, count in names.items() if count > 1] == []


def test_each_has_a_source_and_an_output() -> None:
    """An output without an address would be somebody's word; one that says nothing proves nothing."""
    for record in RECORDS:
        assert record.source.startswith("https://")
        assert " " not in record.source
        assert record.output.strip()
        assert re.fullmatch("[a-z]{2}", record.language)


def test_none_names_anybody() -> None:
    """Security identifiers and addresses in the records are made up, so none leads to a person or a machine."""
    made_up = re.compile(r"S-1-5-(?:18|19|20|21-1111111111-2222222222-3333333333-1001)\b")
    for record in RECORDS:
        assert all(made_up.match(sid) for sid in re.findall(r"S-1-5-[0-9-]+", record.output))
        addresses = re.findall(r'Machine=["\']([0-9.]+)', record.output)
        assert all(address.startswith(("127.", "192.0.2.")) for address in addresses)


def test_enough_of_them_in_enough_languages() -> None:
    """The languages of the machines that this is for each have records."""
    assert len(RECORDS) >= 60
    assert {"en", "de", "ko", "ja", "fr"} <= {record.language for record in RECORDS}


@pytest.mark.parametrize("tool", sorted({record.tool for record in RECORDS} - {"winrm fault"}))
def test_the_product_uses_the_tool(tool: str) -> None:
    """No output is kept that no command line of the product would bring."""
    lines = [command.line for command in (*catalogue.commands(), *catalogue.task_lines())]
    assert any(record.tool == tool for line in lines for record in recorded(line))


@pytest.mark.parametrize(
    ("line", "tools"),
    [
        (r'reg query "HKLM\SOFTWARE\X" 2>nul', {"reg query"}),
        (r'reg query "HKLM\SOFTWARE\X" /ve 2>nul', {"reg query /ve"}),
        (r'(certutil -f -decode "a" "b" 2>&1)&call echo', {"certutil -decode"}),
        (r'"C:\Windows\System32\msiexec.exe" /i "x.msi" /qn /l*v "x.log"', {"msiexec /l*v"}),
        ("makecab /f x", set()),
    ],
)
def test_records_for_a_command_line(line: str, tools: set[str]) -> None:
    """The records of a command line are those of its tool in the way it is used; there are none for other tools."""
    assert {record.tool for record in recorded(line)} == tools
