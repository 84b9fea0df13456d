"""The benchmarks do what they say they measure. Nothing is timed here."""

import hashlib
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import evtx, harvest, large, msi_log, preflight, round_trips, search, start, timeline, upload
from benchmarks.measuring import ROOT, in_turns
from orchestrator.inventory.load import load_inventory
from orchestrator.playbook.load import load_playbook
from orchestrator.windows.boot import Boot


@pytest.fixture
def port() -> int:
    """A port that is free on the lab's first address."""
    with socket.socket() as probe:
        probe.bind(("127.20.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.slow
def test_every_way_of_a_preflight_reads_the_same_facts(port: int) -> None:
    """Batched and one by one, the same command lines give the same survey; ours asks least, and at most 11 times."""
    ours, shells, sessions = preflight.measure(1, port, speed=20)
    surveys = [survey for cost in (ours, shells, sessions) for survey in cost.answers]
    timeless = [replace(survey, boot=Boot(survey.boot.record, None)) for survey in surveys]  # each lab starts anew
    assert len(timeless) == 3
    assert timeless[0] == timeless[1] == timeless[2]
    assert timeless[0].machine.computer_name == "LAB-0002"
    assert ours.requests <= 11
    assert ours.requests < shells.requests < sessions.requests
    assert ours.bytes_up < shells.bytes_up < sessions.bytes_up


@pytest.mark.slow
def test_an_upload_arrives_whole_and_echo_is_scaled(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The host's hash is that of the file; the naive way's requests stand for the whole file, not for the part sent."""
    monkeypatch.setattr(upload, "ECHOES", 2)
    ours, echoed = upload.measure(1, port, speed=20)
    assert list(ours.answers) == [hashlib.sha256(upload.content()).hexdigest()]
    commands = upload.BYTES / upload.ECHOED
    assert echoed.requests >= 5 * commands
    assert ours.requests < 80


def test_log_ons_of_one_account_come_through() -> None:
    """All of them, each at a host of its own that names itself otherwise."""
    words = ("--count", "6", "--delay", "0.01")
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.logons", *words], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert "6 log-ons of one account" in ran.stdout


def test_round_trips_are_listed_and_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each exchange of a preflight is on the page with what it asks; plain pywinrm needs many times as many."""
    monkeypatch.setattr(round_trips, "LINES", preflight.LINES[:4])
    records = round_trips.record([load_playbook("preflight")], speed=20)
    plain = round_trips.plain(speed=20)
    page = round_trips.page(records, plain)
    (preflight_record,) = records
    assert [exchange.purpose for exchange in preflight_record.exchanges][:4] == [
        "Log on",
        "Log on",
        "Create",
        "Command",
    ]
    assert len(preflight_record.commands) >= len(preflight.LINES)
    assert plain >= 8
    assert page.count("| Log on |") == 2
    assert "`reg query` (" in page


@pytest.mark.slow
def test_every_command_of_a_start_is_measured() -> None:
    """Each ends well, and takes some CPU of its own."""
    figures = start.measure([ROOT], 1)
    assert figures.keys() == start.COMMANDS.keys()
    assert all(10 < milliseconds < 60_000 for (milliseconds,) in figures.values())


@pytest.mark.slow
def test_an_inventory_of_any_size_is_measured(tmp_path: Path) -> None:
    """It has as many hosts as were asked for, and this tree lists them."""
    (tmp_path / "inventory.yaml").write_text(large.inventory(1200), encoding="utf-8")
    assert len(load_inventory(tmp_path / "inventory.yaml").hosts) == 1200
    figures = large.measure([ROOT], 1, [3, 1200])
    assert list(figures) == ["3", "1,200"]
    assert all(figure > 0 for (figure,) in figures.values())


def test_sources_take_turns_after_a_first_time_that_does_not_count() -> None:
    """The first time compiles, which no later one does."""
    asked: list[Path] = []

    def cpu(source: Path) -> float:
        asked.append(source)
        return 100.0 if asked.count(source) == 1 else len(asked)

    older, newer = Path("older"), Path("newer")
    assert in_turns([older, newer], 3, cpu) == [5, 6]
    assert asked == [older, newer] * 4


def test_logs_of_windows_installer() -> None:
    """All of a log is read, in either encoding."""
    figures = msi_log.measure([ROOT], 1, megabytes=1)
    assert len(figures) == 3 * len(msi_log.ENCODINGS)
    assert all(figure > 0 for (figure,) in figures.values())
    assert all(1 <= figure < 1.5 for row, (figure,) in figures.items() if row.endswith("MB read"))


def test_each_file_of_a_timeline_is_measured() -> None:
    """All events are written to it by the source that is asked."""
    figures = timeline.measure([ROOT], 1, count=50)
    assert figures.keys() == timeline.FORMATS.keys()
    assert all(figure > 0 for (figure,) in figures.values())


@pytest.mark.slow
def test_logs_are_brought_home_in_every_way(port: int) -> None:
    """As much by each as the hosts have, by the program and by plain pywinrm."""
    figures = harvest.measure([ROOT], 1, fleets=(1, 2), port=port, share=0.05)
    (megabytes,) = figures["collect: MB of a host"]
    assert 0.1 < megabytes < 1
    assert figures["one cabinet unpacked and read: CPU ms a MB"][0] > 0
    ways = harvest.beside_pywinrm(sys.executable, 1, port, share=0.05)
    assert len(ways) == 2
    assert ways["pywinrm Session, type"].rate > 0


def test_a_generated_event_log_is_read_whole(tmp_path: Path) -> None:
    """By both of our ways; one that does not find every record is told of."""
    (tmp_path / "events.evtx").write_bytes(evtx.log(300))
    ours = [reader for reader in evtx.READERS if reader.package is None]
    assert len(ours) == 2
    for reader in ours:
        assert evtx.rate(sys.executable, reader, tmp_path / "events.evtx", 300, times=1).cpu > 0
    with pytest.raises(SystemExit, match="did not read 301 records"):
        evtx.rate(sys.executable, ours[0], tmp_path / "events.evtx", 301, times=1)


def test_every_search_is_measured() -> None:
    """Of hosts that are made for it; what each has to find, it finds."""
    figures = search.measure(20, 1)
    assert figures.later.keys() == search.WORDS.keys()
    assert all(took.wall > 0 for took in (figures.first, figures.one_new, *figures.later.values()))
    assert figures.command > 0
