"""What it costs to bring 3 MB to a host: our put, against `echo` in pywinrm's `Session.run_cmd`.

    python -m benchmarks.upload

The naive way is measured on a part of the file and scaled up to all of it: all of it would take minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

from benchmarks import naive
from benchmarks.measuring import Cost, Lab, surroundings
from benchmarks.table import print_costs
from orchestrator.connect.connector import PywinrmConnector
from orchestrator.inventory.credentials import SecretResolver
from orchestrator.model.host import Host
from orchestrator.remote import files
from orchestrator.remote.target import Target
from orchestrator.windows import branches

BYTES = 3 * 1024 * 1024
FOLDER = r"C:\Windows\Temp\benchmark"
ECHOED = 6000
"""Bytes of the file in one command: 8,000 characters of base64, near the longest line that cmd.exe takes."""
ECHOES = 20


def content() -> bytes:
    """A file that does not compress, as packages do not; the same every time."""
    return Random(0).randbytes(BYTES)


def ours(hosts: Sequence[Host], passwords: SecretResolver) -> list[str]:
    """Streamed to one command's standard input, decoded and compared there; gives the SHA-256 that the host sees."""

    async def put() -> list[str]:
        connector = PywinrmConnector(passwords, threads=1)
        hashes = []
        for host in hosts:
            target = Target(host, connector)
            await target.observe(branches.MACHINE)
            hashes.append(await files.put(target, source, rf"{FOLDER}\package.msi", FOLDER, FOLDER, lambda _: None))
            await target.release()
        connector.close()
        return hashes

    with tempfile.TemporaryDirectory(prefix="sspr-benchmark-") as folder:
        source = Path(folder) / "package.msi"
        source.write_bytes(content())
        return asyncio.run(put())


def echoes(hosts: Sequence[Host], passwords: SecretResolver) -> list[str]:
    """The first ECHOES pieces, each appended to a file by a command of its own."""
    beginning = content()[: ECHOED * ECHOES]
    for host in hosts:
        session = naive.session(host, passwords)
        for place in range(0, len(beginning), ECHOED):
            text = base64.b64encode(beginning[place : place + ECHOED]).decode()
            response = session.run_cmd(rf"echo {text}>>C:\Windows\Temp\package.b64")
            assert response.status_code == 0, response.std_err
    return []


def measure(hosts: int, port: int, speed: float = 1.0) -> list[Cost[str]]:
    """Both ways, the naive one scaled up to the whole file."""
    lab = Lab(port, speed)
    factor = BYTES / (ECHOED * ECHOES)
    return [
        lab.measure("sspr put", hosts, ours),
        lab.measure("echo", hosts, echoes).scaled(factor, "pywinrm echo, scaled"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=5, help="how many hosts get the file (default: %(default)s)")
    parser.add_argument("--port", type=int, default=15987, help="TCP port of the lab (default: %(default)s)")
    asked = parser.parse_args()
    before = surroundings()
    costs = measure(asked.hosts, asked.port)
    print(f"{before}\n{asked.hosts} lab hosts, one after the other; {BYTES:,} bytes a host; figures are a host's\n")
    print_costs("Upload to a Windows 7", costs)


if __name__ == "__main__":
    main()
