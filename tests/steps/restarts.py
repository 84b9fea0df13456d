"""A lab host whose restart is asked for, and what stands there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from lab.tests.winrm_hosts import WinRMHost, faulty, winrm_host
from orchestrator.model.outcome import Outcome
from orchestrator.remote.target import Target
from orchestrator.steps.reboot import schedule_reboot
from orchestrator.steps.restarting import RebootParameters
from tests.remote.targets import target
from tests.steps.one_step import context, to_end

OURS = r"HKLM\SOFTWARE\SsprOrchestrator"
HALF_AN_HOUR = RebootParameters(when="always", delay_minutes=30, wait=False)
AT_ONCE = RebootParameters(when="always", wait=False)


@asynccontextmanager
async def a_host(code: int | None = None, times: int = 1) -> AsyncIterator[tuple[WinRMHost, Target]]:
    """A host; with a code, one whose shutdown.exe ends with that and does nothing, so many times."""
    faults = None if code is None else faulty("shutdown_refused", code=code, times=times)
    async with winrm_host(faults=faults) as host, target(host.server.port) as reached:
        yield host, reached


async def asked(reached: Target, _: WinRMHost, folder: Path) -> None:
    """An earlier run has scheduled one."""
    result = await to_end(schedule_reboot, reached, HALF_AN_HOUR, context(folder, "earlier"))
    assert result.outcome is Outcome.REBOOT_PENDING


def minutes_left(host: WinRMHost) -> float:
    """Until the restart that is pending."""
    pending = host.machine.power.pending
    assert pending is not None
    return (pending.due - host.machine.clock.now()) / timedelta(minutes=1)
