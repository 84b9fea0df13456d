"""From a cabinet to a bundle: everything that came is kept, read and summed up; nothing that failed hides the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cabarchive import CabArchive, CabFile

from orchestrator.harvest import unpacking
from orchestrator.harvest.bundle import verify
from orchestrator.harvest.manifest import Manifest, Origin
from orchestrator.model.errors import UnexpectedOutput
from orchestrator.windows.provider import EVENT_SOURCE, PROVIDER
from orchestrator.windows.registry import long_name

EventXml = Callable[..., str]
ORIGIN = Origin("PC-17", "run-1", datetime(2026, 3, 2, 9, 30, tzinfo=UTC))
SOURCES = {
    "application-provider.xml": "wevtutil qe Application",
    "application-msiinstaller.xml": "wevtutil qe Application",
    "system-boot.xml": "wevtutil qe System",
    "registry-provider.reg": PROVIDER,
    "install.log": r"C:\Windows\Temp\sspr\install.log",
    "host.txt": "hostname",
}


def unpack(cabinet: bytes, folder: Path, origin: Origin, sources: Mapping[str, str]) -> Manifest:
    """As the step does, with the cabinet beside the folder."""
    came = folder.parent / "came.cab"
    came.write_bytes(cabinet)
    try:
        return unpacking.unpack(came, folder, origin, unpacking.Asked(sources))
    finally:
        came.unlink()


def cabinet(files: Mapping[str, bytes]) -> bytes:
    archive = CabArchive()
    for name, content in files.items():
        archive[name] = CabFile(content)
    return archive.save(compress=True)


def exported(*values: str) -> bytes:
    lines = ["Windows Registry Editor Version 5.00", "", f"[{long_name(PROVIDER)}]", *values, ""]
    return "\r\n".join(lines).encode("utf-16")


@pytest.fixture
def files(event_xml: EventXml) -> dict[str, bytes]:
    """What a host with the add-in, one failed installation and verbose logging on gives."""
    own = [event_xml(EVENT_SOURCE, 9, f"step {n}", record=n, time=f"2026-03-01T10:00:0{n}Z") for n in range(1, 4)]
    own.append(event_xml(EVENT_SOURCE, 10, "no network", record=4, level=2, time="2026-03-01T10:00:04Z"))
    installer = [
        event_xml("MsiInstaller", 1040, "x.msi", "7", record=20, time="2026-03-01T08:00:00Z"),
        event_xml("MsiInstaller", 1033, "SSPR", "1.0", "1033", "1603", "C", record=21, time="2026-03-01T08:00:09Z"),
    ]
    boots = [
        event_xml("EventLog", 6005, channel="System", record=5, time="2026-03-01T09:00:00Z"),
        event_xml("EventLog", 6005, channel="System", record=3, time="2026-02-01T09:00:00Z"),
    ]
    log = Path(__file__).parent / "data" / "msi" / "service-not-started.log"
    return {
        "application-provider.xml": "".join(own).encode("utf-16"),
        "application-msiinstaller.xml": "".join(installer).encode("utf-16"),
        "system-boot.xml": ("<Events>" + "".join(boots) + "</Events>").encode("utf-16"),
        "registry-provider.reg": exported('"EnableLogging"=dword:00000001'),
        "install.log": log.read_text(encoding="utf-8").encode("utf-16"),
        "host.txt": b"PC-17\r\n",
    }


def summary_of(folder: Path, files: Mapping[str, bytes]) -> str:
    unpack(cabinet(files), folder, ORIGIN, SOURCES)
    return (folder / "summary.txt").read_text(encoding="utf-8")


def test_makes_a_whole_bundle(tmp_path: Path, files: dict[str, bytes]) -> None:
    """Every file is kept byte for byte with its source, the readable ones are added, and the bundle verifies."""
    manifest = unpack(cabinet(files), tmp_path / "PC-17", ORIGIN, SOURCES)
    assert {entry.name: entry.source for entry in manifest.files if entry.name.startswith("collected/")} == {
        f"collected/{name}": SOURCES[name] for name in files
    }
    for name, content in files.items():
        assert (tmp_path / "PC-17" / "collected" / name).read_bytes() == content
    made = {path.name for path in (tmp_path / "PC-17").iterdir()}
    assert made == {"collected", "manifest.json", "summary.txt", "timeline.csv", "timeline.txt"}
    assert manifest.cabinet.bytes == len(cabinet(files))
    assert verify(tmp_path / "PC-17") == []


def test_the_summary_answers_the_first_questions(tmp_path: Path, files: dict[str, bytes]) -> None:
    """Logging, the add-in's events and their span, last start, last installation with its result, and errors."""
    text = summary_of(tmp_path / "PC-17", files)
    for line in (
        "Logs of the SSPR add-in from PC-17",
        "Verbose logging     on (EnableLogging=1)",
        "Add-in events       4, from 2026-03-01 10:00:01 UTC to 2026-03-01 10:00:04 UTC",
        "Last start          2026-03-01 09:00:00 UTC",
        "Last install        2026-03-01 08:00:09 UTC: Installation of SSPR 1.0 ended with code 1603 (Windows ",
        "install.log         result 1603: a service of the package did not start: SSPR Helper",
        "Errors among the events: 1",
        "  2026-03-01 10:00:04 UTC  SSPR add-in, event 10: no network",
    ):
        assert any(shown.startswith(line) for shown in text.splitlines()), line
    assert "Not on the host" not in text
    assert "Could not be read" not in text


