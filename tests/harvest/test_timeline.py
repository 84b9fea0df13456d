"""The timeline: events of several files in one order, in plain words, safe to open in Excel and in a terminal."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import StringIO
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.harvest import timeline
from orchestrator.harvest.event_meanings import installer_result, label
from orchestrator.harvest.eventlog import EventRecord
from orchestrator.harvest.timeline import Story
from orchestrator.model.showable import printable
from orchestrator.model.spreadsheet import Delimiter, table_bytes
from tests.harvest.events import read

EventXml = Callable[..., str]


def records(*xml: str) -> tuple[EventRecord, ...]:
    return read("".join(xml).encode()).records


def story(*files: tuple[EventRecord, ...], room: int = 1_000_000) -> Story:
    told = Story(room)
    for record in chain(*files):
        told.add(record)
    return told


def test_merges_in_the_order_of_time(event_xml: EventXml) -> None:
    """Events of two files interleave by time, whatever order each file has."""
    newest_first = records(
        event_xml("MsiInstaller", 1042, time="2026-03-01T08:00:09Z", record=9),
        event_xml("MsiInstaller", 1040, time="2026-03-01T08:00:01Z", record=8),
    )
    boots = records(event_xml("EventLog", 6005, time="2026-03-01T08:00:05Z", record=1, channel="System"))
    assert [event.event_id for event in story(newest_first, boots).events()] == [1040, 6005, 1042]


def test_keeps_what_two_files_hold_once(event_xml: EventXml) -> None:
    """The same record from .evtx and from RenderedXml is one event, with its message, in either order of files."""
    plain = records(event_xml("A", 1, "data"))
    rendered = records(event_xml("A", 1, "data", message="told"))
    for files in ([plain, rendered], [rendered, plain]):
        assert [event.message for event in story(*files).events()] == ["told"]


@pytest.mark.parametrize(
    ("provider", "event_id", "data", "told"),
    [
        ("MsiInstaller", 1033, ("Foo", "1.2", "1033", "1603", "Bar"), "Installation of Foo 1.2 ended with code 1603"),
        ("MsiInstaller", 1034, ("Foo", "1.2", "1033", "0"), "Removal of Foo 1.2 ended with code 0"),
        ("MsiInstaller", 1033, (), "Installation of a product ended with code unknown"),
        ("MsiInstaller", 1040, ("x.msi", "99"), "Windows Installer began"),
        ("MsiInstaller", 11707, (), "Installation succeeded"),
        ("MsiInstaller", 11708, (), "Installation failed"),
        ("MsiInstaller", 11920, (), "Windows Installer reported error 1920"),
        ("EventLog", 6008, (), "The shutdown before this was unexpected: power lost, or a crash"),
        ("USER32", 1074, ("msiexec.exe", "PC", "", "0x80030002", "restart", "", r"NT AUTHORITY\SYSTEM"),
         r"msiexec.exe asked for a shutdown or restart for NT AUTHORITY\SYSTEM"),
        ("Microsoft-Windows-Kernel-General", 12, (), "Windows started"),
        ("AADPasswordResetCredentialProvider", 4711, (), "SSPR add-in, event 4711"),
        ("Else", 4711, (), "Else event 4711"),
    ],
)  # fmt: skip
def test_labels(event_xml: EventXml, provider: str, event_id: int, data: tuple[str, ...], told: str) -> None:
    """Known events are told in plain words with their insertion strings, unknown ones by provider and number."""
    assert label(records(event_xml(provider, event_id, *data))[0]) == told


def test_the_result_of_an_installation(event_xml: EventXml) -> None:
    """Product and exit code are the first, second and fourth strings of 1033; other events have no result."""
    ended, begun, odd = records(
        event_xml("MsiInstaller", 1033, "Foo", "1.2", "1033", "3010", "Bar"),
        event_xml("MsiInstaller", 1040, "Foo", "1.2", "1033", "3010"),
        event_xml("MsiInstaller", 1033, "Foo", "1.2", "1033", "many"),
    )
    assert [installer_result(event) for event in (ended, begun, odd)] == [("Foo 1.2", 3010), None, None]


@pytest.mark.parametrize(
    "attack",
    ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\t=1", "\r\n=1", " =1", "＝1", "|x", "%0"],  # noqa: RUF001
)
def test_no_cell_is_a_formula(event_xml: EventXml, attack: str) -> None:
    """Whatever a host put into an event, no cell of the table begins like a formula."""
    data = b"".join(
        timeline.as_csv(records(event_xml(attack, 1, attack, message=attack, channel=attack.replace("'", ""))))
    )
    rows = list(csv.reader(StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert len(rows) == 2
    assert not [cell for cell in rows[1] if cell.lstrip()[:1] in {"=", "+", "-", "@", "＝", "|", "%"}]  # noqa: RUF001
    assert [cell for cell in rows[1] if cell.startswith("'")]


def test_the_usual_separator() -> None:
    """What a German Excel opens in columns."""
    assert b"".join(timeline.as_csv([])).startswith(b"\xef\xbb\xbftime (UTC);level;")


@pytest.mark.parametrize("delimiter", Delimiter)
def test_excel_opens_the_table(event_xml: EventXml, delimiter: Delimiter) -> None:
    """UTF-8 with a byte order mark, one row an event even where its message has many lines, cells within Excel's."""
    events = records(event_xml("A", 1, "Größe\r\n크기", message=""), event_xml("B", 2, "x" * 40_000))
    data = b"".join(timeline.as_csv(events, delimiter))
    assert data.startswith(f"\ufefftime (UTC){delimiter.sign}".encode())
    first, second = list(csv.DictReader(StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter.sign))
    assert (first["time (UTC)"], first["details"], first["source"]) == ("2026-03-01 08:00:00", "Größe 크기", "A")
    assert len(second["details"]) < 32_767


