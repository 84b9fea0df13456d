"""What somebody gives: files by their content, archives in bounds, nothing followed, waited for, or left behind."""

from __future__ import annotations

import os
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.harvest import given
from orchestrator.harvest.given import Given, files_of
from orchestrator.harvest.kinds import Kind
from orchestrator.model.case import Answer
from orchestrator.sentences import say
from orchestrator.windows.schannel import SCHANNEL
from tests.analysis.inputs import READY, SPOKEN, case, cases, reg, written, xml
from tests.harvest import cabinets
from tests.harvest.cabinets import BLOCK

SCAN = {"keys.txt": reg(READY), "events.dat": xml(SPOKEN)}
"""Names that say nothing."""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files, in which nothing may be left."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def zip_of(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def found(path: Path) -> dict[str, Given]:
    with files_of([(path, "" if path.is_dir() else path.name)]) as files:
        return {each.name: each for each in files.found}


def lost(path: Path) -> dict[str, str]:
    return {name: say(each.lost) for name, each in found(path).items() if each.lost}


def test_files_are_known_by_their_content(tmp_path: Path) -> None:
    """Names say nothing here, and the answer is the same."""
    kinds = {name: each.kind for name, each in found(written(tmp_path, SCAN)).items()}
    assert kinds == {"keys.txt": Kind.REGISTRY, "events.dat": Kind.EVENTS}
    assert case(tmp_path).answer is Answer.YES


LOGS = {
    "in words": "=== Logging started: 3/1/2026  8:00:00 ===\r\nAction start 8:00:00: INSTALL.\r\n",
    "without its beginning": "MSI (s) (64:F0) [20:27:50:018]: Doing action: INSTALL\r\n",
    "another program's": "2026-03-01 08:00:00, Info CBS Starting TrustedInstaller initialization.\r\n",
    "empty": "",
}


