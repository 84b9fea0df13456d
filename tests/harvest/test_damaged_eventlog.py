"""Event logs that are damaged or cut off: what is sound is read, and what is lost is counted."""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.harvest import reading, summary
from orchestrator.harvest.manifest import Origin
from orchestrator.sentences import say
from sspr_lab.eventlog_providers import Provider
from sspr_lab.eventlog_record import Record
from sspr_lab.evtx import write_evtx

FILE_HEADER, CHUNK, CHUNK_HEADER = 4096, 65536, 512
COUNT, DAMAGED = 20, 7
MOMENT = datetime(2026, 3, 1, 8, tzinfo=UTC)
ORIGIN = Origin("PC-17", "run-1", MOMENT)
INCOMPLETE = "the file is cut off or damaged, and may have had more events"

Damage = Callable[[bytes], bytes]


def log(count: int = COUNT, data: str = "x") -> bytes:
    """Of one provider whose records are as long as each other, numbered as in the middle of a host's log."""
    return write_evtx(
        Record(4000 + n, "System", Provider("Disk"), 7, 2, 0, 0, MOMENT + timedelta(seconds=n), "PC-17", (data,))
        for n in range(count)
    )


WHOLE = log()


def _places() -> list[tuple[int, int]]:
    """Where each record of a chunk begins, and its size."""
    places, at = [], FILE_HEADER + CHUNK_HEADER
    while WHOLE[at : at + 4] == b"**\0\0":
        places.append((at, struct.unpack_from("<I", WHOLE, at + 4)[0]))
        at += places[-1][1]
    return places


PLACES = _places()
AT, SIZE = PLACES[DAMAGED]
NEXT = AT + SIZE
LAST_AT, LAST_SIZE = PLACES[-1]


def put(at: int, value: bytes) -> Damage:
    return lambda whole: whole[:at] + value + whole[at + len(value) :]


def size(at: int, value: int) -> Damage:
    return put(at, struct.pack("<I", value))


def cut(end: int) -> Damage:
    return lambda whole: whole[:end]


@pytest.mark.parametrize(
    ("damage", "read", "lost", "incomplete"),
    [
        pytest.param(lambda whole: whole, COUNT, {}, False, id="none"),
        pytest.param(cut(AT + 50), DAMAGED, {None: COUNT - DAMAGED}, True, id="cut in a record"),
        pytest.param(cut(NEXT - 2), DAMAGED, {2: 1, None: COUNT - DAMAGED - 1}, True, id="cut in a record's last size"),
        pytest.param(cut(AT), DAMAGED, {None: COUNT - DAMAGED}, True, id="cut between records"),
        pytest.param(cut(LAST_AT + LAST_SIZE - 2), COUNT - 1, {2: 1}, True, id="cut in the last record"),
        pytest.param(cut(FILE_HEADER + CHUNK - 1), COUNT, {}, True, id="cut behind the records"),
        pytest.param(cut(FILE_HEADER + 300), 0, {None: COUNT}, True, id="cut in the chunk's header"),
        pytest.param(cut(FILE_HEADER + 4), 0, {}, True, id="cut in the chunk's signature"),
        pytest.param(cut(FILE_HEADER), 0, {}, True, id="cut behind the file's header"),
        pytest.param(cut(3000), 0, {}, True, id="cut in the file's header"),
        pytest.param(put(0, bytes(FILE_HEADER)), COUNT, {}, False, id="the file's header"),
        pytest.param(put(42, struct.pack("<H", 9)), COUNT, {}, True, id="chunks that are not there"),
        pytest.param(put(FILE_HEADER, bytes(CHUNK)), 0, {}, True, id="a chunk of zeros"),
        pytest.param(lambda whole: whole + bytes(CHUNK), COUNT, {}, False, id="a chunk that was never used"),
        pytest.param(lambda whole: whole + b"\xff" * CHUNK, COUNT, {}, False, id="rubbish that was never used"),
        pytest.param(put(FILE_HEADER, b"XXXX"), COUNT, {}, False, id="the chunk's signature"),
        pytest.param(size(FILE_HEADER + 48, 0), COUNT, {}, False, id="where the chunk is free: 0"),
        pytest.param(size(FILE_HEADER + 48, AT - FILE_HEADER), COUNT, {}, False, id="where the chunk is free: before"),
        pytest.param(put(AT, bytes(4)), COUNT, {}, False, id="a record's signature"),
        pytest.param(size(AT + 4, 0), COUNT, {}, False, id="a record's size: 0"),
        pytest.param(size(AT + 4, SIZE - 8), COUNT, {}, False, id="a record's size: less"),
        pytest.param(size(AT + 4, 0x7FFFFFFF), COUNT, {}, False, id="a record's size: huge"),
        pytest.param(size(LAST_AT + 4, 0x7FFFFFFF), COUNT, {}, False, id="the last record's size"),
        pytest.param(size(NEXT - 4, 99), COUNT, {}, False, id="a record's second size"),
        pytest.param(put(AT + 24, b"\xff" * (SIZE - 28)), COUNT - 1, {None: 1}, False, id="what a record says"),
        pytest.param(put(AT, bytes(SIZE)), COUNT - 1, {None: 1}, False, id="all of a record"),
        pytest.param(put(AT, bytes(3 * SIZE)), COUNT - 3, {None: 3}, False, id="all of three records"),
        pytest.param(put(LAST_AT, bytes(LAST_SIZE)), COUNT - 1, {None: 1}, False, id="all of the last record"),
        pytest.param(put(PLACES[0][0] + 24, b"\xff" * 80), 0, {None: COUNT}, False, id="the template of all records"),
    ],
)
def test_only_what_is_damaged_is_lost(
    tmp_path: Path, damage: Damage, read: int, lost: dict[int | None, int], incomplete: bool
) -> None:
    """Every sound record is read; the others are counted, or the file is said to be incomplete; so does the summary."""
    (tmp_path / "system.evtx").write_bytes(damage(WHOLE))
    found = reading.read(tmp_path)
    assert (len(found.events), found.unreadable) == (read, lost)
    assert {(event.provider, event.data) for event in found.events} <= {("Disk", ("x",))}
    problem = say(found.problems["system.evtx"]) if found.problems else ""
    assert (f"{sum(lost.values())} of its events cannot be read" in problem) == bool(lost)
    assert (INCOMPLETE in problem, found.incomplete) == (incomplete, incomplete)
    (errors,) = [
        line for line in summary.write(ORIGIN, found, []).decode().splitlines() if line.startswith("Errors among")
    ]
    assert (f"; {lost.get(2)} more cannot be read" in errors) == (2 in lost)
    assert (f"; {lost.get(None)} cannot be read and may be errors or not" in errors) == (None in lost)
    assert ("files of events are incomplete" in errors) == incomplete


