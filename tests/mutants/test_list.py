"""The list of mutants fits the product as it is; whether each is noticed is the runner's to find out."""

from pathlib import Path

from tests.mutants.mutant import read

ROOT = Path(__file__).parents[2]


def test_every_mutant_can_be_made() -> None:
    """Each text that is replaced stands exactly once in its file, and the tests that must notice are there."""
    mutants = read(ROOT, [])
    assert len(mutants) > 100
    tests = {test for mutant in mutants for test in mutant.killed_by}
    assert {test for test in tests if not defined(*test.partition("[")[0].split("::"))} == set()
    assert {test for test in tests if "[" in test and not has_parameters(*test.partition("[")[0].split("::"))} == set()


def defined(file: str, *names: str) -> bool:
    """Whether the file has the test, or is a file of tests where none is named."""
    path = ROOT / file
    return path.is_file() and all(f"def {name}(" in path.read_text(encoding="utf-8") for name in names)


def has_parameters(file: str, name: str) -> bool:
    """Whether a test that a parameter is named of has any, be it by a mark of its own name."""
    above = (ROOT / file).read_text(encoding="utf-8").partition(f"def {name}(")[0].rpartition("\n\n\n")[2]
    return "parametrize" in above or "\n@" in f"\n{above.replace('@pytest.mark', '')}"