@pytest.mark.parametrize("name", LOGS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_which_logs_are_of_windows_installer(tmp_path: Path, name: str, encoding: str) -> None:
    """Many programs call their logs so; what is of another one is no installation."""
    folder = written(tmp_path, {"a.log": LOGS[name].encode(encoding), "k.reg": reg(READY)})
    said = case(folder)
    ours = name in {"in words", "without its beginning"}
    assert {file.name: file.kind for file in said.files}["a.log"] == ("installation-log" if ours else "other")
    assert len(said.installations) == ours


def test_archives_in_archives(tmp_path: Path, temporary: Path) -> None:
    """A zip file, a cabinet, and both in a zip file tell the same as the files themselves."""
    (tmp_path / "all").mkdir()
    inner = zip_of(tmp_path / "inner.zip", SCAN)
    cabinet = tmp_path / "all" / "c.cab"
    blank = "\n".encode("utf-16-le")
    missing = (BLOCK - len(SCAN["keys.txt"])) // len(blank)
    keys, events = SCAN["keys.txt"] + missing * blank, SCAN["events.dat"].ljust(BLOCK)
    cabinet.write_bytes(cabinets.repeating({"keys.txt": (keys, 1), "events.dat": (events, 1)}))
    outer = zip_of(tmp_path / "outer.zip", {"deep/er/inner.zip": inner.read_bytes()})
    for path in (inner, cabinet, outer):
        assert case(path).answer is Answer.YES, path
    assert set(found(outer)) == {
        "outer.zip",
        "outer.zip/deep/er/inner.zip",
        "outer.zip/deep/er/inner.zip/keys.txt",
        "outer.zip/deep/er/inner.zip/events.dat",
    }


def test_what_was_unpacked_is_ours_alone(tmp_path: Path, temporary: Path) -> None:
    """Nobody else may read it, and it is gone in the end."""
    with files_of([(zip_of(tmp_path / "a.zip", SCAN), "a.zip")]) as files:
        (folder,) = temporary.iterdir()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        places = [each.content for each in files.found if each.content and each.content.parent == folder]
        assert len(places) == len(SCAN)
        assert {stat.S_IMODE(place.stat().st_mode) for place in places} == {0o600}


@pytest.mark.skipif(os.name != "posix", reason="links and pipes as POSIX has them")
def test_links_and_pipes_are_told_and_left(tmp_path: Path) -> None:
    """Neither is a link followed nor a pipe waited for; a folder that a link leads to is not entered."""
    secret = written(tmp_path / "elsewhere", {"secret.reg": reg(READY)})
    folder = written(tmp_path / "given", {"keys.reg": reg(READY)})
    (folder / "link.reg").symlink_to(secret / "secret.reg")
    (folder / "folder").symlink_to(secret)
    os.mkfifo(folder / "pipe.xml")
    assert lost(folder) == dict.fromkeys(
        ("folder", "link.reg", "pipe.xml"), "it is a link, a pipe or a device, which is not opened"
    )
    told = {file.name: file.lost for file in case(folder).files}
    assert {name for name, why in told.items() if why} == {"folder", "link.reg", "pipe.xml"}


NAMES = {
    "../up.reg": "name",
    "/etc/passwd": "name",
    "C:\\Windows\\x.reg": "name",
    "con.reg": "name",
    "a/../../b.reg": "name",
}


def test_names_that_lead_out_are_refused(tmp_path: Path, temporary: Path) -> None:
    """Each is told by its name, with the reason, and the others are read."""
    path = zip_of(tmp_path / "a.zip", {**dict.fromkeys(NAMES, reg(READY)), **SCAN})
    refused = lost(path)
    assert len(refused) == len(NAMES)
    assert all(why.startswith("its name") for why in refused.values())
    assert case(path).answer is Answer.YES


def test_links_in_zip_files_are_refused(tmp_path: Path, temporary: Path) -> None:
    """A member that is a link is none to us."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        described = zipfile.ZipInfo("link.reg")
        described.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(described, "/etc/passwd")
    assert lost(path) == {"a.zip/link.reg": "it is not a plain file, or lies too deep"}


def test_a_bomb_ends_at_the_limit(tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What unpacks to more than is looked at is told; what came before is read."""
    monkeypatch.setattr(given, "_MOST_UNPACKED", 100_000)
    path = zip_of(tmp_path / "a.zip", {**SCAN, "bomb.reg": bytes(10_000_000)})
    assert lost(path) == {"a.zip": "all that is packed would unpack to more than is looked at"}
    assert case(path).answer is Answer.YES


def test_there_are_no_more_files_than_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with more is told once."""
    monkeypatch.setattr(given, "MOST_FILES", 5)
    written(tmp_path / "many", {f"{number}.reg": b"" for number in range(9)})
    assert lost(tmp_path / "many") == {"many": "more files are there than are looked at"}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"PK\3\4" + b"rubbish" * 50, "it is no zip file, or its end is missing"),
        (b"PK\3\4" + b"PK\5\6" + b"\xff" * 18, "it lists more than is looked at: 65535 files in 4294967295 bytes"),
        (b"MSCF" + b"\0" * 60, "this is no cabinet, or one of a kind that we do not read"),
    ],
)
def test_archives_that_are_none(tmp_path: Path, content: bytes, why: str) -> None:
    """Each is told, and nothing else is spoiled."""
    folder = written(tmp_path, {**SCAN, "broken": content})
    assert lost(folder) == {"broken": why}
    assert case(folder).answer is Answer.YES


DAMAGED = {
    "cut.reg": (reg(READY)[:-30], "cut off"),
    "old.reg": (b"REGEDIT4\r\n\r\n[HKEY_LOCAL_MACHINE\\A]\r\n", "no exported registry file"),
    "bomb.xml": (b'<!DOCTYPE x [<!ENTITY a "b">]>' + xml(SPOKEN), "document type"),
    "cut.xml": (xml(SPOKEN, SPOKEN)[:-40], "cannot be read"),
    "cut.evtx": (b"ElfFile\0" + bytes(4000), "cut off or damaged"),
    "check.json": (b'{"learned": ' + b"[" * 100_000, "no check.json"),
    "manifest.json": (b'{"sha256": 1}', "no manifest"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_files_are_told(tmp_path: Path, name: str) -> None:
    """Each says what is wrong with it, and spoils no other."""
    content, why = DAMAGED[name]
    folder = written(tmp_path, {"good/keys.reg": reg(READY), "good/events.xml": xml(SPOKEN), name: content})
    told = {file.name: say(file.lost) for file in case(folder).files if file.lost}
    assert list(told) == [name]
    assert why in told[name]


def test_nothing_is_said_to_be_absent_by_half_a_file(tmp_path: Path) -> None:
    """What a cut export lacks may have been there: that is no problem, and no yes."""
    keys = {path: values for path, values in READY.items() if "86D2" not in path}
    said = case(written(tmp_path, {"k.reg": reg(keys)[:-8]}))
    assert said.answer is Answer.UNKNOWN
    assert said.problems == ()


def test_text_that_acts_is_text(tmp_path: Path) -> None:
    """What a terminal would obey is in no part of a case."""
    evil = "\x1b]0;owned\x07\x1b[2J\u202eevil"
    folder = written(
        tmp_path,
        {
            f"{evil}.reg": reg({**READY, rf"HKLM\SOFTWARE\{evil}": {evil: evil}}),
            "e.xml": xml(SPOKEN.replace("created", evil.replace("\x1b", "&#27;").replace("\x07", "&#7;"))),
        },
    )
    said = repr(case(folder)).replace("\\\\", "")
    for sign in ("\\x1b", "\\x07", "\\u202e", "\x1b"):
        assert sign not in said


def test_a_file_of_many_names_is_bounded(tmp_path: Path) -> None:
    """Keys nested in each other by the thousands are read or refused, and never followed by recursion."""
    keys = {SCHANNEL + "\\a" * depth: dict[str, int]() for depth in range(1500)}
    assert cases(written(tmp_path, {"k.reg": reg(keys)}))


def test_zip_files_with_a_comment_are_read(tmp_path: Path, temporary: Path) -> None:
    """Anybody's zip file may have one, may list folders, and may part them as Windows does."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("folder/", b"")
        for name, content in SCAN.items():
            archive.writestr(f"folder\\{name}", content)
        archive.comment = b"of a colleague"
    assert case(path).answer is Answer.YES
