r"""Lab hosts with some megabytes of logs each: events, text of Windows Installer, and what the registry has anyway.

python -m benchmarks.host_logs INVENTORY HOSTS PORT [SHARE [FOLDER]]

SHARE is how many times the usual they have; the files of FOLDER are in their C:\Logs, too. The hosts are up until
standard input ends; the inventory is there as soon as they are.
"""

from __future__ import annotations

import asyncio
import random
import sys
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final

from benchmarks import msi_log
from benchmarks.measuring import MIX
from sspr_lab.eventlog import EventLog
from sspr_lab.fleet import Fleet
from sspr_lab.machine import Machine
from sspr_lab.mix import load_mix

ADD_IN, INSTALLER, STARTS, SERVICES = 500, 250, 120, 400
"""Events of each kind; with two logs, what is collected of a host comes to 5 MB, before it is packed."""
LETTERS: Final = 420_000
"""Of each log of Windows Installer, of which a host has two."""
MADE: Final = 8
"""How many logs are made, so that neighbours have other ones."""
_SAID: Final = (
    "SsprWebServiceRequest: POST https://passwordreset.microsoftonline.com/ failed with 0x80072EFD "
    "(WININET_E_CANNOT_CONNECT) after {0} ms in attempt {1}; correlation {2:032x}. The machine's proxy is {3}."
)


@cache
def installer_log(number: int, letters: int = LETTERS) -> bytes:
    """A log of an installation that failed, in UTF-16; hosts whose numbers differ by `MADE` have the same."""
    text = "".join(msi_log.log(letters, seed=number)).replace("\n", "\r\n")
    return text.encode("utf-16")


def fill(machine: Machine, number: int, share: float = 1.0, letters: int | None = None) -> dict[str, bytes]:
    """Gives a machine its logs: so many times the usual events, and logs of so many letters, or as often the usual.

    Which events it has is decided by its number.

    Returns:
        Its logs of Windows Installer, by their names.
    """
    _events(machine.events, random.Random(number), share)
    letters = int(LETTERS * share) if letters is None else letters
    logs = {f"MSI{number:04x}{log}.log": installer_log((2 * number + log) % MADE, letters) for log in range(2)}
    for name, content in logs.items():
        machine.files.write(rf"C:\Windows\Temp\{name}", content)
    return logs


def _events(log: EventLog, chance: random.Random, share: float) -> None:
    at = max((record.time for channel in log.channels for record in channel.records), default=None)
    assert at is not None, "a machine has started, and its log says so"
    moments = (at - timedelta(seconds=seconds) for seconds in range(1_000_000, 0, -60))
    for _ in range(int(ADD_IN * share)):
        told = _SAID.format(chance.randrange(9000), chance.randrange(9), chance.getrandbits(128), "not set")
        log.write(
            "Application",
            "AADPasswordResetCredentialProvider",
            4711,
            level=2,
            data=[told, "0x80072EFD"],
            at=next(moments),
        )
    for _ in range(int(INSTALLER * share)):
        version = f"{chance.randrange(20)}.{chance.randrange(9)}.{chance.randrange(9000)}"
        data = [f"Contoso Tool {chance.randrange(40)}", version, "1033", "0", "Contoso", "(NULL)"]
        log.write("Application", "MsiInstaller", 1033, data=data, at=next(moments))
    for _ in range(int(STARTS * share)):
        log.write("System", "EventLog", chance.choice([6005, 6006]), at=next(moments))
    for _ in range(int(SERVICES * share)):
        data = [f"Service {chance.randrange(60)}", chance.choice(["running", "stopped"])]
        log.write("System", "Service Control Manager", 7036, data=data, at=next(moments))


def put_beside(machine: Machine, folder: Path | None) -> None:
    r"""Puts the files of a folder, where there is one, into the machine's C:\Logs."""
    if folder is not None:
        machine.files.mkdir("C:\\Logs")
        for file in folder.iterdir():
            machine.files.write(rf"C:\Logs\{file.name}", file.read_bytes())


async def serve(inventory: Path, hosts: int, port: int, share: float, beside: Path | None) -> None:
    """Has them up until standard input ends."""
    fleet = Fleet(hosts, mix=load_mix(MIX), port=port)
    for number, host in enumerate(fleet.hosts.values()):
        fill(host.machine, number, share)
        put_beside(host.machine, beside)
    await fleet.start()
    fleet.write_inventory(inventory)
    await asyncio.to_thread(sys.stdin.buffer.read)
    await fleet.stop()


def main() -> None:
    inventory, hosts, port, *others = sys.argv[1:]
    share, beside = float(others[0]) if others else 1.0, Path(others[1]) if others[1:] else None
    asyncio.run(serve(Path(inventory), int(hosts), int(port), share, beside))


if __name__ == "__main__":
    main()
