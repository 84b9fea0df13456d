"""Peers that are no Windows machine: one speaks bytes, one logs on as Windows does and then answers as it is told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from orchestrator.lab.winrm import encrypted_mime
from orchestrator.lab.winrm.http import BadRequest, Request, Response, read_request
from orchestrator.lab.winrm.negotiation import Negotiation
from orchestrator.lab.winrm.ntlm import Identity, nt_hash
from orchestrator.lab.winrm.sealing import SessionSecurity
from tests.lab.winrm_hosts import PASSWORD

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
    status: HTTPStatus = HTTPStatus.OK


@asynccontextmanager
async def listening(handler: Handler) -> AsyncIterator[Peer]:
    """A peer that handles each connection with `handler`, and is gone after the block."""
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

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
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
    """Logs on whoever knows the password, then answers every envelope as `answer` says: sealed, or with these bytes."""

    async def handle(peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        identity = Identity("PEER", (6, 1, 7601), lambda: datetime.now(UTC))
        negotiation = Negotiation(identity, lambda domain, user: nt_hash(PASSWORD))
        security: SessionSecurity | None = None
        while request := await next_request(peer, reader):
            if security is None and not request.header("authorization"):
                response = Response(HTTPStatus.UNAUTHORIZED, [("WWW-Authenticate", "Negotiate")])
            elif security is None:
                step = negotiation.step(request.header("authorization"))
                security = step.logon.security if step.logon else None
                status = HTTPStatus.OK if security else HTTPStatus.UNAUTHORIZED
                response = Response(status, [("WWW-Authenticate", step.header)])
            else:
                said = answer(encrypted_mime.unpack(request.body, security))
                if isinstance(said, bytes):
                    writer.write(said)
                    await writer.drain()
                    continue
                body = encrypted_mime.pack(said.text, security)
                response = Response(said.status, (), body, encrypted_mime.CONTENT_TYPE)
            writer.write(response.encode())
            await writer.drain()

    return handle


def http(status: str, body: bytes, *headers: str) -> bytes:
    """A response as bytes."""
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]).encode() + body
