"""The timeline: one order, by a right clock, with the machine's own beside it; and whose files they are."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestrator.analysis import story
from orchestrator.harvest.manifest import Entry, Manifest
from orchestrator.model.case import Answer, Lane
from orchestrator.sentences import say
from orchestrator.windows import time_zone
from tests.analysis.inputs import READY, SPOKEN, Keys, case, cases, event, reg, spoke, written, xml

MSI_LOGS = Path(__file__).parents[1] / "harvest" / "data" / "msi"
TAKEN = datetime(2026, 7, 1, 12, tzinfo=UTC)
BERLIN: Keys = {
    time_zone.CURRENT: {
        "Bias": 0xFFFFFFC4,
        "StandardBias": 0,
        "DaylightBias": 0xFFFFFFC4,
        "StandardStart": "hex:00,00,0a,00,05,00,03,00,00,00,00,00,00,00,00,00",
        "DaylightStart": "hex:00,00,03,00,05,00,02,00,00,00,00,00,00,00,00,00",
    }
}


def bundle(
    host: str, files: Mapping[str, bytes], ahead: float | None = None, taken: datetime = TAKEN
) -> dict[str, bytes]:
    """A sealed bundle of these files."""
    entries = tuple(
        Entry(f"collected/{name}", len(content), hashlib.sha256(content).hexdigest(), "there")
        for name, content in files.items()
    )
    manifest = Manifest(
        host=host,
        run_id="run",
        taken=taken,
        clock_ahead_seconds=ahead,
        cabinet=Entry("c", 1, "0" * 64, "x"),
        files=entries,
    )
    return {"manifest.json": manifest.to_json(), **{f"collected/{name}": content for name, content in files.items()}}


def below(folder: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {f"{folder}/{name}": content for name, content in files.items()}


def test_one_order_by_a_right_clock(tmp_path: Path) -> None:
    """A clock that is ten minutes ahead is set right, and what people saw on it stands beside, in summer and winter."""
    winter = event("Schannel", 36887, "40", time="2026-01-15T08:00:00Z", record=1, level=2)
    summer = event("User32", 1074, "setup.exe", "PC", "x", "y", "z", "w", "ann", time="2026-06-15T08:10:00Z", record=2)
    files = {
        "keys.reg": reg({**READY, **BERLIN}),
        "system.xml": xml(summer, winter),
        "app.xml": xml(spoke("2026-06-15T08:05:00Z")),
    }
    found = case(written(tmp_path, bundle("PC-17", files, ahead=600)))
    told = [(each.utc.isoformat(" "), each.local and each.local.isoformat(" "), each.lane) for each in found.timeline]
    assert told == [
        ("2026-01-15 07:50:00+00:00", "2026-01-15 09:00:00", Lane.NETWORK),
        ("2026-06-15 07:55:00+00:00", "2026-06-15 10:05:00", Lane.ADD_IN),
        ("2026-06-15 08:00:00+00:00", "2026-06-15 10:10:00", Lane.WINDOWS),
    ]
    assert (found.zone_minutes, found.clock_ahead_seconds, found.taken) == (120, 600, TAKEN)
    assert found.timeline[0].label == "TLS: the other side ended the connection, alert 40 (no common cipher suite)"
    assert (found.timeline[0].at.file, found.timeline[0].at.place) == ("collected/system.xml", 1)
    (clock,) = [each for each in found.problems if each.code == "clock"]
    assert clock.evidence[0].file == "manifest.json"


def test_the_newest_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left out is counted."""
    monkeypatch.setattr(story, "MOST", 3)
    events = [event("EventLog", 6005, time=f"2026-03-01T08:0{number}:00Z", record=number) for number in range(7)]
    found = case(written(tmp_path, {"e.xml": xml(*events)}))
    assert [each.at.place for each in found.timeline] == [4, 5, 6]
    assert found.left_out == 4


