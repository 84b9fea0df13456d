"""Files as hosts write them, with something wrong in them: every reader tells of it, or refuses it as its own.

Logs of Windows Installer are in `test_msi_fuzz`, .evtx files in `test_eventlog`, exports of audit logs in `test_audit`.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final

import pytest
from cabarchive import CabArchive, CabFile
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.harvest import eventlog, evtx_chunks, msi_log, registry_snapshot, unpacking, zipped
from orchestrator.harvest.bundle import Bundle, verify
from orchestrator.harvest.cabinet import Cabinet, Limits
from orchestrator.harvest.layout import MANIFEST, SUMMARY, TIMELINE_TXT
from orchestrator.harvest.manifest import Origin, entry
from orchestrator.harvest.text import encoding_of, pieces
from orchestrator.model.errors import UnexpectedOutput
from orchestrator.model.showable import UNSHOWABLE
from sspr_lab.eventlog_providers import Provider
from sspr_lab.eventlog_record import Record
from sspr_lab.evtx import write_evtx
from tests.damage import damaged, few

MOMENT: Final = datetime(2026, 3, 1, 8, tzinfo=UTC)
ORIGIN: Final = Origin("PC-17", "run-1", MOMENT)
EVENT: Final = (
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='MsiInstaller'/>"
    "<EventID Qualifiers='0'>1033</EventID><Level>2</Level><TimeCreated SystemTime='2026-03-01T08:00:00.123456700Z'/>"
    "<EventRecordID>17</EventRecordID><Channel>Application</Channel><Computer>PC-17</Computer></System><EventData>"
    "<Data>SSPR</Data><Data>1.0</Data><Data>1033</Data><Data>1603</Data><Binary>7B30</Binary></EventData>"
    "<RenderingInfo Culture='en-US'><Message>Installed &amp; failed &#x3;</Message></RenderingInfo></Event>\n"
)
REGISTRY: Final = (
    "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Real]\r\n"
    '"EnableLogging"=dword:00000001\r\n"Notes"="one\\\\two \\"three\\"\r\nfour"\r\n@="x"\r\n'
    '"Blob"=hex:22,\\\r\n  22\r\n'
)
INSTALL_LOG: Final = (Path(__file__).parent / "data" / "msi" / "service-not-started.log").read_bytes()[:4000]


def cabinet(**files: bytes) -> bytes:
    archive = CabArchive()
    for name, content in files.items():
        archive[name] = CabFile(content)
    return archive.save(compress=True)


def evtx() -> bytes:
    """Of two chunks, of which no more than the beginnings are damaged."""
    return write_evtx(Record(n, "System", Provider("Disk"), 7, 2, 0, 0, MOMENT, "PC-17", ("x" * 99,)) for n in range(9))


def unpack(file: BinaryIO) -> None:
    for _, content in Cabinet(file, Limits(total=1 << 20)).contents():
        deque(content, maxlen=0)


def everything_read(read: Callable[[BinaryIO], Any]) -> Callable[[BinaryIO], Any]:
    return lambda file: deque(read(file), maxlen=0)


def text_of(file: BinaryIO) -> None:
    deque(pieces(file, encoding_of(file)), maxlen=0)


READERS: Final[dict[str, tuple[Callable[[BinaryIO], Any], tuple[bytes, ...]]]] = {
    "events": (everything_read(eventlog.read), (EVENT.encode() * 2, (EVENT * 2).encode("utf-16"))),
    "registry": (registry_snapshot.read, (REGISTRY.encode("utf-16"), REGISTRY.encode())),
    "installation": (msi_log.analyse, (INSTALL_LOG, INSTALL_LOG.decode().encode("utf-16"))),
    "cabinet": (unpack, (cabinet(a=b"hello" * 30, b=b"world"),)),
    "chunks": (everything_read(evtx_chunks.chunks), (evtx()[: evtx_chunks.FILE_HEADER + 8192],)),
    "text": (text_of, (INSTALL_LOG,)),
}


@pytest.mark.parametrize("name", READERS)
@few(30)
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused(name: str, data: st.DataObject) -> None:
    read, originals = READERS[name]
    with suppress(UnexpectedOutput):
        read(BytesIO(data.draw(damaged(originals))))


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", READERS)
@few(200)
@given(data=st.data())
def test_many_damaged_files_are_read_or_refused(name: str, data: st.DataObject) -> None:
    read, originals = READERS[name]
    with suppress(UnexpectedOutput):
        read(BytesIO(data.draw(damaged(originals))))


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+09:00", "9999-12-31T23:59:59-09:00", "9" * 5000])
def test_an_event_of_no_time_that_there_is(time: str) -> None:
    """It cannot be read, like one without a time; those beside it can."""
    odd = EVENT.replace("2026-03-01T08:00:00.123456700Z", time)
    first, second = eventlog.read(BytesIO((odd + EVENT).encode()))
    assert first == eventlog.Unreadable(2)
    assert isinstance(second, eventlog.EventRecord)


@few(10)
@given(data=st.data())
def test_a_bundle_is_made_of_whatever_came(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Reading, summing up and telling in the order of time, whatever is wrong with the files of a sound cabinet."""
    folder = tmp_path_factory.mktemp("bundle")
    files = {
        "application-provider.xml": data.draw(damaged((EVENT.encode() * 3,))),
        "registry-provider.reg": data.draw(damaged((REGISTRY.encode("utf-16"),))),
        "install.log": data.draw(damaged((INSTALL_LOG,))),
    }
    (folder / "came.cab").write_bytes(cabinet(**files))
    unpacking.unpack(folder / "came.cab", folder / "PC-17", ORIGIN, unpacking.Asked(dict.fromkeys(files, "a file")))
    assert verify(folder / "PC-17") == []
    for made in (SUMMARY, TIMELINE_TXT):
        text = (folder / "PC-17" / made).read_text(encoding="utf-8").replace("\r\n", "\n")
        assert not UNSHOWABLE.search(text)


def bundle(folder: Path) -> Path:
    with Bundle(folder / "PC-17", ORIGIN) as made:
        made.add_collected("install.log", [b"log" * 99], r"C:\Windows\Temp\install.log")
        made.add_made("summary.txt", [b"all well"])
        made.seal(entry("collected.cab", BytesIO(b"MSCF"), "makecab"))
    return folder / "PC-17"


@few(20)
@given(data=st.data())
def test_a_damaged_manifest_or_zip_file_is_told(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Whatever is wrong is a sentence, which a terminal can be given as it is."""
    folder = bundle(tmp_path_factory.mktemp("bundle"))
    archive = folder.with_suffix(".zip")
    zipped.pack(folder, archive)
    archive.write_bytes(data.draw(damaged((archive.read_bytes(),))))
    (folder / MANIFEST).write_bytes(data.draw(damaged(((folder / MANIFEST).read_bytes(),))))
    problems = [*verify(folder), *verify(archive)]
    assert all(isinstance(problem, str) for problem in problems)
    assert json.dumps(problems)
