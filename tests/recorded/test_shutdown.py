"""What shutdown printed and ended with on real machines."""

from __future__ import annotations

import pytest

from orchestrator.windows.boot import ABORT, ShutdownCode, schedule
from tests.recorded.records import Record, named, records


@pytest.mark.parametrize("record", named(records("shutdown")))
def test_the_exit_code(record: Record) -> None:
    """The exit code is the number that the text shows in every language, and the one that we know by name."""
    assert record.reply.exit_code == getattr(ShutdownCode, record.expect)
    assert f"({record.reply.exit_code})" in record.reply.output


def test_no_exit_code_ends_a_conversation() -> None:
    """All of these codes are answers to our commands, not failures of them."""
    assert [command.accepts for command in (schedule(60, None).commands[0], ABORT.commands[0])] == [None, None]
