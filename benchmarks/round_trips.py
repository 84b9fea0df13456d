"""What is asked of a host in preflight, install and collect-logs, exchange by exchange, over round trips of 300 ms.

python -m benchmarks.round_trips > docs/round-trips.md
"""

from __future__ import annotations

import argparse
import asyncio
import re
import socket
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import naive
from benchmarks.preflight import LINES
from orchestrator.app.prepare import plan
from orchestrator.connect.connector import PywinrmConnector
from orchestrator.engine.in_process import InProcessEngine
from orchestrator.fleet.run import Run
from orchestrator.fleet.stop import StopSignal
from orchestrator.fleet.work import Leases
from orchestrator.inventory.credentials import SecretResolver
from orchestrator.inventory.load import load_inventory
from orchestrator.model.host import Host
from orchestrator.playbook.load import load_playbook
from orchestrator.playbook.plan import Playbook
from orchestrator.runs.folders import new_run_id
from orchestrator.windows.lease import Holder
from sspr_lab.fault_entries import FaultPlan, HostsFault
from sspr_lab.fleet import Fleet
from sspr_lab.link import Exchange, Link
from sspr_lab.mix import load_mix
from sspr_lab.packages import standin
from sspr_lab.thread import LabThread

ROUND_TRIP = 0.3
MIX = Path(__file__).with_name("windows7.yaml")
WAITING = "for /l"
"""How the line begins that waits on the host: what is asked then depends on how long the host works."""
LEASE_END = "&exit 9))&"
"""What stands between the host's lease, which is looked at or proved, and the commands proper."""


@dataclass(frozen=True)
class Line:
    """A host behind a line with round trips of 300 ms, up and never visited.

    Attributes:
        host: As the inventory has it.
        secrets: The inventory's.
    """

    host: Host
    secrets: SecretResolver
    lab: LabThread

    @property
    def exchanges(self) -> list[Exchange]:
        return self._link.passed.exchanges

    @property
    def connections(self) -> int:
        return self._link.passed.connections

    @property
    def _link(self) -> Link:
        link = self.lab.fleet.hosts[self.host.name].server.link
        assert link is not None
        return link


@contextmanager
def line(speed: float) -> Iterator[Line]:
    """A lab with one Windows 7."""
    faults = FaultPlan((HostsFault(fault="link", hosts="*", round_trip=ROUND_TRIP),))
    port = _free_port()
    with (
        tempfile.TemporaryDirectory(prefix="sspr-benchmark-") as folder,
        LabThread(lambda: Fleet(1, mix=load_mix(MIX), faults=faults, speed=speed, port=port)) as lab,
    ):
        inventory = Path(folder) / "lab.yaml"
        lab.fleet.write_inventory(inventory)
        (host,) = load_inventory(inventory).hosts
        yield Line(host, SecretResolver(inventory.parent), lab)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.20.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Record:
    """A run of ours.

    Attributes:
        playbook: Its name.
        outcome: How it ended on the host.
        exchanges: What was asked, in order.
        connections: TCP connections.
    """

    playbook: str
    outcome: str
    exchanges: Sequence[Exchange]
    connections: int

    @property
    def round_trips(self) -> int:
        return len(self.exchanges) + self.connections

    @property
    def commands(self) -> list[str]:
        """The single commands that were run, those of a batch taken apart."""
        return [command for each in self.exchanges for command in single(each.command)]


def single(command_line: str) -> list[str]:
    """The commands that a line of ours runs one after the other."""
    proper = command_line.rpartition(LEASE_END)[2]
    return [part for part in re.split(r"\)&call echo \w+\.\d+ %\^errorlevel%&?", proper) if part.strip("( ")]


def record(playbooks: Sequence[Playbook], speed: float) -> list[Record]:
    """Runs one playbook after the other on a host."""
    with line(speed) as host, tempfile.TemporaryDirectory(prefix="sspr-benchmark-") as folder:
        records = []
        for playbook in playbooks:
            exchanges, connections = len(host.exchanges), host.connections
            outcome = asyncio.run(_run(playbook, host, Path(folder)))
            seen = host.exchanges[exchanges:]
            records.append(Record(playbook.name, outcome, seen, host.connections - connections))
        return records


async def _run(playbook: Playbook, line: Line, folder: Path) -> str:
    connector = PywinrmConnector(line.secrets, threads=1)
    now, steps = datetime.now(UTC), plan(playbook)
    holder = Holder("0" * 16, new_run_id(now), "admin", "coordinator")
    changing = any(step.kind.changes_hosts for step in steps)
    run = Run(
        id=holder.run,
        playbook=playbook.name,
        plan=steps,
        hosts=[line.host],
        connector=connector,
        engine=InProcessEngine(),
        folder=folder,
        listeners=(),
        stop=StopSignal(),
        forks=1,
        check=False,
        started=now,
        leases=Leases(holder, 0.0) if changing else None,
    )
    try:
        (result,) = (await run.execute()).hosts
    finally:
        connector.close()
    return result.outcome.value


