"""Win32 codes: two spellings of one, and those after which another try helps."""

import pytest

from orchestrator.windows import exit_codes
from orchestrator.windows.win32 import PASSING, passes, plain


@pytest.mark.parametrize(
    ("code", "number"),
    [
        (0, 0),
        (1603, 1603),
        (0x80070643, 1603),
        (0x80070643 - (1 << 32), 1603),
        (-1, 0xFFFFFFFF),
        (0x800706BA, 1722),
        (0x80080005, 0x80080005),
        (0x00070005, 0x00070005),
        (0x80338126, 0x80338126),
        (0x80070000, 0),
    ],
)
def test_plain(code: int, number: int) -> None:
    """The facility of Win32 with the failure bit is taken off, and nothing else."""
    assert plain(code) == number


@pytest.mark.parametrize("code", [*PASSING, 0x800706BA, 5, 87, 1603, 0x80070005])
def test_passes(code: int) -> None:
    """Refusals and wrong command lines do not pass."""
    assert passes(code) is (code not in {5, 87, 1603, 0x80070005})


def test_an_installation_that_task_scheduler_tells_of() -> None:
    """Where msiexec said nothing, the task's last result may be spelled as an HRESULT."""
    assert exit_codes.classify(0x80070643) is exit_codes.classify(1603)
