"""One step on one lab host, called as the fleet calls it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from lab.tests.winrm_hosts import WinRMHost, winrm_host
from orchestrator.model.errors import WouldChange
from orchestrator.model.result import Rest, StepResult
from orchestrator.remote.target import Target
from orchestrator.steps.declaration import StepContext
from sspr_lab.faults import Faults
from sspr_lab.profile import Profile
from tests.remote.targets import target

P = TypeVar("P")


def context(folder: Path, run_id: str = "first", attempt: int = 1) -> StepContext:
    """An attempt of a step in a run."""

    async def write(state: str | None) -> None:
        """There is no other call that would want it."""

    return StepContext(
        run_id=run_id,
        name="step",
        earlier=(),
        attempt=attempt,
        folder=folder,
        report=lambda words: None,
        write=write,
    )


async def in_check_mode(step: Awaitable[StepResult | Rest]) -> StepResult:
    """What a step ends with under --check."""
    with pytest.raises(WouldChange) as raised:
        await step
    return raised.value.result


async def to_end(
    step: Callable[[Target, P, StepContext], Awaitable[StepResult | Rest]],
    target: Target,
    parameters: P,
    context: StepContext,
) -> StepResult:
    """Calls a step until it has a result; rests are short."""
    while isinstance(end := await step(target, parameters, context), Rest):
        await asyncio.sleep(0.05 if end.until else 0)
        context = replace(context, state=end.state, continuing=True)
    return end


@asynccontextmanager
async def one(
    profile: Profile | None = None, *, check: bool = False, faults: Faults | None = None
) -> AsyncIterator[tuple[WinRMHost, Target]]:
    """A host, and the target that stands for it."""
    async with winrm_host(profile, faults=faults) as host, target(host.server.port, check=check) as reached:
        yield host, reached
