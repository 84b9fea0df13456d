"""What quser printed on real machines."""

from __future__ import annotations

from dataclasses import astuple

import pytest

from orchestrator.windows import sessions
from tests.recorded.records import Record, named, records


@pytest.mark.parametrize("record", named(records("quser")))
def test_who_is_logged_on(record: Record) -> None:
    """Every session is read in every language, and nobody is told from an answer that does not say."""
    found = sessions.SESSIONS.parse([record.reply])
    assert (None if found is None else [list(astuple(session)) for session in found]) == record.expect
