"""Collecting logs where something goes wrong: a line that breaks costs one piece, and a full host is left clean."""

import asyncio
import json
import random
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from orchestrator.app.verify_logs import verify_logs
from orchestrator.harvest import bundle, eventlog, unpacking
from orchestrator.harvest.cabinet import Cabinet, Limits
from orchestrator.harvest.eventlog import EventRecord
from orchestrator.harvest.manifest import Manifest
from orchestrator.model import program
from orchestrator.model.events import Event, Progress
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult
from orchestrator.runs.coordinator import Coordinator
from orchestrator.sentences import say
from orchestrator.steps import workplaces
from orchestrator.steps.collect import CollectDetail
from orchestrator.steps.installer import InstallerFailure
from orchestrator.windows.job import ROOT
from sspr_lab.faults import fault
from sspr_lab.machine import Machine
from tests.details import detail_of
from tests.lab_fixtures import Site, install, kind, shipped, site
from tests.steps.one_step import context

LOG = random.Random(1).randbytes(1_200_000)
"""As long as three pieces, and not to be compressed."""
FIRST_PIECE = 'findstr /r "^[1-9]:'


class DropAfterFirstPiece:
    """Breaks the line once, as soon as the first piece of a file is home."""

    def __init__(self, lab: Site) -> None:
        self._lab = lab
        self.dropped = False
        self.bytes: list[tuple[object, object]] = []

    def notify(self, event: Event) -> None:
        told = say(event.message) if isinstance(event, Progress) else ""
        if isinstance(event, Progress) and event.message.code == "progress-fetching":
            self.bytes.append((event.message.parameters["arrived"], event.message.parameters["whole"]))
        if told.startswith("fetching") and not told.startswith("fetching, 0 "):
            if not self.dropped:
                self._lab.on("host", lambda machine: machine.faults.add(fault("drop_receive")))
            self.dropped = True


def with_log(machine: Machine) -> None:
    machine.files.write(r"C:\Windows\Temp\MSI1a2b3.log", LOG)


def with_others(machine: Machine) -> None:
    """What anybody may put beside the installer's logs."""
    for name in ("MSI1 a.log", "MSI설치.log", "MSIé.log", "MSI1a&b.log"):
        machine.files.write(rf"C:\Windows\Temp\{name}", LOG)


async def test_a_broken_line_costs_one_piece(tmp_path: Path) -> None:
    """What came home before the line broke is not fetched again; the bundle is whole, and the host is left clean."""
    with site(tmp_path, {"host": kind()}) as lab:
        lab.on("host", with_log)
        before = lab.snapshots()
        drop = DropAfterFirstPiece(lab)
        result = (await lab.run(shipped("collect-logs"), listeners=[drop]))["host"]
        assert lab.changes(before)["host"] == []
        fetched_first = sum(FIRST_PIECE in message for message in lab.sent)
    assert (drop.dropped, result.outcome, result.steps[0].attempts, fetched_first) == (True, Outcome.OK, 2, 1)
    detail = detail_of(result.deciding, CollectDetail)
    folder = Path(detail.folder or "")
    assert bundle.verify(folder) == []
    assert (folder / "collected" / "MSI1a2b3.log").read_bytes() == LOG
    arrived, whole = zip(*drop.bytes, strict=True)
    assert set(whole) == {detail.cabinet_bytes}
    assert (arrived[0], list(arrived)) == (0, sorted(arrived)), "and never back to what came before"


async def test_two_at_once(tmp_path: Path) -> None:
    """Neither takes away what the other works with, be it done or not; nothing stays."""
    with site(tmp_path, {"host": kind()}) as lab:
        before = lab.snapshots()
        ends = await asyncio.gather(*(lab.run(shipped("collect-logs")) for _ in range(2)))
        assert lab.changes(before)["host"] == []
    for end in ends:
        assert (end["host"].outcome, end["host"].steps[0].attempts) == (Outcome.OK, 1), end["host"]


