"""Bundles: written for their owner alone, complete or not at all, and able to prove that nobody changed them."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.harvest.bundle import Bundle, read_manifest, verify
from orchestrator.harvest.manifest import Manifest, Origin, entry
from orchestrator.harvest.names import folder_name, objection

ORIGIN = Origin("PC-17", "run-1", datetime(2026, 3, 1, 9, 30, tzinfo=UTC))


def make(folder: Path) -> Manifest:
    with Bundle(folder, ORIGIN) as bundle:
        bundle.add_collected("install.log", [b"log"], r"C:\Windows\Temp\install.log")
        bundle.add_collected("host.txt", [b"PC-17"], "hostname")
        bundle.add_made("summary.txt", [b"all well"])
        return bundle.seal(entry("collected.cab", BytesIO(b"MSCF"), "makecab"))


def test_the_manifest_tells_all(tmp_path: Path) -> None:
    """manifest.json holds host, run, time, cabinet, and each file's name, length, hash and source."""
    sealed = make(tmp_path / "PC-17")
    told = json.loads((tmp_path / "PC-17" / "manifest.json").read_bytes())
    assert told["host"] == "PC-17"
    assert told["run_id"] == "run-1"
    assert told["taken"] == "2026-03-01T09:30:00Z"
    assert told["cabinet"]["bytes"] == 4
    assert told["files"][1] == {
        "name": "collected/install.log",
        "bytes": 3,
        "sha256": "836ff184e7b41b1e13cb5fd89fa1de98dbbab99e9d2918913ff43b86a5c7c213",
        "source": r"C:\Windows\Temp\install.log",
    }
    assert read_manifest(tmp_path / "PC-17") == sealed


def test_the_hash_of_the_manifest_is_that_of_its_file(tmp_path: Path) -> None:
    """`Manifest.sha256` is what sha256sum says of manifest.json, so a journal may keep it as proof."""
    sealed = make(tmp_path / "PC-17")
    assert sealed.sha256 == hashlib.sha256((tmp_path / "PC-17" / "manifest.json").read_bytes()).hexdigest()


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no POSIX modes")
def test_only_the_owner_may_read(tmp_path: Path) -> None:
    """Files are 0600 and folders 0700, whatever the umask."""
    earlier = os.umask(0)
    try:
        make(tmp_path / "PC-17")
    finally:
        os.umask(earlier)
    modes = {path.is_dir(): stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "PC-17").rglob("*")}
    assert modes == {True: 0o700, False: 0o600}
    assert stat.S_IMODE((tmp_path / "PC-17").stat().st_mode) == 0o700


def _alter(folder: Path) -> None:
    (folder / "collected" / "install.log").write_bytes(b"LOG")


def _lengthen(folder: Path) -> None:
    with (folder / "collected" / "install.log").open("ab") as file:
        file.write(b"more")


def _remove(folder: Path) -> None:
    (folder / "summary.txt").unlink()


def _add(folder: Path) -> None:
    (folder / "collected" / "extra.txt").write_bytes(b"")


def _link(folder: Path) -> None:
    path = folder / "collected" / "host.txt"
    path.rename(folder.parent / "host.txt")
    path.symlink_to(folder.parent / "host.txt")


def _add_folder(folder: Path) -> None:
    (folder / "collected" / "more").mkdir()


def _break_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_bytes(b'{"host": 1}')


def _lose_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def _pipe_for_manifest(folder: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no pipes among its files")
    (folder / "manifest.json").unlink()
    os.mkfifo(folder / "manifest.json")


def _list_what_lies_outside(folder: Path) -> None:
    manifest = (folder / "manifest.json").read_text("utf-8")
    (folder / "manifest.json").write_text(manifest.replace("summary.txt", "../../etc/passwd"), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (_alter, "collected/install.log was altered"),
        (_lengthen, "collected/install.log was altered"),
        (_remove, "summary.txt is missing"),
        (_add, "collected/extra.txt is not in the manifest"),
        (_add_folder, "collected/more/ is not in the manifest"),
        (_link, "collected/host.txt is not a plain file any more"),
        (_break_manifest, "manifest.json is not a manifest"),
        (_lose_manifest, "manifest.json is missing"),
        (_pipe_for_manifest, "manifest.json cannot be read: it is not a plain file any more"),
        (_list_what_lies_outside, "manifest.json is not a manifest: no file of a bundle is named ../../etc/passwd"),
    ],
)
def test_verify_finds_every_change(tmp_path: Path, change: Callable[[Path], None], problem: str) -> None:
    """A bundle as sealed has no problems; after any change there is exactly one, and it names the file."""
    make(tmp_path / "PC-17")
    assert verify(tmp_path / "PC-17") == []
    change(tmp_path / "PC-17")
    (told,) = verify(tmp_path / "PC-17")
    assert told.startswith(problem)


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    """A bundle that is not sealed leaves no folder, and the one of an earlier attempt stands."""
    make(tmp_path / "PC-17")
    with pytest.raises(ValueError, match="separator"), Bundle(tmp_path / "PC-17", ORIGIN) as bundle:
        bundle.add_collected("../evil", [b""], "")
    assert [path.name for path in tmp_path.iterdir()] == ["PC-17"]
    assert verify(tmp_path / "PC-17") == []


def test_a_second_attempt_replaces_the_first(tmp_path: Path) -> None:
    """Nothing of the earlier bundle remains beside the new one."""
    make(tmp_path / "PC-17")
    _add(tmp_path / "PC-17")
    make(tmp_path / "PC-17")
    assert verify(tmp_path / "PC-17") == []


@pytest.mark.parametrize("name", ["PC-17", "pc17.corp.example", "10.0.0.7", "a_b", "büro-pc", "서울-01", "東京-経理"])
def test_plain_host_names_are_their_own_folders(name: str) -> None:
    """What is safe everywhere stays as people know it."""
    assert folder_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        *("con", "NUL.corp.example", "fe80::1", "../x", "pc 17", "pc17.", "x" * 200, "", "host/a", "com1"),
        *("bu\u0308ro-pc", "\U00020000" * 60),
    ],
)
def test_other_host_names_get_safe_folders(name: str) -> None:
    """A host's name that no folder may have gives one that every system takes."""
    folder = folder_name(name)
    assert folder != name
    assert objection(folder) is None
    assert folder.isascii()
    assert len(folder) < 100


@given(st.sets(st.text(max_size=80).map(str.casefold), min_size=2, max_size=2))
def test_hosts_never_share_a_folder(pair: set[str]) -> None:
    """Names that differ without regard to case give folders that differ without regard to case."""
    one, other = pair
    assert folder_name(one).casefold() != folder_name(other).casefold()
