"""What schtasks printed and ended with on real machines."""

from __future__ import annotations

import pytest

from orchestrator.model.message import verbatim
from orchestrator.windows import job
from orchestrator.windows.batch import first_unaccepted
from orchestrator.windows.boot import Boot
from orchestrator.windows.command import Command
from orchestrator.windows.job import Job
from tests.recorded.records import Record, named, records

JOB = Job("0123456789abcdef")


def ours(verb: str) -> Command:
    """The command of the product that runs schtasks with this verb."""
    commands = (*job.start(JOB, "run", Boot(1, None), verbatim("")).commands, *job.clean_up(JOB).commands)
    return next(command for command in commands if f"schtasks {verb}" in command.line)


@pytest.mark.parametrize("record", named(records("schtasks")))
def test_success_and_failure(record: Record) -> None:
    """The exit code tells success from failure whatever language the words are in."""
    assert (first_unaccepted([ours(record.tool.split()[1])], [record.reply]) is None) == record.expect
