"""Everything that waits waits outside of steps."""

import ast
from pathlib import Path

import pytest

import orchestrator.steps

SOURCES = sorted(Path(orchestrator.steps.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_no_step_sleeps(source: Path) -> None:
    """A process that dies in a sleep has lost what it slept for; a step gives a rest instead."""
    named = {node.attr for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.Attribute)}
    assert not named & {"sleep", "wait_for", "timeout"}