def test_services_that_come_and_go_are_not_told(tmp_path: Path) -> None:
    """Each start of Windows has dozens of these; a service that failed is told, and what nobody knows is not."""
    events = [
        event("Service Control Manager", 7036, "Themes", "running", record=1),
        event("Service Control Manager", 7034, "Themes", record=2),
        event("Contoso VPN", 1, "hello", record=3),
    ]
    (only,) = case(written(tmp_path, {"e.xml": xml(*events)})).timeline
    assert only.label == "Service Themes ended unexpectedly"


def test_two_bundles_of_one_machine_are_one_case(tmp_path: Path) -> None:
    """Each event by the clock of its own time; the newer bundle says when the files were taken."""
    old = bundle(
        "PC-17", {"a.xml": xml(spoke("2026-03-01T09:00:00Z", record=1))}, 3600, datetime(2026, 3, 2, tzinfo=UTC)
    )
    new = bundle("pc-17", {"b.xml": xml(spoke("2026-06-01T09:00:00Z", record=2)), "k.reg": reg(READY)}, 0)
    found = case(written(tmp_path, below("old", old) | below("new", new)))
    assert [each.utc.hour for each in found.timeline] == [8, 9]
    assert (found.taken, found.answer) == (TAKEN, Answer.YES)


def test_bundles_of_several_machines_are_told_apart(tmp_path: Path) -> None:
    """By the host that their manifests name."""
    files = below("one", bundle("PC-1", {"k.reg": reg(READY), "e.xml": xml(SPOKEN)})) | below(
        "two", bundle("PC-2", {"k.reg": reg({path: READY[path] for path in READY if "86D2" not in path})})
    )
    assert [(each.host, each.answer) for each in cases(written(tmp_path, files))] == [
        ("PC-1", Answer.YES),
        ("PC-2", Answer.NO),
    ]


def of(computer: str, time: str = "2026-03-01T09:00:00Z") -> str:
    return event("EventLog", 6005, time=time, computer=computer)


def test_events_of_several_computers_are_told_apart(tmp_path: Path) -> None:
    """With the keys that lie beside them; what lies nowhere near any of them is a case of its own."""
    files = {
        "a/system.xml": xml(of("PC-1.corp.example")),
        "a/deep/keys.reg": reg(READY),
        "b/system.xml": xml(of("PC-2")),
        "b/app.xml": xml(of("pc-2.corp.example")),
        "keys.reg": reg(READY),
    }
    found = cases(written(tmp_path, files))
    assert [(each.computer_name, sorted(file.name for file in each.files)) for each in found] == [
        ("PC-1.corp.example", ["a/deep/keys.reg", "a/system.xml"]),
        ("pc-2.corp.example", ["b/app.xml", "b/system.xml"]),
        (None, ["keys.reg"]),
    ]


def test_a_machine_that_was_renamed_is_one(tmp_path: Path) -> None:
    """The newest event says what it is called, whatever the order of the file."""
    old, new = of("WIN-SETUP", "2020-01-01T09:00:00Z"), of("PC-1")
    found = case(written(tmp_path, {"a.xml": xml(old, new), "b.xml": xml(new, old), "c.xml": xml(of("PC-1"))}))
    assert found.computer_name == "PC-1"


def test_a_loose_file_joins_the_bundle_of_its_machine(tmp_path: Path) -> None:
    """A log that somebody has put beside it, by the computer's name."""
    files = below("b", bundle("PC-1", {"k.reg": reg(READY)})) | {"more.evtx": xml(of("PC-1.corp.example"))}
    found = case(written(tmp_path, files))
    assert len(found.timeline) == 1
    assert found.host == "PC-1"


