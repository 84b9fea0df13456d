"""The .evtx files of the lab, read by an independent parser (the Rust `evtx` package)."""

import json
import struct
from io import BytesIO
from typing import Any
from zlib import crc32

import pytest
from evtx import PyEvtxParser

from sspr_lab.errors import WindowsError
from sspr_lab.evtx import read_evtx, write_evtx
from sspr_lab.languages import ENGLISH
from sspr_lab.machine import Machine


def parsed(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(entry["data"])["Event"] for entry in PyEvtxParser(BytesIO(data), 1).records_json() if entry]


def test_values_keep_their_types(machine: Machine) -> None:
    """The parser sees numbers as numbers, the SID, the GUID, the time and the named data of a boot record."""
    (boot,) = parsed(machine.events.export("System", "*[System[EventID=12]]"))
    system = boot["System"]
    assert system["EventID"] == 12
    assert system["Keywords"] == "0x8000000000000080"
    assert system["Provider"]["#attributes"]["Name"] == "Microsoft-Windows-Kernel-General"
    assert system["Provider"]["#attributes"]["Guid"].upper() == "A68CA8B7-004F-D7B6-A698-07E2DE0F1F5D"
    assert system["Security"]["#attributes"]["UserID"] == "S-1-5-18"
    assert system["TimeCreated"]["#attributes"]["SystemTime"].startswith(f"{machine.power.boot_time:%Y-%m-%dT%H:%M:%S}")
    assert boot["EventData"]["BuildVersion"] == 7601


def test_text_of_every_script_survives(machine: Machine) -> None:
    """Classic data, binary data and characters beyond the basic plane come back unchanged."""
    words = ["보안", "a<b & 'c' \"d\"", "", "𝄞 clef", "x" * 3000]
    machine.events.write("Application", "Contoso 제품", 7, data=words, binary=b"\x00\xff")
    (event,) = parsed(machine.events.export("Application"))
    assert event["System"]["Provider"]["#attributes"]["Name"] == "Contoso 제품"
    assert event["EventData"]["Data"]["#text"] == words
    assert event["EventData"]["Binary"] == "00FF"


def test_many_records_fill_several_chunks(machine: Machine) -> None:
    """Two thousand records of differing shapes span chunks, in order, each chunk and header with its checksums."""
    for number in range(2000):
        machine.events.write("Application", f"Source {number % 7}", number, data=[str(number)] * (number % 5))
    data = machine.events.export("Application")
    assert [event["System"]["EventID"]["#text"] for event in parsed(data)] == list(range(2000))
    chunks = (len(data) - 4096) // 65536
    assert chunks > 5
    assert struct.unpack_from("<H", data, 42) == (chunks,)
    assert struct.unpack_from("<I", data, 124) == (crc32(data[:120]),)
    for start in range(4096, len(data), 65536):
        chunk = data[start : start + 65536]
        (free, events_checksum) = struct.unpack_from("<II", chunk, 48)
        assert events_checksum == crc32(chunk[512:free])
        assert struct.unpack_from("<I", chunk, 124) == (crc32(chunk[:120] + chunk[128:512]),)


def test_record_ids_and_times_stand_in_the_record_headers(machine: Machine) -> None:
    """The parser's own record id and timestamp are those of the event."""
    record = machine.events.write("Application", "MsiInstaller", 1033)
    (entry,) = list(PyEvtxParser(BytesIO(machine.events.export("Application")), 1).records())
    assert entry is not None
    assert entry["event_record_id"] == record.record_id
    assert entry["timestamp"].startswith(f"{record.time:%Y-%m-%dT%H:%M:%S}")


def test_an_export_of_nothing_is_a_file_with_an_empty_chunk() -> None:
    """No events: 69,632 bytes, as Windows writes, and a parser that finds none."""
    data = write_evtx([])
    assert len(data) == 69632
    assert parsed(data) == []


def test_a_file_is_read_back(machine: Machine) -> None:
    """What wevtutil reads from a file is the event that was written to it."""
    machine.events.write("Application", "MsiInstaller", 1033, data=["Add-in", "1.0", "1033", "0", "Contoso"])
    (original,) = machine.events.records("Application")
    (stored,) = read_evtx(machine.events.export("Application"))
    assert stored.tree.to_xml() == original.to_xml()
    assert (stored.record_id, stored.time) == (original.record_id, original.time)
    assert stored.render(ENGLISH) == original.render(ENGLISH)


def test_what_is_no_event_log_file_is_refused() -> None:
    """Any other file is ERROR_FILE_CORRUPT."""
    with pytest.raises(WindowsError) as refused:
        read_evtx(b"MZ not an event log")
    assert refused.value.code == 1392
