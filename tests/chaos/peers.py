"""Hostile peers: whoever answers on a WinRM port with bytes that never end, come too slowly, or end too early.

What is said is a `Speech`; it is said at once, in place of the answer to the first token of a log-on (`at_log_on`), or
to a sealed envelope after a log-on as Windows does it (`after_log_on`). `Peer.sent` counts what a client has taken.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping

from tests.connect.peers import Handler, Peer, http, log_on, new_context, next_request

Speech = Callable[[Peer, asyncio.StreamWriter], Awaitable[None]]

ENOUGH = 512 * 1024 * 1024
"""Bytes after which an endless speech ends after all: a client without bounds is to fail a test and not a machine."""
_BLOCK = 64 * 1024
_OK = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"


def endless(head: bytes, again: bytes) -> Speech:
    """Says one thing, and then another again and again, as fast as it is taken."""
    block = again * max(1, _BLOCK // len(again))

    async def speak(peer: Peer, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while peer.sent < ENOUGH:
            writer.write(block)
            await writer.drain()
            await asyncio.sleep(0)  # over TLS, or the end of the connection is never heard of
            peer.sent += len(block)

    return speak


def trickle(head: bytes, again: bytes, seconds: float = 1.0) -> Speech:
    """Says one thing at once, and then another again and again, a byte at a time."""

    async def speak(peer: Peer, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        for index in range(ENOUGH):
            await asyncio.sleep(seconds)
            writer.write(again[index % len(again)].to_bytes())
            peer.sent += 1

    return speak


def broken_off(answer: bytes) -> Speech:
    """Says so much, and ends the connection in good order."""

    async def speak(peer: Peer, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        peer.sent += len(answer)
        await writer.drain()
        writer.close()

    return speak


def silent() -> Speech:
    """Takes the connection and the request, and says nothing."""

    async def speak(peer: Peer, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    return speak


ENDLESS: Mapping[str, Speech] = {
    "100 Continue": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "100 Continue with headers": endless(b"", b"HTTP/1.1 100 Continue\r\nX-Filler: " + b"x" * 4000 + b"\r\n\r\n"),
    "102 Processing": endless(b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
    "headers": endless(_OK, b"X-Filler: x\r\n"),
    "one header line": endless(_OK + b"X-Filler: ", b"x"),
    "a folded header": endless(_OK + b"X-Filler: x\r\n", b" x\r\n"),
    "a status line": endless(b"HTTP/1.1 200 ", b"x"),
    "empty lines": endless(b"", b"\r\n"),
    "a line without an end": endless(b"", b"x"),
    "a chunk's extension": endless(_CHUNKED + b"5;", b"x"),
    "a chunk's size": endless(_CHUNKED, b"0"),
    "tiny chunks": endless(_CHUNKED, b"1\r\nx\r\n"),
    "tiny chunks with extensions": endless(_CHUNKED, b"1;" + b"x" * 200 + b"\r\nx\r\n"),
    "trailers": endless(_CHUNKED + b"0\r\n", b"X-Filler: x\r\n"),
    "one trailer": endless(_CHUNKED + b"0\r\nX-Filler: ", b"x"),
    "a body": endless(_OK + b"Content-Length: 999999999\r\n\r\n", b"x"),
    "a body until the end": endless(_OK + b"\r\n", b"x"),
}
"""As fast as it is taken."""

TRICKLES: Mapping[str, Speech] = {
    "100 Continue": trickle(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a status line": trickle(b"HTTP/1.1 200 ", b"x"),
    "headers": trickle(_OK, b"X-Slow: x\r\n"),
    "a chunk's size": trickle(_CHUNKED, b"0"),
    "chunks": trickle(_CHUNKED, b"1\r\nx\r\n"),
    "trailers": trickle(_CHUNKED + b"0\r\n", b"X-Slow: x\r\n"),
    "a body": trickle(_OK + b"Content-Length: 100000\r\n\r\n", b"x"),
    "nothing": silent(),
}
"""A byte a second, for ever."""


def at_log_on(speech: Speech) -> Handler:
    """Says it to whoever asks for anything."""

    async def handle(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await next_request(peer, reader):
            await speech(peer, writer)

    return handle


def at_once(speech: Speech) -> Handler:
    """Says it to whoever connects, as a server of SSH would; also what comes in place of a TLS handshake."""

    async def handle(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await speech(peer, writer)

    return handle


def after_log_on(speech: Speech) -> Handler:
    """Logs on whoever is in NTLM_USER_FILE, and says it to the first envelope."""

    async def handle(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        context = new_context()
        while request := await next_request(peer, reader):
            if context.complete:
                await speech(peer, writer)
                return
            writer.write(log_on(context, request))
            await writer.drain()

    return handle


WHOLE: Mapping[str, bytes] = {
    "a 401 with its length": http("401 Unauthorized", b"<html/>", "WWW-Authenticate: Negotiate", "Server: x"),
    "a 200 in chunks": _CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Type: text/html\r\n\r\n")
    + b"5;a=b\r\nhello\r\n0\r\n\r\n",
    "a 200 in chunks with trailers": _CHUNKED + b"a\r\nhelloworld\r\n0\r\nX-Trailer: x\r\n\r\n",
    "a 200 after 100 Continue": b"HTTP/1.1 100 Continue\r\n\r\n" + http("200 OK", b"hello"),
    "a 204": b"HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n",
}
"""Answers of every framing that says where it ends."""


def cuts(answer: bytes) -> Iterator[bytes]:
    """Every beginning of an answer that is not all of it."""
    for end in range(len(answer)):
        yield answer[:end]
