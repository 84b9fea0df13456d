"""One step on one lab host, called as the fleet calls it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from lab.tests.winrm_hosts import WinRMHost, winrm_host
from orchestrator.model.errors import WouldChange
from orchestrator.model.result import StepResult
from orchestrator.steps.context import StepContext
from orchestrator.target.target import Target
from sspr_lab.faults import Faults
from sspr_lab.profile import Profile
from tests.target.targets import target


def context(folder: Path, run_id: str = "first", attempt: int = 1) -> StepContext:
    """An attempt of a step in a run; rests are short."""

    async def rest(seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.05))

    return StepContext(
        run_id=run_id,
        name="step",
        earlier=(),
        attempt=attempt,
        folder=folder,
        report=lambda words: None,
        rest=rest,
    )


async def foretold(step: Awaitable[StepResult]) -> StepResult:
    """What a step ends with under --check."""
    with pytest.raises(WouldChange) as raised:
        await step
    return raised.value.result


@asynccontextmanager
async def one(
    profile: Profile | None = None, *, check: bool = False, faults: Faults | None = None
) -> AsyncIterator[tuple[WinRMHost, Target]]:
    """A host, and the target that stands for it."""
    async with winrm_host(profile, faults=faults) as host, target(host.server.port, check=check) as reached:
        yield host, reached
