"""An .evtx file is read where it has more to tell than the text of its events, and only there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.harvest import eventlog, reading
from orchestrator.sentences import say
from sspr_lab.eventlog_providers import Provider
from sspr_lab.eventlog_record import Record
from sspr_lab.eventlog_text import rendered_xml
from sspr_lab.evtx import write_evtx
from sspr_lab.languages import language

MOMENT = datetime(2026, 3, 1, 8, tzinfo=UTC)
RECORDS = tuple(
    Record(4000 + n, "Application", Provider("Disk"), 7, 2, 0, 0, MOMENT + timedelta(seconds=n), "PC-17", (f"{n}",))
    for n in range(400)
)
"""Of several chunks."""


def text(records: tuple[Record, ...]) -> bytes:
    return "".join(rendered_xml(record, language("en-US")) for record in records).encode("utf-16")


def original(records: tuple[Record, ...]) -> bytes:
    return write_evtx(records)


@pytest.fixture
def read_originals(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is noted whenever the records of an .evtx file are read."""
    seen: list[str] = []
    texts = eventlog.evtx_texts

    def noting(file: object) -> object:
        seen.append("read")
        return texts(file)  # type: ignore[arg-type] # it is passed on

    monkeypatch.setattr(eventlog, "evtx_texts", noting)
    return seen


def found(folder: Path, files: Mapping[str, bytes]) -> reading.Reading:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return reading.read(folder)


def numbers(told: reading.Reading) -> list[int]:
    return [event.record_id for event in told.events]


def test_an_original_that_tells_nothing_new_is_not_read(tmp_path: Path, read_originals: list[str]) -> None:
    """All of its events are there with their messages; that it is smaller, and so comes first, is no matter."""
    told = found(tmp_path, {"disk.xml": text(RECORDS), "DISK.evtx": original(RECORDS), "empty.evtx": original(())})
    assert numbers(told) == [record.record_id for record in RECORDS]
    assert all(event.message for event in told.events)
    assert (told.problems, told.incomplete) == ({}, False)
    assert read_originals == ["read"], "and an empty one without a text costs what it always did"


@pytest.mark.parametrize(
    ("of_text", "of_original"),
    [
        pytest.param(RECORDS[:-1], RECORDS, id="the last is missing in the text"),
        pytest.param(RECORDS[1:], RECORDS, id="the first is"),
        pytest.param((*RECORDS[:90], *RECORDS[91:]), RECORDS, id="one in the middle is"),
        pytest.param((), RECORDS, id="all are"),
        pytest.param(
            (replace(RECORDS[0], time=MOMENT - timedelta(days=1)), *RECORDS[1:]), RECORDS, id="one is of another time"
        ),
    ],
)
def test_an_original_that_has_more_is_read(
    tmp_path: Path, read_originals: list[str], of_text: tuple[Record, ...], of_original: tuple[Record, ...]
) -> None:
    """None of its events is missing afterwards, and none is there twice."""
    told = found(tmp_path, {"disk.xml": text(of_text), "disk.evtx": original(of_original)})
    expected = {(record.record_id, record.time) for record in (*of_text, *of_original)}
    assert sorted(expected) == sorted((event.record_id, event.time) for event in told.events)
    assert read_originals == ["read"]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda whole: whole[:-100], id="cut off"),
        pytest.param(lambda whole: whole[:4096] + bytes(65536) + whole[4096 + 65536 :], id="a chunk of zeros"),
        pytest.param(lambda whole: whole[:4608] + b"XXXX" + whole[4612:], id="bytes of a record's frame"),
    ],
)
def test_a_damaged_original_is_told_of(
    tmp_path: Path, read_originals: list[str], damage: Callable[[bytes], bytes]
) -> None:
    """What it had more than the text, nobody knows."""
    whole = original(RECORDS)
    told = found(tmp_path, {"disk.xml": text(RECORDS), "disk.evtx": damage(whole)})
    assert numbers(told) == [record.record_id for record in RECORDS]
    assert read_originals == ["read"]


def test_the_text_of_another_source_does_not_count(tmp_path: Path, read_originals: list[str]) -> None:
    """Numbers are those of a log, and two logs have the same ones."""
    others = tuple(replace(record, channel="System") for record in RECORDS)
    told = found(tmp_path, {"disk.xml": text(RECORDS), "other.evtx": original(others)})
    assert len(told.events) == 2 * len(RECORDS)
    assert read_originals == ["read"]


def test_what_there_is_no_room_for_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The small ones are read, and the others' names are noted."""
    monkeypatch.setattr(reading, "MOST_BYTES", len(original(RECORDS)))
    told = found(tmp_path, {"disk.xml": text(RECORDS), "disk.evtx": original(RECORDS)})
    assert [name for name, why in told.problems.items() if say(why) == say(reading._NOT_LOOKED_INTO())] == ["disk.xml"]
    assert len(told.events) == len(RECORDS)
    assert told.incomplete
