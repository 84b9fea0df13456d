"""Files of runs as bad disks, other versions and other people leave them: read, or refused as the program's own errors.

What is in a log was said by hosts, too; `test_chain` has what a changed line comes to.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import fields
from datetime import datetime, timedelta, timezone
from functools import partial
from io import BytesIO
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from orchestrator.harvest.bundle import Bundle
from orchestrator.harvest.eventlog import EventRecord
from orchestrator.harvest.manifest import Origin, entry
from orchestrator.harvest.timeline import as_csv
from orchestrator.model.detail import Detail
from orchestrator.model.errors import DocumentError, UsageError
from orchestrator.model.events import (
    Event,
    Guarded,
    HostAwaited,
    HostFinished,
    HostGoesOn,
    HostReturned,
    HostWaits,
    Interrupted,
    Progress,
    RegistryChanging,
    RunFinished,
    RunStarted,
    StepFinished,
    StepRetried,
    StepStarted,
    WaveApproved,
    WaveBegan,
    WaveEnded,
    WaveWaits,
)
from orchestrator.model.message import verbatim
from orchestrator.model.registry import RegistryRecord, Value, ValueChange
from orchestrator.model.result import shown
from orchestrator.model.waiting import Wait
from orchestrator.runs import approvals, captures, handed_over, kept, log_index, orders
from orchestrator.runs.chain import ChainCheck
from orchestrator.runs.collected_text import add_in_errors, passages, text_files
from orchestrator.runs.endings_cache import known_endings
from orchestrator.runs.folders import RunFolder, state_folder
from orchestrator.runs.following import Following
from orchestrator.runs.host_endings import endings
from orchestrator.runs.journal import Journal
from orchestrator.runs.journal_reader import read_journal, read_untold, read_waves
from orchestrator.runs.orders import Order
from orchestrator.runs.result_file import read_result, write_result
from orchestrator.runs.result_part import DetailPart
from orchestrator.runs.store import known_of, nobody
from orchestrator.runs.told import Told
from orchestrator.windows.provider import EVENT_SOURCE
from tests.console.conftest import BEGAN, run
from tests.damage import OTHER_VALUES, damaged, damaged_json, few

RUN: Final = run(9)
RECORD: Final = RegistryRecord((ValueChange("HKLM\\X", "A", None, Value("REG_DWORD", 1)),), ("HKLM\\X",), True)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    """A log with all that is told in one, and the result file."""
    folder = RunFolder(tmp_path_factory.mktemp("sound"))
    first, second = RUN.hosts[-1], RUN.hosts[-2]
    events: list[Event] = [
        RunStarted(RUN.id, "install", list(RUN.hosts), check=False),
        WaveBegan(1, 2, 1),
        StepStarted(first.name, "tls12", 1),
        StepRetried(first.name, "tls12", 2, verbatim("lost"), 1.5),
        Progress(first.name, "tls12", verbatim("half")),
        RegistryChanging(first.name, "tls12", RECORD),
        *(StepFinished(first.name, record) for record in first.steps),
        HostWaits(second.name, "reboot", Wait(verbatim("a window"), BEGAN)),
        HostGoesOn(second.name, "reboot"),
        HostAwaited(second.name, "reboot", second.deciding, BEGAN, 1, None, BEGAN),
        HostReturned(second.name, "reboot", 2),
        HostFinished(first),
        WaveEnded(1, 1, 1, 1),
        WaveWaits(verbatim("for somebody"), None),
        WaveApproved(2, "admin"),
        Guarded(verbatim("too many")),
        Interrupted(),
        RunFinished(RUN),
    ]
    with Journal(folder.journal) as log:
        for event in events:
            log.notify(event)
    write_result(RUN, folder.result)
    return {"log": folder.journal.read_bytes(), "result": folder.result.read_bytes()}


def of_a_log(folder: RunFolder) -> Any:
    """Everything that reads logs."""
    for read in (read_journal, read_waves, read_untold):
        with suppress(UsageError):
            read(folder.journal)
    with suppress(UsageError):
        deque(takewhile(lambda told: told is not None, Following(folder).events()), maxlen=0)
    for ends in (endings, known_endings):
        with suppress(UsageError):
            ends(folder, nobody)
    with suppress(UsageError):
        known_of(folder)
    told, check = Told(), ChainCheck()
    for line in folder.journal.read_bytes().splitlines(keepends=True):
        told.take(line)
        check.take(line)
    assert folder.name_in_log is None or isinstance(folder.name_in_log, str)


def of_a_result(folder: RunFolder) -> None:
    with suppress(UsageError):
        read_result(folder.result)
    with suppress(UsageError):
        known_of(folder)


def put(folder: RunFolder, log: bytes, result: bytes | None = None) -> RunFolder:
    folder.journal.write_bytes(log)
    folder.result.unlink(missing_ok=True)
    if result is not None:
        folder.result.write_bytes(result)
    return folder


def damaged_log(data: st.DataObject, log: bytes) -> bytes:
    """With a byte of it, or a value in one of its lines, that is another one."""
    if data.draw(st.booleans()):
        return data.draw(damaged((log,)))
    lines = log.splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at] = json.dumps(data.draw(damaged_json((json.loads(lines[at]),)))).encode() + b"\n"
    return b"".join(lines)


def read_log(folder: Path, files: Mapping[str, bytes], data: st.DataObject) -> None:
    result = data.draw(st.sampled_from((None, files["result"])))
    of_a_log(put(RunFolder(folder), damaged_log(data, files["log"]), result))


def read_a_result(folder: Path, files: Mapping[str, bytes], data: st.DataObject, document: Any) -> None:
    content = data.draw(
        damaged((files["result"],)) | damaged_json((document,)).map(lambda one: json.dumps(one).encode())
    )
    of_a_result(put(RunFolder(folder), files["log"], content))


@few(20)
@given(data=st.data())
def test_a_damaged_log_is_read_or_refused(tmp_path: Path, files: Mapping[str, bytes], data: st.DataObject) -> None:
    read_log(tmp_path, files, data)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@few(150)
@given(data=st.data())
def test_many_damaged_logs_are_read_or_refused(tmp_path: Path, files: Mapping[str, bytes], data: st.DataObject) -> None:
    read_log(tmp_path, files, data)


def versions(files: Mapping[str, bytes]) -> list[Any]:
    """A result file, and one as the first version had it."""
    whole = json.loads(files["result"])
    hosts = [
        {**host, "reason": "x", "steps": [{**step, "reason": "x"} for step in host["steps"]]} for host in whole["hosts"]
    ]
    return [whole, {**{key: value for key, value in whole.items() if key != "version"}, "hosts": hosts}]


@few(25)
@given(data=st.data())
def test_a_damaged_result_is_read_or_refused(tmp_path: Path, files: Mapping[str, bytes], data: st.DataObject) -> None:
    read_a_result(tmp_path, files, data, data.draw(st.sampled_from(versions(files))))


@pytest.mark.slow
@pytest.mark.timeout(1800)
@few(150)
@given(data=st.data())
def test_many_damaged_results_are_read_or_refused(
    tmp_path: Path, files: Mapping[str, bytes], data: st.DataObject
) -> None:
    read_a_result(tmp_path, files, data, data.draw(st.sampled_from(versions(files))))


LINE: Final[Mapping[str, Any]] = {
    "event": "host_finished",
    "timestamp": "2026-11-22T13:05:01Z",
    "run": "r1",
    "host": "A",
}


@pytest.mark.parametrize(
    "line",
    [
        {**LINE, "event": []},
        {**LINE, "event": {}},
        {**LINE, "outcome": "ok", "reason": "x", "timestamp": "0001-01-01T00:00:00"},
        {
            **LINE,
            "event": "step_finished",
            "step": "s",
            "outcome": "ok",
            "reason": "x",
            "timestamp": "0001-01-01T00:00:00",
        },
        [],
        1e400,
    ],
    ids=repr,
)
def test_a_line_that_nobody_writes(tmp_path: Path, files: Mapping[str, bytes], line: Any) -> None:
    """It has come to that in a file which was edited."""
    of_a_log(put(RunFolder(tmp_path), files["log"] + json.dumps(line).encode() + b"\n"))


@pytest.mark.parametrize("name", ["since", "until", "seen", "timestamp"])
@pytest.mark.parametrize("date", ["0001-01-01T00:00:00+09:00", "9999-12-31T23:59:59-09:00"])
def test_a_date_at_an_end_of_the_calendar(tmp_path: Path, name: str, date: str) -> None:
    """What a host that is looked for is told of is reckoned from it."""
    path = tmp_path / "log.jsonl"
    with Journal(path) as log:
        log.notify(RunStarted("r1", "install", [RUN.hosts[0]], check=False))
        log.notify(HostAwaited(RUN.hosts[0].name, "reboot", RUN.hosts[0].deciding, BEGAN, 1, None, BEGAN))
    *lines, last = path.read_text(encoding="utf-8").splitlines()
    edited = json.dumps({**json.loads(last), name: date})
    path.write_text("\n".join([*lines, edited, ""]), encoding="utf-8")
    with pytest.raises(DocumentError, match=rf"log\.jsonl:{len(lines) + 1}: this is no line of a run's log"):
        read_journal(path, goes_on=True)


@pytest.mark.parametrize("year", [1, 9999])
@pytest.mark.parametrize("hours", [-14, 14])
def test_an_end_of_the_calendar_is_shown(year: int, hours: int) -> None:
    """Which this computer's own clock may have no place for."""
    end = datetime(year, 1 if year == 1 else 12, 1 if year == 1 else 31, tzinfo=timezone(timedelta(hours=hours)))
    assert shown(end).startswith(str(year))


