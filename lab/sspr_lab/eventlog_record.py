"""A record of the event log: its fields, and the tree that is its XML."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol

from sspr_lab.eventlog_providers import Event, Provider, render
from sspr_lab.eventlog_tree import NAMESPACE, Element, Value, ValueType, text, time
from sspr_lab.languages import Language


class Logged(Protocol):
    """An event of a channel or of a log file."""

    @property
    def record_id(self) -> int: ...

    @property
    def time(self) -> datetime: ...

    @property
    def tree(self) -> Element: ...

    def render(self, spoken: Language) -> str:
        """The message in the reader's language."""
        ...


@dataclass(frozen=True)
class Record:
    """One event as it stands in a channel. `time` is UTC; `binary` is the event's data block."""

    record_id: int
    channel: str
    provider: Provider
    event_id: int
    level: int
    task: int
    keywords: int
    time: datetime
    computer: str
    data: tuple[str | Value, ...] = ()
    binary: bytes = b""
    user_sid: str | None = None
    process_id: int = 4
    thread_id: int = 8
    message: str | None = None

    @property
    def event(self) -> Event:
        return self.provider.event(self.event_id)

    @property
    def strings(self) -> Sequence[str]:
        """The event's data as text, in order."""
        return [item if isinstance(item, str) else item.text for item in self.data]

    def render(self, spoken: Language) -> str:
        """The message in the reader's language; that of Windows Installer is text already."""
        return self.message if self.message is not None else render(self.provider, self.event_id, self.strings, spoken)

    @cached_property
    def tree(self) -> Element:
        """The event as a tree; its shape is that of Windows 7 to 8.1 for classic and for manifest-based events."""
        system = self._classic_system() if self.provider.guid is None else self._manifest_system()
        return Element("Event", (("xmlns", text(NAMESPACE)),), (Element("System", children=system), self._event_data()))

    def to_xml(self) -> str:
        """The event on one line, as `wevtutil qe /f:xml` prints it."""
        return self.tree.to_xml()

    def _classic_system(self) -> tuple[Element, ...]:
        return (
            Element("Provider", (("Name", text(self.provider.name)),)),
            self._id(qualified=True),
            _leaf("Level", Value(ValueType.UINT8, self.level)),
            _leaf("Task", Value(ValueType.UINT16, self.task)),
            _leaf("Keywords", Value(ValueType.HEX64, self.keywords)),
            Element("TimeCreated", (("SystemTime", time(self.time)),)),
            _leaf("EventRecordID", Value(ValueType.UINT64, self.record_id)),
            *self._origin(),
        )

    def _manifest_system(self) -> tuple[Element, ...]:
        assert self.provider.guid is not None
        attributes = [("Name", text(self.provider.name)), ("Guid", Value(ValueType.GUID, self.provider.guid))]
        if self.provider.source:
            attributes.append(("EventSourceName", text(self.provider.source)))
        execution = (
            ("ProcessID", Value(ValueType.UINT32, self.process_id)),
            ("ThreadID", Value(ValueType.UINT32, self.thread_id)),
        )
        return (
            Element("Provider", tuple(attributes)),
            self._id(qualified=bool(self.provider.source)),
            _leaf("Version", Value(ValueType.UINT8, self.event.version)),
            _leaf("Level", Value(ValueType.UINT8, self.level)),
            _leaf("Task", Value(ValueType.UINT16, self.task)),
            _leaf("Opcode", Value(ValueType.UINT8, self.event.opcode)),
            _leaf("Keywords", Value(ValueType.HEX64, self.keywords)),
            Element("TimeCreated", (("SystemTime", time(self.time)),)),
            _leaf("EventRecordID", Value(ValueType.UINT64, self.record_id)),
            Element("Correlation"),
            Element("Execution", execution),
            *self._origin(),
        )

    def _id(self, *, qualified: bool) -> Element:
        attributes = (("Qualifiers", Value(ValueType.UINT16, self.event.qualifiers)),) if qualified else ()
        return Element("EventID", attributes, value=Value(ValueType.UINT16, self.event_id))

    def _origin(self) -> tuple[Element, ...]:
        security = (("UserID", Value(ValueType.SID, self.user_sid)),) if self.user_sid else ()
        return (
            _leaf("Channel", text(self.channel)),
            _leaf("Computer", text(self.computer)),
            Element("Security", security),
        )

    def _event_data(self) -> Element:
        names = self.event.names
        items = [
            Element(
                "Data",
                (("Name", text(names[at])),) if at < len(names) else (),
                value=text(item) if isinstance(item, str) else item,
            )
            for at, item in enumerate(self.data)
        ]
        if self.binary:
            items.append(_leaf("Binary", Value(ValueType.BINARY, self.binary)))
        return Element("EventData", children=tuple(items), value=None if items else text(""))


def _leaf(name: str, value: Value) -> Element:
    return Element(name, value=value)
