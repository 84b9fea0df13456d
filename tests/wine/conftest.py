"""Wine hosts for tests: the template that all of them are cloned of, and a machine alone."""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import pytest

from sspr_lab.clock import Clock
from sspr_lab.profile import Profile
from sspr_lab.wine.gateway import Gateway
from sspr_lab.wine.machine import WineMachine
from sspr_lab.wine.template import is_installed, template

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
    with _joined(cache) as users:
        yield cache
        with suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            gone = cache.rename(cache.with_name(f"{cache.name}.gone"))  # who joins now makes one of their own
            shutil.rmtree(gone)


def _joined(cache: Path) -> IO[str]:
    """The file by which the cache's users know of each other, locked for sharing; made where it is not there."""
    while True:
        cache.mkdir(mode=0o700, exist_ok=True)
        users = (cache / "users").open("w")
        fcntl.flock(users, fcntl.LOCK_SH)
        with suppress(FileNotFoundError):
            if os.path.samestat((cache / "users").stat(), os.fstat(users.fileno())):
                return users
        users.close()  # it was taken away while we waited


@pytest.fixture(scope="session")
def original(wine_cache: Path) -> Iterator[Path]:
    """The template, of which nothing may have changed when all is done: its clones are hard links to it."""
    path = template(wine_cache)
    before = contents(path)
    yield path
    after = contents(path)
    assert {name for name in {*before, *after} if before.get(name) != after.get(name)} == set()


def contents(folder: Path) -> dict[str, str]:
    """Every file below a folder, with a hash of what is in it."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return {str(path.relative_to(folder)): hashlib.blake2b(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
async def machine(original: Path, tmp_path: Path) -> AsyncIterator[WineMachine]:
    """A Windows 7 that is up, on a clock on which a minute passes in two seconds."""
    clock, gateway = Clock(speed=30), Gateway()
    await gateway.start()
    machine = WineMachine(Profile(computer_name="PC-07"), clock, tmp_path / "prefix", gateway)
    try:
        await machine.install(original)
        yield machine
    finally:
        await clock.close()
        await machine.remove()
        await gateway.stop()
