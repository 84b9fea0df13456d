"""Events that are read at one look are what a parser makes of them; what is written otherwise is left to the parser."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchestrator.harvest import event_form, eventlog
from orchestrator.harvest.eventlog import EventRecord
from sspr_lab.eventlog_providers import PROVIDERS, Provider
from sspr_lab.eventlog_record import Record
from sspr_lab.eventlog_text import rendered_xml
from sspr_lab.evtx import write_evtx
from sspr_lab.languages import language

EventXml = Callable[..., str]
MOMENT = datetime(2026, 3, 1, 8, tzinfo=UTC)
SERVICES = PROVIDERS["Service Control Manager"]
RECORDS = (
    Record(1, "Application", Provider("Source"), 7, 2, 0, 0x80000000000000, MOMENT, "PC-17", ("a <&> 'b'", "크기", "")),
    Record(2, "System", SERVICES, 7036, 4, 0, 0x8080000000000000, MOMENT, "PC-17", ("W3SVC", "running")),
    Record(3, "System", PROVIDERS["EventLog"], 6005, 4, 0, 0x80000000000000, MOMENT, "PC-17"),
)


def as_text() -> list[str]:
    return [rendered_xml(record, language("en-US")) for record in RECORDS]


def as_file() -> list[str]:
    with tempfile.TemporaryFile() as file:
        file.write(write_evtx(RECORDS))
        file.flush()
        return [xml for xml in eventlog.evtx_texts(file) if xml is not None]


PARTS = (
    "<", ">", "&", "'", '"', "/", " ", "\t", "\r\n", "\r", "]]>", "\x03", "\x85", "\ud800", "\uffff", "\U0001f600",
    "&lt;", "&amp;", "&quot;", "&apos;", "&gt;", "&#10;", "&#x3;", "&nbsp;", "&amp;lt;", "<!-- -->", "<?a?>",
    "<Data/>", "<Data>more</Data>", "<Data Name='n'/>", "<Binary>00</Binary>", "<Level>2</Level>",
    "<EventID>8</EventID>", "<Message>second</Message>", "</System><System>", "<Keyword>k</Keyword>",
    " Name='twice'", " xmlns='urn:x'", "<x:Data/>", "<UserData><A>1</A></UserData>", "<Channel>Other</Channel>",
    "٣", "1234567890123",
)  # fmt: skip
"""What a text may be changed by: markup, references, blanks and letters that XML treats in ways of its own."""
SAMPLES = (*as_text(), *as_file())


def parsed(xml: str) -> EventRecord | str:
    try:
        return eventlog._event(eventlog._shown(xml))
    except ValueError:
        return "none"


def at_one_look(xml: str) -> EventRecord | str | None:
    try:
        return eventlog._usual(xml)
    except ValueError:
        return "none"


@pytest.mark.parametrize("xml", SAMPLES)
def test_what_windows_writes_needs_no_parser(xml: str) -> None:
    """As text or out of an .evtx file, with a message or without, with names of its data or without."""
    assert event_form.usual(xml) is not None
    assert at_one_look(xml) == parsed(xml)


def test_real_events_are_told_in_full(event_xml: EventXml) -> None:
    """References, blanks around texts and the ends of lines come as XML means them."""
    found = at_one_look(event_xml("Mine & Co", 5, " a &lt; b ", "<&>", "x\r\ny", message="one\r\ntwo\rthree"))
    assert found is None, "a provider's name with a reference is a parser's matter"
    found = at_one_look(event_xml("Mine", 5, " a &lt; b ", "<&>", "x\r\ny", message="one\r\ntwo\rthree"))
    assert isinstance(found, EventRecord)
    assert found.data == ("a &lt; b", "<&>", "x\ny")
    assert found.message == "one\ntwo\nthree"


def changed(xml: str, changes: list[tuple[int, int, str]]) -> Iterator[str]:
    for at, length, part in changes:
        place = at % (len(xml) + 1)
        xml = xml[:place] + part + xml[place + length :]
        yield xml


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 9), st.sampled_from(PARTS)), min_size=1, max_size=3),
)
@example(SAMPLES[0].replace("xmlns='", 'xmlns="', 1), [(0, 0, "")])
def test_what_is_changed_is_read_alike_or_left_to_the_parser(xml: str, changes: list[tuple[int, int, str]]) -> None:
    """Wherever something is put into an event, or in the place of something."""
    for text in changed(xml, changes):
        assert at_one_look(text) in (None, parsed(text))


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(SAMPLES), st.sampled_from(PARTS), st.booleans())
def test_what_stands_at_a_border_of_markup(xml: str, part: str, before: bool) -> None:
    """Right before or behind each bracket, where a changed event may still be one."""
    bracket = "<" if before else ">"
    places = [at + (not before) for at, letter in enumerate(xml) if letter == bracket]
    for place in places:
        text = xml[:place] + part + xml[place:]
        assert at_one_look(text) in (None, parsed(text))


@pytest.mark.parametrize(
    "data",
    [
        "<Data>" + "x" * 400_000,
        "<Data>x</Data>" * 4000 + "<Data",
        "<Data Name='" + "y" * 400_000,
        "<Data>" + " \r\n" * 100_000 + "</Data><Data>&amp;&bad;</Data>",
    ],
)
def test_what_does_not_fit_costs_no_more_than_its_length(event_xml: EventXml, data: str) -> None:
    """Nothing is looked at over and over again: it ends within the test's time, and is none."""
    xml = event_xml("A", 1).replace("<Binary>", data + "<Binary>")
    assert event_form.usual(xml) is None
