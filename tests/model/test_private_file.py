"""Writing a file whole or not at all, and what is no file: links, pipes and our own output."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestrator.model.people import ourselves
from orchestrator.model.private_file import create_private, open_private, try_private, write_private, write_public
from tests.other_users import as_root, give

CONTENT = b"what was known\n"
NOBODY = 65534
on_posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no such things in folders")
on_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux can set the size of a pipe and three users at once"
)


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


def test_a_new_file_and_its_folders(tmp_path: Path) -> None:
    """It is its owner's alone, and nothing else stays."""
    path = tmp_path / "new" / "file"
    write_private(path, CONTENT)
    assert path.read_bytes() == CONTENT
    assert os.name != "posix" or stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


@on_posix
def test_a_file_for_everybody(tmp_path: Path) -> None:
    """Whatever the umask, and whatever stood there before; nobody else may write it."""
    path = tmp_path / "file"
    before = os.umask(0o077)
    try:
        for write in (write_public, write_private, write_public):
            write(path, CONTENT)
    finally:
        os.umask(before)
    assert path.read_bytes() == CONTENT
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert list(tmp_path.iterdir()) == [path]


@on_posix
@pytest.mark.parametrize("there", [True, False], ids=["to a file", "to none yet"])
def test_links_stay(tmp_path: Path, there: bool) -> None:
    """The file that a chain of links leads to is replaced, not written over, and the links lead to it as before."""
    real, other = tmp_path / "real", tmp_path / "other"
    if there:
        real.write_bytes(b"before")
        os.link(real, other)
    (tmp_path / "first").symlink_to(real)
    (tmp_path / "second").symlink_to("first")
    write_private(tmp_path / "second", CONTENT)
    assert real.read_bytes() == CONTENT
    assert not real.is_symlink()
    assert [(tmp_path / name).is_symlink() for name in ("first", "second")] == [True, True]
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert not there or other.read_bytes() == b"before"


