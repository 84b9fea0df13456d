"""Reading event logs: real .evtx files and every form of XML export, and nothing hostile."""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.harvest import eventlog, evtx_child
from orchestrator.harvest.eventlog import EventRecord, event
from orchestrator.model.errors import UnexpectedOutput
from sspr_lab.eventlog_providers import Provider
from sspr_lab.eventlog_record import Record
from sspr_lab.evtx import write_evtx
from tests.harvest.events import read
from tests.saying import with_reason

EventXml = Callable[..., str]
MOMENT = datetime(2026, 3, 1, 8, 0, 0, 123456, tzinfo=UTC)


def test_reads_every_field(event_xml: EventXml) -> None:
    """All of an event's fields arrive, the time in UTC to the microsecond, the message only where it was rendered."""
    xml = event_xml("MsiInstaller", 1033, "Foo & Bar", "1.0", "", level=2, record=77, message="Nachricht\r\nzwei")
    assert read(xml.encode()).records == (
        EventRecord(
            time=MOMENT,
            channel="Application",
            provider="MsiInstaller",
            event_id=1033,
            level=2,
            record_id=77,
            computer="PC-17.corp.example",
            data=("Foo & Bar", "1.0", ""),
            message="Nachricht\nzwei",
        ),
    )
    assert read(event_xml("X", 1).encode()).records[0].message is None


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("form", ["{0}{1}", "<Events>{0}\r\n{1}</Events>", "<?xml version='1.0'?>\r\n<Events>{0}{1}"])
def test_reads_every_form_of_export(event_xml: EventXml, encoding: str, form: str) -> None:
    """With or without root element and byte order mark, in either encoding, cut off or not: the same two events."""
    text = form.format(event_xml("Quelle", 1, "Größe 크기"), event_xml("Quelle", 2, "Größe 크기", record=2))
    found = read(text.encode(encoding))
    assert [(event.event_id, event.data) for event in found.records] == [(1, ("Größe 크기",)), (2, ("Größe 크기",))]
    assert found.unreadable == 0


def test_a_korean_code_page_costs_only_letters(event_xml: EventXml) -> None:
    """Output in code page 949, as a Korean console gives it, keeps its events and all that is ASCII."""
    found = read((event_xml("A", 1, "설치 1603") + event_xml("A", 2)).encode("cp949"))
    assert [event.event_id for event in found.records] == [1, 2]
    assert found.records[0].data[0].endswith("1603")


@pytest.mark.parametrize(
    "nothing", [b"", b"\r\n", b"\xff\xfe", b"<Events></Events>", "<Events></Events>".encode("utf-16")]
)
def test_no_events_is_an_answer(nothing: bytes) -> None:
    """A query that matched nothing gives an empty file or an empty root, which is no error."""
    assert read(nothing).records == ()


@pytest.mark.parametrize("rubbish", [b"Failed to open the log.", b"<html></html>", b"ElfFile\0", b"MSCF" * 99])
def test_what_is_no_event_log_is_refused(rubbish: bytes) -> None:
    """An error message, another file, or a damaged event log is told apart from an empty one."""
    with pytest.raises(UnexpectedOutput):
        read(rubbish)


def test_a_broken_event_does_not_hide_the_others(event_xml: EventXml) -> None:
    """Events that are no XML or lack their fields are counted, and those around them are read."""
    broken = "<Event><System></Event>", "<Event></Event>", event_xml("A", 1).replace("2026-03", "2026-33")
    found = read("".join([event_xml("A", 1), *broken, event_xml("A", 2)]).encode())
    assert [event.event_id for event in found.records] == [1, 2]
    assert found.unreadable == 3


