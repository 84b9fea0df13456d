"""A lab machine for tests, and programs run on it to their end."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, settings

from sspr_lab.accounts import Account
from sspr_lab.clock import Clock
from sspr_lab.logon import log_on
from sspr_lab.machine import Machine
from sspr_lab.profile import Profile
from sspr_lab.streams import BytesInput, Collector, Console, InputStream, OutputStream

settings.register_profile("busy", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")  # how long an example takes is a matter of what else the computer does


@dataclass(frozen=True)
class Ran:
    """What a program left: its output as text with Windows' line ends, and its exit code."""

    out: str
    err: str
    code: int


Run = Callable[..., Awaitable[Ran]]


@pytest.fixture
async def clock() -> AsyncIterator[Clock]:
    """A clock on which a host's minute passes in 60 ms; whatever it has still to do is called off at the end."""
    clock = Clock(speed=1000)
    yield clock
    await clock.close()


@pytest.fixture
def machine(clock: Clock) -> Machine:
    """A stock 64-bit Windows 7."""
    return Machine(Profile(), clock)


@pytest.fixture
def run(machine: Machine) -> Run:
    """Run a command line on a machine (the stock one when none is given) as its Administrator."""
    default = machine

    async def run(
        line: str,
        *,
        stdin: bytes | InputStream = b"",
        account: Account | None = None,
        machine: Machine | None = None,
        bits: int | None = None,
    ) -> Ran:
        host = machine or default
        out, err = Collector(), Collector()
        console = Console(437)
        process = host.spawn(
            line,
            account=account or log_on(host, "Administrator"),
            stdin=BytesInput(stdin, kind="nul") if isinstance(stdin, bytes) else stdin,
            stdout=OutputStream(out, console),
            stderr=OutputStream(err, console),
            bits=bits,
        )
        code = await process.wait()
        return Ran(out.data.decode("cp437"), err.data.decode("cp437"), code)

    return run
