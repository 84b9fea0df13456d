"""more.com: text a screen at a time, which on a redirected output means all of it, and then some.

Tabs become spaces, line ends carriage return and line feed, and an empty line follows the text (wine-mirror/wine
programs/cmd/tests/test_builtins.cmd.exp, "MORE command"). After 65,534 lines it waits for a key even when the output is
no screen: stackoverflow.com/q/8844868 on MORE.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from sspr_lab.errors import WindowsError
from sspr_lab.process import Process

_TAB: Final = 8
_LINES_BEFORE_A_KEY: Final = 65_534
_CHUNK: Final = 65_536


async def main(process: Process) -> int:
    """more [/e] [/c] [/p] [/s] [/tn] [+n] [files]; without files the standard input."""
    words = process.argv[1:]
    names = [word for word in words if not word.startswith(("/", "+"))]
    switches = [word.lower() for word in words if word.startswith("/")]
    skip = next((int(word[1:]) for word in words if word.startswith("+") and word[1:].isdecimal()), 0)
    tab = next((int(word[2:]) for word in switches if word.startswith("/t") and word[2:].isdecimal()), _TAB)
    number = 0
    async for lines in _batches(process, names):
        kept: list[bytes] = []
        for line in lines:
            number += 1
            if number == _LINES_BEFORE_A_KEY + skip:
                await process.stdout.write(b"".join(kept))
                await asyncio.Event().wait()
            if number > skip:
                kept.append(line.rstrip(b"\r\n").expandtabs(tab) + b"\r\n")
        await process.stdout.write(b"".join(kept))
    if number:
        await process.stdout.write(b"\r\n")
    return 0


async def _batches(process: Process, names: list[str]) -> AsyncIterator[list[bytes]]:
    if not names:
        held = b""
        while chunk := await process.stdin.read(_CHUNK):
            complete, feed, held = (held + chunk).rpartition(b"\n")
            if feed:
                yield complete.split(b"\n")
        if held:
            yield [held]
    for name in names:
        if name.lower() == "nul":
            continue
        files = process.machine.files
        try:
            data = files.read(files.full_path(name, process.directory))
        except WindowsError:
            path = files.full_path(name, process.directory)
            await process.stderr.write_text(f"{process.text('Cannot access file {path}', path=path)}\n")
            continue
        if data:
            yield data.removesuffix(b"\n").split(b"\n")
