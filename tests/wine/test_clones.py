"""Prefixes that share the template's programs: what one of them does reaches neither another nor the template."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sspr_lab.accounts import SYSTEM
from sspr_lab.clock import Clock
from sspr_lab.profile import Profile
from sspr_lab.wine.gateway import Gateway
from sspr_lab.wine.machine import WineMachine
from tests.wine.conftest import contents

PROGRAM, OTHER = r"C:\Windows\System32\crypt32.dll", r"C:\Windows\System32\cabinet.dll"
SETTINGS = r"C:\Windows\win.ini"
KEY = r"HKLM\SOFTWARE\SampleKey"

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def twins(original: Path, tmp_path: Path) -> AsyncIterator[tuple[WineMachine, WineMachine]]:
    """Two clones of the template that are up."""
    clock, gateway = Clock(speed=30), Gateway()
    await gateway.start()
    one, two = (WineMachine(Profile(computer_name=name), clock, tmp_path / name, gateway) for name in ("ONE", "TWO"))
    try:
        await asyncio.gather(one.install(original), two.install(original))
        yield one, two
    finally:
        await asyncio.gather(one.remove(), two.remove())
        await gateway.stop()
        await clock.close()


async def ends_with(machine: WineMachine, line: str) -> int:
    """The exit code of a command line."""
    return await machine.spawn(f"cmd.exe /c {line}", account=SYSTEM).wait()


async def test_what_is_changed_is_one_clone_s_own(twins: tuple[WineMachine, WineMachine], original: Path) -> None:
    """Keys, settings, new files, deleted and replaced programs: the other clone and the template have none of it."""
    one, two = twins
    untouched = {path: two.files.read(path) for path in (PROGRAM, OTHER, SETTINGS)}
    before = contents(original)
    for line in (
        f"reg add {KEY} /v A /d 1 /f",
        f"echo more>>{SETTINGS}",
        f"del {PROGRAM}",
        rf"move {OTHER} C:\old.dll",
    ):
        assert await ends_with(one, line) == 0, line
    one.files.write(OTHER, b"another program")
    assert not one.files.exists(PROGRAM)
    assert b"more" in one.files.read(SETTINGS)
    assert await ends_with(two, f"reg query {KEY}") == 1
    assert {path: two.files.read(path) for path in untouched} == untouched
    assert contents(original) == before


async def test_programs_are_not_written_into(twins: tuple[WineMachine, WineMachine], original: Path) -> None:
    """Whoever writes into a program that clones share is refused, root too; it does not look read-only for that."""
    one, _ = twins
    before = contents(original)
    assert await ends_with(one, f"copy /y {SETTINGS} {PROGRAM}") == 1
    await ends_with(one, f"echo more>>{PROGRAM}")  # a failed redirection leaves no exit code
    assert contents(original) == before
    assert await ends_with(one, rf"copy {PROGRAM} C:\copy.dll") == 0
    assert await ends_with(one, r"echo more>>C:\copy.dll") == 0
    assert await ends_with(one, r"del C:\copy.dll") == 0
    assert not one.files.exists(r"C:\copy.dll")


async def test_a_clone_takes_little(twins: tuple[WineMachine, WineMachine]) -> None:
    """What a clone has for itself are some 20 MB, of 700."""
    one, _ = twins
    files = [path for path in one.prefix.directory.rglob("*") if path.is_file() and not path.is_symlink()]
    assert sum(path.stat().st_size for path in files if path.stat().st_nlink == 1) < 30_000_000