def test_what_a_circular_log_has_left_is_no_event(tmp_path: Path) -> None:
    """Behind the records of a chunk older ones may be left; a sound header says where they begin."""
    shorter = log(DAMAGED)
    (tmp_path / "system.evtx").write_bytes(shorter[:AT] + WHOLE[AT:])
    found = reading.read(tmp_path)
    assert (len(found.events), found.unreadable, found.problems) == (DAMAGED, {}, {})


def test_a_damaged_chunk_is_no_matter_of_the_others(tmp_path: Path) -> None:
    """Of several chunks, with one of them zeroed in its middle."""
    whole = log(1200)
    assert len(whole) >= FILE_HEADER + 3 * CHUNK
    middle = FILE_HEADER + CHUNK + CHUNK // 2
    (tmp_path / "system.evtx").write_bytes(put(middle, bytes(2000))(whole))
    found = reading.read(tmp_path)
    assert len(found.events) + found.unreadable[None] == 1200
    assert 0 < found.unreadable[None] < 20


def _cut_short(xml: str) -> str:
    """An event that ends in its data."""
    return xml[: xml.index("<Binary>")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    ("pattern", "read", "unreadable"),
    [
        pytest.param("{1}{cut}", [1], {2: 1}, id="the last is cut off"),
        pytest.param("<Events>{1}{cut}</Events>", [1], {2: 1}, id="the last is cut off, in a root element"),
        pytest.param("{cut}{1}", [1], {2: 1}, id="the first has no end"),
        pytest.param("{1}{cut}{cut}\r\n{2}", [1, 2], {2: 2}, id="two have no end"),
        pytest.param("{1}<Event xmlns='http", [1], {None: 1}, id="cut off in a tag"),
        pytest.param("{1}<Event", [1], {None: 1}, id="cut off in the element's name"),
        pytest.param("{1}\r\n<Ev", [1], {None: 1}, id="cut off in the name's beginning"),
        pytest.param("{cut}{huge}{1}", [1], {2: 2}, id="the first has no end for long"),
        pytest.param("{1}</Event>{2}</Events>", [1, 2], {}, id="an end too many"),
        pytest.param("<Events>{1}{2}</Events>\r\n", [1, 2], {}, id="none"),
    ],
)
def test_an_export_loses_only_what_is_cut(
    tmp_path: Path, event_xml: Callable[..., str], encoding: str, pattern: str, read: list[int], unreadable: object
) -> None:
    """An event without an end is counted by its level, wherever it is, and the next one is read."""
    cut = _cut_short(event_xml("Disk", 7, "x", level=2))
    huge = event_xml("Disk", 7, "x" * 700_000, level=2)
    events = {f"_{number}": event_xml("Disk", number, record=number) for number in (1, 2)}
    pattern = pattern.replace("{1}", "{_1}").replace("{2}", "{_2}")
    (tmp_path / "system.xml").write_bytes(pattern.format(cut=cut, huge=huge, **events).encode(encoding))
    found = reading.read(tmp_path)
    assert [event.event_id for event in found.events] == read
    assert dict(found.unreadable) == unreadable
    assert bool(found.problems) == bool(unreadable)
