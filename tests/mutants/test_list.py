"""The list of mutants fits the product as it is; whether each is noticed is the runner's to find out."""

from pathlib import Path

from tests.mutants.mutant import read

ROOT = Path(__file__).parents[2]


def test_every_mutant_can_be_made() -> None:
    """Each text that is replaced stands exactly once in its file, and the tests that must notice are there."""
    mutants = read(ROOT, [])
    assert len(mutants) > 100
    missing = {
        test for mutant in mutants for test in mutant.killed_by if not defined(*test.partition("[")[0].split("::"))
    }
    assert missing == set()


def defined(file: str, *names: str) -> bool:
    """Whether the file has the test, or is a file of tests where none is named."""
    path = ROOT / file
    return path.is_file() and all(f"def {name}(" in path.read_text(encoding="utf-8") for name in names)
