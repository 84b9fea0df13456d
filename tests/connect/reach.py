"""The product's connection for tests: a connector with a known password, and hosts to point it at."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from lab.tests.winrm_hosts import PASSWORD, WinRMHost, until
from orchestrator.connect import pywinrm
from orchestrator.connect.connector import PywinrmConnector
from orchestrator.connect.pywinrm import PywinrmConnection
from orchestrator.model.clock import Deadline
from orchestrator.model.host import CredentialReference, Host
from tests.passwords import Passwords

SECONDS = 20.0
"""More than any exchange here needs."""


def at(port: int, username: str = "Administrator") -> Host:
    """A host of the inventory behind a port of 127.0.0.1, whatever answers there calls itself."""
    return Host("pc-01", "127.0.0.1", port, CredentialReference(username, "env:SECRET"), identity="any")


def soon() -> Deadline:
    """A deadline that is only there to end a test that hangs."""
    return Deadline.after(SECONDS)


def shorten_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardly any pause before a Receive, for tests that run many commands and care for other things."""
    monkeypatch.setattr(pywinrm, "FIRST_PAUSE", 0.005)
    monkeypatch.setattr(pywinrm, "LONGEST_PAUSE", 0.05)


@asynccontextmanager
async def connector(password: str = PASSWORD) -> AsyncIterator[PywinrmConnector]:
    """A connector for the time of the block."""
    made = PywinrmConnector(Passwords(password), threads=4)
    try:
        yield made
    finally:
        made.close()


@asynccontextmanager
async def reached(
    port: int, username: str = "Administrator", password: str = PASSWORD
) -> AsyncIterator[PywinrmConnection]:
    """A connection that is logged on inside the block, and closed after it."""
    async with connector(password) as made:
        connected = await made.connect(at(port, username), soon())
        try:
            yield connected
        finally:
            await connected.close()


async def assert_nothing_stays(host: WinRMHost) -> None:
    """No shell is open on a host, no command of ours runs there, and no connection to it stays."""
    await until(lambda: not host.server._connections, seconds=5)
    assert host.server.counters.shells_open == 0
    assert host.machine.shells == set()
    assert [process.command_line for process in host.machine.processes] == []
