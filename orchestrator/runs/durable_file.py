"""A file that grows by whole lines, of which it can be known that they are on the disk; its writer's life locks it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from orchestrator.model import threads
from orchestrator.model.errors import RecordNotKept
from orchestrator.model.private_file import make_folder, open_private

_PIECE: Final = 64 * 1024
_TRIES, _TRY_SECONDS = 5, 0.02


class DurableFile:
    """A file of mode 0600 that is appended to.

    Half a line at its end, of a process that was killed over it, is counted, and dropped with the first write. After a
    write that failed the file ends where it ended before, so that no later line hangs on half a one; and nothing is
    called committed any more, as a record with a hole in it proves nothing. Nor is it once somebody has removed it.

    Args:
        path: The file; its folder is made.

    Attributes:
        half: How many bytes of half a line it ended with.

    Raises:
        BlockingIOError: Another process has it.
        OSError: It cannot be opened.
        ResourcesExhausted: This computer allows no thread for what waits for the disk.
    """

    def __init__(self, path: Path) -> None:
        make_folder(path.parent)
        self._path = path
        self._descriptor = open_private(path, os.O_RDWR | os.O_APPEND)
        self._open = True
        self._failed: OSError | None = None
        self._placed = False
        self._syncing: asyncio.Future[None] | None = None
        self._following: asyncio.Future[None] | None = None
        try:
            _lock(self._descriptor)
            self.half = self._to_drop = _half_a_line(self._descriptor)
            self._waiting = threads.started(1, "disk")
        except BaseException:
            os.close(self._descriptor)
            raise

    def write(self, text: str) -> None:
        """Appends whole lines.

        Raises:
            OSError: None of them is there then, nor a part of one.
            ValueError: It has been closed.
        """
        if not self._open:
            raise ValueError("the file is closed")  # its descriptor may be another file's by now
        content = memoryview(text.encode("utf-8"))
        try:
            before = self._size
            if self._to_drop:
                os.ftruncate(self._descriptor, before)
                self._to_drop = 0
            try:
                while content:
                    content = content[os.write(self._descriptor, content) :]
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(self._descriptor, before)
                raise
        except OSError as error:
            self._failed = self._failed or error
            raise

    def tail(self, most: int) -> bytes:
        """What its lines end with, so many bytes or all of it. Raises OSError."""
        return b"".join(self.pieces(max(0, self._size - most)))

    def pieces(self, begin: int = 0) -> Iterator[bytes]:
        """The lines in it at this moment, from a place on. Raises OSError."""
        left = self._size - begin
        os.lseek(self._descriptor, begin, os.SEEK_SET)
        while left > 0 and (piece := os.read(self._descriptor, min(left, _PIECE))):
            left -= len(piece)
            yield piece

    @property
    def _size(self) -> int:
        """Bytes of whole lines."""
        return os.fstat(self._descriptor).st_size - self._to_drop

    @property
    def failure(self) -> OSError | None:
        """Why not all that was written is there, where that is so and known."""
        if self._failed is None:
            return None
        return OSError(self._failed.errno, self._failed.strerror or str(self._failed), str(self._path))

    def flush(self) -> None:
        """Nothing is held back; for those who write to files of any kind."""

    async def commit(self) -> None:
        """Returns when all that was written is on the disk.

        Whoever comes while the disk is waited for shares the next wait with everybody else who does: thousands of hosts
        cost a wait each few milliseconds, and the event loop none.

        Raises:
            RecordNotKept: It is not, now or ever.
        """
        if self._failed is None:
            if self._following is None:
                self._following = asyncio.ensure_future(self._sync_after(self._syncing))
            await asyncio.shield(self._following)
        if self._failed is not None:
            raise RecordNotKept(self._path, self._failed.strerror or str(self._failed)) from self._failed

    def close(self) -> None:
        """Closes it, once what waits for the disk has ended; may be called again."""
        if self._open:
            self._open = False
            self._waiting.shutdown()
            self._failed = self._failed or self._removal()
            os.close(self._descriptor)

    async def _sync_after(self, earlier: asyncio.Future[None] | None) -> None:
        if earlier is not None:
            await asyncio.wait([earlier])
        self._syncing, self._following = self._following, None
        try:
            await asyncio.get_running_loop().run_in_executor(self._waiting, self._sync)
        except OSError as error:
            self._failed = self._failed or error

    def _removal(self) -> OSError | None:
        if os.fstat(self._descriptor).st_nlink:
            return None
        return FileNotFoundError(errno.ENOENT, "it was removed while the run wrote it", str(self._path))

    def _sync(self) -> None:
        os.fsync(self._descriptor)
        if removal := self._removal():
            raise removal
        if not self._placed and os.name == "posix":  # Windows has no fsync of folders
            for folder in (self._path.parent, self._path.parent.parent):
                descriptor = os.open(folder, os.O_RDONLY)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
        self._placed = True


def _half_a_line(descriptor: int) -> int:
    """How many bytes a process that was killed has left behind its last whole line."""
    end = os.fstat(descriptor).st_size
    place = end
    while place:
        begin = max(0, place - _PIECE)
        os.lseek(descriptor, begin, os.SEEK_SET)
        newline = os.read(descriptor, place - begin).rfind(b"\n")
        if newline >= 0:
            place = begin + newline + 1
            break
        place = begin
    return end - place


def being_written(path: Path) -> bool | None:
    """Whether a process that lives has a DurableFile open there; None where this system does not tell."""
    if sys.platform == "win32":
        return None
    import fcntl  # noqa: PLC0415 - Windows has none

    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # of a network file system without locks
        return None
    finally:
        os.close(descriptor)
    return False


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        return
    import fcntl  # noqa: PLC0415 - Windows has none

    for tries_left in reversed(range(_TRIES)):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not tries_left:
                raise
            time.sleep(_TRY_SECONDS)  # whoever looks whether it is locked locks it himself for a moment
        except OSError:  # of a network file system without locks
            return
        else:
            return
