"""The benchmarks do what they say they measure. Nothing is timed here."""

import hashlib
import socket
from dataclasses import replace

import pytest

from benchmarks import preflight, round_trips, start, upload
from benchmarks.measuring import ROOT
from orchestrator.playbook.load import load_playbook
from orchestrator.windows.boot import Boot


@pytest.fixture
def port() -> int:
    """A port that is free on the lab's first address."""
    with socket.socket() as probe:
        probe.bind(("127.20.0.1", 0))
        return int(probe.getsockname()[1])


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


def test_an_upload_arrives_whole_and_echo_is_scaled(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The host's hash is that of the file; the naive way's requests stand for the whole file, not for the part sent."""
    monkeypatch.setattr(upload, "ECHOES", 2)
    ours, echoed = upload.measure(1, port, speed=20)
    assert list(ours.answers) == [hashlib.sha256(upload.content()).hexdigest()]
    commands = upload.BYTES / upload.ECHOED
    assert echoed.requests >= 5 * commands
    assert ours.requests < 80


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


def test_every_command_of_a_start_is_measured() -> None:
    """Each ends well, and takes some CPU of its own."""
    figures = start.measure([ROOT], 1)
    assert figures.keys() == start.COMMANDS.keys()
    assert all(0.01 < seconds < 60 for (seconds,) in figures.values())
