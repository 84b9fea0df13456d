"""What a preflight costs a host: ours, against unmodified pywinrm asking the very same command lines one by one.

python -m benchmarks.preflight --hosts 20
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence

from benchmarks import naive
from benchmarks.measuring import Cost, Lab, surroundings
from benchmarks.table import print_costs
from orchestrator.connect.connector import PywinrmConnector
from orchestrator.inventory.credentials import SecretResolver
from orchestrator.model.host import Host
from orchestrator.remote.target import Target
from orchestrator.windows.command import Command, Reply
from orchestrator.windows.readiness.survey import PREFLIGHT, Survey

COMMANDS_A_SHELL = 15
"""What a stock Windows 7 allows (test-kitchen issue 656); whoever asks more needs another shell."""
LINES = tuple(dict.fromkeys(command.line for command in PREFLIGHT.commands))
"""Each once: two facts share a command."""


def ours(hosts: Sequence[Host], passwords: SecretResolver) -> list[Survey]:
    """As `sspr check` does it: batched, one connection, one shell."""

    async def survey() -> list[Survey]:
        connector = PywinrmConnector(passwords, threads=1)
        surveys = []
        for host in hosts:
            target = Target(host, connector)
            surveys.append(await target.observe(PREFLIGHT))
            await target.release()
        connector.close()
        return surveys

    return asyncio.run(survey())


def sessions(hosts: Sequence[Host], passwords: SecretResolver) -> list[Survey]:
    """pywinrm's `Session.run_cmd`, once for each check."""
    surveys = []
    for host in hosts:
        session = naive.session(host, passwords)
        answers = {}
        for line in LINES:
            response = session.run_cmd(line)
            answers[line] = naive.reply(response.std_out, response.std_err, response.status_code)
        surveys.append(_survey(answers))
    return surveys


def shells(hosts: Sequence[Host], passwords: SecretResolver) -> list[Survey]:
    """pywinrm's `Protocol`, one connection, and as few shells as a stock Windows 7 allows."""
    surveys = []
    for host in hosts:
        protocol = naive.protocol(host, passwords)
        answers = {}
        for place in range(0, len(LINES), COMMANDS_A_SHELL):
            shell = protocol.open_shell()
            for line in LINES[place : place + COMMANDS_A_SHELL]:
                command = protocol.run_command(shell, line)
                answers[line] = naive.reply(*protocol.get_command_output(shell, command))
                protocol.cleanup_command(shell, command)
            protocol.close_shell(shell, close_session=place + COMMANDS_A_SHELL >= len(LINES))
        surveys.append(_survey(answers))
    return surveys


def _survey(answers: dict[str, Reply]) -> Survey:
    def answer(command: Command) -> Reply:
        return answers[command.line]

    return PREFLIGHT.parse([answer(command) for command in PREFLIGHT.commands])


WAYS = {
    "sspr": ours,
    "pywinrm Protocol": shells,
    "pywinrm Session.run_cmd": sessions,
}


def measure(hosts: int, port: int, speed: float = 1.0) -> list[Cost[Survey]]:
    """Every way on as many fresh hosts, one host after the other."""
    lab = Lab(port, speed)
    return [lab.measure(way, hosts, work) for way, work in WAYS.items()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=20, help="how many hosts each way asks (default: %(default)s)")
    parser.add_argument("--port", type=int, default=15987, help="TCP port of the lab (default: %(default)s)")
    asked = parser.parse_args()
    before = surroundings()
    costs = measure(asked.hosts, asked.port)
    print(f"{before}\n{asked.hosts} lab hosts, one after the other; {len(LINES)} checks a host; figures are a host's\n")
    print_costs("Preflight of a Windows 7", costs)


if __name__ == "__main__":
    main()
