"""What reg query printed on real machines, read by our parser."""

from __future__ import annotations

import pytest

from orchestrator.windows import registry
from tests.recorded.records import Record, named, records

RECORDS = records("reg_query")


@pytest.mark.parametrize("record", named(record for record in RECORDS if "values" in record.expect))
def test_a_key(record: Record) -> None:
    """Every value, in its type, and every subkey of a published listing are found, and nothing else."""
    key = registry.key("recorded", record.expect["path"]).parse([record.reply])
    assert key is not None
    assert key.shown == record.expect["values"]
    assert list(key.subkeys) == record.expect["subkeys"]


@pytest.mark.parametrize("record", named(record for record in RECORDS if "default" in record.expect))
def test_a_default_value(record: Record) -> None:
    """The default value is read whatever reg.exe calls it in its language."""
    assert registry.default_value("recorded", record.expect["path"]).parse([record.reply]) == record.expect["default"]


@pytest.mark.parametrize("record", named(record for record in RECORDS if "found" in record.expect))
def test_a_search(record: Record) -> None:
    """The names of the keys are all that a search gives us; its closing line, in any language, is none."""
    assert [key.path for key in registry.parse_keys(record.reply)] == record.expect["found"]