def test_an_event_that_cannot_be_read_is_counted_by_its_level(event_xml: EventXml) -> None:
    """Where that can be known; an error must not be absent without a word."""
    without_time = event_xml("A", 1, level=2).replace("2026-03", "2026-33")
    found = list(eventlog.read(BytesIO((without_time + "<Event></Event>").encode())))
    assert found == [eventlog.Unreadable(2), eventlog.Unreadable(None)]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a\x03b", "a\u2403b"),
        ("a&#3;b&#x1F;", "a\u2403b\u241f"),
        ("&#xD800;&#xFFFF;&#1114112;\ufffe", "\ufffd" * 4),
        ("tab\tand&#9;&#65;&#x41;&#xe9;\x85", "tab\tand\tAA\xe9\x85"),
    ],
)
def test_characters_that_xml_has_no_place_for_are_shown(event_xml: EventXml, written: str, shown: str) -> None:
    """As they are, or by their number, the event is read with what stands for them."""
    found = read(event_xml("A", 1, "MARK", level=2).replace("MARK", written).encode("utf-16"))
    assert [(event.level, event.data) for event in found.records] == [(2, (shown.strip(),))]


def test_an_event_log_with_control_characters() -> None:
    """As Windows 7 writes them (libevtx issue 20): the event is there, with its level."""
    provider = Provider("Application Error")
    record = Record(1, "Application", provider, 1000, 2, 0, 0, MOMENT, "PC-17", ("before\x03after",))
    (found,) = read(write_evtx([record])).records
    assert (found.level, found.data) == (2, ("before\u2403after",))


@pytest.mark.parametrize(
    ("own", "data"),
    [
        (
            "<UserData><Out xmlns='urn:x'><Name>SSPR</Name><Inner><C n='k'>5</C></Inner><Empty/></Out></UserData>",
            ("SSPR", "5"),
        ),
        ("<UserData><Outer xmlns='urn:x' a='1' b=' '><Inner c='2'/></Outer></UserData>", ("1", "2")),
        ("<UserData>SSPR</UserData>", ("SSPR",)),
        ("<DebugData><Component>tls</Component><Message>alert 40</Message></DebugData>", ("tls", "alert 40")),
        (
            "<ProcessingErrorData><ErrorCode>15005</ErrorCode><EventPayload>0A</EventPayload></ProcessingErrorData>",
            ("15005", "0A"),
        ),
        ("<BinaryEventData>0A0B</BinaryEventData>", ("0A0B",)),
        ("<EventData><Binary>0A0B</Binary></EventData>", ()),
        ("<RenderingInfo Culture='en-US'><Message>hello</Message></RenderingInfo>", ()),
    ],
)
def test_an_event_without_data_tells_by_its_own_elements(event_xml: EventXml, own: str, data: tuple[str, ...]) -> None:
    """Of any part that Windows' schema of events knows; one that has `Data`, by that alone."""
    xml = event_xml("A", 1)
    bare = xml[: xml.index("<EventData>")] + own + "</Event>"
    both = event_xml("A", 1, "data").replace("</EventData>", f"</EventData>{own}")
    assert [event.data for event in read((bare + both).encode()).records] == [data, ("data",)]


def test_a_document_type_is_refused(event_xml: EventXml) -> None:
    """Entity expansion needs a document type; a file with one is not parsed at all."""
    bomb = "<!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]><Events>" + event_xml("A", 1, "&b;") + "</Events>"
    for encoding in ("utf-8", "utf-16"):
        with pytest.raises(UnexpectedOutput, check=with_reason("document type")):
            read(bomb.encode(encoding))


@pytest.mark.parametrize(
    "hostile",
    [
        "<Event " * 300_000,
        "<Event>" * 200_000 + "</Event>",
        "<Event>" + "<a>" * 100_000 + "</a>" * 100_000 + "</Event>",
        "<Event>" + "x" * 2_000_000 + "</Event>",
    ],
)
def test_hostile_shapes_cost_little(hostile: str) -> None:
    """Unclosed, deeply nested and oversized events end quickly and are not taken for events."""
    began = time.process_time()
    assert read(hostile.encode()).records == ()
    assert time.process_time() - began < 5


def test_times_of_other_zones_become_utc(event_xml: EventXml) -> None:
    """A time with an offset, or with none, is understood."""
    found = read(
        (event_xml("A", 1, time="2026-03-01T17:00:00+09:00") + event_xml("A", 2, time="2026-03-01T08:00:00")).encode()
    )
    assert {event.time for event in found.records} == {datetime(2026, 3, 1, 17, tzinfo=timezone(timedelta(hours=9)))}


