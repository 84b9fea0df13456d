"""Files to and from a host: whole, verified by SHA-256 on both ends, and resumable on both ways."""

from __future__ import annotations

import asyncio
import hashlib
import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from orchestrator.model.errors import CommandFailed, FileHeld, SourceChanged, TransferCorrupt, UnexpectedOutput
from orchestrator.model.message import Message, message, phrase
from orchestrator.model.private_file import make_folder, open_private
from orchestrator.remote.target import Target
from orchestrator.windows import transfer
from orchestrator.windows.command import Change, asked, gather
from orchestrator.windows.transfer import LINE_BYTES, PIECE_LINES, SHORT_PIECE_LINES, Piece

PIECE_SECONDS = 60.0
"""How long a long piece may take; where it would take longer, short ones are asked for."""
SHORTEST_SECONDS = 0.001
"""What an exchange is taken to take at least: Windows' own clock ticks 64 times a second, and may show none at all."""
_PORTION = 1024 * LINE_BYTES

Report = Callable[[Message], None]
"""Told of progress."""


_NOT_THERE = phrase("transfer-not-there")
_MORE_THAN_AGREED = phrase("transfer-more-than-agreed")
_NO_LAST_LINE = phrase("transfer-no-last-line")
_CAME_DIFFERENTLY = phrase("transfer-came-differently")
_COMPARING = phrase("progress-comparing")
_MAKE_READY = phrase("change-make-ready-to-fetch")


@message("change-write-file")
def _write(path: str) -> None: ...


@message("progress-sending")
def _sending(percent: int) -> None: ...


@message("progress-fetching")
def _fetching(arrived: int, whole: int | None) -> None: ...


@message("transfer-kept-a-part")
def _kept_a_part(path: str, arrived: int, whole: int) -> None: ...


@message("transfer-changed-here")
def _changed_here(file: str) -> None: ...


@message("transfer-arrived-differently")
def _arrived_differently(file: str) -> None: ...


@contextmanager
def writing(path: str) -> Iterator[None]:
    """Writes to a file on the host by `transfer.receive`, inside the block.

    Raises:
        FileHeld: when a command has failed there because a program has the file open.
    """
    try:
        yield
    except CommandFailed as error:
        if transfer.was_held(error.output):
            raise FileHeld(path) from error
        raise


async def put(
    target: Target,
    source: Path,
    path: str,
    folder: str,
    parent: str,
    report: Report,
    sha256: str | None = None,
    *,
    received: int = 0,
) -> str:
    """Copies a file to the host and compares SHA-256 there.

    What an earlier attempt has brought is gone on with. Sending, unpacking and comparing are one command line.

    Args:
        target: The host.
        source: The file here.
        path: Where it is to be there.
        folder: The folder of `path`, made where it is missing.
        parent: The folder above, likewise.
        report: Told how far it is.
        sha256: Of what is to be sent, in lower-case hex; None where that is whatever the file holds now.
        received: What `transfer.received_bytes` has told just now of the path.

    Returns:
        The SHA-256 in lower-case hex.

    Raises:
        PushAwaited: when others are sent files first; nothing was sent.
        SourceChanged: when the file here is not the one that is to be sent.
        CommandFailed: when the host cannot write it, as on a full disk.
        FileHeld: when it cannot because a program has it open, such as the command of an upload that was killed.
        TransferCorrupt: when the host's copy differs. The copy is left for the caller to remove; nothing of it is gone
            on with.
    """
    content = await asyncio.to_thread(source.read_bytes)
    if sha256 is not None and (found := hashlib.sha256(content).hexdigest()) != sha256:
        raise SourceChanged(_changed_here(source.name), expected=sha256, found=found)
    return await put_content(target, source.name, content, path, folder, parent, report, received=received)


async def put_content(
    target: Target,
    name: str,
    content: bytes,
    path: str,
    folder: str,
    parent: str,
    report: Report,
    *,
    received: int = 0,
) -> str:
    """The same with what was read of a file before; `name` is what a person knows it by.

    Raises:
        PushAwaited, CommandFailed, FileHeld, TransferCorrupt: as `put` does.
    """
    wanted = hashlib.sha256(content).hexdigest()
    whole, text = transfer.text_bytes(len(content)), transfer.encoded(path)
    begun = received if received <= whole else 0
    sending = begun < whole or not whole
    receiving = (transfer.receive(text, folder, parent, onward=begun > 0),) if sending else ()
    questions = transfer.received_bytes(path).commands, transfer.hash_of(path).commands
    with writing(text), _turn(target, transfer.on_the_line(whole - begun) if sending else 0):
        replies = await target.apply(
            Change(_write(path), (*receiving, *questions[0], *transfer.decode(text, path), *questions[1])),
            seconds=math.inf,
            content=_Text(target, content, begun, report) if sending else None,
        )
    arrived, found = transfer.parse_received(replies[len(receiving)]), transfer.parse_hash(replies[-1])
    if found != wanted:
        if arrived < whole:
            raise CommandFailed(
                _kept_a_part(path, arrived, whole),
                command=receiving[0].line if receiving else "",
                exit_code=replies[0].exit_code,
                output=replies[0].output,
            )
        raise TransferCorrupt(_arrived_differently(name), sent=wanted, arrived=found)
    return wanted