def plain(speed: float) -> float:
    """Round trips of a command by `Session.run_cmd` of unmodified pywinrm, seen with the questions of a preflight."""
    with line(speed) as host:
        session = naive.session(host.host, host.secrets)
        for command in LINES:
            session.run_cmd(command)
        return (len(host.exchanges) + host.connections) / len(LINES)


def page(records: Sequence[Record], plain_round_trips: float) -> str:
    """The page, in Markdown."""
    text = [_INTRODUCTION.format(plain_round_trips=plain_round_trips)]
    for each in records:
        theirs = plain_round_trips * len(each.commands)
        text.append(
            f"| {each.playbook} | {each.outcome} | {len(each.exchanges)} | {each.connections} | {each.round_trips} "
            f"| {each.round_trips * ROUND_TRIP:.1f} s | {len(each.commands)} "
            f"| {theirs:.0f} ({theirs / each.round_trips:.1f}x) |"
        )
    for each in records:
        text += [
            "",
            f"## {each.playbook}",
            "",
            "| # | exchange | what for | bytes up | bytes down |",
            "|--:|---|---|--:|--:|",
        ]
        for number, exchange in enumerate(each.exchanges, 1):
            text.append(
                f"| {number} | {exchange.purpose} | {_shown(exchange.command)} "
                f"| {exchange.bytes_up:,} | {exchange.bytes_down:,} |"
            )
    return "\n".join([*text, "", _WHY])


def _shown(command_line: str) -> str:
    """Which tools a line runs, and how often each."""
    tools = Counter(_tool(command) for command in single(command_line))
    return ", ".join(tool if count == 1 else f"{tool} ({count}x)" for tool, count in tools.items())


def _tool(command: str) -> str:
    """The word that tells most about a command."""
    command = command.lstrip("(")
    if command.startswith(WAITING):
        return "wait on the host"
    if 'findstr "^" >' in command:
        return "take standard input to a file"
    if "schtasks /run" in command:
        return "register the task and start it"
    word = "echo" if command.startswith(">") else command.split()[0]
    return f"`{' '.join(command.split()[:2])}`" if word in {"reg", "certutil", "wevtutil", "schtasks"} else f"`{word}`"


_INTRODUCTION = """\
# Round trips

What is asked of a Windows 7 on its first day, recorded by `python -m benchmarks.round_trips` at a lab host behind a
line with round trips of 300 ms. An exchange is a request and its answer and costs a round trip; so does a TCP
connection. The lab's dice decide, as the speed of a real host does, whether a command's end comes with its output or in
one Receive more.

For comparison, `Session.run_cmd` of unmodified pywinrm, seen in the same run with the questions of a preflight:
{plain_round_trips:.1f} round trips a command, scaled to as many commands as ours has run.

| playbook | ends | exchanges | connections | round trips | at 300 ms | commands | pywinrm |
|---|---|--:|--:|--:|--:|--:|--:|"""

_WHY = """\
## Why none of them can go

- **Log on**: two for NTLM, whose challenge has to be answered. That the first message could go with the answer is not
  known of Windows 7, so it does not.
- **Create, Delete**: a shell a connection. One that is not deleted counts against the five of an account until its
  idle time-out.
- **Command, Receive**: what can be known beforehand is asked in one line. A second line is asked where it depends on
  the answer to the first: what to change on what is there, where the provider's DLL is on its registration.
- **Send** goes with the command that reads it; unpacking, the hash, and starting the task are in the same line. The
  first message of an upload is small, as nothing is known of the line then.
- **Give the lease back**: the last Command but for the sign-off, for playbooks that change hosts. Looking at the lease,
  taking, proving and renewing it stand in front of other commands, and cost bytes alone.
- **Who answers** is told by the CHALLENGE of the log-on, and asked again (ActiveComputerName) with the first question
  on each connection, which costs bytes alone.
- **A new connection** after the restart, which ends the one before.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speed", type=float, default=4, help="host seconds in a second (default: %(default)s)")
    asked = parser.parse_args()
    install = load_playbook("install").with_packages([standin("x64")])
    install = install.overridden(["reboot.delay_minutes=0", "msi.allow_unsigned=true"])
    records = record([load_playbook("preflight"), install, load_playbook("collect-logs")], asked.speed)
    print(page(records, plain(asked.speed)))


if __name__ == "__main__":
    main()