async def test_what_dead_runs_have_left_goes(tmp_path: Path) -> None:
    """And what those have that are at work stays."""
    with site(tmp_path, {"host": kind()}) as lab:
        before = lab.snapshots()
        for run in ("dead-1", "dead-2", "alive"):
            lab.on("host", partial(leave_behind, run))
        with Coordinator.here().alive("alive"):
            await lab.run(shipped("collect-logs"))
            assert len(lab.changes(before)["host"]) == 3, "the folder, the one around it, and the root"
        await lab.run(shipped("collect-logs"))
        assert lab.changes(before)["host"] == []


def leave_behind(run: str, machine: Machine) -> None:
    """The folder of a run of the same owner."""
    place = workplaces.own("collect", replace(context(Path(), run), name="collect"))
    for folder in (ROOT, place.above[0], place.folder):
        if not machine.files.exists(there := folder.replace("%SystemRoot%", r"C:\Windows")):
            machine.files.mkdir(there)


async def test_what_is_beyond_the_limits_is_kept_as_it_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs, and the log of an installation, that would unpack to too much lie there packed, and the result says so."""
    monkeypatch.setattr(unpacking, "Cabinet", partial(Cabinet, limits=Limits(total=1000)))
    with site(tmp_path, {"host": kind(fault("installer_fails"))}) as lab:
        failed = (await lab.run(install()))["host"]
        collected = (await lab.run(shipped("collect-logs")))["host"]
    detail = detail_of(failed.deciding, InstallerFailure)
    assert (failed.outcome, detail.exit_code, detail.cause) == (Outcome.FAILED, 1603, None)
    assert (detail.log or "").endswith("install-log.cab")
    assert say(detail.log_missing or verbatim("")).startswith("the cabinet was not unpacked: it would unpack to more")
    assert collected.outcome is Outcome.OK
    folder = Path(detail_of(collected.deciding, CollectDetail).folder or "")
    assert bundle.verify(folder) == []
    assert [path.name for path in (folder / "collected").iterdir()] == ["collected.cab"]


async def test_what_anybody_may_have_put_there_is_left_alone(tmp_path: Path) -> None:
    """Files beside Windows Installer's logs, with names that makecab would stumble over, spoil no collection."""
    with site(tmp_path, {"host": kind(language="ko-KR")}) as lab:
        lab.on("host", with_log)
        lab.on("host", with_others)
        result = (await lab.run(shipped("collect-logs")))["host"]
    assert result.outcome is Outcome.OK
    collected = Path(detail_of(result.deciding, CollectDetail).folder or "") / "collected"
    assert [path.name for path in collected.iterdir() if path.suffix.lower() == ".log"] == ["MSI1a2b3.log"]


async def test_a_collection_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """On a full disk nothing can be packed: the step fails, and its folder is gone."""
    with site(tmp_path, {"host": kind(fault("disk_full"))}) as lab:
        before = lab.snapshots()
        result = (await lab.run(shipped("collect-logs")))["host"]
        assert lab.changes(before)["host"] == []
    assert result.outcome is Outcome.FAILED


MB = 1024 * 1024


def collected_by(result: HostResult) -> tuple[Path, Manifest]:
    """The bundle's folder, verified, and its manifest."""
    assert result.outcome is Outcome.OK, result.deciding
    folder = Path(detail_of(result.deciding, CollectDetail).folder or "")
    assert bundle.verify(folder) == []
    return folder, bundle.read_manifest(folder)


def read_events(path: Path) -> list[EventRecord]:
    with path.open("rb") as file:
        return [event for event in eventlog.read(file) if isinstance(event, EventRecord)]


def with_many_events(machine: Machine) -> None:
    """More of Windows Installer than a megabyte holds, none of which can be told from the others but by its number."""
    for number in range(1500):
        machine.events.write("Application", "MsiInstaller", 11708, level=2, data=[f"event {number:05} " + "x" * 200])


