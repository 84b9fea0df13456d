"""Processes of a machine: how programs are found, started, piped and ended; snapshots."""

import asyncio
from typing import TYPE_CHECKING

import pytest

from sspr_lab.accounts import SYSTEM
from sspr_lab.clock import Clock
from sspr_lab.environment import Environment
from sspr_lab.errors import BAD_EXE_FORMAT, BROKEN_PIPE, DIRECTORY, FILE_NOT_FOUND, LOGON_FAILURE, WindowsError
from sspr_lab.logon import default_environment, log_on
from sspr_lab.machine import Machine
from sspr_lab.process import split_command_line
from sspr_lab.profile import Branch, Profile
from sspr_lab.programs import find_program
from sspr_lab.registry import Value
from sspr_lab.streams import Pipe
from sspr_lab.tools.table import TOOLS

if TYPE_CHECKING:
    from lab.tests.conftest import Run


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("reg query HKLM", ["reg", "query", "HKLM"]),
        (r'"C:\a b\reg.exe" "x y"  z', [r"C:\a b\reg.exe", "x y", "z"]),
        (r'a "b c"d', ["a", "b cd"]),
        (r'a "b\"c"', ["a", 'b"c']),
        (r'a "b\\" c', ["a", "b\\", "c"]),
        (r"a b\\c", ["a", r"b\\c"]),
        (r"a b\\\"c", ["a", r"b\"c"]),
        ('a "" b', ["a", "", "b"]),
        ('a "b""c"', ["a", 'b"c']),
        ('a "open end', ["a", "open end"]),
        ("a\t b ", ["a", "b"]),
        (r"a C:\dir\ ", ["a", "C:\\dir\\"]),
    ],
)
def test_command_lines_are_split_as_by_windows(line: str, expected: list[str]) -> None:
    """Cases of the Win32 documentation: "Parsing C++ Command-Line Arguments"."""
    assert split_command_line(line) == expected


def test_environment_ignores_case() -> None:
    """Variables are found in any case, keep their first spelling, and %...% of unknown ones stays."""
    variables = Environment({"Path": "a", "x": "1"})
    variables["PATH"] = "b"
    assert list(variables.items()) == [("Path", "b"), ("x", "1")]
    assert variables.expand("%path%;%X%;%none%;100%") == "b;1;%none%;100%"


@pytest.mark.parametrize(
    "line",
    [
        "hostname",
        "HOSTNAME.EXE",
        r"C:\Windows\System32\hostname.exe",
        r'"C:\windows\system32\HOSTNAME"',
        r"%none%\..\Windows\System32\hostname".replace("%none%", "C:\\Users"),
    ],
)
async def test_programs_are_found(run: "Run", line: str) -> None:
    """A program is found by its path or along PATH, with or without its extension."""
    assert (await run(line)).out == "PC-01\r\n"


@pytest.mark.parametrize("line", ["curl http://x", "tar -x", "ssh host", r"C:\none\reg.exe", "reg.com query HKLM"])
def test_what_a_stock_machine_lacks_is_not_found(machine: Machine, line: str) -> None:
    """A program that a stock Windows 7 does not have fails to start with ERROR_FILE_NOT_FOUND."""
    with pytest.raises(WindowsError) as refused:
        machine.spawn(line, account=SYSTEM)
    assert refused.value.code == FILE_NOT_FOUND


@pytest.mark.parametrize("branch", ["windows7", "windows8", "windows8.1", "windows10"])
def test_every_modelled_program_is_on_the_disk(clock: Clock, branch: Branch) -> None:
    """What the lab answers for is where PATH leads on every branch, or nobody would ever reach it."""
    machine = Machine(Profile(branch), clock)
    variables = default_environment(machine, SYSTEM)
    assert list(TOOLS) == sorted(TOOLS)
    assert [name for name in TOOLS if find_program(machine, name, variables, "C:\\", 64) is None] == []


@pytest.mark.parametrize("line", [r'"C:\Windows\Temp\a b.cmd" 3', '"a b" 3'])
async def test_batch_files_run_in_cmd(machine: Machine, line: str) -> None:
    """CreateProcess hands a batch file to cmd.exe /c, with its arguments."""
    machine.files.write(r"C:\Windows\Temp\a b.cmd", b"@exit %1\r\n")
    process = machine.spawn(line, account=SYSTEM, directory=r"C:\Windows\Temp")
    assert (process.image, await process.wait()) == ("cmd.exe", 3)


def test_what_cannot_be_started(machine: Machine) -> None:
    """A text file is not a program (193), and a process cannot start in a directory that is not there (267)."""
    with pytest.raises(WindowsError) as refused:
        machine.spawn(r"C:\Windows\win.ini", account=SYSTEM)
    assert refused.value.code == BAD_EXE_FORMAT
    with pytest.raises(WindowsError) as refused:
        machine.spawn("hostname", account=SYSTEM, directory=r"C:\none")
    assert refused.value.code == DIRECTORY


