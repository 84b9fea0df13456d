"""The tree of an event: elements whose leaves are typed values, and the XML text the event log prints of it.

One tree serves the three things that read an event: the XML of wevtutil, the XPath queries, and the BinXML of .evtx
files, which keeps the type of every value.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Final
from uuid import UUID
from xml.etree import ElementTree as ET

NAMESPACE: Final = "http://schemas.microsoft.com/win/2004/08/events/event"
_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)


class ValueType(IntEnum):
    """The value types of BinXML that event records use, by their code ([MS-EVEN6] 2.2.12)."""

    STRING = 0x01
    UINT8 = 0x04
    UINT16 = 0x06
    UINT32 = 0x08
    UINT64 = 0x0A
    BINARY = 0x0E
    GUID = 0x0F
    FILETIME = 0x11
    SID = 0x13
    HEX64 = 0x15


def filetime(moment: datetime) -> int:
    """`moment` as 100 ns since 1601, the FILETIME of Windows."""
    return (moment - _EPOCH) // timedelta(microseconds=1) * 10


def from_filetime(ticks: int) -> datetime:
    """The moment of a FILETIME, to the microsecond."""
    return _EPOCH + timedelta(microseconds=ticks // 10)


@dataclass(frozen=True)
class Value:
    """A typed leaf: text for STRING and SID, bytes for BINARY, a UUID for GUID, an int for the rest."""

    kind: ValueType
    data: str | int | bytes | UUID

    @property
    def text(self) -> str:
        """The value as Windows renders it in XML (UTC, nine decimals, for times)."""
        match self.kind, self.data:
            case ValueType.FILETIME, int(ticks):
                return f"{from_filetime(ticks):%Y-%m-%dT%H:%M:%S}.{ticks % 10_000_000:07}00Z"
            case ValueType.HEX64, int(number):
                return f"{number:#x}"
            case _, UUID() as guid:
                return f"{{{guid}}}"
            case _, bytes(binary):
                return binary.hex().upper()
            case _, data:
                return str(data)


def text(data: str) -> Value:
    """A string value."""
    return Value(ValueType.STRING, data)


def time(moment: datetime) -> Value:
    """A FILETIME value."""
    return Value(ValueType.FILETIME, filetime(moment))


@dataclass(frozen=True)
class Element:
    """An element: attributes in order, then child elements or one value (an element of an event never has both)."""

    name: str
    attributes: tuple[tuple[str, Value], ...] = ()
    children: tuple["Element", ...] = ()
    value: Value | None = None

    def child(self, name: str) -> "Element | None":
        """The first child element of that name."""
        return next(self.named(name), None)

    def named(self, name: str) -> Iterator["Element"]:
        """The child elements of that name; every one for "*"."""
        return (child for child in self.children if name in ("*", child.name))

    def only(self, name: str) -> "Element":
        """The first child element of that name, an empty one where there is none."""
        return self.child(name) or Element(name)

    def attribute(self, name: str) -> str:
        """The attribute's text, "" where there is none."""
        return next((value.text for key, value in self.attributes if key == name), "")

    @property
    def string(self) -> str:
        """The text of the element and of everything in it, as XPath counts it."""
        own = self.value.text if self.value else ""
        return own + "".join(child.string for child in self.children)

    def to_xml(self) -> str:
        """The element as wevtutil prints it: one line, single quotes."""
        attributes = "".join(f" {name}='{_escape_attribute(value.text)}'" for name, value in self.attributes)
        if self.children:
            return f"<{self.name}{attributes}>{''.join(child.to_xml() for child in self.children)}</{self.name}>"
        if self.value is None:
            return f"<{self.name}{attributes}/>"
        return f"<{self.name}{attributes}>{_escape(self.value.text)}</{self.name}>"


def parse(xml: str) -> Element:
    """The tree of an event's XML; leaves are strings but for the provider's GUID and the time.

    Raises xml.etree.ElementTree.ParseError on bad XML.
    """
    return _from_element_tree(ET.fromstring(xml), root=True)  # noqa: S314 - the lab's own text


def _from_element_tree(node: ET.Element, *, root: bool = False) -> Element:
    space = (("xmlns", text(NAMESPACE)),) if root else ()
    children = tuple(_from_element_tree(child) for child in node)
    return Element(
        node.tag.rpartition("}")[2],
        space + tuple((name, _attribute(name, data)) for name, data in node.attrib.items()),
        children,
        text(node.text) if node.text and node.text.strip() and not children else None,
    )


def _attribute(name: str, data: str) -> Value:
    if name == "Guid":
        return Value(ValueType.GUID, UUID(data))
    if name == "SystemTime":
        return time(datetime.fromisoformat(data))
    return text(data)


def _escape(data: str) -> str:
    return data.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _escape_attribute(data: str) -> str:
    return _escape(data).replace("'", "&apos;")