def with_old_logs(machine: Machine) -> None:
    """Logs of 400 KB, of which the last is the newest."""
    for number in range(4):
        machine.files.write(rf"C:\Windows\Temp\MSI{number}.log", random.Random(number).randbytes(400_000))


def small(name: str, what: str) -> str:
    """A source that may take a megabyte."""
    return f"{{name: {name}, why: to see, personal: no, most_mb: 1, {what}}}"


async def test_of_too_much_the_newest_is_taken(tmp_path: Path) -> None:
    """Events behind a record that the manifest names, in text and original alike; files that were written last."""
    events = small("application-msiinstaller", "events: {log: Application, providers: [MsiInstaller], original: true}")
    logs = small("installer-logs", "files: '%SystemRoot%\\Temp\\MSI*.log'")
    with site(tmp_path, {"host": kind()}) as lab:
        lab.on("host", with_many_events)
        lab.on("host", with_old_logs)
        newest = lab.on("host", lambda machine: machine.events.records("Application")[-1].record_id)
        result = (await lab.run(shipped("collect-logs", f"collect.added=[{events}, {logs}]")))["host"]
    folder, manifest = collected_by(result)
    taken = {source.name: source for source in manifest.sources}
    cut = taken["application-msiinstaller"]
    numbers = {
        suffix: {event.record_id for event in read_events(folder / "collected" / f"{cut.name}.{suffix}")}
        for suffix in ("xml", "evtx")
    }
    assert cut.after is not None
    assert numbers["xml"] == numbers["evtx"] == set(range(cut.after + 1, newest + 1))
    assert sum((folder / file).stat().st_size for file in cut.files) <= MB
    (note,) = cut.notes
    assert note.startswith(f"events up to record {cut.after} were left on the host")
    assert taken["installer-logs"].files == ("collected/MSI3.log", "collected/MSI2.log")
    (left,) = taken["installer-logs"].notes
    assert left.startswith("the 2 oldest files were left on the host")
    assert "Not all of it was taken:" in (folder / "summary.txt").read_text("utf-8")


@pytest.mark.slow
async def test_what_stands_last_is_cut_first(tmp_path: Path) -> None:
    """All sources together have a limit, too: a key that no longer fits is left out, and nothing before it is."""
    with site(tmp_path, {"host": kind()}) as lab:
        lab.on("host", with_many_events)
        events = small("a-log", "events: {log: Application}").replace("most_mb: 1", "most_mb: 64")
        key = small("a-key", "registry: HKLM\\SYSTEM\\CurrentControlSet\\Services")
        settings = ("collect.unpacked_mb=1", f"collect.added=[{key}, {events}]")
        result = (await lab.run(shipped("collect-logs", *settings)))["host"]
    folder, manifest = collected_by(result)
    taken = {source.name: source for source in manifest.sources}
    assert sum(path.stat().st_size for path in (folder / "collected").iterdir()) <= MB
    assert taken["registry-provider"].notes == ()
    assert taken["a-log"].after is not None


async def test_a_cabinet_that_is_too_large_is_packed_again(tmp_path: Path) -> None:
    """With less in it: what cannot be compressed takes more than was thought."""
    with site(tmp_path, {"host": kind()}) as lab:
        lab.on("host", with_old_logs)
        before = lab.snapshots()
        result = (await lab.run(shipped("collect-logs", "collect.maximum_mb=1")))["host"]
        assert lab.changes(before)["host"] == []
    folder, manifest = collected_by(result)
    (logs,) = [source for source in manifest.sources if source.name == "installer-logs"]
    assert logs.files == ("collected/MSI3.log", "collected/MSI2.log")
    assert (folder / "collected" / "MSI2.log").stat().st_size == 400_000