@pytest.mark.parametrize(
    "content",
    [
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"hosts": [{"steps": [{"detail": 5}]}]}',
        b'{"hosts": [{"steps": [{"detail": "x"}]}]}',
    ],
    ids=["a number without end", "a detail that is a number", "a detail that is a word"],
)
def test_a_result_that_nobody_writes(tmp_path: Path, files: Mapping[str, bytes], content: bytes) -> None:
    of_a_result(put(RunFolder(tmp_path), files["log"], content))
    with pytest.raises(UsageError):
        read_result(tmp_path / "result.json")


def test_a_message_where_the_first_version_had_a_sentence(tmp_path: Path, files: Mapping[str, bytes]) -> None:
    """A file that lost its version is read all the same."""
    _, first = versions(files)
    hosts = [{**host, "reason": {"code": "verbatim", "parameters": {"text": "x"}}} for host in first["hosts"]]
    put(RunFolder(tmp_path), files["log"], json.dumps({**first, "hosts": hosts}).encode())
    assert [host.name for host in read_result(tmp_path / "result.json").hosts] == [host.name for host in RUN.hosts]


NOW: Final = "2026-11-22T13:05:01Z"
MOMENT: Final = {"date": NOW, "boot": 17.5, "id": "x"}
SMALL: Final[Mapping[str, tuple[Callable[[RunFolder], Path], Any, Callable[[RunFolder], Any]]]] = {
    "an order": (
        lambda folder: folder.path / "pause.order",
        {"by": "admin", "at": NOW, "heard": None},
        partial(orders.standing, order=Order.PAUSE),
    ),
    "an approval": (lambda folder: folder.path / "wave-2.approved", {"by": "admin", "at": NOW}, approvals.approvals),
    "a run that is handed over": (
        lambda folder: state_folder() / "handed-over" / "r1.json",
        {"run": "r1", "folder": "/x", "notify": []},
        lambda _: handed_over.read_handed_over("r1"),
    ),
    "a capture": (
        lambda folder: captures.captures_folder() / "r1-0.capture",
        {"run": "r1", "host": "A", "inventory": "/x", "begun": NOW, "until": NOW, "there": "", "switched": True},
        lambda _: captures.known_captures(captures.captures_folder()),
    ),
    "what a run keeps": (
        lambda folder: folder.kept,
        {"form": kept.FORM, "files": {}, "state": None, "steps": [], "hosts": []},
        kept.read_kept_run,
    ),
    "what a run refers to": (lambda folder: folder.kept, {"files": {}, "state": None}, kept.references),
}


