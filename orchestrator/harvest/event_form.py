"""Events in the form in which Windows writes nearly all of them, read at one look.

A tree for each event is what reading a log costs most. So its text is first held against what `wevtutil` and the
reader of .evtx files make of an event with `EventData`: parts and attributes by their names and in their order. What
is written in any other way, be it only with a comment or a namespace's prefix, is left to a parser. What is read here
is what a parser would read, since such a text can hold nothing but names, quotes and the references of XML itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

_BLANK: Final = r"[ \t\r\n]*+"
_FORBIDDEN: Final = r"\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff"
"""Characters that XML has no place for."""
_VALUE: Final = rf"""(?:'[^'<>&\t\r\n{_FORBIDDEN}]*+'|"[^"<>&\t\r\n{_FORBIDDEN}]*+")"""
_TEXT: Final = rf"[^<>{_FORBIDDEN}]*+"
_PLAIN: Final = rf"[^<>&{_FORBIDDEN}]*+"
"""Of what is read no further, and so must not refer to anything."""


def _attribute(name: str) -> str:
    return rf"(?:[ ]{name}={_VALUE})?+"


def _empty(name: str, *attributes: str) -> str:
    """An element of which only its attributes may be told."""
    return rf"(?:<{name}{''.join(map(_attribute, attributes))}(?:/>|>{_BLANK}</{name}>){_BLANK})?+"


def _told(name: str, group: str = "", text: str = _TEXT) -> str:
    inner = rf"(?P<{group}>{text})" if group else _PLAIN
    return rf"(?:<{name}(?:/>|>{inner}</{name}>){_BLANK})?+"


def _quoted(text: str) -> str:
    return f"""(?:'{text}'|"{text}")"""


_NUMBER: Final = r"[0-9]{1,9}+"
_DATA: Final = rf"<Data{_attribute('Name')}(?:/>|>{_TEXT}</Data>)"
_SYSTEM: Final = "".join(
    [
        rf"<Provider[ ]Name=(?P<provider>{_VALUE}){_attribute('Guid')}{_attribute('EventSourceName')}",
        rf"(?:/>|>{_BLANK}</Provider>){_BLANK}",
        rf"<EventID{_attribute('Qualifiers')}>(?P<event_id>{_NUMBER})</EventID>{_BLANK}",
        _told("Version"),
        _told("Level", "level", _NUMBER),
        *map(_told, ("Task", "Opcode", "Keywords")),
        rf"<TimeCreated[ ]SystemTime=(?P<time>{_VALUE})(?:/>|>{_BLANK}</TimeCreated>){_BLANK}",
        _told("EventRecordID", "record_id", _NUMBER),
        _empty("Correlation", "ActivityID", "RelatedActivityID"),
        _empty("Execution", "ProcessID", "ThreadID"),
        _told("Channel", "channel"),
        _told("Computer", "computer"),
        _empty("Security", "UserID"),
    ]
)
_KEYWORDS: Final = rf"(?:<Keywords(?:/>|>{_BLANK}(?:<Keyword>{_PLAIN}</Keyword>{_BLANK})*+</Keywords>){_BLANK})?+"
_RENDERING: Final = "".join(
    [_told("Message", "message"), *map(_told, ("Level", "Task", "Opcode", "Channel", "Provider")), _KEYWORDS]
)
_EVENT: Final = re.compile(
    rf"(?:<\?xml[ ]version={_quoted('1[.]0')}[ ]encoding={_quoted('utf-8')}\?>)?+{_BLANK}"
    rf"<Event[ ]xmlns={_quoted('http://schemas[.]microsoft[.]com/win/2004/08/events/event')}>{_BLANK}"
    rf"<System>{_BLANK}{_SYSTEM}</System>{_BLANK}"
    rf"(?:<EventData(?:/>|>(?P<data>{_BLANK}(?:{_DATA}{_BLANK})*+){_told('Binary')}</EventData>){_BLANK})?+"
    rf"(?:<RenderingInfo{_attribute('Culture')}>{_BLANK}{_RENDERING}</RenderingInfo>{_BLANK})?+"
    rf"</Event>{_BLANK}"
)
_EACH: Final = re.compile(_DATA.replace(_TEXT, f"({_TEXT})"))
_REFERENCES: Final[Mapping[str, str]] = {"lt": "<", "gt": ">", "quot": '"', "apos": "'", "amp": "&"}
_REFERENCE: Final = re.compile(f"&(?:({'|'.join(_REFERENCES)});)?")


class Usual(NamedTuple):
    """What an event tells, as texts without blanks around them; empty where it does not tell."""

    time: str
    channel: str
    provider: str
    event_id: str
    level: str
    record_id: str
    computer: str
    data: tuple[str, ...]
    message: str


def usual(xml: str) -> Usual | None:
    """The event of a text; None where it is not in this form."""
    found = _EVENT.fullmatch(xml)
    if found is None:
        return None
    provider, event_id, level, time, record_id, channel, computer, data, message = found.groups("")
    told = (channel, computer, message, *(_EACH.findall(data) if data else ()))
    try:
        channel, computer, message, *texts = map(_read, told)
    except KeyError:
        return None
    return Usual(time[1:-1], channel, provider[1:-1], event_id, level, record_id, computer, tuple(texts), message)


def _read(text: str) -> str:
    """A text as XML means it. Raises KeyError where it refers to what only a parser knows."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "&" in text:
        text = _REFERENCE.sub(lambda found: _REFERENCES[found[1]], text)
    return text.strip()