async def test_one_more_of_each_kind(tmp_path: Path) -> None:
    """A log, a key and a folder that an admin adds; one that the host does not have is told, and spoils nothing."""
    file = tmp_path / "sources.yaml"
    lines = [
        small("vpn", "events: {log: System, providers: [Schannel], ids: [36870-36888]}"),
        small("none", "events: {log: Contoso VPN}"),
        small("update", "registry: HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate"),
        small("ini", "files: '%SystemRoot%\\*.ini'"),
    ]
    file.write_text("sources:\n" + "".join(f"  - {line}\n" for line in lines), encoding="utf-8")
    with site(tmp_path, {"host": kind()}) as lab:
        lab.on("host", lambda machine: machine.events.write("System", "Schannel", 36887, level=2, data=["70"]))
        lab.on("host", lambda machine: machine.events.write("System", "Schannel", 36864, level=4))
        result = (await lab.run(shipped("collect-logs", f"collect.sources={file}")))["host"]
    folder, manifest = collected_by(result)
    taken = {source.name: source for source in manifest.sources}
    assert [event.event_id for event in read_events(folder / "collected" / "vpn.xml")] == [36887]
    assert "fatal alert was received: 70" in (folder / "timeline.txt").read_text("utf-8")
    assert (taken["none"].files, taken["none"].notes) == ((), ("the host has no such log",))
    assert taken["update"].files == ("collected/update.reg",)
    assert "collected/win.ini" in taken["ini"].files


async def test_the_manifest_tells_what_came(tmp_path: Path) -> None:
    """By which version, how far the host's clock is off, what it holds of persons, and what `sspr check` would say."""
    with site(tmp_path, {"host": kind(traits=["clock_a_day_behind"])}) as lab:
        result = (await lab.run(shipped("collect-logs")))["host"]
    folder, manifest = collected_by(result)
    assert manifest.tool == program.version()
    assert manifest.clock_ahead_seconds == pytest.approx(-24 * 3600, abs=3600), "the lab's clock goes faster"
    assert "system-boot: accounts that asked for a restart" in manifest.personal
    assert not any(line.startswith("system-schannel") for line in manifest.personal)
    assert "behind the coordinator's" in (folder / "summary.txt").read_text("utf-8")
    look = json.loads((folder / "check.json").read_bytes())
    assert look["learned"]["machine"]
    assert look["learned"]["tls12"]
    (system,) = [source for source in manifest.sources if source.name == "system-boot"]
    assert system.log == "System"
    assert system.newest is not None
    assert (system.why, system.notes) == ("Starts, shutdowns and crashes, and who asked for them.", ())


async def test_one_zip_file_for_each_host(tmp_path: Path) -> None:
    """In the folder's place, which is not there; the run vouches for it."""
    with site(tmp_path, {"host": kind()}) as lab:
        lab.on("host", with_old_logs)
        result = (await lab.run(shipped("collect-logs", "collect.bundle=zip")))["host"]
    detail = detail_of(result.deciding, CollectDetail)
    assert detail.folder is None
    judge_the_zip_file(Path(detail.archive or ""), {each.name for each in detail.files})


def judge_the_zip_file(file: Path, names: set[str]) -> None:
    """Alone in the host's folder, and vouched for by the run, wherever one looks."""
    assert [path.name for path in file.parent.iterdir()] == [file.name] == ["collect.zip"]
    assert bundle.verify(file) == []
    assert {each.name for each in bundle.read_manifest(file).files} == names
    run = file.parents[2]
    for place in (run, file.parent, file):
        (found,) = verify_logs(place)
        assert (found.problems, found.vouched, found.folder) == ((), True, file)
    another = file.with_name("more.zip")
    another.write_bytes(file.read_bytes())
    assert [each.problems for each in verify_logs(run) if each.problems] == [("the run brought no such logs home",)]
    another.unlink()
    file.unlink()
    (gone,) = verify_logs(run)
    assert gone.problems == ("the logs of LAB-0001 are gone",)
