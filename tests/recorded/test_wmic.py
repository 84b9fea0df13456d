"""What wmic printed on real machines."""

from __future__ import annotations

import dataclasses
from datetime import datetime

import pytest

from orchestrator.windows import boot
from tests.recorded.records import Record, named, records


@pytest.mark.parametrize("record", named(records("wmic")))
def test_the_clock(record: Record) -> None:
    """The host's own date and time are read, with and without wmic's doubled carriage returns."""
    doubled = dataclasses.replace(record, output=record.output.replace("\n", "\r\n"))
    wanted = record.expect if isinstance(record.expect, datetime) else datetime.fromisoformat(record.expect)
    assert boot.CLOCK.parse([record.reply]) == boot.CLOCK.parse([doubled.reply]) == wanted
