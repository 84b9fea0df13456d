"""What schtasks printed and ended with on real machines."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orchestrator.windows import job
from orchestrator.windows.batch import first_unaccepted
from orchestrator.windows.command import Command
from orchestrator.windows.job import Job, Request
from tests.recorded.records import Record, named, records

JOB = Job("0123456789abcdef")
REQUEST = Request("run", "7@2024-01-31T07:00:00Z", datetime(2024, 1, 31, 8, tzinfo=UTC))


def ours(verb: str) -> Command:
    """The command of the product that runs schtasks with this verb."""
    commands = (*job.start(JOB, REQUEST, "").commands, *job.clean_up(JOB).commands)
    return next(command for command in commands if f"schtasks {verb}" in command.line)


@pytest.mark.parametrize("record", named(records("schtasks")))
def test_success_and_failure(record: Record) -> None:
    """The exit code tells success from failure whatever language the words are in."""
    assert (first_unaccepted([ours(record.tool.split()[1])], [record.reply]) is None) == record.expect