@pytest.mark.parametrize("name", SMALL)
@few(10)
@given(data=st.data())
def test_a_damaged_small_file_is_read_or_refused(tmp_path: Path, name: str, data: st.DataObject) -> None:
    place, document, read = SMALL[name]
    folder = RunFolder(tmp_path)
    path = place(folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    sound = json.dumps(document).encode()
    path.write_bytes(data.draw(damaged((sound,)) | damaged_json((document,)).map(lambda one: json.dumps(one).encode())))
    with suppress(UsageError, OSError):  # a file that is too long for one of ours is an OSError
        read(folder)


@pytest.mark.parametrize("kind", sorted(Detail.known))
@few(5)
@given(data=st.data())
def test_a_damaged_detail_is_another_one(kind: str, data: st.DataObject) -> None:
    """What a step had to tell and nobody can read as that is told as it stands; nothing of the rest is lost by it."""
    document = {each.name: data.draw(OTHER_VALUES) for each in fields(Detail.known[kind])}
    with suppress(ValidationError):
        part = DetailPart.model_validate_json(json.dumps({"kind": kind, **document}))
        assert isinstance(part.typed, Detail)


INDEXED: Final = "20260301-080000-aaaaaa"


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunFolder, bytes, bytes]:
    """A run with the logs of a host, the timeline of those, and an index of it."""
    runs = tmp_path_factory.mktemp("runs")
    place = runs / INDEXED / "hosts" / "PC-1" / "collect"
    place.parent.mkdir(parents=True)
    with Bundle(place, Origin("PC-1", INDEXED, BEGAN)) as bundle:
        bundle.add_collected("install.log", [b"Return value 3.\r\n" * 9], "a log")
        events = [EventRecord(BEGAN, "Application", EVENT_SOURCE, 9, 2, n, "PC", (), f"failed {n}") for n in range(3)]
        bundle.add_made("timeline.csv", as_csv(events))
        bundle.seal(entry("collected.cab", BytesIO(b"MSCF"), "makecab"))
    folder = RunFolder(runs / INDEXED)
    log_index.search(runs / "index", [folder], ["failed"])
    return folder, (place / "timeline.csv").read_bytes(), (runs / "index").read_bytes()


@few(20)
@given(data=st.data())
def test_a_damaged_timeline_is_searched(indexed: tuple[RunFolder, bytes, bytes], data: st.DataObject) -> None:
    folder, timeline, _ = indexed
    (folder.path / "hosts" / "PC-1" / "collect" / "timeline.csv").write_bytes(data.draw(damaged((timeline,))))
    for file in text_files(folder):
        assert all(passage.text.isprintable() for passage in passages(file))
    assert all(error.text.isprintable() for error in add_in_errors(folder))


@few(15)
@given(data=st.data())
def test_a_damaged_index_is_used_or_made_anew(
    tmp_path: Path, indexed: tuple[RunFolder, bytes, bytes], data: st.DataObject
) -> None:
    """Or an error of the operating system, which is told."""
    folder, _, index = indexed
    (tmp_path / "index").write_bytes(data.draw(damaged((index,))))
    with suppress(OSError):
        log_index.search(tmp_path / "index", [folder], ["failed"])
