"""A bundle as one zip file: the same every time, for its owner alone, and trusted with nothing when it is read."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from orchestrator.harvest import zipped
from orchestrator.harvest.bundle import Bundle, bundles_in, manifest_sha256, read_manifest, verify
from orchestrator.harvest.manifest import Origin, entry

ORIGIN = Origin("PC-17", "run-1", datetime(2026, 3, 1, 9, 30, tzinfo=UTC))


def make(folder: Path) -> Path:
    """A bundle, and the zip file of it beside."""
    with Bundle(folder, ORIGIN) as bundle:
        bundle.add_collected("install.log", [b"log" * 1000], r"C:\Windows\Temp\install.log")
        bundle.add_collected("a.reg", [b"reg"], "HKLM")
        bundle.add_made("summary.txt", [b"all well"])
        bundle.seal(entry("collected.cab", BytesIO(b"MSCF"), "makecab"))
    file = folder.with_name(f"{folder.name}.zip")
    zipped.pack(folder, file)
    return file


def test_it_holds_what_the_folder_holds(tmp_path: Path) -> None:
    """In a fixed order, the manifest first; every byte is the same when it is made again."""
    file = make(tmp_path / "collect")
    with zipfile.ZipFile(file) as archive:
        listed = [each.filename for each in archive.infolist()]
        assert listed == ["manifest.json", "collected/a.reg", "collected/install.log", "summary.txt"]
        assert {each.date_time for each in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert all((tmp_path / "collect" / name).read_bytes() == archive.read(name) for name in listed)
    content = file.read_bytes()
    for path in (tmp_path / "collect").rglob("*"):
        os.utime(path, (0, 0))
    zipped.pack(tmp_path / "collect", file)
    assert file.read_bytes() == content
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no POSIX modes")
def test_only_the_owner_may_read(tmp_path: Path) -> None:
    """0600, whatever the umask, and so are the files in it."""
    earlier = os.umask(0)
    try:
        file = make(tmp_path / "collect")
    finally:
        os.umask(earlier)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with zipfile.ZipFile(file) as archive:
        assert {each.external_attr >> 16 for each in archive.infolist()} == {stat.S_IFREG | 0o600}


def test_it_is_verified_as_the_folder_is(tmp_path: Path) -> None:
    """By the same manifest, with the same hash."""
    file = make(tmp_path / "collect")
    assert verify(file) == verify(tmp_path / "collect") == []
    assert read_manifest(file) == read_manifest(tmp_path / "collect")
    assert manifest_sha256(file) == manifest_sha256(tmp_path / "collect")
    (tmp_path / "other.zip").write_bytes(b"PK, so to say")
    assert bundles_in(tmp_path) == [tmp_path / "collect", file]


def rewritten(file: Path, change: Callable[[str, bytes], tuple[str, bytes] | None], *more: tuple[str, bytes]) -> None:
    """The zip file with other entries, made as anybody might make one."""
    with zipfile.ZipFile(file) as archive:
        entries = [(each.filename, archive.read(each)) for each in archive.infolist()]
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in [*filter(None, (change(*each) for each in entries)), *more]:
            archive.writestr(name, content)


def same(name: str, content: bytes) -> tuple[str, bytes]:
    return name, content


def replaced(wanted: str, content: bytes | None) -> Callable[[str, bytes], tuple[str, bytes] | None]:
    def change(name: str, found: bytes) -> tuple[str, bytes] | None:
        return (name, found) if name != wanted else None if content is None else (name, content)

    return change


@pytest.mark.parametrize(
    ("change", "more", "problem"),
    [
        (replaced("summary.txt", b"all ill!"), (), "summary.txt was altered"),
        (replaced("summary.txt", b"all well, believe me"), (), "summary.txt was altered"),
        (replaced("summary.txt", None), (), "summary.txt is missing"),
        (replaced("manifest.json", None), (), "manifest.json is missing"),
        (replaced("manifest.json", b"{}"), (), "manifest.json is not a manifest"),
        (replaced("manifest.json", b" " * (zipped.MOST_OF_MANIFEST + 1)), (), "larger than any that we write"),
        (same, (("more.txt", b""),), "more.txt is not in the manifest"),
        (same, (("../../etc/passwd", b""),), "no file of a bundle is named '../../etc/passwd'"),
        (same, (("/etc/passwd", b""),), "no file of a bundle is named"),
        (same, (("collected/a/b", b""),), "no file of a bundle is named"),
        (same, (("collected\\..\\b", b""),), "no file of a bundle is named"),
        (same, (("C:evil", b""),), "no file of a bundle is named"),
        (same, (("collected/nul.txt", b""),), "no file of a bundle is named"),
        (same, (("collected/", b""),), "no file of a bundle is named"),
        (same, (("Summary.TXT", b""),), "Summary.TXT is in it twice"),
        (same, tuple((f"{number}", b"") for number in range(zipped.MOST_FILES)), "lists more than any that we write"),
    ],
)  # fmt: skip
def test_what_is_in_it_is_judged(
    tmp_path: Path,
    change: Callable[[str, bytes], tuple[str, bytes] | None],
    more: tuple[tuple[str, bytes], ...],
    problem: str,
) -> None:
    """Each change, and each name that would lead elsewhere, is the one thing that is told."""
    file = make(tmp_path / "collect")
    rewritten(file, change, *more)
    (told,) = verify(file)
    assert problem in told


def with_size(content: bytes, size: int) -> bytes:
    """The list says of the first file that it unpacks to so much."""
    place = content.rindex(b"PK\1\2", 0, content.index(b"summary.txt", content.index(b"PK\1\2")))
    return content[: place + 24] + struct.pack("<L", size) + content[place + 28 :]


HOSTILE: dict[str, Callable[[bytes], bytes]] = {
    "something stands before it": lambda content: b"#!/bin/sh\n" + content,
    "something stands behind it": lambda content: content + b"more",
    "its end is missing": lambda content: content[:-30],
    "it would unpack to more than 1024 MB": lambda content: with_size(content, 0xFFFFFFF0),
    "summary.txt was altered": lambda content: with_size(content, 9),
    "is packed in a way in which we pack nothing": lambda content: content.replace(
        b"PK\1\2\x14\x03\x14\x00\x00\x00", b"PK\1\2\x14\x03\x14\x00\x01\x00"
    ),
}


@pytest.mark.parametrize("problem", HOSTILE)
def test_hostile_files_are_refused(tmp_path: Path, problem: str) -> None:
    """Before anything is unpacked: what says that it is enormous, encrypted, or the end of something else."""
    file = make(tmp_path / "collect")
    file.write_bytes(HOSTILE[problem](file.read_bytes()))
    (told,) = verify(file)
    assert problem in told


def test_links_are_refused(tmp_path: Path) -> None:
    """In it, and in its place."""
    file = make(tmp_path / "collect")
    link = zipfile.ZipInfo("link.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert verify(file) == ["link.txt is not a plain file"]
    (tmp_path / "elsewhere.zip").symlink_to(file)
    assert verify(tmp_path / "elsewhere.zip") == ["it is not a plain file any more"]


def test_damage_is_told(tmp_path: Path) -> None:
    """A byte of the packed content is another one."""
    file = make(tmp_path / "collect")
    content = bytearray(file.read_bytes())
    content[content.index(b"summary.txt") + len("summary.txt") + 2] ^= 0xFF
    file.write_bytes(content)
    (told,) = verify(file)
    assert told.startswith("summary.txt")
