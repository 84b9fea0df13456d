"""Reads event logs that came from a host: .evtx files, and the XML of `wevtutil qe`.

XML is read event by event, nearly always at one look (`event_form.py`) and else with the standard parser. Entities and
their expansion need a document type, which event XML never has, so a file with one is refused before any parser sees
it; that leaves the standard parser nothing to be attacked with but sizes, and those are limited here. Records of .evtx
files are made XML in a process of its own (`evtx_child.py`).
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Final, cast
from xml.etree import ElementTree as ET

from orchestrator.harvest import event_form, evtx_child, evtx_chunks, text
from orchestrator.harvest.evtx_child import LONGEST_EVENT
from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.message import phrase
from orchestrator.windows import moments

_MOST_TAGS: Final = 10_000
"""Of one event: its parts and strings, at each end of each."""
_LONGEST_RECORD: Final = 12 * LONGEST_EVENT + 3
"""Characters of a line of JSON: two escapes for each of an event's beyond U+FFFF, two quotes and the line's end."""
_NAMESPACE = "{http://schemas.microsoft.com/win/2004/08/events/event}"
_NOT_ITS_OWN: Final = {_NAMESPACE + name for name in ("System", "EventData", "RenderingInfo")}
"""Of an event's parts, those that are not UserData, DebugData, ProcessingErrorData and the like, of any shape."""
_LEVEL: Final = re.compile(r"<Level>\s*(?P<level>[0-9]{1,3})\s*</Level>")
_LONGEST_SYSTEM: Final = 4096
_REFERENCE: Final = re.compile(r"&#(?:x(?P<hex>[0-9a-fA-F]{1,8})|(?P<decimal>[0-9]{1,9}));")
_FORBIDDEN: Final = (*range(0xD800, 0xE000), 0xFFFE, 0xFFFF)
_SHOWN: Final = dict.fromkeys(_FORBIDDEN, "\ufffd") | {
    code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n\r"
}
"""What stands for each character that XML 1.0 has no place for: control characters by their pictures."""
_OUTSIDE: Final = re.compile(f"[{''.join(map(chr, _SHOWN))}]")
_OPEN, _CLOSE, _DOCTYPE = "<Event", "</Event>", "<!DOCTYPE"
_TAG: Final = re.compile(r"<(?:Event(?=[ >\t\r\n])|/Event>)")
"""Not those of <Events, <EventData, <EventID."""


_INCOMPLETE = phrase("eventlog-incomplete")
_TOO_MUCH_WORK = phrase("eventlog-too-much-work")
_DOCUMENT_TYPE = phrase("eventlog-document-type")
_NO_XML = phrase("eventlog-no-xml")


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One event, as the log keeps it.

    Attributes:
        time: When it was written, in UTC by the host's clock.
        level: 1 critical, 2 error, 3 warning, 4 information, 5 verbose, 0 always logged.
        record_id: Its number in its log on that host.
        data: The texts of its `Data` elements, in order; what a message is made of, in no language. Of an event that
            has none, what its `UserData`, `DebugData` or `ProcessingErrorData` says.
        message: The rendered message in the host's language, where the export holds one (RenderedXml).
    """

    time: datetime
    channel: str
    provider: str
    event_id: int
    level: int
    record_id: int
    computer: str
    data: tuple[str, ...]
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An event that is there and cannot be read; `level` as of an event, None where not even that can be known."""

    level: int | None = None


def read(file: BinaryIO) -> Iterator[EventRecord | Unreadable]:
    """The events of an .evtx file or an XML export, whichever it is, in the file's order.

    An empty XML file is an answer too: nothing matched the query.

    Raises:
        UnexpectedOutput: when it is neither, takes more memory or time than Windows' own files do, or has a document
            type; after the last event, when it is cut off or damaged and nobody knows how many more it had.
    """
    file.seek(0)
    is_evtx = evtx_chunks.is_log(file.read(evtx_chunks.LONGEST_BEGINNING))
    for xml in evtx_texts(file) if is_evtx else xml_texts(file):
        yield Unreadable() if xml is None else event(xml)


def evtx_texts(file: BinaryIO) -> Generator[str | None, None, None]:
    """The XML of each record of an .evtx file, as `wevtutil epl` writes it; None for one that cannot be read.

    Raises:
        UnexpectedOutput: when more is in it than may be made XML; after the last one, when the file is incomplete.
    """
    os.lseek(file.fileno(), 0, os.SEEK_SET)  # the descriptor's place: the other process reads from there
    command = [sys.executable, "-P", evtx_child.__file__, str(evtx_child.MEGABYTES)]
    paths = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(  # noqa: S603 - our own program
        command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, **paths}
    ) as child:
        output = cast(BinaryIO, child.stdout)
        try:
            while line := output.readline(_LONGEST_RECORD):
                yield _told(line)
        except GeneratorExit:  # nobody wants more of it
            child.kill()
            raise
        ended = child.wait()
    if ended:
        raise UnexpectedOutput(_INCOMPLETE() if ended == evtx_child.INCOMPLETE else _TOO_MUCH_WORK())