def test_the_timeline_is_one_story(tmp_path: Path, files: dict[str, bytes]) -> None:
    """Start, installation and the add-in's events of three files stand in the order of time."""
    summary_of(tmp_path / "PC-17", files)
    story = (tmp_path / "PC-17" / "timeline.txt").read_text(encoding="utf-8").splitlines()[1:]
    assert [line[:10] for line in story] == ["2026-02-01"] + ["2026-03-01"] * 7
    assert [line[21:36] for line in story[1:4]] == ["Windows Install", "Installation of", "The event log s"]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (['"EnableLogging"=dword:00000000'], "off (EnableLogging=0)"),
        (['"EnableLogging"="1"'], "off (EnableLogging is there, but is no number (REG_DWORD))"),
        (['@="SSPR"'], "off (EnableLogging was never set)"),
        (None, "not known: the add-in's registry key did not come"),
    ],
)  # fmt: skip
def test_tells_whether_verbose_logging_is_on(
    tmp_path: Path, files: dict[str, bytes], values: list[str] | None, told: str
) -> None:
    """Off, of a type that means nothing, never set, and not known are four answers."""
    if values is None:
        del files["registry-provider.reg"]
    else:
        files["registry-provider.reg"] = exported(*values)
    assert f"Verbose logging     {told}" in summary_of(tmp_path / "PC-17", files)


def test_missing_files_are_said_to_be_missing(tmp_path: Path) -> None:
    """A host that gave next to nothing still gives a bundle, which says what is not there."""
    text = summary_of(tmp_path / "PC-17", {"host.txt": b"PC-17"})
    for name in SOURCES.keys() - {"host.txt"}:
        assert f"  {name}\n" in text
    assert "Add-in events       none" in text
    assert "Last start          not known" in text


def test_one_bad_file_does_not_spoil_the_rest(tmp_path: Path, files: dict[str, bytes]) -> None:
    """Files that cannot be read are kept and named with the reason; the others are read."""
    files["application-msiinstaller.xml"] = b"The channel cannot be found."
    files["registry-provider.reg"] = b"\0"
    text = summary_of(tmp_path / "PC-17", files)
    assert "  application-msiinstaller.xml: this is no event XML" in text
    assert "  registry-provider.reg: this is no exported registry file" in text
    assert "Add-in events       4" in text
    assert (tmp_path / "PC-17" / "collected" / "registry-provider.reg").read_bytes() == b"\0"


def test_a_bad_cabinet_leaves_nothing(tmp_path: Path) -> None:
    """A cabinet that may not be opened raises UnexpectedOutput and no folder is made."""
    for bad in (b"", b"rubbish", cabinet({"../evil": b""}), cabinet({"ok.txt": b"x"})[:-3]):
        with pytest.raises(UnexpectedOutput):
            unpack(bad, tmp_path / "PC-17", ORIGIN, SOURCES)
    assert list(tmp_path.iterdir()) == []


def test_names_of_our_own_files_do_no_harm(tmp_path: Path) -> None:
    """A host that sends a manifest or a summary of its own cannot replace ours."""
    unpack(cabinet({"manifest.json": b"{}", "summary.txt": b"all well"}), tmp_path / "PC-17", ORIGIN, SOURCES)
    assert verify(tmp_path / "PC-17") == []
    assert (tmp_path / "PC-17" / "summary.txt").read_bytes() != b"all well"
