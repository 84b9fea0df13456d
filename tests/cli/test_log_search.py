"""`sspr logs search`: words found in whatever was brought home, in any language, and in what is there now."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from orchestrator.harvest import timeline, zipped
from orchestrator.harvest.bundle import Bundle
from orchestrator.harvest.eventlog import EventRecord
from orchestrator.harvest.manifest import Origin, entry
from orchestrator.harvest.names import folder_name
from orchestrator.model.showable import UNSHOWABLE
from orchestrator.model.spreadsheet import Delimiter
from orchestrator.runs import log_index, log_query
from orchestrator.runs.collected_text import TextFile, passages, text_files
from orchestrator.runs.folders import RunFolder
from tests.cli.conftest import Sspr

TAKEN = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
FIRST, SECOND = "20260301-080000-aaaaaa", "20260302-080000-bbbbbb"
KOREAN, JAPANESE = "프로세스가 컴퓨터를 다시 시작했습니다.", "コンピューターの再起動に失敗しました。"


def event(number: int, message: str) -> EventRecord:
    return EventRecord(TAKEN, "Application", "MsiInstaller", 1033, 2, number, "PC", (), message)


def bring_home(
    run: Path, host: str, logs: dict[str, bytes], *messages: str, delimiter: Delimiter = Delimiter.SEMICOLON
) -> Path:
    """A host's bundle in a run's folder, as the step `collect` makes it."""
    run.mkdir(parents=True, exist_ok=True)
    (run / "log.jsonl").touch()
    place = run / "hosts" / folder_name(host) / "collect"
    with Bundle(place, Origin(host, run.name, TAKEN)) as bundle:
        for name, content in logs.items():
            bundle.add_collected(name, [content], name)
        bundle.add_made("summary.txt", [b"summary of it all"])
        records = [event(number, message) for number, message in enumerate(messages, start=1)]
        bundle.add_made("timeline.csv", timeline.as_csv(records, delimiter))
        bundle.add_made("timeline.txt", timeline.as_text(records))
        bundle.seal(entry("collected.cab", BytesIO(b"MSCF"), "makecab"))
    return place


@pytest.fixture
def runs(folder: Path) -> Path:
    """Two runs, the second of them with one host."""
    runs = folder / "state" / "runs"
    bring_home(runs / FIRST, "PC-1", {"MSI1.log": "MSI (s)\r\nReturn value 3.\r\n".encode("utf-16")}, KOREAN)
    bring_home(runs / FIRST, "PC-2", {"a.reg": b'"EnableLogging"=dword:1\n'}, JAPANESE, delimiter=Delimiter.TAB)
    bring_home(runs / SECOND, "büro 7", {"x.log": b"100% of C:\\x_y\n\nReturn value 3\x1b[31m!\n"}, "Fehler: Größe")
    return runs


@pytest.mark.parametrize(
    ("words", "hosts"),
    [
        ("컴퓨터를", ["PC-1"]),
        ("시작", ["PC-1"]),
        ("컴", ["PC-1"]),
        ("다시 시작했습니다", ["PC-1"]),
        ("再起動", ["PC-2"]),
        ("失敗", ["PC-2"]),
        ("RETURN VALUE", ["büro 7", "PC-1"]),
        ("value 3 (s)", []),
        ("ablelogg", ["PC-2"]),
        ("GRÖSSE", []),
        ("größe", ["büro 7"]),
        ("GRÖẞE", ["büro 7"]),
        ("öß", ["büro 7"]),
        ("Rö", ["büro 7"]),
        ("RÖ", ["büro 7"]),
        ("0%", ["büro 7"]),
        ("x_", ["büro 7"]),
        ("_", ["büro 7"]),
        ("\\x", ["büro 7"]),
        ("summary", []),
        ("fehler NEAR(", []),
    ],
)
def test_words_in_any_language(sspr: Sspr, runs: Path, words: str, hosts: list[str]) -> None:
    """Parts of words, short ones too; all of them have to be in one line. The newest run comes first."""
    assert runs.is_dir()
    ran = sspr("logs", "search", words, "--json", "-")
    told = json.loads(ran.out)
    assert list(dict.fromkeys(hit["host"] for hit in told["hits"])) == hosts
    assert (told["hosts"], told["searched"]) == (len(hosts), words.split())
    assert ran.code == (0 if hosts else 1)


@pytest.mark.parametrize(
    "words",
    [
        '"',
        "'",
        "\"'",
        "AND",
        "OR NOT",
        "NEAR(a b)",
        "text:MSI",
        "^MSI",
        "MSI*",
        "(",
        "; --",
        "{a b}:c",
        "%",
        "a\\",
        "\x00",
    ],
)
def test_no_sign_is_an_operator(sspr: Sspr, runs: Path, words: str) -> None:
    """What FTS5 and LIKE would take for more than letters finds what has it, or nothing."""
    assert runs.is_dir()
    if not words.strip("\x00"):
        assert (sspr("logs", "search", words).code, sspr("logs", "search", " ").code) == (2, 2)
        return
    assert sspr("logs", "search", words).code == (0 if words in {"(", "%", '"'} else 1)


def test_where_it_is(sspr: Sspr, runs: Path) -> None:
    """File and line, or time, log and record; nothing that a terminal would obey; what was left out is told."""
    ran = sspr("logs", "search", "return")
    assert ran.out.splitlines() == [
        f"büro 7  hosts/{folder_name('büro 7')}/collect/collected/x.log  run {SECOND}",
        "  line 3: Return value 3 [31m!",
        f"PC-1  hosts/PC-1/collect/collected/MSI1.log  run {FIRST}",
        "  line 2: Return value 3.",
        "2 lines and events on 2 machines",
    ]
    assert not UNSHOWABLE.search(ran.out.replace("\n", ""))
    assert (
        f"2026-03-01 09:30:00 UTC, Application record 1: … {KOREAN}".split("…")[0] in sspr("logs", "search", "다시").out
    )
    assert sspr("logs", "search", "return", "--most", "1").out.endswith("on 2 machines; shown: 1\n")
    assert runs.is_dir()


def test_the_newest_of_each_machine(sspr: Sspr, folder: Path) -> None:
    """A machine with much of it leaves room for others; what is told of the numbers is of all."""
    bring_home(folder / "state" / "runs" / FIRST, "PC-1", {}, *["found"] * 50)
    bring_home(folder / "state" / "runs" / FIRST, "PC-2", {}, "found")
    told = json.loads(sspr("logs", "search", "found", "--each", "2", "--json", "-").out)
    assert (told["found"], told["hosts"], told["complete"]) == (51, 2, True)
    assert [(hit["host"], hit["place"]) for hit in told["hits"]] == [("PC-1", 49), ("PC-1", 50), ("PC-2", 1)]


def test_one_run(sspr: Sspr, runs: Path, folder: Path) -> None:
    """By its name, `last`, or its folder; one that is kept elsewhere is found among all by its name."""
    for run in (FIRST, FIRST[:10], str(runs / FIRST)):
        assert json.loads(sspr("logs", "search", "return", "--run", run, "--json", "-").out)["found"] == 1
    assert sspr("logs", "search", "컴퓨터", "--run", "last").code == 1
    assert "there is no run `2025`" in sspr("logs", "search", "x", "--run", "2025").error
    elsewhere = RunFolder(folder / "ticket")
    bring_home(elsewhere.path, "PC-9", {}, "only here")
    elsewhere.enlist("20260303-080000-cccccc")
    for where in ([], ["--run", "ticket"]):
        (hit,) = json.loads(sspr("logs", "search", "only here", *where, "--json", "-").out)["hits"]
        assert hit["run"] == "20260303-080000-cccccc"


def test_only_what_is_new_is_read(sspr: Sspr, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there already is not read again; what has changed is, and what is gone is not found any more."""
    read: list[str] = []

    def watched(file: TextFile) -> object:
        read.append(file.path.name)
        return passages(file)

    monkeypatch.setattr(log_index, "passages", watched)
    sspr("logs", "search", "return")
    assert len(read) == 6
    bring_home(runs / SECOND, "PC-3", {}, "newcomer")
    log = runs / FIRST / "hosts" / "PC-1" / "collect" / "collected" / "MSI1.log"
    log.write_bytes(b"something else\n")
    shutil.rmtree(runs / FIRST / "hosts" / "PC-2")
    read.clear()
    assert json.loads(sspr("logs", "search", "return", "--json", "-").out)["found"] == 1
    assert sorted(read) == ["MSI1.log", "timeline.csv"]
    assert [sspr("logs", "search", words).code for words in ("newcomer", "something else", "再起動")] == [0, 0, 1]
    shutil.rmtree(runs / SECOND)
    assert sspr("logs", "search", "newcomer").code == 1
    index = (runs.parent / "logs.sqlite3").read_bytes()
    assert b"newcomer" not in index
    assert b"something else" in index