@on_posix
@pytest.mark.parametrize("linked", [False, True], ids=["itself", "by a link"])
def test_a_pipe_is_written_into(tmp_path: Path, pipe: Path, linked: bool) -> None:
    """Who reads from it gets all; it is a pipe still."""
    path = tmp_path / "link" if linked else pipe
    if linked:
        path.symlink_to(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()
    write_private(path, CONTENT)
    reader.join(30)
    assert read == [CONTENT]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert path.is_symlink() is linked


@on_linux
def test_a_failure_names_the_path_that_was_given(tmp_path: Path, pipe: Path) -> None:
    """Not a temporary file, nor where a link leads to."""
    path = tmp_path / "link"
    path.symlink_to(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    closing = threading.Timer(0.2, os.close, [reader])
    closing.start()
    with pytest.raises(BrokenPipeError) as failed:
        write_private(path, bytes(1_000_000))
    closing.join()
    assert failed.value.filename == str(path)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_file_that_cannot_be_put_in_place(tmp_path: Path) -> None:
    """The folder that is in its way stays, the error names it, and no temporary file is left."""
    path = tmp_path / "taken"
    (path / "inside").mkdir(parents=True)
    with pytest.raises(OSError) as failed:  # noqa: PT011 - which one is the platform's
        write_private(path, CONTENT)
    assert failed.value.filename == str(path)
    assert list(tmp_path.iterdir()) == [path]


@on_linux
@pytest.mark.parametrize("stream", [1, 2])
def test_our_own_output_goes_on(tmp_path: Path, stream: int) -> None:
    """A file that the shell sends our output to gets the content between what is printed before and after."""
    (tmp_path / "stream").symlink_to(f"/proc/self/fd/{stream}")
    program = f"""if True:
        import os, pathlib
        from orchestrator.model.private_file import try_private, write_private
        os.write({stream}, b"before\\n")
        try_private(pathlib.Path("stream"))
        write_private(pathlib.Path("stream"), {CONTENT!r})
        write_private(pathlib.Path("printed"), {CONTENT!r})
        os.write({stream}, b"after\\n")
    """
    with (tmp_path / "printed").open("wb") as printed:
        out, err = (printed, None) if stream == 1 else (None, printed)
        subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, timeout=120, stdout=out, stderr=err)
    assert (tmp_path / "printed").read_bytes() == b"before\n" + CONTENT + CONTENT + b"after\n"
    assert (tmp_path / "stream").is_symlink()


def test_trying_leaves_no_trace(tmp_path: Path) -> None:
    """Neither where nothing is yet, nor on what is there."""
    there = tmp_path / "there"
    there.write_bytes(CONTENT)
    before = there.stat()
    try_private(there)
    try_private(tmp_path / "not yet")
    assert list(tmp_path.iterdir()) == [there]
    assert there.stat() == before


@on_posix
def test_trying_a_pipe_does_not_open_it(pipe: Path) -> None:
    """Nobody reads from it yet: to open it would wait, or show a reader its end."""
    try_private(pipe)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("name", ["none/file", "x" * 250], ids=["no folder", "a name too long for the one beside it"])
def test_what_cannot_be_written_fails_when_it_is_tried(tmp_path: Path, name: str) -> None:
    """By the name that was given."""
    with pytest.raises(OSError) as failed:  # noqa: PT011 - which one is the platform's
        try_private(tmp_path / name)
    assert failed.value.filename == str(tmp_path / name)


@pytest.fixture
def restricted() -> Iterator[Path]:
    """A folder of somebody who may not write everything, as root may: it belongs to who the test is meanwhile."""
    with tempfile.TemporaryDirectory() as name:
        if os.geteuid() == 0:
            os.chown(name, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, 0)
        try:
            yield Path(name)
        finally:
            saved = os.getresuid()[2]
            os.setresuid(saved, saved, saved)


@on_linux
def test_what_nobody_may_write(restricted: Path) -> None:
    """A file without the right to write, and one in a folder without it."""
    (restricted / "file").touch(0o400)
    (restricted / "folder").mkdir(0o500)
    for name in ("file", "folder/file"):
        with pytest.raises(PermissionError):
            try_private(restricted / name)


@as_root
@pytest.mark.parametrize("write", [lambda path: write_private(path, CONTENT), try_private], ids=["written", "tried"])
def test_another_users_link_or_pipe_in_a_shared_folder(tmp_path: Path, write: Callable[[Path], None]) -> None:
    """It would lead to a file of ours, or have us tell everything; ours stays as it was."""
    ours, shared = tmp_path / "ours", tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    (shared / "report").symlink_to(ours)
    (shared / "folder").symlink_to(tmp_path)
    os.mkfifo(shared / "pipe")
    for path in list(shared.iterdir()):
        give(path)
    reader = os.open(shared / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    for name in ("report", "folder/ours", "pipe"):
        with pytest.raises(PermissionError) as failed:
            write(shared / name)
        assert failed.value.filename == str(shared / name)
    assert os.read(reader, 100) == b""
    os.close(reader)
    assert not ours.exists()


@on_posix
def test_a_file_that_is_made_anew_or_is_ours_alone(tmp_path: Path) -> None:
    """Neither through a link, nor one that has another name as well, nor one that others may read."""
    victim, path = tmp_path / "victim", tmp_path / "log"
    victim.touch(0o600)
    for plant in (path.symlink_to, path.hardlink_to):
        plant(victim)
        with pytest.raises(FileExistsError):
            create_private(path)
        with pytest.raises(OSError):  # noqa: PT011 - a link and a second name are different errors
            open_private(path, os.O_WRONLY | os.O_APPEND)
        path.unlink()
    path.touch(0o600)
    path.chmod(0o640)
    with pytest.raises(PermissionError):
        open_private(path, os.O_WRONLY)
    path.chmod(0o600)
    os.close(open_private(path, os.O_WRONLY))
    path.unlink()
    os.close(open_private(path, os.O_WRONLY))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@on_posix
@pytest.mark.parametrize(("mode", "followed"), [(0o755, True), (0o1777, True), (0o777, False), (0o775, None)])
def test_a_link_that_others_could_exchange_is_not_followed(tmp_path: Path, mode: int, followed: bool | None) -> None:
    """Where they may make files beside ours, as in /tmp, they cannot; of a group it depends on who is in it."""
    folder, there = tmp_path / "folder", tmp_path / "there"
    folder.mkdir()
    folder.chmod(mode)
    (folder / "link").symlink_to(there)
    if followed is None:
        followed = ourselves().is_group(folder.stat().st_gid)
    if followed:
        write_private(folder / "link", CONTENT)
        assert there.read_bytes() == CONTENT
    else:
        for refused in (try_private, lambda path: write_private(path, CONTENT)):
            with pytest.raises(PermissionError, match="is a link where others may make files, not followed"):
                refused(folder / "link")
        assert not there.exists()
