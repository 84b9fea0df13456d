"""Reads event logs that came from a host (.evtx files, and the XML of `wevtutil qe`), and says what events mean.

XML is read event by event with the standard parser. Entities and their expansion need a document type, which event
XML never has, so a file with one is refused before any parser sees it; that leaves the standard parser nothing to be
attacked with, and sizes are limited here.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Final
from xml.etree import ElementTree as ET

from evtx import PyEvtxParser

from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.message import message, phrase
from orchestrator.windows.provider import EVENT_SOURCE

EVTX_MAGIC = b"ElfFile\0"
_LONGEST_EVENT = 1024 * 1024
"""Characters. Windows keeps an event below 64 KB; its XML may be several times that."""
_MOST_EVENTS = 200_000
_NAMESPACE = "{http://schemas.microsoft.com/win/2004/08/events/event}"
_OPEN, _CLOSE = "<Event", "</Event>"


_NO_LOG = phrase("eventlog-none")
_DOCUMENT_TYPE = phrase("eventlog-document-type")
_NO_XML = phrase("eventlog-no-xml")


@message("eventlog-too-many-events")
def _too_many_events(most: int) -> None: ...


@dataclass(frozen=True)
class EventRecord:
    """One event, as the log keeps it.

    Attributes:
        time: When it was written, in UTC by the host's clock.
        level: 1 critical, 2 error, 3 warning, 4 information, 5 verbose, 0 always logged.
        record_id: Its number in its log on that host.
        data: The texts of its `Data` elements, in order; what a message is made of, in no language.
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


@dataclass(frozen=True)
class EventFile:
    """The events of a file, in the file's order, and how many more were in it that could not be read."""

    records: tuple[EventRecord, ...]
    unreadable: int = 0


def read(data: bytes) -> EventFile:
    """Reads an .evtx file or an XML export, whichever it is.

    Raises:
        UnexpectedOutput: when it is neither.
    """
    return read_evtx(data) if data.startswith(EVTX_MAGIC) else read_xml(data)


def read_evtx(data: bytes) -> EventFile:
    """Reads an .evtx file, as `wevtutil epl` writes it.

    Raises:
        UnexpectedOutput: when it is none, or has more events than we accept.
    """
    records: list[EventRecord] = []
    unreadable = 0
    try:
        stored = iter(PyEvtxParser(BytesIO(data), 1).records())
    except (OSError, RuntimeError) as error:
        raise UnexpectedOutput(_NO_LOG(), why=str(error)[:500]) from error
    while True:
        try:
            entry = next(stored)
            records.append(_event(entry["data"] if entry else ""))
        except StopIteration:
            return EventFile(tuple(records), unreadable)
        except (OSError, RuntimeError, ValueError):
            unreadable += 1
        _check_count(len(records) + unreadable)


def read_xml(data: bytes) -> EventFile:
    """Reads the XML of `wevtutil qe … /f:xml` or `/f:RenderedXml`, in UTF-16 or UTF-8, with or without a root element.

    An empty file is an answer too: nothing matched the query.

    Raises:
        UnexpectedOutput: when it is no such XML, has a document type, or has more events than we accept.
    """
    text = _decode(data)
    if "<!DOCTYPE" in text:
        raise UnexpectedOutput(_DOCUMENT_TYPE())
    if text.strip("\0 \t\r\n") and "<Event" not in text:
        raise UnexpectedOutput(_NO_XML(), begins=text[:200])
    records: list[EventRecord] = []
    unreadable = 0
    for event in _split(text):
        try:
            records.append(_event(event))
        except ValueError:
            unreadable += 1
        _check_count(len(records) + unreadable)
    return EventFile(tuple(records), unreadable)


def _decode(data: bytes) -> str:
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    if data[1:2] == b"\0":
        return data.decode("utf-16-le", "replace")
    # In a code page of East Asia the markup still is ASCII, so only letters of messages are lost.
    return data.decode("utf-8-sig", "replace")


def _split(text: str) -> Iterator[str]:
    """The text of each `Event` element, by looking for its tags, which no content can contain unescaped.

    Thus it matters neither whether there is a root element nor whether one event, or the end of the file, is broken.
    """
    position = 0
    while (start := text.find(_OPEN, position)) >= 0:
        position = start + len(_OPEN)
        if text[position : position + 1] not in {" ", ">", "\t", "\r", "\n"}:
            continue  # <Events, <EventData, <EventID
        end = text.find(_CLOSE, position)
        if end < 0:
            return
        position = end + len(_CLOSE)
        yield text[start:position]


