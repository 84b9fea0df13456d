"""Plain columns on screens of every width: nothing is cut, and the first column is never folded."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from rich.cells import cell_len
from rich.console import Console

from orchestrator.console.columns import print_columns

HEADINGS = ("Host", "Address", "Groups")
ROWS = [
    ("PC-001", "10.0.0.1", "seoul"),
    ("서울-사무실-0002", "fd00:1111:2222:3333:4444:5555:6666:7777", "seoul, korea, an-old-machine-in-a-cellar"),
    ("PC-3", "", "[bold]x[/]"),
]


def printed(width: int, rows: Sequence[Sequence[str]]) -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system=None, _environ={})
    print_columns(console, HEADINGS, rows)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_columns_are_as_wide_as_what_stands_in_them() -> None:
    """Letters that take two places on a screen count as two; text is no markup."""
    assert printed(200, ROWS) == [
        "Host              Address                                  Groups",
        "PC-001            10.0.0.1                                 seoul",
        "서울-사무실-0002  fd00:1111:2222:3333:4444:5555:6666:7777  seoul, korea, an-old-machine-in-a-cellar",
        "PC-3                                                       [bold]x[/]",
    ]


@pytest.mark.parametrize("width", [20, 40, 60, 80, 98])
def test_a_narrow_screen_folds(width: int) -> None:
    """The lines fit, as far as the first column lets them, and hold every letter, each name on a line of its own."""
    lines = printed(width, ROWS)
    assert max(map(cell_len, lines)) <= max(width, 16 + 2 * (2 + 4))
    assert [line.split()[0] for line in lines if not line.startswith(" ")][-3:] == [row[0] for row in ROWS]
    for row in ROWS:
        everything = "".join("".join(lines).split())
        letters = sorted(letter for cell in row for letter in cell if not letter.isspace())
        assert all(everything.count(letter) >= letters.count(letter) for letter in letters)


def test_a_very_long_name_costs_the_others_no_room() -> None:
    """It stands on a line of its own, whole, and what belongs to it below; an address is not folded for it."""
    name, address = f"pc-{'x' * 60}.example.org", "192.168.100.200"
    rows = [("PC-001", "10.0.0.1", "seoul, korea"), (name, address, "an-old-machine-in-a-cellar")]
    lines = printed(80, rows)
    assert lines[1:] == [
        "PC-001  10.0.0.1         seoul, korea",
        name,
        f"        {address}  an-old-machine-in-a-cellar",
    ]


def test_no_rows() -> None:
    """The headings alone."""
    assert printed(80, []) == ["Host  Address  Groups"]