def xml_texts(file: BinaryIO) -> Iterator[str]:
    """The text of each `Event` element of what `wevtutil qe … /f:xml` or `/f:RenderedXml` printed.

    They are found by their tags, which no content can contain unescaped. Thus it matters neither whether there is a
    root element nor whether one event, or the end of the file, is broken: of an event without an end there is what
    comes before the next one, and of a huge one its beginning. In a code page of East Asia the markup still is ASCII,
    so only letters of messages are lost.

    Raises:
        UnexpectedOutput: when it is no such XML, or has a document type.
    """
    waiting, begins, tagged = "", "", False
    for part in text.pieces(file, text.encoding_of(file)):
        if _DOCTYPE in waiting[-len(_DOCTYPE) :] + part:
            raise UnexpectedOutput(_DOCUMENT_TYPE())
        waiting += part
        begins = begins or waiting.strip("\0 \t\r\n")[:200]
        tagged = tagged or _OPEN in waiting
        ended, waiting = _ended_events(waiting)
        yield from ended
        if len(waiting) > LONGEST_EVENT:
            yield waiting
            waiting = ""
    if begins and not tagged:
        raise UnexpectedOutput(_NO_XML(), begins=begins)
    tag = waiting[waiting.rfind("<") :]
    if waiting.startswith(_OPEN) or (tag and _OPEN.startswith(tag)):
        yield waiting


def _ended_events(waiting: str) -> tuple[list[str], str]:
    """The events in this stretch that end, or that another one follows; and what is to be looked at with the next."""
    ended: list[str] = []
    start, position = -1, 0
    for tag in _TAG.finditer(waiting):
        if tag[0] == _CLOSE:
            position = tag.end()
            if start >= 0:
                ended.append(waiting[start:position])
            start = -1
        else:
            if start >= 0:
                ended.append(waiting[start : tag.start()])
            start = tag.start()
    return ended, waiting[start:] if start >= 0 else waiting[max(position, len(waiting) - len(_OPEN)) :]


def _told(line: bytes) -> str | None:
    """What the other process says of a record; an untold end of a line is that of one ended in the middle of it."""
    if not line.endswith(b"\n"):
        return None
    told = json.loads(line)
    return told if isinstance(told, str) else None


def event(xml: str) -> EventRecord | Unreadable:
    """One event; one that cannot be read when Windows would not write it so.

    Its texts may hold characters that XML has no place for (U+0003 in messages of Windows 7: libevtx issue 20); they
    are shown by others.
    """
    has_end = xml.rstrip().endswith(_CLOSE)
    if not has_end or len(xml) > LONGEST_EVENT or xml.count("<") > _MOST_TAGS or _DOCTYPE in xml:
        return Unreadable(_level(xml))
    try:
        return _usual(xml) or _event(_shown(xml))
    except ValueError:
        return Unreadable(_level(xml))


def _shown(xml: str) -> str:
    if _OUTSIDE.search(xml):
        xml = xml.translate(_SHOWN)
    return _REFERENCE.sub(_referred, xml) if "&#" in xml else xml


def _level(xml: str) -> int | None:
    found = _LEVEL.search(xml, 0, _LONGEST_SYSTEM)
    return int(found["level"]) if found else None


def _referred(reference: re.Match[str]) -> str:
    """A character by its number, or what shows it where XML has no place for it."""
    code = int(reference["hex"], 16) if reference["hex"] else int(reference["decimal"])
    return _SHOWN.get(code, "\ufffd" if code > sys.maxunicode else reference[0])


def _usual(xml: str) -> EventRecord | None:
    """None where it is to be parsed. Raises ValueError when its time is none."""
    told = event_form.usual(xml)
    if told is None:
        return None
    return EventRecord(
        _time(told.time),
        told.channel,
        told.provider,
        int(told.event_id),
        int(told.level or 0),
        int(told.record_id or 0),
        told.computer,
        told.data,
        told.message or None,
    )


def _event(xml: str) -> EventRecord:
    """Raises ValueError (ParseError is a SyntaxError, so it is translated) when it is no event."""
    try:
        root = ET.fromstring(xml)  # noqa: S314 - no document type, so no entities; see the head of this file
    except ET.ParseError as error:
        raise ValueError(str(error)) from error
    system = root.find(f"{_NAMESPACE}System")
    if system is None:
        raise ValueError("an event without System")
    rendering = root.find(f"{_NAMESPACE}RenderingInfo")
    return EventRecord(
        time=_time(_attribute(system, "TimeCreated", "SystemTime")),
        channel=_text(system, "Channel"),
        provider=_attribute(system, "Provider", "Name"),
        event_id=int(_text(system, "EventID")),
        level=int(_text(system, "Level") or 0),
        record_id=int(_text(system, "EventRecordID") or 0),
        computer=_text(system, "Computer"),
        data=_data(root),
        message=(_text(rendering, "Message") or None) if rendering is not None else None,
    )


def _data(root: ET.Element) -> tuple[str, ...]:
    data = tuple((element.text or "").strip() for element in root.iter(f"{_NAMESPACE}Data"))
    return data or tuple(
        told for part in root if part.tag not in _NOT_ITS_OWN for element in part.iter() for told in _own(element)
    )


def _own(element: ET.Element) -> Iterator[str]:
    """What an element says: its text, or its attributes."""
    if said := (element.text or "").strip():
        yield said
    else:
        yield from filter(None, map(str.strip, element.attrib.values()))


def _text(parent: ET.Element, name: str) -> str:
    return (parent.findtext(_NAMESPACE + name) or "").strip()


def _attribute(parent: ET.Element, name: str, attribute: str) -> str:
    element = parent.find(_NAMESPACE + name)
    return element.get(attribute, "") if element is not None else ""


def _time(text: str) -> datetime:
    """Raises ValueError when it is none, or none that can be in UTC."""
    moment = moments.read(text)
    if moment is None:
        raise ValueError(f"no time: {text[:50]}")
    return moment
