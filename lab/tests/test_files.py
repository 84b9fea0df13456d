"""The file system model: names, errors, sharing, space, permissions."""

from collections.abc import Callable

import pytest

from sspr_lab import errors
from sspr_lab.clock import Clock
from sspr_lab.errors import WindowsError
from sspr_lab.faults import Faults, fault
from sspr_lab.file_handle import SHARE_ALL
from sspr_lab.files import FileSystem
from sspr_lab.logon import log_on
from sspr_lab.machine import Machine
from sspr_lab.profile import Profile

TEMP = r"C:\Windows\Temp"


@pytest.fixture
def files(machine: Machine) -> FileSystem:
    """The drive of a stock 64-bit Windows 7."""
    assert isinstance(machine.files, FileSystem)
    return machine.files


def code_of(action: Callable[[], object]) -> int:
    """The Win32 code with which an action fails."""
    with pytest.raises(WindowsError) as refused:
        action()
    return refused.value.code


def test_names_ignore_case_and_keep_it(files: FileSystem) -> None:
    """A file is found in any case and keeps the name that it was made with."""
    files.write(TEMP + r"\Lab.TXT", b"one")
    files.write(r"c:\WINDOWS\temp\lab.txt", b" two", append=True)
    assert files.read(r"C:/windows/TEMP/LAB.txt") == b"one two"
    assert [(entry.name, entry.size) for entry in files.listdir(TEMP)] == [("Lab.TXT", 7)]


@pytest.mark.parametrize(
    ("path", "directory", "expected"),
    [
        ("a.txt", r"C:\Users", r"C:\Users\a.txt"),
        (r"..\a.txt", r"C:\Users\user", r"C:\Users\a.txt"),
        (r"\a.txt", r"C:\Users", r"C:\a.txt"),
        ("c:a.txt", r"C:\Users", r"C:\Users\a.txt"),
        (r"C:\a\.\b\..\c.", r"C:\Users", r"C:\a\c"),
        ("C:/a/b", r"C:\Users", r"C:\a\b"),
        (r"\\server\share\x", r"C:\Users", r"\\server\share\x"),
        ("a b ", r"C:\Users", r"C:\Users\a b"),
    ],
)
def test_full_path(files: FileSystem, path: str, directory: str, expected: str) -> None:
    """Relative paths are completed as GetFullPathName does."""
    assert files.full_path(path, directory) == expected


@pytest.mark.parametrize(
    ("action", "code"),
    [
        (lambda files: files.read(TEMP + r"\none"), errors.FILE_NOT_FOUND),
        (lambda files: files.read(r"C:\none\none"), errors.PATH_NOT_FOUND),
        (lambda files: files.write(r"C:\none\a", b""), errors.PATH_NOT_FOUND),
        (lambda files: files.write(r"D:\a", b""), errors.PATH_NOT_FOUND),
        (lambda files: files.write(TEMP + r"\a?b", b""), errors.INVALID_NAME),
        (lambda files: files.read(r"\\server\share\a"), errors.BAD_NETWORK_PATH),
        (lambda files: files.read(TEMP), errors.ACCESS_DENIED),
        (lambda files: files.mkdir(TEMP), errors.ALREADY_EXISTS),
        (lambda files: files.mkdir(r"C:\none\sub"), errors.PATH_NOT_FOUND),
        (lambda files: files.rmdir(r"C:\Users"), errors.DIR_NOT_EMPTY),
        (lambda files: files.rmdir(r"C:\Windows\win.ini"), errors.DIRECTORY),
        (lambda files: files.listdir(r"C:\Windows\win.ini"), errors.DIRECTORY),
        (lambda files: files.rename(r"C:\Windows\win.ini", r"C:\Windows\explorer.exe"), errors.ALREADY_EXISTS),
    ],
)
def test_failures_have_their_win32_code(files: FileSystem, action: Callable[[FileSystem], object], code: int) -> None:
    """What cannot be done fails with the code that CreateFile and its like give."""
    assert code_of(lambda: action(files)) == code


def test_a_redirected_output_can_be_read_but_not_written_or_deleted(files: FileSystem) -> None:
    """While a handle shares reading only, others read what is written so far, and get error 32 for anything else."""
    path = TEMP + r"\out.log"
    with files.open(path, "w") as handle:
        handle.write(b"first")
        assert files.read(path) == b"first"
        assert code_of(lambda: files.open(path, "a")) == errors.SHARING_VIOLATION
        assert code_of(lambda: files.delete(path)) == errors.SHARING_VIOLATION
        assert code_of(lambda: files.rmdir(TEMP, tree=True)) == errors.SHARING_VIOLATION
        assert code_of(lambda: files.open(path, "r")) == errors.SHARING_VIOLATION
        files.open(path, "r", share=SHARE_ALL).close()
    files.delete(path)
    assert not files.exists(path)


def test_space_is_taken_in_clusters_and_given_back(files: FileSystem) -> None:
    """A file takes whole clusters of 4 KB as it grows, and gives them back when it shrinks or goes."""
    free = files.free_bytes
    files.write(TEMP + r"\a", b"x" * 4097)
    assert files.free_bytes == free - 8192
    files.write(TEMP + r"\a", b"x")
    assert files.free_bytes == free - 4096
    files.copy(TEMP + r"\a", TEMP + r"\b")
    assert files.free_bytes == free - 8192
    files.rename(TEMP + r"\a", TEMP + r"\b", replace_existing=True)
    assert files.free_bytes == free - 4096
    files.delete(TEMP + r"\b")
    assert files.free_bytes == free


@pytest.mark.parametrize("machine_kind", ["trait", "fault"])
def test_a_full_disk(clock: Clock, machine_kind: str) -> None:
    """On a full disk a write fails with 112 and what was there before stays."""
    if machine_kind == "trait":
        machine = Machine(Profile().with_traits("low_disk"), clock)
    else:
        machine = Machine(Profile(), clock, Faults([fault("disk_full", free=10_000)]))
    files = machine.files
    files.write(TEMP + r"\small", b"x")
    assert code_of(lambda: files.write(TEMP + r"\big", bytes(64 * 1024**2))) == errors.DISK_FULL
    assert files.read(TEMP + r"\small") == b"x"


@pytest.mark.parametrize(
    ("account", "path", "allowed"),
    [
        ("user", r"C:\Users\user\a.txt", True),
        ("user", TEMP + r"\a.txt", True),
        ("user", r"C:\Windows\a.txt", False),
        ("user", r"C:\Program Files\a.txt", False),
        ("user", r"C:\Users\Administrator\a.txt", False),
        ("Administrator", r"C:\Windows\System32\a.dll", True),
        ("Administrator", r"C:\Windows\System32\reg.exe", False),
    ],
)
def test_who_may_write_where(machine: Machine, account: str, path: str, allowed: bool) -> None:
    """Users write to their own places, administrators everywhere but over Windows' own files."""
    who = log_on(machine, account)
    if allowed:
        machine.files.write(path, b"x", account=who)
    else:
        assert code_of(lambda: machine.files.write(path, b"x", account=who)) == errors.ACCESS_DENIED
