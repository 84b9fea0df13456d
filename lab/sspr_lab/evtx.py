"""Event log files (.evtx): writing records as Windows stores them, and reading a file back.

Format: libyal's "Windows XML Event Log (EVTX)" and [MS-EVEN6] 2.2.12 for BinXML. A record is an instance of a template;
the template holds the shape of the event, the record the typed values. Names and templates stand once in a chunk of
64 KB, at their first use, and are found through the two hash tables of the chunk's header.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Final
from uuid import NAMESPACE_OID, UUID, uuid5
from zlib import crc32

from evtx import PyEvtxParser

from sspr_lab.errors import WindowsError
from sspr_lab.eventlog_providers import PROVIDERS, Provider, render
from sspr_lab.eventlog_record import Logged
from sspr_lab.eventlog_tree import Element, Value, ValueType, filetime, parse
from sspr_lab.languages import Language

FILE_CORRUPT: Final = 1392  # ERROR_FILE_CORRUPT, for what is no event log file
_CHUNK_BYTES: Final = 0x10000
_CHUNK_HEADER: Final = 0x200
_FILE_HEADER: Final = 0x1000
_NAME_BUCKETS: Final = 64
_TEMPLATE_BUCKETS: Final = 32
_FRAGMENT: Final = b"\x0f\x01\x01\x00"
_CLOSE_START, _CLOSE_EMPTY, _END_ELEMENT, _END = b"\x02", b"\x03", b"\x04", b"\x00"
_NONE: Final = 0xFFFFFFFFFFFFFFFF


def write_evtx(records: Iterable[Logged]) -> bytes:
    """A whole file with these records, in this order; one empty chunk when there are none."""
    chunks = [_Chunk()]
    next_id = 1
    for record in records:
        if not chunks[-1].add(record):
            chunks.append(_Chunk())
            if not chunks[-1].add(record):
                raise ValueError(f"record {record.record_id} does not fit into a chunk")
        next_id = record.record_id + 1
    first_number = 1
    body = bytearray()
    for chunk in chunks:
        body += chunk.finish(first_number)
        first_number += len(chunk.ids)
    header = struct.pack(
        "<8sQQQIHHHH76x", b"ElfFile", 0, len(chunks) - 1, next_id, 128, 1, 3, _FILE_HEADER, len(chunks)
    )
    header += struct.pack("<II", 0, crc32(header))
    return bytes(header.ljust(_FILE_HEADER, b"\0") + body)


@dataclass(frozen=True)
class StoredRecord:
    """An event as a file holds it."""

    tree: Element

    @property
    def record_id(self) -> int:
        return int(self.tree.only("System").only("EventRecordID").string)

    @property
    def time(self) -> datetime:
        return datetime.fromisoformat(self.tree.only("System").only("TimeCreated").attribute("SystemTime"))

    def render(self, spoken: Language) -> str:
        """The message in the reader's language, as far as this machine has the provider's resources."""
        system = self.tree.only("System")
        name = system.only("Provider").attribute("Name")
        data = [item.string for item in self.tree.only("EventData").named("Data")]
        return render(PROVIDERS.get(name, Provider(name)), int(system.only("EventID").string), data, spoken)


def read_evtx(data: bytes) -> list[StoredRecord]:
    """The events of a file. Raises WindowsError (1392) when it is none."""
    try:
        parser = PyEvtxParser(BytesIO(data), 1)
        return [StoredRecord(parse(entry["data"])) for entry in parser.records() if entry is not None]
    except (RuntimeError, OSError) as error:
        raise WindowsError(FILE_CORRUPT) from error


@dataclass
class _Tables:
    """What has been written once and is referred to after: offsets within the chunk."""

    names: dict[str, int] = field(default_factory=dict)
    name_buckets: dict[int, int] = field(default_factory=dict)
    templates: dict[UUID, int] = field(default_factory=dict)
    template_buckets: dict[int, int] = field(default_factory=dict)

    def copy(self) -> "_Tables":
        return _Tables(self.names.copy(), self.name_buckets.copy(), self.templates.copy(), self.template_buckets.copy())


class _Chunk:
    def __init__(self) -> None:
        self.ids: list[int] = []
        self._data = bytearray(_CHUNK_HEADER)
        self._last = 0
        self._tables = _Tables()

    def add(self, record: Logged) -> bool:
        """Append the record; False, and nothing changed, when there is no room for it."""
        at = len(self._data)
        encoder = _Encoder(at + 24, self._tables.copy())
        body = encoder.event(record.tree)
        size = -(-(24 + len(body) + 4) // 8) * 8
        if at + size > _CHUNK_BYTES:
            return False
        head = struct.pack("<4sIQQ", b"**", size, record.record_id, filetime(record.time))
        self._data += (head + body).ljust(size - 4, b"\0") + struct.pack("<I", size)
        self._last, self._tables = at, encoder.tables
        self.ids.append(record.record_id)
        return True

    def finish(self, first_number: int) -> bytes:
        """The chunk's 64 KB; `first_number` counts its records within the file."""
        ids = self.ids
        numbers = (first_number, first_number + len(ids) - 1, ids[0], ids[-1]) if ids else (_NONE,) * 4
        records = bytes(self._data[_CHUNK_HEADER:])
        start = struct.pack("<8sQQQQIIII64x", b"ElfChnk", *numbers, 128, self._last, len(self._data), crc32(records))
        names = [self._tables.name_buckets.get(bucket, 0) for bucket in range(_NAME_BUCKETS)]
        templates = [self._tables.template_buckets.get(bucket, 0) for bucket in range(_TEMPLATE_BUCKETS)]
        tables = struct.pack(f"<{_NAME_BUCKETS + _TEMPLATE_BUCKETS}I", *names, *templates)
        checksum = crc32(tables, crc32(start))
        return (start + struct.pack("<II", 0, checksum) + tables + records).ljust(_CHUNK_BYTES, b"\0")


