"""How long log-ons of one account take through the guard, at a server that only answers log-ons.

python -m benchmarks.logons --count 1000
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import resource
import tempfile
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from benchmarks.measuring import surroundings
from orchestrator.connect.connector import PywinrmConnector
from orchestrator.connect.lockout.guard import Guard
from orchestrator.connect.lockout.ledger import Ledger
from orchestrator.connect.lockout.rules import UNANSWERED
from orchestrator.model.clock import Deadline
from orchestrator.model.host import CredentialReference, Host
from orchestrator.model.secret import Secret
from sspr_lab.winrm.channel import Channel
from sspr_lab.winrm.http import read_request
from sspr_lab.winrm.ntlm import Handshake, Identity, nt_hash

_PASSWORD = "Correct-horse-7"
_LARGEST_REQUEST = 65_536
_ANSWER = "HTTP/1.1 {0}\r\nWWW-Authenticate: Negotiate {1}\r\nContent-Length: 0\r\n\r\n"


class _Passwords:
    def resolve(self, reference: str) -> Secret:
        return Secret(_PASSWORD, reference)


async def _serve(delay: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection: a CHALLENGE at once, and after the delay whether the answer to it is right."""
    identity = Identity("SERVER", (6, 3, 9600), lambda: datetime.now(UTC), ("CONTOSO", "contoso.com"))
    secret = nt_hash(_PASSWORD)
    handshake = Handshake(identity, lambda _domain, _user: secret, Channel())
    request = await read_request(reader, _LARGEST_REQUEST)
    challenge = handshake.challenge(b64decode(request.header("authorization").split()[1])) if request else b""
    writer.write(_ANSWER.format("401 Unauthorized", b64encode(challenge).decode()).encode())
    request = await read_request(reader, _LARGEST_REQUEST)
    if request is not None:
        await asyncio.sleep(delay)
        handshake.authenticate(b64decode(request.header("authorization").split()[1]))
        writer.write(_ANSWER.format("200 OK", "").encode())
        await reader.read()
    writer.close()


def _server(delay: float, ports: multiprocessing.Queue[int]) -> None:
    async def serve() -> None:
        server = await asyncio.start_server(partial(_serve, delay), "127.0.0.1", 0, backlog=512)
        ports.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


@contextmanager
def _serving(delay: float) -> Iterator[int]:
    """The port of a server in a process of its own."""
    ports: multiprocessing.Queue[int] = multiprocessing.Queue()
    process = multiprocessing.Process(target=_server, args=(delay, ports), daemon=True)
    process.start()
    try:
        yield ports.get(timeout=30)
    finally:
        process.terminate()
        process.join()


async def _log_on(port: int, count: int, forks: int, state: Path) -> tuple[float, int]:
    """Seconds that all of them took, and how many threads there were at most."""
    guard = Guard(Ledger(state / "logons.sqlite3"))
    connector = PywinrmConnector(_Passwords(), threads=forks, guard=guard)
    slots, threads = asyncio.Semaphore(forks), 0
    credential = CredentialReference(r"CONTOSO\admin", "env:SECRET")

    async def one(number: int) -> None:
        nonlocal threads
        async with slots:
            host = Host(f"PC-{number:05}", "127.0.0.1", port, credential, identity="any")
            connection = await connector.connect(host, Deadline.after(600))
            threads = max(threads, threading.active_count())
            await connection.close()

    began = time.perf_counter()
    await asyncio.gather(*(one(number) for number in range(count)))
    took = time.perf_counter() - began
    connector.close()
    return took, threads


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="how many log-ons")
    parser.add_argument("--delay", type=float, default=0.3, help="seconds until the server answers one")
    parser.add_argument("--forks", type=int, default=50, help="how many hosts at once")
    arguments = parser.parse_args()
    with _serving(arguments.delay) as port, tempfile.TemporaryDirectory(prefix="sspr-benchmark-") as state:
        took, threads = asyncio.run(_log_on(port, arguments.count, arguments.forks, Path(state)))
    ideal = arguments.count * arguments.delay / UNANSWERED
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(surroundings())
    print(f"{arguments.count:,} log-ons of one account, {arguments.forks} hosts at once, {UNANSWERED} unanswered")
    print(f"took {took:.1f} s; {ideal:.1f} s would be no time between two log-ons ({took / ideal:.3f} times that)")
    print(f"at most {threads} threads and {memory:.0f} MB")


if __name__ == "__main__":
    main()
