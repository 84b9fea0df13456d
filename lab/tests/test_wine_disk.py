"""The directory behind a prefix's drive C:, seen as the model's tools see a file system."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sspr_lab import errors
from sspr_lab.errors import WindowsError
from sspr_lab.faults import Fault, Faults
from sspr_lab.wine.disk import DiskFiles


@pytest.fixture
def files(tmp_path: Path) -> DiskFiles:
    (tmp_path / "windows" / "system32").mkdir(parents=True)
    (tmp_path / "windows" / "win.ini").write_bytes(b"ini")
    return DiskFiles(tmp_path, Faults(), total_bytes=10_000, free_bytes=1_000)


def test_case_does_not_matter_and_is_kept(files: DiskFiles, tmp_path: Path) -> None:
    """A file is found however it is spelled, and written to where it is; a new one is spelled as written."""
    assert files.read(r"C:\WINDOWS\Win.INI") == b"ini"
    files.write(r"c:\Windows\WIN.ini", b"more", append=True)
    files.write(r"C:\Windows\System32\New.Txt", b"x")
    assert {path.name for path in (tmp_path / "windows").iterdir()} == {"system32", "win.ini"}
    assert (tmp_path / "windows" / "win.ini").read_bytes() == b"inimore"
    assert [entry.name for entry in files.listdir(r"C:\Windows\System32")] == ["New.Txt"]


def test_what_clones_share_is_never_written_into(files: DiskFiles, tmp_path: Path) -> None:
    """A file with several links is replaced, so that the template and the other hosts keep theirs."""
    os.link(tmp_path / "windows" / "win.ini", tmp_path / "template.ini")
    files.write(r"C:\Windows\win.ini", b"!", append=True)
    assert (tmp_path / "template.ini").read_bytes() == b"ini"
    assert files.read(r"C:\Windows\win.ini") == b"ini!"


def test_moving_copying_and_removing(files: DiskFiles) -> None:
    """What the pending renames of a restart, makecab and rd do."""
    files.mkdir(r"C:\New")
    files.copy(r"C:\Windows\win.ini", r"C:\New\a.ini")
    files.rename(r"C:\New\a.ini", r"C:\New\b.ini")
    with files.open(r"C:\New\b.ini", "a") as handle:
        handle.write(b"+")
    assert files.read(r"C:\New\b.ini") == b"ini+"
    files.rmdir(r"C:\New", tree=True)
    assert not files.exists(r"C:\New")


FAILURES: dict[str, tuple[Callable[[DiskFiles], object], int]] = {
    "no file": (lambda files: files.read(r"C:\Windows\none"), errors.FILE_NOT_FOUND),
    "no directory": (lambda files: files.read(r"C:\None\none"), errors.PATH_NOT_FOUND),
    "no directory to write to": (lambda files: files.write(r"C:\None\x", b""), errors.PATH_NOT_FOUND),
    "a directory is no file": (lambda files: files.write(r"C:\Windows", b""), errors.ACCESS_DENIED),
    "it is there": (lambda files: files.mkdir(r"C:\WINDOWS"), errors.ALREADY_EXISTS),
    "not empty": (lambda files: files.rmdir(r"C:\Windows"), errors.DIR_NOT_EMPTY),
    "in the way": (lambda files: files.rename(r"C:\Windows\win.ini", r"C:\Windows\system32"), errors.ALREADY_EXISTS),
    "another drive": (lambda files: files.read(r"D:\x"), errors.PATH_NOT_FOUND),
    "not a name": (lambda files: files.write(r"C:\a?b", b""), errors.INVALID_NAME),
    "full": (lambda files: files.write(r"C:\big", b"x" * 2_000), errors.DISK_FULL),
}


@pytest.mark.parametrize(("act", "code"), FAILURES.values(), ids=FAILURES.keys())
def test_failures_are_windows_own(files: DiskFiles, act: Callable[[DiskFiles], object], code: int) -> None:
    """Each failure has the code that a program on Windows would get."""
    with pytest.raises(WindowsError) as caught:
        act(files)
    assert caught.value.code == code


def test_a_full_disk_is_a_fault(tmp_path: Path) -> None:
    """The fault leaves as much space as it says."""
    files = DiskFiles(tmp_path, Faults([Fault("disk_full", {"free": 10})]), total_bytes=100, free_bytes=90)
    assert files.free_bytes == 10
