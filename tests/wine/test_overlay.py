"""What Wine only pretends to do is never reached: the model answers, or the program is refused."""

import pytest

from lab.tests.winrm_hosts import until
from sspr_lab.accounts import SYSTEM
from sspr_lab.logon import log_on
from sspr_lab.streams import BytesInput, Collector, Console, OutputStream
from sspr_lab.unmodelled import NO_MODEL
from sspr_lab.wine.machine import WineMachine

WINDOWS_FILE = b"one\r\ntwo\r\n"
pytestmark = pytest.mark.timeout(120)

WINE_PRETENDS = (
    "certutil",
    "choice",
    "dism /online",
    "fc a b",
    "findstr",
    "icacls x",
    "makecab",
    "netsh",
    "powershell -c 1",
    "quser",
    r"schtasks /run /tn \\X",
    "sc qc Nix",
    "secedit",
    "setx a b",
    "shutdown /a",
    "systeminfo",
    "tasklist",
    "wevtutil",
    "where cmd",
)

LINES = {
    "a model's exit code is whole": ("shutdown /a", b"", 1116, "no shutdown was in progress"),
    "its output is a redirection's": (
        r"certutil -hashfile C:\Windows\a.txt MD5 >C:\Windows\b.txt&type C:\Windows\b.txt",
        b"",
        0,
        "MD5 hash",
    ),
    "it reads the line's input": ('findstr /n "^"', b"one\r\ntwo\r\n", 0, "1:one\r\n2:two\r\n"),
    "it leaves the input that it does not want": (
        r'certutil -hashfile C:\Windows\a.txt MD5 >nul&findstr "t"',
        b"one\r\ntwo\r\n",
        0,
        "two",
    ),
    "what nobody models is refused": ("dism /online", b"", NO_MODEL, "no model of dism.exe"),
    "nor does the model write to a registry that is Wine's": (
        r"certutil -addstore -f Root C:\Windows\a.txt",
        b"",
        NO_MODEL,
        "no model of certutil -addstore on Wine",
    ),
    # Wine 8 itself ends with 1 behind any `call echo`; what was echoed counts.
    "exit codes pass through call": ("(shutdown /a 2>nul)&call echo @x %^errorlevel%", b"", 1, "@x 1116"),
    "the computer's name is its own": (
        "reg query HKLM\\SYSTEM\\CurrentControlSet\\Control\\ComputerName\\ActiveComputerName",
        b"",
        0,
        "PC-07",
    ),
    "quotes and signs arrive": ('echo "a&b" ^& "%SystemDrive%" ^^ (!)', b"", 0, '"a&b" & "C:" ^ (!)'),
    "a line that is too long": ("echo " + "x" * 8200, b"", 1, "too long"),
    "an exit code of 32 bits": ("exit -1073741819", b"", 0xC0000005, ""),
}


async def run(machine: WineMachine, line: str, stdin: bytes = b"") -> tuple[int, str]:
    """A command line as WinRM starts it: the exit code, and all that was written."""
    output = Collector()
    stream = OutputStream(output, Console(437))
    process = machine.spawn(
        rf"C:\Windows\system32\cmd.exe /C {line}",
        account=log_on(machine, "Administrator"),
        stdin=BytesInput(stdin, kind="pipe"),
        stdout=stream,
        stderr=stream,
    )
    return await process.wait(), output.data.decode("cp437")


async def test_command_lines(machine: WineMachine) -> None:
    """Lines that go through launcher, Wine's cmd.exe and stand-ins, with what has to come back."""
    machine.files.write(r"C:\Windows\a.txt", WINDOWS_FILE)
    for name, (line, stdin, code, contains) in LINES.items():
        found = await run(machine, line, stdin)
        assert found[0] == code, (name, found)
        assert contains in found[1], (name, found)


async def test_nothing_pretends(machine: WineMachine) -> None:
    """Wine's own programs of these names would say nothing and exit with 0; here all of them have something to say."""
    assert [line for line in WINE_PRETENDS if await run(machine, line) == (0, "")] == []


async def test_ending_a_command_ends_its_programs(machine: WineMachine) -> None:
    """When a command is ended, what it started in Wine goes too: nothing holds its file any longer."""
    process = machine.spawn(r"cmd.exe /c ping -n 60 127.0.0.1 >C:\Windows\held.txt", account=SYSTEM)
    await until(lambda: machine.files.exists(r"C:\Windows\held.txt"), seconds=30)
    held = await run(machine, r"del C:\Windows\held.txt&if exist C:\Windows\held.txt echo held")
    assert held[1].strip().endswith("held")
    process.terminate()
    await process.gone()
    await run(machine, r"del C:\Windows\held.txt")
    assert not machine.files.exists(r"C:\Windows\held.txt")