@contextmanager
def _turn(target: Target, size: int) -> Iterator[None]:
    """The host's turn to be sent so many bytes, inside the block. Raises PushAwaited where it is not that."""
    if not size or target.check:
        yield
        return
    target.pushing.take(size)
    try:
        yield
    finally:
        target.pushing.end()


@dataclass(frozen=True)
class _Text:
    """The text of a file from byte `begun` on; when more of it is asked for, what came before is there."""

    target: Target
    content: bytes
    begun: int
    report: Report

    def __iter__(self) -> Iterator[bytes]:
        line = transfer.BASE64_LINE + 2
        first, within = self.begun // line * LINE_BYTES, self.begun % line
        for place in range(first, len(self.content), _PORTION):
            self.report(_sending(place * 100 // len(self.content)))
            text = transfer.encode_lines(self.content[place : place + _PORTION])
            yield text[within:]
            within = 0
            self.target.carried += len(text)
        self.report(_COMPARING())


@dataclass(frozen=True)
class Offer:
    """A file that can be fetched.

    Attributes:
        sha256: In lower-case hex.
        beginning: What has come of it already.
        lines: How many to ask for next.
    """

    sha256: str
    beginning: Piece
    lines: int


@dataclass(frozen=True)
class _Offered:
    """What the host has of it; no SHA-256 when the file is not there."""

    sha256: str | None
    beginning: Piece


async def offer(target: Target, path: str, numbered: str) -> Offer:
    """Makes a file on the host ready for `get` in `numbered`; for a small one that is all that has to be asked."""
    change = Change(_MAKE_READY(), transfer.offer(path, numbered))
    beginning = transfer.piece(numbered, 0, SHORT_PIECE_LINES)
    look = gather("offered", _Offered, sha256=asked(transfer.hash_of(path)), beginning=asked(beginning))
    began = time.monotonic()
    offered = await target.apply(change, look)
    if offered.sha256 is None:
        raise UnexpectedOutput(_NOT_THERE(), path=path)
    return Offer(offered.sha256, offered.beginning, _lines_after(offered.beginning, began))


async def get(
    target: Target,
    numbered: str,
    sha256: str,
    destination: Path,
    limit: int,
    report: Report,
    offered: Offer | None = None,
    whole: int | None = None,
) -> None:
    """Brings an offered file home, going on from what an earlier attempt brought.

    What has arrived is kept in `destination` with `.part` and the hash in its name until all is there.

    Args:
        target: The host.
        numbered: What `offer` made.
        sha256: What `offer` gave.
        destination: The file here; created with mode 0600.
        limit: The most bytes that are taken.
        report: Told how far it is.
        offered: The offer, when it was made just now.
        whole: How many bytes there are, where that is known; progress is told by it.

    Raises:
        TransferCorrupt: when what arrived is not what was offered; it is removed, and the next attempt starts anew.
        UnexpectedOutput: when the host sends more than `limit`.
    """
    make_folder(destination.parent)
    partial = destination.with_name(f"{destination.name}.{sha256[:16]}.part")
    with os.fdopen(open_private(partial, os.O_RDWR | os.O_APPEND), "r+b") as file:
        size = file.seek(0, os.SEEK_END)
        size -= size % LINE_BYTES
        file.truncate(size)
        lines = offered.lines if offered is not None else SHORT_PIECE_LINES
        while True:
            report(_fetching(size, whole))
            began = time.monotonic()
            if offered is not None and size == 0:
                piece = offered.beginning
            else:
                piece = await target.watch(transfer.piece(numbered, size, lines), seconds=0)
                lines = _lines_after(piece, began)
            size += len(piece.content)
            target.carried += len(piece.content)
            if size > limit:
                raise UnexpectedOutput(_MORE_THAN_AGREED(), bytes=size)
            file.write(piece.content)
            file.flush()
            if piece.last:
                break
            if not piece.content or size % LINE_BYTES:
                raise UnexpectedOutput(_NO_LAST_LINE(), bytes=size)
        file.seek(0)
        arrived = hashlib.file_digest(file, "sha256").hexdigest()
    if arrived != sha256:
        partial.unlink()
        raise TransferCorrupt(_CAME_DIFFERENTLY(), offered=sha256, arrived=arrived)
    partial.replace(destination)


def _lines_after(piece: Piece, began: float) -> int:
    """How many lines to ask for next, after a piece that was asked for at that moment."""
    seconds = max(time.monotonic() - began, SHORTEST_SECONDS)
    expected = len(piece.content) * PIECE_SECONDS / seconds
    return PIECE_LINES if expected >= PIECE_LINES * LINE_BYTES else SHORT_PIECE_LINES
