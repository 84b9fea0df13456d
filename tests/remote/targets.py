"""Targets for tests: a lab host as the steps see it, and small facts and changes of our own."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from lab.tests.winrm_hosts import WinRMHost
from orchestrator.model.clock import Deadline
from orchestrator.model.message import verbatim
from orchestrator.remote.target import Target
from orchestrator.windows.command import Change, Command, Evidence, Fact, Reply, Sureness
from sspr_lab.winrm import namespaces as ns
from tests.connect.reach import SECONDS, at, connector

NONE = Evidence("made up for a test", Sureness.INFERRED)


@asynccontextmanager
async def target(port: int, *, check: bool = False, username: str = "Administrator") -> AsyncIterator[Target]:
    """A target that is released after the block."""
    async with connector() as made:
        reached = Target(at(port, username), made, check=check, deadline=Deadline.after(SECONDS))
        try:
            yield reached
        finally:
            await reached.release()


def command(line: str, accepts: frozenset[int] | None = frozenset({0})) -> Command:
    """A command that needs no reason."""
    return Command(line, NONE, accepts)


def fact(name: str, *lines: str, accepts: frozenset[int] | None = frozenset({0}), lasting: bool = False) -> Fact[str]:
    """A fact that is the output of some command lines."""

    def parse(replies: Sequence[Reply]) -> str:
        return "".join(reply.output for reply in replies).strip()

    return Fact(name, tuple(replace(command(line, accepts), lasting=lasting) for line in lines), parse)


def change(*lines: str) -> Change:
    """A change by some command lines."""
    return Change(verbatim("make a difference"), tuple(command(line) for line in lines))


def commands_run(host: WinRMHost) -> int:
    """How many command lines the host was sent so far."""
    return len(host.envelopes(ns.COMMAND))
