"""Peers that are no Windows machine: one speaks bytes, one logs on as Windows does and then answers as it is told."""

import asyncio
import ssl
import struct
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import spnego

from sspr_lab.winrm.http import BadRequest, Request, read_request

SEALED_TYPE = 'multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"'
OCTETS = b"\tContent-Type: application/octet-stream\r\n"
LARGEST_REQUEST = 1024 * 1024


@dataclass
class Peer:
    """What a test wants to know of a peer: where it listens, and how often it was called.

    Attributes:
        port: On 127.0.0.1.
        connections: How many were accepted.
        requests: How many were read.
        sent: Bytes that a client took, as far as a peer counts them.
    """

    port: int = 0
    connections: int = 0
    requests: int = 0
    sent: int = 0


Handler = Callable[[Peer, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Answer = Callable[[str], "Sealed | bytes"]


@dataclass(frozen=True)
class Sealed:
    """A SOAP text to be sealed."""

    text: str
    status: str = "200 OK"


@asynccontextmanager
async def listening(handler: Handler, security: ssl.SSLContext | None = None) -> AsyncIterator[Peer]:
    """A peer that handles each connection with `handler`, over TLS or not, and is gone after the block."""
    peer = Peer()
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        peer.connections += 1
        try:
            with suppress(ConnectionError):
                await handler(peer, reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=security)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def next_request(peer: Peer, reader: asyncio.StreamReader) -> Request | None:
    """The next request of a client; None when there is none any more."""
    with suppress(BadRequest):
        request = await read_request(reader, LARGEST_REQUEST)
        peer.requests += request is not None
        return request
    return None


def saying(answer: bytes) -> Handler:
    """Gives the same bytes for every request, whatever it is."""

    async def handle(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await next_request(peer, reader):
            writer.write(answer)
            await writer.drain()

    return handle


def sealing(answer: Answer) -> Handler:
    """Logs on whoever is in NTLM_USER_FILE, then answers every envelope as `answer` says."""

    async def handle(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        context = new_context()
        while request := await next_request(peer, reader):
            if context.complete:
                said = answer(_unsealed(context, request.body))
                writer.write(said if isinstance(said, bytes) else _sealed(context, said))
            else:
                writer.write(log_on(context, request))
            await writer.drain()

    return handle


def new_context() -> spnego.ContextProxy:
    """The acceptor's side of a log-on by NTLM."""
    return spnego.server(protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm)


def log_on(context: spnego.ContextProxy, request: Request) -> bytes:
    """The answer to a request with a token."""
    token = b64decode(request.header("authorization").partition(" ")[2])
    challenge = b64encode(context.step(token) or b"").decode() if token else ""
    status = "200 OK" if context.complete else "401 Unauthorized"
    return http(status, b"", f"WWW-Authenticate: Negotiate {challenge}".rstrip())


def _unsealed(context: spnego.ContextProxy, body: bytes) -> str:
    part = body[body.index(OCTETS) + len(OCTETS) :].removesuffix(b"--Encrypted Boundary--\r\n")
    return context.unwrap(part[4:]).data.decode()


def _sealed(context: spnego.ContextProxy, said: Sealed) -> bytes:
    text = said.text.encode()
    head = b"--Encrypted Boundary\r\n\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n"
    original = b"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=%d\r\n" % len(text)
    part = struct.pack("<I", 16) + context.wrap(text).data
    body = head + original + b"--Encrypted Boundary\r\n" + OCTETS + part + b"--Encrypted Boundary--\r\n"
    return http(said.status, body, f"Content-Type: {SEALED_TYPE}")


def http(status: str, body: bytes, *headers: str) -> bytes:
    """A response as bytes."""
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]).encode() + body
