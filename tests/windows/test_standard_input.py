"""Nothing that is asked of a host waits for standard input, which in a WinRM shell may stay open and silent."""

from __future__ import annotations

import asyncio

import pytest

from orchestrator.windows.batch import compose
from orchestrator.windows.command import Command, Fact
from sspr_lab.clock import Clock
from sspr_lab.logon import log_on
from sspr_lab.machine import Machine
from sspr_lab.profile import Profile
from sspr_lab.streams import Collector, Console, OutputStream, Pipe
from tests import catalogue

HANGS_SECONDS = 5.0
FACTS = {fact.name: fact for fact in catalogue.facts()}


@pytest.mark.parametrize("name", FACTS)
async def test_no_question_waits_for_input(name: str) -> None:
    """Every fact is answered while its standard input is a pipe into which nobody ever writes."""
    fact: Fact[object] = FACTS[name]
    clock = Clock(speed=1000)
    machine = Machine(Profile(), clock)
    try:
        async with asyncio.timeout(HANGS_SECONDS):
            for command in fact.commands:
                await run(machine, command)
    finally:
        await clock.close()


async def run(machine: Machine, command: Command) -> None:
    """Runs a command line to its end, whatever it answers."""
    (batch,) = compose([command], "0123abcd")
    output = OutputStream(Collector(), Console(65001))
    process = machine.spawn(
        f"cmd.exe /C {batch.line}",
        account=log_on(machine, "Administrator"),
        stdin=Pipe(),
        stdout=output,
        stderr=output,
    )
    await process.wait()