def test_the_text_has_a_line_an_event(event_xml: EventXml) -> None:
    """Time, meaning, gravity and details, with nothing that a terminal would obey."""
    hostile = records(event_xml("MsiInstaller", 11708, "Product: Foo -- failed.\x85\u202e", "(NULL)", level=2))
    text = b"".join(timeline.as_text(hostile)).decode()
    assert text.splitlines()[1:] == ["2026-03-01 08:00:00  Installation failed [error]: Product: Foo -- failed."]


@given(st.text() | st.text("a ;\t\r\n\x1b\x85\u200e\u202e\u3000\ue000\U000e0041\U000e0100\ud800크😀"))
def test_printable_is_one_plain_line(text: str) -> None:
    """A blank stands for each letter that Unicode does not call printable, and one blank for several."""
    letters = "".join(letter if letter.isprintable() else " " for letter in text)
    assert printable(text) == " ".join(letters.split())


@given(
    rows=st.lists(st.lists(st.text() | st.text("a;,\t\"'\r\n\0=크"), max_size=4)), delimiter=st.sampled_from(Delimiter)
)
def test_rows_are_those_of_the_standard_writer(rows: list[list[str]], delimiter: Delimiter) -> None:
    """Whichever cells need quotes."""
    out = StringIO(newline="")
    csv.writer(out, delimiter=delimiter.sign).writerows(rows)
    assert b"".join(table_bytes(rows, delimiter)) == ("\ufeff" + out.getvalue()).encode("utf-8", "replace")


def test_numbers_that_begin_like_formulas_are_harmless(event_xml: EventXml) -> None:
    """A host may say that its level or record is below zero."""
    (record,) = records(event_xml("A", -7, level=-3, record=-5))
    row = b"".join(timeline.as_csv([record])).decode("utf-8-sig").splitlines()[1].split(";")
    assert (row[1], row[5], row[7]) == ("'-3", "'-7", "'-5")


def test_the_newest_are_kept_where_there_is_no_room_for_all(event_xml: EventXml) -> None:
    """Of a thousand events that take too much, in any order, exactly the last are told, and how many are not."""
    told = records(
        *(event_xml("A", n, "x" * 900, record=n, time=f"2026-03-01T08:{n % 60:02}:00Z") for n in range(1000))
    )
    for files in (told, told[::-1]):
        kept = story(files, room=200_000)
        times = [event.time for event in kept.events()]
        assert 50 < len(times) < 200
        assert kept.left_out == 1000 - len(times)
        assert times == sorted(event.time for event in told)[-len(times) :]