class _Encoder:
    """BinXML of one event that begins at `offset` of its chunk."""

    def __init__(self, offset: int, tables: _Tables) -> None:
        self.tables = tables
        self._offset = offset
        self._out = bytearray()
        self._substitutions = 0

    @property
    def _here(self) -> int:
        return self._offset + len(self._out)

    def event(self, tree: Element) -> bytes:
        values = list(_values(tree))
        guid = uuid5(NAMESPACE_OID, _shape(tree))
        self._out += _FRAGMENT
        self._template(guid, tree)
        self._out += struct.pack("<I", len(values))
        encoded = [_encode(value) for value in values]
        for value, data in zip(values, encoded, strict=True):
            self._out += struct.pack("<HBB", len(data), value.kind, 0)
        self._out += b"".join(encoded) + _END
        return bytes(self._out)

    def _template(self, guid: UUID, tree: Element) -> None:
        short_id = int.from_bytes(guid.bytes_le[:4], "little")
        known = self.tables.templates.get(guid)
        self._out += struct.pack("<BBII", 0x0C, 1, short_id, known or self._here + 10)
        if known is not None:
            return
        bucket = short_id % _TEMPLATE_BUCKETS
        at, following = self._here, self.tables.template_buckets.get(bucket, 0)
        self.tables.templates[guid] = self.tables.template_buckets[bucket] = at
        self._out += struct.pack("<I16sI", following, guid.bytes_le, 0)
        body_at = len(self._out)
        self._out += _FRAGMENT
        self._element(tree)
        self._out += _END
        struct.pack_into("<I", self._out, body_at - 4, len(self._out) - body_at)

    def _element(self, element: Element) -> None:
        self._out += struct.pack("<BHI", 0x41 if element.attributes else 0x01, 0xFFFF, 0)
        body_at = len(self._out)
        self._name(element.name)
        if element.attributes:
            self._attributes(element.attributes)
        if element.value is None and not element.children:
            self._out += _CLOSE_EMPTY
        else:
            self._out += _CLOSE_START
            for child in element.children:
                self._element(child)
            if element.value is not None:
                self._substitution(element.value)
            self._out += _END_ELEMENT
        struct.pack_into("<I", self._out, body_at - 4, len(self._out) - body_at)

    def _attributes(self, attributes: tuple[tuple[str, Value], ...]) -> None:
        self._out += bytes(4)
        start = len(self._out)
        for left, (name, value) in zip(range(len(attributes) - 1, -1, -1), attributes, strict=True):
            self._out += b"\x46" if left else b"\x06"
            self._name(name)
            if name == "xmlns":
                self._out += b"\x05\x01" + _counted(value.text)
            else:
                self._substitution(value)
        struct.pack_into("<I", self._out, start - 4, len(self._out) - start)

    def _substitution(self, value: Value) -> None:
        self._out += struct.pack("<BHB", 0x0D, self._substitutions, value.kind)
        self._substitutions += 1

    def _name(self, name: str) -> None:
        known = self.tables.names.get(name)
        self._out += struct.pack("<I", known or self._here + 4)
        if known is not None:
            return
        hashed = _hash(name)
        bucket = hashed % _NAME_BUCKETS
        at, following = self._here, self.tables.name_buckets.get(bucket, 0)
        self.tables.names[name] = self.tables.name_buckets[bucket] = at
        self._out += struct.pack("<IH", following, hashed) + _counted(name) + b"\0\0"


def _values(element: Element) -> Iterator[Value]:
    """The substituted values of a tree in the order in which its template refers to them."""
    yield from (value for name, value in element.attributes if name != "xmlns")
    for child in element.children:
        yield from _values(child)
    if element.value is not None:
        yield element.value


def _shape(element: Element) -> str:
    """What two events share that are instances of one template: names and types, not values."""
    attributes = "".join(f" {name}={int(value.kind)}" for name, value in element.attributes)
    leaf = "" if element.value is None else f"={int(element.value.kind)}"
    return f"<{element.name}{attributes}{leaf}{''.join(_shape(child) for child in element.children)}>"


def _counted(text: str) -> bytes:
    encoded = text.encode("utf-16-le")
    return struct.pack("<H", len(encoded) // 2) + encoded


def _hash(name: str) -> int:
    hashed = 0
    for character in name:
        hashed = (hashed * 65599 + ord(character)) & 0xFFFFFFFF
    return hashed & 0xFFFF


_INTEGERS: Final = {
    ValueType.UINT8: "<B",
    ValueType.UINT16: "<H",
    ValueType.UINT32: "<I",
    ValueType.UINT64: "<Q",
    ValueType.HEX64: "<Q",
    ValueType.FILETIME: "<Q",
}


def _encode(value: Value) -> bytes:
    match value.kind, value.data:
        case ValueType.SID, str(sid):
            return _encode_sid(sid)
        case _, str(text):
            return text.encode("utf-16-le")
        case _, bytes(binary):
            return binary
        case _, UUID() as guid:
            return guid.bytes_le
        case kind, int(number):
            return struct.pack(_INTEGERS[kind], number)
    raise TypeError(value)


def _encode_sid(sid: str) -> bytes:
    revision, authority, *parts = (int(part) for part in sid.split("-")[1:])
    return struct.pack(">BBHI", revision, len(parts), 0, authority) + struct.pack(f"<{len(parts)}I", *parts)
