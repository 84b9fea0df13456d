"""What fsutil printed about free space on real machines."""

from __future__ import annotations

import pytest

from orchestrator.windows import disk
from tests.recorded.records import Record, named, records


@pytest.mark.parametrize("record", named(records("fsutil")))
def test_free_bytes(record: Record) -> None:
    """The first figure is the free bytes, however its digits are grouped and whatever follows it."""
    assert disk.FREE_BYTES.parse([record.reply]) == record.expect
