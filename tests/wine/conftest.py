"""Wine hosts for tests: the template that all of them are cloned of, and a machine alone."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from orchestrator.lab.clock import Clock
from orchestrator.lab.profile import Profile
from orchestrator.lab.wine.gateway import Gateway
from orchestrator.lab.wine.machine import WineMachine
from orchestrator.lab.wine.template import is_installed, template

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here is marked, and skipped where there is no Wine; in CI there has to be one."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.wine)
            if not is_installed() and "CI" not in os.environ:
                item.add_marker(pytest.mark.skip(reason="Wine is not installed"))


@pytest.fixture(scope="session")
def wine_cache() -> Iterator[Path]:
    """Where the workers of one run keep the template; the last to leave takes it away."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    cache = Path(tempfile.gettempdir()) / f"sspr-lab-wine-template-{run}"
    cache.mkdir(mode=0o700, exist_ok=True)
    with (cache / "users").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        yield cache
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        shutil.rmtree(cache)


@pytest.fixture
async def machine(wine_cache: Path, tmp_path: Path) -> AsyncIterator[WineMachine]:
    """A Windows 7 that is up, on a clock on which a minute passes in two seconds."""
    clock, gateway = Clock(speed=30), Gateway()
    await gateway.start()
    machine = WineMachine(Profile(computer_name="PC-07"), clock, tmp_path / "prefix", gateway)
    try:
        await machine.install(template(wine_cache))
        yield machine
    finally:
        await clock.close()
        await machine.remove()
        await gateway.stop()
