"""Windows Installer as Wine has it, on real packages: exit codes, and what they mean to the program.

Wine speaks for Windows where a case of matrix.yaml says nothing else.
"""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.tests.winrm_hosts import until
from orchestrator.windows.exit_codes import Class, classify
from sspr_lab.accounts import SYSTEM
from sspr_lab.process import Process
from sspr_lab.wine.machine import WineMachine
from tests.wine.packages import NEW_CODE, OLD_CODE, made

CASES: Sequence[Mapping[str, Any]] = yaml.safe_load(Path(__file__).with_name("matrix.yaml").read_text(encoding="utf-8"))
FOLDER = r"C:\Packages"
DLL = r"C:\Windows\System32\SsprStandInProvider.dll"
PENDING = r'reg query "HKLM\SYSTEM\CurrentControlSet\Control\Session Manager" /v PendingFileRenameOperations'

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    """All packages of the matrix."""
    return made(tmp_path_factory.mktemp("packages"))


@pytest.fixture
def prepared(machine: WineMachine, packages: Mapping[str, bytes]) -> WineMachine:
    """A machine that holds the packages."""
    machine.files.mkdir(FOLDER)
    for name, content in packages.items():
        machine.files.write(rf"{FOLDER}\{name}.msi", content)
    return machine


def start(machine: WineMachine, line: str) -> Process:
    """msiexec with a line of the matrix, silent, as the program runs it."""
    verb, target, *rest = line.split(" ")
    codes = {"OLD": OLD_CODE, "NEW": NEW_CODE}
    named = codes.get(target) or rf'"{FOLDER}\{target}.msi"'
    extra = "".join(f" {word}" for word in rest)
    return machine.spawn(f"msiexec.exe {verb} {named} /qn /norestart REBOOT=ReallySuppress{extra}", account=SYSTEM)


async def test_exit_codes(prepared: WineMachine) -> None:
    """Every call of every case ends with the code that the matrix has for Wine; what is left is taken away after it."""
    found, expected = {}, {}
    for case in CASES:
        for number, call in enumerate(case["calls"]):
            at = (case["case"], number, call["line"])
            found[at] = await start(prepared, call["line"]).wait()
            expected[at] = call["code"]
        for name in ("OLD", "NEW", "schedule-reboot", "force-reboot"):
            await start(prepared, f"/x {name}").wait()
    assert found == expected


@pytest.mark.parametrize(
    ("code", "means"),
    sorted({(call.get("windows", call["code"]), call["means"]) for case in CASES for call in case["calls"]}),
)
def test_what_the_codes_mean(code: int, means: str) -> None:
    """Our table takes each of Windows' codes in the matrix for what it is."""
    assert classify(code).meaning is Class[means]


def test_every_difference_has_a_source() -> None:
    """Where Wine does not speak for Windows, the matrix says how that is known."""
    calls = [call for case in CASES for call in case["calls"]]
    assert all(("windows" in call) == ("source" in call) for call in calls)
    assert all(call["windows"] != call["code"] for call in calls if "windows" in call)


async def test_two_installations_at_once(prepared: WineMachine) -> None:
    """Wine 8 lets them both through; Windows answers the second with 1618 (error-codes.md), which its mutex is for."""
    first = start(prepared, "/i slow")
    await asyncio.sleep(1.5)
    second = start(prepared, "/i new")
    assert await second.wait() == 0
    assert first.exit_code is None
    assert await first.wait() == 0
    assert classify(1618).meaning is Class.BUSY


async def test_a_locked_file_is_replaced_at_the_restart(prepared: WineMachine) -> None:
    """An upgrade of a file that is open ends with 3010; the restart renames what waits, and the new file is there."""
    assert await start(prepared, "/i old").wait() == 0
    before = prepared.files.read(DLL)
    holder = prepared.spawn(f"cmd.exe /c ping -n 30 127.0.0.1 >>{DLL}", account=SYSTEM)
    await asyncio.sleep(1)
    assert await start(prepared, "/i new").wait() == 3010
    assert await prepared.spawn(PENDING, account=SYSTEM).wait() == 0
    boot = prepared.power.boot_time
    assert prepared.power.initiate(0) == 0
    await until(lambda: prepared.powered and prepared.power.boot_time > boot, seconds=60)
    assert holder.exit_code is not None
    assert await prepared.spawn(PENDING, account=SYSTEM).wait() == 1
    assert prepared.files.read(DLL) == before
    assert await start(prepared, "/x NEW").wait() == 0
    assert not prepared.files.exists(DLL)
