"""The small tools of a stock machine: command line in, output and exit code out."""

import asyncio
import re
from typing import TYPE_CHECKING

import pytest

from sspr_lab.accounts import SYSTEM
from sspr_lab.clock import Clock
from sspr_lab.logon import log_on
from sspr_lab.machine import Machine
from sspr_lab.profile import Profile
from sspr_lab.streams import IdleConsole, Pipe

if TYPE_CHECKING:
    from lab.tests.conftest import Run

QUERY_WINRM = (
    "\r\nSERVICE_NAME: WinRM \r\n"
    "        TYPE               : 20  WIN32_SHARE_PROCESS  \r\n"
    "        STATE              : 4  RUNNING \r\n"
    "                                (STOPPABLE, NOT_PAUSABLE, ACCEPTS_SHUTDOWN)\r\n"
    "        WIN32_EXIT_CODE    : 0  (0x0)\r\n"
    "        SERVICE_EXIT_CODE  : 0  (0x0)\r\n"
    "        CHECKPOINT         : 0x0\r\n"
    "        WAIT_HINT          : 0x0\r\n"
)


@pytest.mark.parametrize(
    ("line", "out", "code"),
    [
        ("hostname", "PC-01\r\n", 0),
        ("chcp", "Active code page: 437\r\n", 0),
        ("chcp 949", "Active code page: 949\r\n", 0),
        ("chcp 12345", "Invalid code page\r\n", 1),
        ("whoami", "pc-01\\administrator\r\n", 0),
        ("sc query winrm", QUERY_WINRM, 0),
        (
            "sc query none",
            (
                "[SC] EnumQueryServicesStatus:OpenService FAILED 1060:\r\n\r\n"
                "The specified service does not exist as an installed service.\r\n\r\n"
            ),
            1060,
        ),
        ("sc config WinRM start= demand", "[SC] ChangeServiceConfig SUCCESS\r\n", 0),
        (
            "net stop Spooler",
            "The Print Spooler service is stopping.\r\nThe Print Spooler service was stopped successfully.\r\n\r\n",
            0,
        ),
        (
            "netsh winhttp show proxy",
            "\r\nCurrent WinHTTP proxy settings:\r\n\r\n    Direct access (no proxy server).\r\n\r\n",
            0,
        ),
        (
            "ping -n 1 elsewhere",
            "Ping request could not find host elsewhere. Please check the name and try again.\r\n",
            1,
        ),
    ],
)
async def test_answers(run: "Run", line: str, out: str, code: int) -> None:
    """Each tool prints what Windows 7 prints and exits with its code."""
    ran = await run(line)
    assert (ran.out, ran.code) == (out, code)


async def test_service_configuration_is_in_the_registry(machine: Machine, run: "Run") -> None:
    """`sc config` changes what `sc qc` and the registry show, and the other way round."""
    assert "START_TYPE         : 2   AUTO_START  (DELAYED)\r\n" in (await run("sc qc WinRM")).out
    await run("sc config WinRM start= auto")
    assert "START_TYPE         : 2   AUTO_START\r\n" in (await run("sc qc WinRM")).out
    await run(r"reg add HKLM\SYSTEM\CurrentControlSet\Services\WinRM /v Start /t REG_DWORD /d 4 /f")
    assert machine.services.service("winrm").start == 4


async def test_services_obey_administrators_only(machine: Machine, run: "Run") -> None:
    """A user may ask about a service and is refused with 5 when he wants to stop it."""
    user = log_on(machine, "user")
    assert (await run("sc query Spooler", account=user)).code == 0
    assert (await run("sc stop Spooler", account=user)).code == 5
    assert machine.services.is_running("Spooler")


async def test_fsutil_tells_the_free_space(machine: Machine, run: "Run") -> None:
    """`fsutil volume diskfree` is for administrators, and tells what the drive has."""
    ran = await run("fsutil volume diskfree c:")
    free, total = machine.files.free_bytes, machine.files.total_bytes
    assert ran.out == (
        f"Total # of free bytes        : {free}\r\n"
        f"Total # of bytes             : {total}\r\n"
        f"Total # of avail free bytes  : {free}\r\n"
    )
    assert (await run("fsutil volume diskfree c:", account=log_on(machine, "user"))).code == 1


async def test_wmic_hangs_on_an_open_pipe(run: "Run", machine: Machine) -> None:
    r"""wmic waits for the end of a piped input; with `< nul` it answers, in lines that end in "\r\r\n"."""
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(run("wmic os get LastBootUpTime /value", stdin=Pipe()), timeout=0.05)
    ran = await run("wmic os get LastBootUpTime /value")
    assert re.fullmatch(r"\r\r\n\r\r\nLastBootUpTime=\d{14}\.\d{6}\+000\r\r\n\r\r\n\r\r\n", ran.out)
    for process in list(machine.processes):
        process.terminate()
        await process.gone()


async def test_boot_time_is_local_time_with_its_offset(clock: Clock, run: "Run") -> None:
    """In Korea LastBootUpTime ends in +540."""
    machine = Machine(Profile(utc_offset_minutes=540), clock)
    assert "+540\r" in (await run("wmic os get LastBootUpTime /value", machine=machine)).out


async def test_timeout_refuses_redirected_input(run: "Run") -> None:
    """timeout.exe ends at once without a console, and waits with one."""
    ran = await run("timeout /t 5")
    assert (ran.err, ran.code) == ("ERROR: Input redirection is not supported, exiting the process immediately.\r\n", 1)
    assert (await run("timeout /t 5 /nobreak", stdin=IdleConsole())).code == 0


@pytest.mark.parametrize("logged_on", [True, False])
async def test_who_is_logged_on(clock: Clock, run: "Run", logged_on: bool) -> None:
    """quser and tasklist agree on whether somebody sits in front of the machine."""
    machine = Machine(Profile().with_traits("user_logged_on") if logged_on else Profile(), clock)
    ran = await run("quser", machine=machine)
    assert ran.code == (0 if logged_on else 1)
    assert ran.out.startswith(" USERNAME ") == logged_on
    listed = await run('tasklist /fi "imagename eq explorer.exe" /fo csv /nh', machine=machine)
    assert listed.out == ('"explorer.exe","1188","Console","1","48,312 K"\r\n' if logged_on else "")
    assert listed.code == 0


def test_home_editions_have_no_quser(clock: Clock) -> None:
    """On Home Premium there is no quser.exe to run."""
    files = Machine(Profile(edition="HomePremium"), clock).files
    assert not files.exists(r"C:\Windows\System32\quser.exe")
    assert files.exists(r"C:\Windows\System32\tasklist.exe")


async def test_taskkill_ends_what_runs(machine: Machine, run: "Run") -> None:
    """taskkill /f ends a process by name; what does not run is exit code 128."""
    victim = machine.spawn("ping -n 1000 127.0.0.1", account=SYSTEM)
    ran = await run("taskkill /f /im PING.EXE")
    assert ran.out == f'SUCCESS: The process "ping.exe" with PID {victim.pid} has been terminated.\r\n'
    assert await victim.wait() == 1
    ran = await run("taskkill /f /im ping.exe")
    assert (ran.err, ran.code) == ('ERROR: The process "ping.exe" not found.\r\n', 128)


async def test_a_proxy_is_shown(clock: Clock, run: "Run") -> None:
    """The proxy of the machine's past is read from the blob in the registry."""
    machine = Machine(Profile().with_traits("proxy"), clock)
    ran = await run("netsh winhttp show proxy", machine=machine)
    assert "    Proxy Server(s) :  proxy.contoso.example:8080\r\n    Bypass List     :  <local>\r\n" in ran.out
