"""Files that cannot be used: each begins with `#! LINE: words; words` for every problem that is to be told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.inventory.load import load_inventory
from orchestrator.model.errors import DocumentError
from orchestrator.playbook.load import load_playbook
from orchestrator.steps.policy import load_policy

TESTS = Path(__file__).parents[1]
CASES = [
    pytest.param(load, file, id=f"{file.parts[-3]}/{file.stem}")
    for load, folder in (
        (load_inventory, TESTS / "inventory/bad"),
        (lambda path: load_playbook(str(path)), TESTS / "playbook/bad"),
        (load_policy, TESTS / "playbook/bad_policies"),
    )
    for file in sorted(folder.glob("*.yaml"))
]


@pytest.mark.parametrize(("load", "file"), CASES)
def test_every_problem_is_told_with_its_line(load: Callable[[Path], object], file: Path) -> None:
    """All problems of a file are told at once and in order, each with its line, the key and what is expected."""
    expected = [line[2:].strip() for line in file.read_text("utf-8").splitlines() if line.startswith("#!")]
    with pytest.raises(DocumentError) as raised:
        load(file)
    told = str(raised.value).splitlines()
    assert len(told) == len(expected), told
    for text, wanted in zip(told, expected, strict=True):
        line, _, words = wanted.partition(": ")
        assert text.startswith(f"{file}:{line}: ")
        for word in words.split("; "):
            assert word in text
    assert "hunter2" not in str(raised.value)
    assert "4711" not in str(raised.value)


def test_there_are_cases() -> None:
    """The folders of cases are where they are looked for."""
    assert len(CASES) > 40
