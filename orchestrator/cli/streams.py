"""The standard streams, which may go away under us: what is printed must not decide about what is done.

A reader that has seen enough (`| head`), a terminal that was closed and a full disk are noticed, remembered, and told
at the end where somebody would miss what was not printed.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from typing import BinaryIO, Final, cast

_NOBODY_READS: Final = {errno.EPIPE, errno.EIO}
"""The reader has gone, or the terminal has: nobody misses anything."""


class _Bearing(io.RawIOBase):
    """A stream on a descriptor that takes everything, whether or not it gets it out."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self.error: OSError | None = None

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def write(self, content: object) -> int:
        view = memoryview(content)  # type: ignore[arg-type]
        if self.error is None:
            left = view
            try:
                while left:
                    left = left[os.write(self._descriptor, left) :]
            except OSError as error:
                self.error = error
        return view.nbytes


def bear_loss() -> None:
    """Has `sys.stdout` and `sys.stderr` go on when what they lead to does not."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, io.TextIOWrapper):
            continue
        stream.reconfigure(errors="replace")
        if not isinstance(getattr(stream.buffer, "raw", stream.buffer), io.FileIO):
            continue  # a console of Windows
        stream.flush()
        raw = _Bearing(stream.fileno())
        unbuffered = isinstance(stream.buffer, io.FileIO)  # as PYTHONUNBUFFERED has it
        lines = stream.isatty() or name == "stderr"
        wrapped = io.TextIOWrapper(
            cast(BinaryIO, raw) if unbuffered else io.BufferedWriter(raw),
            stream.encoding,
            "replace",
            line_buffering=lines,
            write_through=unbuffered,
        )
        setattr(sys, name, wrapped)


def complain(text: str) -> None:
    """Says on the standard error what is wrong."""
    from rich.console import Console
    from rich.markup import escape

    Console(stderr=True, soft_wrap=True).print(f"[bold red]error:[/] {escape(text)}", highlight=False)


def note(text: str) -> None:
    """Says on the standard error what is good to know, and stops nothing."""
    from rich.console import Console

    Console(stderr=True, soft_wrap=True).print(f"note: {text}", style="dim", markup=False, highlight=False)


def lost() -> OSError | None:
    """Why the standard output did not take all that was printed, where somebody would miss it."""
    for stream in _ours():
        stream.flush()
    raw = next((_raw(stream) for stream in _ours() if stream is sys.stdout), None)
    return raw.error if raw and raw.error and raw.error.errno not in _NOBODY_READS else None


def _ours() -> Iterator[io.TextIOWrapper]:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and _raw(stream):
            yield stream


def _raw(stream: io.TextIOWrapper) -> _Bearing | None:
    raw = getattr(stream.buffer, "raw", stream.buffer)
    return raw if isinstance(raw, _Bearing) else None