async def test_a_terminated_process_takes_its_children_along(machine: Machine) -> None:
    """Ending a process ends what it started, with the exit code given, and both leave the process list."""
    parent = machine.spawn("reg add HKLM\\SOFTWARE\\Microsoft /ve /d x", account=SYSTEM, stdin=Pipe())
    machine.registry.set("HKLM\\SOFTWARE\\Microsoft", "", Value.of("there"))
    child = parent.spawn("ping -n 1000 127.0.0.1")
    await asyncio.sleep(0.02)
    assert machine.processes == [parent, child]
    parent.terminate(0xC000013A)
    assert (await parent.wait(), await child.wait()) == (0xC000013A, 0xC000013A)
    assert machine.processes == []


async def test_a_full_pipe_holds_its_writer(machine: Machine) -> None:
    """A writer waits while the pipe is full, and fails with ERROR_BROKEN_PIPE when the reader goes away."""
    del machine
    pipe = Pipe(capacity=4)
    await pipe.write(b"12345")
    writer = asyncio.ensure_future(pipe.write(b"678\nx"))
    await asyncio.sleep(0)
    assert not writer.done()
    assert await pipe.read(5) == b"12345"
    await writer
    assert await pipe.readline() == b"678\n"
    pipe.end()
    assert (await pipe.read(), await pipe.read(1)) == (b"x", b"")
    pipe.break_off()
    with pytest.raises(WindowsError) as refused:
        await pipe.write(b"y")
    assert refused.value.code == BROKEN_PIPE


def test_logons(clock: Clock) -> None:
    """Names are looked up as Windows does; an account that does not exist is refused with 1326."""
    machine = Machine(Profile(computer_name="PC-7"), clock)
    assert log_on(machine, r"PC-7\administrator").sid.endswith("-500")
    assert log_on(machine, r"CORP\admin").domain == "CORP"
    assert not log_on(machine, "user").elevated
    with pytest.raises(WindowsError) as refused:
        log_on(machine, "nobody")
    assert refused.value.code == LOGON_FAILURE


def test_environments_are_those_of_the_account(machine: Machine) -> None:
    """TEMP, USERNAME and USERPROFILE differ between SYSTEM and a user; PATH is the machine's, expanded."""
    system, user = (default_environment(machine, account) for account in (SYSTEM, log_on(machine, "Administrator")))
    assert (system["TEMP"], system["USERNAME"]) == (r"C:\Windows\TEMP", "PC-01$")
    assert (user["TEMP"], user["USERNAME"]) == (r"C:\Users\Administrator\AppData\Local\Temp", "Administrator")
    assert user["path"].startswith(r"C:\Windows\system32;C:\Windows;")


async def test_a_snapshot_finds_what_was_left(machine: Machine, run: "Run") -> None:
    """Whatever a visitor left is named: keys, values, files, shells, processes; a tidy visit leaves none."""
    before = machine.snapshot()
    machine.files.mkdir(r"C:\Windows\Temp\lab")
    machine.files.write(r"C:\Windows\Temp\lab\a.msi", b"x")
    await run(r"reg add HKLM\SOFTWARE\Lab /v a /d b /f")
    await run(
        r"reg add HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System /v EnableLUA /t REG_DWORD /d 0 /f"
    )
    machine.shells.add("S1")
    ping = machine.spawn("ping -n 1000 127.0.0.1", account=SYSTEM)
    differences = before.diff(machine.snapshot())
    assert [line.partition(" (")[0] for line in differences] == [
        "+ key HKLM\\SOFTWARE\\Lab",
        "+ value HKLM\\SOFTWARE\\Lab:a",
        "~ value HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System:EnableLUA",
        "+ directory C:\\Windows\\Temp\\lab",
        "+ file C:\\Windows\\Temp\\lab\\a.msi",
        "+ shell S1",
        f"+ process {ping.pid} PING.EXE".replace("PING.EXE", "ping.exe"),
    ]
    ping.terminate()
    await ping.gone()
    machine.shells.clear()
    await run(r"reg delete HKLM\SOFTWARE\Lab /f")
    await run(
        r"reg add HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System /v EnableLUA /t REG_DWORD /d 1 /f"
    )
    machine.files.rmdir(r"C:\Windows\Temp\lab", tree=True)
    machine.events.write("Application", "MsiInstaller", 1033)
    assert before.diff(machine.snapshot()) == []


async def test_equal_machines_have_equal_changes(machine: Machine, run: "Run") -> None:
    """What differs is there with its content, a number for shells and processes, and what the ledger counted."""
    before = machine.snapshot()
    await run(r"reg add HKLM\SOFTWARE\Lab /v a /d b /f")
    machine.files.write(r"C:\Windows\Installer\1a2b3.msi", b"x")
    machine.shells |= {"S1", "S2"}
    machine.power.initiate(600)
    machine.power.abort()
    assert before.changes(machine.snapshot()) == {
        r"key HKLM\SOFTWARE\Lab": "there",
        r"value HKLM\SOFTWARE\Lab:a": "REG_SZ b",
        r"file C:\Windows\Installer\*.msi": "1 bytes, sha256 2d711642b726",
        "ledger shutdown asked for": "1",
        "ledger shutdown called off": "1",
        "shells": "2",
    }
    assert machine.snapshot().plain() == before.plain() | before.changes(machine.snapshot())