@pytest.mark.parametrize("damage", ["garbage", "middle", "another form", "no table", "half"])
def test_a_damaged_index_is_made_anew(sspr: Sspr, runs: Path, damage: str) -> None:
    """Whatever has become of it, what is found is the same; the file stays its owner's."""
    asked = ("logs", "search", "return", "--json", "-")
    whole = sspr(*asked).out
    index = runs.parent / "logs.sqlite3"
    content = index.read_bytes()
    if damage == "garbage":
        index.write_bytes(b"x" * 5000)
    elif damage == "middle":
        index.write_bytes(content[:100] + b"\xff" * (len(content) - 100))
    elif damage == "half":
        index.write_bytes(content[: len(content) // 2])
    else:
        said = "PRAGMA user_version = 99" if damage == "another form" else "DROP TABLE passages"
        with sqlite3.connect(index) as base:
            base.execute(said)
        base.close()
    assert sspr(*asked).out == whole
    assert index.stat().st_mode & 0o777 == 0o600


def test_an_index_of_others_is_not_touched(sspr: Sspr, runs: Path) -> None:
    """It might hold anything."""
    index = runs.parent / "logs.sqlite3"
    index.touch(mode=0o644)
    index.chmod(0o644)
    ran = sspr("logs", "search", "return")
    assert ran.code == 4
    assert str(index) in ran.err


def test_several_processes_at_once(sspr: Sspr, runs: Path) -> None:
    """All that search at the same moment, before anything was read, find all of it."""
    command = [sys.executable, "-m", "orchestrator", "logs", "search", "return", "--json", "-"]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
    for each in started:
        out, err = each.communicate()
        assert json.loads(out)["found"] == 2, err
    assert sspr("logs", "search", "return").code == 0
    assert runs.is_dir()


def as_zip(place: Path) -> Path:
    """The bundle as one file, as `--zip` makes it."""
    archive = place.with_name(f"{place.name}.zip")
    zipped.pack(place, archive)
    shutil.rmtree(place)
    return archive


def test_in_zip_files(sspr: Sspr, runs: Path) -> None:
    """What a bundle has that is one file is found like in any other; one that is made anew is read anew."""
    logs = {"x.log": "first\r\nonly zipped here\r\n".encode("utf-16"), "y.bin": b"only zipped here"}
    as_zip(bring_home(runs / SECOND, "büro 9", logs, "only zipped 설치"))
    told = json.loads(sspr("logs", "search", "only zipped", "--json", "-").out)
    place = f"hosts/{folder_name('büro 9')}/collect.zip"
    assert [(hit["host"], hit["file"], hit["place"], hit["log"]) for hit in told["hits"]] == [
        ("büro 9", f"{place}/collected/x.log", 2, None),
        ("büro 9", f"{place}/timeline.csv", 1, "Application"),
    ]
    assert sspr("logs", "search", "설치", "--run", SECOND).code == 0
    as_zip(bring_home(runs / SECOND, "büro 9", {}, "quite another"))
    assert [sspr("logs", "search", words).code for words in ("only zipped", "quite another")] == [1, 0]
    (runs / SECOND / place).unlink()
    assert sspr("logs", "search", "quite another").code == 1


def test_zip_files_that_are_no_bundles(sspr: Sspr, runs: Path) -> None:
    """They are left alone, and spoil nothing."""
    archive = as_zip(bring_home(runs / SECOND, "PC-5", {"x.log": b"verbum " * 9999}, "verbum"))
    content = archive.read_bytes()
    archive.with_name("cut.zip").write_bytes(content[:-30])
    archive.with_name("text.zip").write_bytes(b"verbum")
    with zipfile.ZipFile(archive.with_name("other.zip"), "w") as other:
        other.writestr("timeline.csv", "verbum")
    (damaged := bytearray(content))[len(content) // 3] ^= 0xFF
    archive.with_name("damaged.zip").write_bytes(damaged)
    told = json.loads(sspr("logs", "search", "verbum", "--json", "-").out)
    assert {hit["file"].split("/")[2] for hit in told["hits"]} - {"damaged.zip"} == {"collect.zip"}


@pytest.mark.parametrize("words", ["z", "yz", "Z", "q", "Q9", "9", "끝", "나끝"])
def test_short_words_wherever_they_are(sspr: Sspr, folder: Path, words: str) -> None:
    """At the beginning and at the end of a text, and where they are all of it."""
    run = folder / "state" / "runs" / FIRST
    bring_home(run, "PC-1", {"a.log": "yz begins\nends with yz\nyz\nq9\nq\n끝나끝\n나끝\nz\n9".encode()})
    expected = {"z": 4, "yz": 3, "Z": 4, "q": 2, "Q9": 1, "9": 2, "끝": 2, "나끝": 2}
    assert json.loads(sspr("logs", "search", words, "--json", "-").out)["found"] == expected[words]


def test_so_many_that_no_more_are_counted(sspr: Sspr, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest are shown, each machine's by itself, and it is said that there are more; of one run, its own count."""
    monkeypatch.setattr(log_query, "_MOST_COUNTED", 25)
    monkeypatch.setattr(log_query, "_AT_A_TIME", 7)
    for run, hosts in ((FIRST, 3), (SECOND, 2)):
        for number in range(hosts):
            bring_home(folder / "state" / "runs" / run, f"PC-{run[7]}{number}", {}, *["found"] * 10)
    told = json.loads(sspr("logs", "search", "found", "--each", "2", "--json", "-").out)
    assert (told["found"], told["complete"], len(told["hits"])) == (25, False, 6)
    assert [hit["place"] for hit in told["hits"]] == [9, 10] * 3
    for run, found, complete in ((FIRST, 25, False), (SECOND, 20, True)):
        told = json.loads(sspr("logs", "search", "found", "--run", run, "--json", "-").out)
        assert (told["found"], told["complete"]) == (found, complete)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs POSIX")
def test_links_and_pipes_are_left_alone(runs: Path) -> None:
    """A link may lead anywhere, and a pipe never ends."""
    collected = runs / FIRST / "hosts" / "PC-1" / "collect" / "collected"
    (collected / "link.log").symlink_to("/etc/passwd")
    os.mkfifo(collected / "pipe.log")
    (runs / FIRST / "hosts" / "PC-8").symlink_to(runs / SECOND / "hosts")
    names = {file.path.name for file in text_files(RunFolder(runs / FIRST))}
    assert names == {"MSI1.log", "a.reg", "timeline.csv"}


def test_lines_of_any_length(tmp_path: Path) -> None:
    """Of a long one there is the beginning, and the lines behind it have their numbers."""
    host = tmp_path / "hosts" / "PC-1"
    host.mkdir(parents=True)
    (host / "a.log").write_bytes(b"x" * 1_000_000 + b"\n\nthird\rstill third\n")
    (file,) = text_files(RunFolder(tmp_path))
    first, third = passages(file)
    assert (first.place, len(first.text)) == (1, 32_000)
    assert (third.place, third.text) == (3, "third still third")