def _event(xml: str) -> EventRecord:
    """One event. Raises ValueError (ParseError is a SyntaxError, so it is translated) when it is not one."""
    if len(xml) > _LONGEST_EVENT or "<!DOCTYPE" in xml:
        raise ValueError("an event that Windows would not write")
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
        data=tuple((element.text or "").strip() for element in root.iter(f"{_NAMESPACE}Data")),
        message=(_text(rendering, "Message") or None) if rendering is not None else None,
    )


def _text(parent: ET.Element, name: str) -> str:
    return (parent.findtext(_NAMESPACE + name) or "").strip()


def _attribute(parent: ET.Element, name: str, attribute: str) -> str:
    element = parent.find(_NAMESPACE + name)
    return element.get(attribute, "") if element is not None else ""


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _check_count(count: int) -> None:
    if count > _MOST_EVENTS:
        raise UnexpectedOutput(_too_many_events(_MOST_EVENTS))


INSTALLER: Final = "MsiInstaller"
EVENT_LOG: Final = "EventLog"
USER32: Final = "User32"
KERNEL: Final = "Microsoft-Windows-Kernel-General"
STARTED: Final = frozenset({(KERNEL.lower(), 12), (EVENT_LOG.lower(), 6005)})
"""Windows has started. Both are written at every start; Kernel-General 12 is the earlier one."""
ENDED_AS: Final = {1033: "installation", 1034: "removal", 1035: "change"}
"""MsiInstaller events whose strings are product, version, language, exit code and manufacturer."""
_MESSAGE: Final = 10_000

_Label = str | Callable[[Sequence[str]], str]


def label(record: EventRecord) -> str:
    """What happened, in plain words; for an event that we do not know, its provider and number."""
    if record.provider.lower() == EVENT_SOURCE.lower():
        return f"SSPR add-in, event {record.event_id}"
    known = _EVENTS.get(record.provider.lower(), {}).get(record.event_id)
    if known is not None:
        return known if isinstance(known, str) else known(record.data)
    if record.provider == INSTALLER and _MESSAGE < record.event_id < 2 * _MESSAGE:
        return f"Windows Installer reported error {record.event_id - _MESSAGE}"
    return f"{record.provider} event {record.event_id}"


def installer_result(record: EventRecord) -> tuple[str, int] | None:
    """Product and exit code of a Windows Installer run that ended; None for any other event."""
    if record.provider != INSTALLER or record.event_id not in ENDED_AS:
        return None
    code = _string(record.data, 4)
    return (f"{_string(record.data, 1)} {_string(record.data, 2)}".strip(), int(code)) if code.isdecimal() else None


def _string(data: Sequence[str], number: int) -> str:
    """Insertion string %number, where there is one."""
    return data[number - 1] if len(data) >= number and data[number - 1] != "(NULL)" else ""


def _ended(what: str) -> Callable[[Sequence[str]], str]:
    def describe(data: Sequence[str]) -> str:
        product = f"{_string(data, 1)} {_string(data, 2)}".strip()
        return f"{what} of {product or 'a product'} ended with code {_string(data, 4) or 'unknown'}"

    return describe


def _shutdown(data: Sequence[str]) -> str:
    return f"{_string(data, 1) or 'A program'} asked for a shutdown or restart for {_string(data, 7) or 'nobody named'}"


_EVENTS: Mapping[str, Mapping[int, _Label]] = {
    INSTALLER.lower(): {
        1005: "Windows Installer started a restart of the computer",
        1029: "A product needs a restart before its installation is complete",
        1033: _ended("Installation"),
        1034: _ended("Removal"),
        1035: _ended("Change"),
        1038: "Windows Installer needs a restart of the computer",
        1040: "Windows Installer began",
        1042: "Windows Installer finished",
        11707: "Installation succeeded",
        11708: "Installation failed",
        11724: "Removal succeeded",
        11725: "Removal failed",
        11728: "Change succeeded",
        11729: "Change failed",
    },
    EVENT_LOG.lower(): {
        6005: "The event log service started: Windows is up",
        6006: "The event log service stopped: Windows goes down in order",
        6008: "The shutdown before this was unexpected: power lost, or a crash",
        6009: "Windows version, noted at its start",
    },
    USER32.lower(): {1074: _shutdown},
    KERNEL.lower(): {12: "Windows started", 13: "Windows shut down"},
}
