"""One Wine host for all cases of a test process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from sspr_lab.clock import Clock
from sspr_lab.profile import Profile
from sspr_lab.wine.gateway import Gateway
from sspr_lab.wine.machine import WineMachine
from tests.wine.conftest import original, wine_cache

from .hosts import WineHost

__all__ = ["original", "wine_cache"]

SPEED = 30.0
"""Host seconds in a real second: Wine's programs take real ones, and what is scheduled for a day ahead has to wait."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def wine_host(original: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WineHost]:
    """A stock 64-bit Windows 7 that Wine is a part of."""
    clock, gateway = Clock(speed=SPEED), Gateway()
    machine = WineMachine(Profile(), clock, tmp_path_factory.mktemp("host") / "prefix", gateway)
    try:
        await gateway.start()
        await machine.install(original)
        yield WineHost(machine)
    finally:
        await machine.remove()
        await gateway.stop()
        await clock.close()