def test_the_log_of_an_installation_beside_a_bundle(tmp_path: Path) -> None:
    """A run puts it into the folder of its host, beside what was collected there."""
    log = (MSI_LOGS / "access-denied.log").read_bytes()
    files = below("hosts/a/collect", bundle("PC-1", {"k.reg": reg(READY)})) | {"hosts/a/msi-install.log": log}
    files |= below("hosts/b/collect", bundle("PC-2", {"k.reg": reg(READY)}))
    found = cases(written(tmp_path, files))
    assert [(each.host, [log.file for log in each.installations]) for each in found] == [
        ("PC-1", ["hosts/a/msi-install.log"]),
        ("PC-2", []),
    ]


def test_the_logs_of_a_run_that_collected_nothing(tmp_path: Path) -> None:
    """Its folders say whose they are."""
    log = (MSI_LOGS / "access-denied.log").read_bytes()
    files = {"run/log.jsonl": b"{}", "run/hosts/PC-1/msi-install.log": log, "run/hosts/PC-2/msi-install.log": log}
    found = cases(written(tmp_path, files))
    assert [(each.host, [log.file for log in each.installations]) for each in found] == [
        ("PC-1", ["run/hosts/PC-1/msi-install.log"]),
        ("PC-2", ["run/hosts/PC-2/msi-install.log"]),
    ]


def test_what_a_manifest_says_of_files(tmp_path: Path) -> None:
    """That one was altered since, or cut when it was taken."""
    events = xml(SPOKEN)
    sealed = bundle("PC-1", {"k.reg": reg(READY), "e.xml": events})
    text = sealed["manifest.json"].decode()
    cut = (
        '"sources": [{"name": "e", "why": "x", "source": "y", "files": ["collected/e.xml"], "notes": ["cut to 2 MB"]}]'
    )
    sealed["manifest.json"] = re.sub(r'"sources": \[\]', lambda _: cut, text).encode()
    sealed["collected/k.reg"] = reg({**READY, **BERLIN})
    told = {file.name: say(file.lost) for file in case(written(tmp_path, sealed)).files if file.lost}
    assert told == {
        "collected/e.xml": "cut to 2 MB",
        "collected/k.reg": "it is not the file that was brought home: its hash is another than the manifest has",
    }


def test_a_look_in_vain(tmp_path: Path) -> None:
    """The check could not be made then; exported keys are judged in its place."""
    files = {"check.json": b'{"reason": "access is denied"}', "k.reg": reg(READY), "e.xml": xml(SPOKEN)}
    found = case(written(tmp_path, files))
    told = {file.name: say(file.lost) for file in found.files if file.lost}
    assert told == {"check.json": "the machine could not be looked at then: access is denied"}
    assert found.answer is Answer.YES


def test_a_look_goes_before_exported_keys(tmp_path: Path) -> None:
    """What the check has found at the machine counts; its lines are pointed at."""
    learned = {
        "machine": {"branch": "windows7", "title": "Windows 7 SP1 x64", "computer_name": "PC-1"},
        "tls12": {"verdict": "on"},
        "addin": {"installed": True, "verbose_logging": False},
        "findings": [
            {
                "code": "uac",
                "severity": "warn",
                "message": {"code": "finding-uac", "parameters": {}},
                "evidence": {"EnableLUA": 0},
                "remedy": {"code": "finding-uac.remedy", "parameters": {}},
            },
            {"code": "from_a_newer_version", "severity": "info", "message": {"code": "none-such", "parameters": {}}},
        ],
    }
    text = json.dumps({"outcome": "ok", "reason": "x", "learned": learned}, indent=2)
    found = case(written(tmp_path, {"check.json": text.encode(), "k.reg": reg(BERLIN)}))
    (uac,) = found.problems
    assert (uac.code, found.answer, found.computer_name, found.windows) == (
        "uac",
        Answer.DOUBTFUL,
        "PC-1",
        "Windows 7 SP1 x64",
    )
    (piece,) = uac.evidence
    assert text.splitlines()[(piece.place or 0) - 1].strip() == '"code": "uac",'
    assert piece.text == '{"EnableLUA": 0}'
