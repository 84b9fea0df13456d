"""A lab in a process of its own: two machines on free ports of 127.0.0.1, with one acceptor or the other.

    python -m tests.opinions.lab_server (own|gss) FOLDER

It reads the passwords of its accounts as JSON from the first line of its standard input, writes the port of each
machine as JSON to its standard output, every envelope that passes to FOLDER/envelopes.jsonl, and ends when its
standard input does.
"""

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from sspr_lab.clock import Clock
from sspr_lab.machine import Machine
from sspr_lab.profile import Branch, Profile
from sspr_lab.winrm.authentication import AcceptorMaker
from sspr_lab.winrm.negotiation import own_acceptor
from sspr_lab.winrm.server import WinRMServer

ENVELOPES = "envelopes.jsonl"
SPEED = 30.0
MACHINES: Mapping[Branch, str] = {"windows7": "PC-07", "windows8.1": "PC-81"}


def acceptor_named(name: str, folder: Path, credentials: Mapping[str, str]) -> AcceptorMaker:
    """The acceptor; gssapi is imported only where it is asked for."""
    if name == "own":
        return own_acceptor
    from tests.opinions.gss_acceptor import GssAcceptor, know_accounts  # noqa: PLC0415 - it may not be there

    know_accounts(folder / "ntlm-users", credentials, MACHINES.values())
    return GssAcceptor


async def serve(name: str, folder: Path, credentials: Mapping[str, str], ended: Callable[[], object]) -> None:
    """Serve until `ended` returns; it blocks."""
    acceptor = acceptor_named(name, folder, credentials)
    clock = Clock(speed=SPEED)
    with (folder / ENVELOPES).open("a", encoding="utf-8") as file:

        def write_down(action: str, envelope: str) -> None:
            file.write(json.dumps([action, envelope]) + "\n")
            file.flush()

        servers = {
            branch: WinRMServer(
                Machine(Profile(branch=branch, computer_name=computer), clock),
                *("127.0.0.1", 0, credentials),
                acceptor=acceptor,
                transcript=write_down,
            )
            for branch, computer in MACHINES.items()
        }
        for server in servers.values():
            await server.start()
        print(json.dumps({branch: server.port for branch, server in servers.items()}), flush=True)  # noqa: T201
        await asyncio.to_thread(ended)
        for server in servers.values():
            await server.stop()
        await clock.close()


def main() -> None:
    acceptor, folder = sys.argv[1:]
    credentials = json.loads(sys.stdin.readline())
    asyncio.run(serve(acceptor, Path(folder), credentials, sys.stdin.read))


if __name__ == "__main__":
    main()
