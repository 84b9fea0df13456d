"""The quick part of the suite that breaks the product on purpose; `python -m tests.chaos` is the whole of it."""

import sys

import pytest

from tests.chaos.suite import rounds

FAULTS, MINUTES, WORKERS = 60, 2.0, 3


@pytest.mark.chaos
@pytest.mark.timeout(600)
def test_nothing_is_lost_whatever_breaks(capsys: pytest.CaptureFixture[str]) -> None:
    """So many faults, or as many as happen in the time: nothing is done twice, forgotten or said wrongly."""
    figures = rounds("quick", FAULTS, MINUTES, WORKERS)
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(figures.lines()) + "\n")
    assert figures.happened > 0
    assert not figures.violations