def _evtx(count: int) -> bytes:
    provider = Provider("AADPasswordResetCredentialProvider")
    return write_evtx(
        Record(
            record_id=number,
            channel="Application",
            provider=provider,
            event_id=100 + number,
            level=4,
            task=0,
            keywords=0x80000000000000,
            time=MOMENT + timedelta(seconds=number),
            computer="PC-17",
            data=(f"step {number}", "<&> 크기"),
        )
        for number in range(1, count + 1)
    )


def test_reads_real_event_log_files() -> None:
    """An .evtx file of several chunks gives every record with its data and its time in UTC."""
    found = read(_evtx(700))
    assert found.unreadable == 0
    assert len(found.records) == 700
    first = found.records[0]
    assert (first.provider, first.event_id, first.record_id) == ("AADPasswordResetCredentialProvider", 101, 1)
    assert (first.channel, first.computer, first.data) == ("Application", "PC-17", ("step 1", "<&> 크기"))
    assert first.time == MOMENT + timedelta(seconds=1)


def test_an_empty_event_log_file_is_an_answer() -> None:
    """A filtered export that matched nothing is an .evtx without records."""
    assert read(_evtx(0)).records == ()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems limit no process's memory, or otherwise")
def test_an_event_log_gets_so_much_memory_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What needs more than the process that reads it may have is not read, and says so; ours goes on."""
    needing = "sys.stdout.write = lambda _: bytearray({} * 1024 * 1024)"
    child = tmp_path / "child.py"
    for megabytes, enough in ((evtx_child.MEGABYTES // 2, True), (2 * evtx_child.MEGABYTES, False)):
        lines = ("import sys", "from orchestrator.harvest import evtx_child", needing, "sys.exit(evtx_child.main())")
        child.write_text("\n".join(lines).format(megabytes))
        monkeypatch.setattr(evtx_child, "__file__", str(child))
        with (
            contextlib.nullcontext() if enough else pytest.raises(UnexpectedOutput, check=with_reason("memory or time"))
        ):
            assert read(_evtx(1)).records == ()


def test_the_longest_event_of_characters_beyond_the_first_plane(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each takes two escapes on the way from the other process; what comes after it is read too."""
    longest = "\U0001f600" * evtx_child.LONGEST_EVENT
    child = tmp_path / "child.py"
    child.write_text(
        f"import json\nfor text in ({longest[0]!a} * {len(longest)}, 'next'):\n    print(json.dumps(text))\n"
    )
    monkeypatch.setattr(evtx_child, "__file__", str(child))
    with tempfile.TemporaryFile() as file:
        assert list(eventlog.evtx_texts(file)) == [longest, "next"]


def test_an_event_log_that_nobody_reads_to_its_end() -> None:
    """The other process is ended with it."""
    others = psutil.Process().children()
    with tempfile.TemporaryFile() as file:
        file.write(_evtx(700))
        file.flush()
        texts = eventlog.evtx_texts(file)
        assert next(texts)
        texts.close()
    assert [child for child in psutil.Process().children() if child not in others] == []


SAMPLE = _evtx(3)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255)), max_size=8), st.integers(0, len(SAMPLE))
)
def test_damaged_event_logs_never_crash(changes: list[tuple[int, int]], end: int) -> None:
    """An .evtx file with bytes overwritten or its end cut off is read in part, nothing else."""
    damaged = bytearray(SAMPLE)
    for position, value in changes:
        damaged[position] = value
    with contextlib.suppress(evtx_child.Incomplete):
        for text in evtx_child.texts(BytesIO(damaged[:end])):
            event(text or "")


@given(st.binary(max_size=400))
def test_arbitrary_bytes_never_crash(rubbish: bytes) -> None:
    """Any bytes, also between the tags of an event, are read or refused with UnexpectedOutput."""
    for data in (rubbish, b"<Event>" + rubbish + b"</Event>", b"\xff\xfe" + rubbish):
        with contextlib.suppress(UnexpectedOutput):
            read(data)
