"""Files to and from a host: whole, verified by SHA-256 on both ends, and resumable on the way home."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from orchestrator.model.errors import CommandFailed, TransferCorrupt, UnexpectedOutput
from orchestrator.target.target import Target
from orchestrator.windows import transfer
from orchestrator.windows.command import Change

INVALID_DATA = 0x8007000D
"""HRESULT_FROM_WIN32(ERROR_INVALID_DATA), winerror.h: what certutil ends with where base64 is none any more."""

Report = Callable[[str], None]
"""Told of progress in words."""


async def put_text(target: Target, content: bytes, path: str, folder: str, parent: str) -> None:
    """Writes a small text file (ASCII, last line ended); makes its folder where it is missing."""
    await target.send(transfer.receive(path, folder, parent), [content], path)


async def put(target: Target, source: Path, path: str, folder: str, parent: str, report: Report) -> str:
    """Copies a file to the host and compares SHA-256 there.

    Args:
        target: The host.
        source: The file here.
        path: Where it is to be there.
        folder: The folder of `path`, made where it is missing.
        parent: The folder above, likewise.
        report: Told how far it is.

    Returns:
        The SHA-256 in lower-case hex.

    Raises:
        TransferCorrupt: when the host's copy differs. The copy is left for the caller to remove.
    """
    content = await asyncio.to_thread(source.read_bytes)
    wanted = hashlib.sha256(content).hexdigest()
    encoded = path + ".b64"
    await target.send(transfer.receive(encoded, folder, parent), _reported(content, report), encoded)
    report("unpacking and comparing")
    change = Change(f"unpack {source.name}", transfer.decode(encoded, path))
    try:
        found = await target.apply(change, transfer.hash_of(path))
    except CommandFailed as error:
        if error.exit_code != INVALID_DATA:
            raise
        found = None
    if found != wanted:
        raise TransferCorrupt(f"{source.name} did not arrive as it was sent", sent=wanted, arrived=found)
    return wanted


def _reported(content: bytes, report: Report) -> Iterator[bytes]:
    portion = 256 * transfer.LINE_BYTES * 16
    for place in range(0, len(content), portion):
        report(f"sending {place * 100 // len(content)} %")
        yield transfer.encode_lines(content[place : place + portion])


async def offer(target: Target, path: str, numbered: str) -> str:
    """Makes a file on the host ready for `get`.

    Returns:
        Its SHA-256 in lower-case hex.
    """
    change = Change("make ready to fetch", transfer.offer(path, numbered))
    found = await target.apply(change, transfer.hash_of(path))
    if found is None:
        raise UnexpectedOutput("the file to be fetched is not there", path=path)
    return found


async def get(target: Target, numbered: str, sha256: str, destination: Path, limit: int, report: Report) -> None:
    """Brings an offered file home, going on from what an earlier attempt brought.

    What has arrived is kept in `destination` with `.part` and the hash in its name until all is there.

    Args:
        target: The host.
        numbered: What `offer` made.
        sha256: What `offer` gave.
        destination: The file here; created with mode 0600.
        limit: The most bytes that are taken.
        report: Told how far it is.

    Raises:
        TransferCorrupt: when what arrived is not what was offered; it is removed, and the next attempt starts anew.
        UnexpectedOutput: when the host sends more than `limit`.
    """
    destination.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = destination.with_name(f"{destination.name}.{sha256[:16]}.part")
    with os.fdopen(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+b") as file:
        size = file.seek(0, os.SEEK_END)
        size -= size % transfer.LINE_BYTES
        file.truncate(size)
        while True:
            report(f"fetching, {size // 1024} KB so far")
            piece = await target.watch(transfer.piece(numbered, size), seconds=0)
            size += len(piece.content)
            if size > limit:
                raise UnexpectedOutput("the host sends more than was agreed", bytes=size)
            file.write(piece.content)
            file.flush()
            if piece.last:
                break
            if not piece.content or size % transfer.LINE_BYTES:
                raise UnexpectedOutput("a file ends without its last line", bytes=size)
        file.seek(0)
        arrived = hashlib.file_digest(file, "sha256").hexdigest()
    if arrived != sha256:
        partial.unlink()
        raise TransferCorrupt("a file did not come home as it was offered", offered=sha256, arrived=arrived)
    partial.replace(destination)
