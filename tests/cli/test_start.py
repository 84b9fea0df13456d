"""What a quick command imports: completion at every press of Tab, `--help`, `--version` and `sspr inventory list`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

INVENTORY = """\
all:
  credential: {username: admin, password: env:NOWHERE}
hosts:
  PC-1: {https: true}
"""
PROGRAM = """
import sys
before = set(sys.modules)
from orchestrator.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end
names = {name.partition(".")[0] for name in set(sys.modules) - before}
names = {name for name in names if not name.startswith(("_sysconfigdata", "_cython", "cython_runtime"))}
rooms = {".".join(name.split(".")[:2]) for name in sys.modules if name.startswith("orchestrator.")}
print(*sorted((names - set(sys.stdlib_module_names) - {"orchestrator"}) | rooms), file=sys.stderr)
"""

TYPER: Final = frozenset({"typer", "click", "shellingham", "annotated_doc", "typing_extensions"})
RICH: Final = frozenset({"rich", "pygments", "markdown_it", "mdurl", "attr", "typing_extensions"})
PYDANTIC: Final = frozenset(
    {"pydantic", "pydantic_core", "annotated_types", "typing_inspection", "typing_extensions", "zoneinfo"}
)
"""Typer reads the words of every command with it."""
HERE: Final = frozenset({"orchestrator.cli", "orchestrator.model"})
INVENTORIES: Final = frozenset({"yaml", "_yaml", "orchestrator.inventory", "orchestrator.connect"})
"""Of `connect` the table of Kerberos' errors, which imports nothing."""


@dataclass(frozen=True)
class Start:
    """A command line, what it may import, and a word that it prints.

    Attributes:
        words: What follows `sspr`; of a completion, with the last word still to be completed.
        allowed: Distributions' modules by their first name, and rooms of ours.
    """

    words: tuple[str, ...]
    allowed: frozenset[str]
    prints: str
    environment: Mapping[str, str] = field(default_factory=dict)


def tab(line: str) -> dict[str, str]:
    """How bash asks for completions of a line."""
    words = line.split(" ")
    return {"_SSPR_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}


STARTS: Final[Mapping[str, Start]] = {
    "help": Start(("--help",), TYPER | RICH | HERE, "inventory"),
    "version": Start(("--version",), TYPER | HERE, "sspr "),
    "Tab: commands": Start((), TYPER | PYDANTIC | HERE, "runs", tab("sspr ru")),
    "Tab: options": Start((), TYPER | PYDANTIC | HERE, "--undo", tab("sspr run --u")),
    "Tab: options of a group": Start((), TYPER | PYDANTIC | HERE, "--days", tab("sspr logs collect --d")),
    "Tab: playbooks": Start(
        (), TYPER | PYDANTIC | HERE | {"orchestrator.playbook"}, "install", tab("sspr run -i inventory.yaml inst")
    ),
    "Tab: runs": Start((), TYPER | PYDANTIC | HERE | {"orchestrator.runs"}, "last", tab("sspr runs show l")),
    "Tab: hosts": Start(
        (), TYPER | PYDANTIC | HERE | INVENTORIES, "PC-1", tab("sspr check -i inventory.yaml --limit P")
    ),
    "inventory list": Start(
        ("inventory", "list", "-i", "inventory.yaml"),
        TYPER | PYDANTIC | RICH | HERE | INVENTORIES | {"orchestrator.console"},
        "PC-1",
    ),
}


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS.keys())
def test_only_what_is_needed_is_imported(start: Start, tmp_path: Path) -> None:
    """No library and no room beside those listed; what is asked for is printed."""
    (tmp_path / "inventory.yaml").write_text(INVENTORY, encoding="utf-8")
    (tmp_path / "sspr").write_text(PROGRAM, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "sspr", *start.words],
        cwd=tmp_path,
        env={**os.environ, "SSPR_STATE": str(tmp_path), "NO_COLOR": "1", **start.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert start.prints in ran.stdout
    imported = set(ran.stderr.split())
    assert "orchestrator.cli" in imported
    assert imported - start.allowed == set()
