"""docs/exit-codes.md has every exit code that there is, and no other; README and helps point there."""

import re
from pathlib import Path

from orchestrator.cli.exit_code import ExitCode

ROOT = Path(__file__).parents[2]


def test_the_page_has_all_of_them() -> None:
    """Each once, by its number, in their order."""
    page = (ROOT / "docs" / "exit-codes.md").read_text("utf-8")
    assert [int(number) for number in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)] == sorted(ExitCode)


def test_others_point_there() -> None:
    """One table, which nothing repeats."""
    for place in ("README.md", "docs/admins.md", "orchestrator/cli/run.py"):
        assert "exit-codes.md" in (ROOT / place).read_text("utf-8"), place
