"""Events as real machines wrote them, as XML."""

from __future__ import annotations

import codecs
from datetime import datetime

import pytest

from orchestrator.harvest import event_meanings
from orchestrator.harvest.eventlog import EventRecord
from orchestrator.windows import boot
from tests.harvest.events import read as read_xml
from tests.recorded.records import Record, named, records

RECORDS = records("wevtutil")


@pytest.mark.parametrize("record", named(RECORDS))
def test_an_event(record: Record) -> None:
    """Every field of a published event is read, in UTF-8 and in the UTF-16 that a redirected wevtutil may write."""
    wanted = record.expect
    in_utf16 = codecs.BOM_UTF16_LE + record.printed.encode("utf-16-le")
    read, again = read_xml(record.printed.encode()), read_xml(in_utf16)
    assert read == again
    assert read.unreadable == 0
    assert read.records == (
        EventRecord(
            time=datetime.fromisoformat(wanted["time"]),
            channel=wanted["channel"],
            provider=wanted["provider"],
            event_id=wanted["event_id"],
            level=wanted["level"],
            record_id=wanted["record_id"],
            computer=wanted["computer"],
            data=tuple(wanted["data"]),
            message=wanted["message"],
        ),
    )


@pytest.mark.parametrize("record", named(RECORDS))
def test_what_it_means(record: Record) -> None:
    """The label says what happened, and an installation's end gives its product and exit code."""
    (event,) = read_xml(record.printed.encode()).records
    assert event_meanings.label(event) == record.expect["label"]
    result = record.expect.get("result")
    assert event_meanings.installer_result(event) == (tuple(result) if result else None)


@pytest.mark.parametrize("record", named(record for record in RECORDS if "boot" in record.expect))
def test_a_boot(record: Record) -> None:
    """The record of a start gives the marker that tells one boot from another."""
    assert boot.BOOT.parse([record.reply]).marker == record.expect["boot"]


def test_all_of_them_in_one_file() -> None:
    """Events one after another, whatever lies between them, are each read."""
    together = "".join(record.printed for record in RECORDS).encode()
    assert len(read_xml(together).records) == len(RECORDS)
