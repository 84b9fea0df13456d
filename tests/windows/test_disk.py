"""Free space as fsutil shows it."""

from __future__ import annotations

import pytest

from orchestrator.windows import disk
from orchestrator.windows.command import Reply


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("Total # of free bytes        : 64424509440\nTotal # of bytes             : 128849018880\n", 64424509440),
        ("Total free bytes        :  64,424,509,440 ( 60.0 GB)\nTotal bytes        : 128,849,018,880\n", 64424509440),
        ("총 가용 바이트 수 :        64424509440\n총 바이트 수 :        128849018880\n", 64424509440),
        ("Gesamtanzahl der freien Bytes: 64.424.509.440\n", 64424509440),
        ("Nombre total d'octets libres : 64\u00a0424\u00a0509\u00a0440\n", 64424509440),
        ("Nombre total d'octets libres : 64\u202f424\u202f509\u202f440 (60,0 Go)\n", 64424509440),
        ("Nombre total d'octets libres : 64?424?509?440 (60,0 Go)\n", 64424509440),
        ("Total free bytes        : 64,42,45,09,440 ( 60.0 GB)\n", 64424509440),
        ("Total # of free bytes        : 0\n", 0),
        ("no figures\n", None),
        ("", None),
    ],
    ids=["7", "10", "Korean", "German", "French", "French 10", "lost blanks", "India", "full", "words", "nothing"],
)
def test_free_bytes(output: str, expected: int | None) -> None:
    """The first figure is the free bytes, however its thousands are parted."""
    assert disk.FREE_BYTES.parse([Reply(0, output)]) == expected


def test_a_failure_is_no_figure() -> None:
    """When fsutil fails, nothing is known about the space, whatever it printed."""
    assert disk.FREE_BYTES.parse([Reply(1, "Error: 5\n")]) is None
