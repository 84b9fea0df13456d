"""Which two names mean the same computer."""

import pytest

from orchestrator.windows import computer_name

LONG = "ACCOUNTING-SEOUL-07"


@pytest.mark.parametrize(
    ("meant", "own", "same"),
    [
        ("PC-01", "PC-01", True),
        ("pc-01", "PC-01", True),
        ("pc-01.corp.example", "PC-01", True),
        ("PC-01", "pc-01.corp.example", True),
        ("HÉLÈNE-PC", "hélène-pc", True),
        (LONG, LONG[:15], True),
        (LONG[:15], LONG.lower(), True),
        (f"{LONG}.corp.example", LONG[:15], True),
        (LONG, "ACCOUNTING-SEOUL-08", False),
        (LONG, LONG[:14], False),
        ("PC-BOSS", "LAB-0001", False),
        ("PC-1", "PC-10", False),
        ("PC-01", "", False),
    ],
)
def test_same(meant: str, own: str, same: bool) -> None:
    """First labels, without regard to case; a NetBIOS name is its machine's name cut at 15 letters."""
    assert computer_name.same(meant, own) is same
