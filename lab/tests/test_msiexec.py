"""msiexec.exe: its command line, what it prints, its log file, and when it waits for ever."""

import asyncio

import pytest

from sspr_lab.accounts import SYSTEM, Account
from sspr_lab.installer.command_line import Invocation, UsageError, parse, split
from sspr_lab.interfaces.installer import UILevel
from sspr_lab.machine import Machine
from sspr_lab.msi_log import log_mode
from sspr_lab.packages import standin
from sspr_lab.streams import Collector, Console, OutputStream

PACKAGE = "C:\\Windows\\Temp\\a.msi"
CODE = "{3F0C9B5E-7E0B-4B55-9B63-5D2F0E6A6401}"


async def run(machine: Machine, line: str, account: Account = SYSTEM) -> tuple[int, bytes]:
    """The exit code of a command line and the bytes that it wrote to stdout."""
    collected = Collector()
    stdout = OutputStream(collected, Console(437))
    process = machine.spawn(line, account=account, directory="C:\\", stdout=stdout)
    return await process.wait(), bytes(collected.data)


@pytest.fixture
def package(machine: Machine) -> str:
    """The stand-in, on the machine."""
    machine.files.write(PACKAGE, standin("x64").read_bytes())
    return PACKAGE


INVOCATIONS = [
    ("msiexec /i a.msi /qn", Invocation("install", "a.msi", UILevel.NONE)),
    ("msiexec -I a.msi -QN", Invocation("install", "a.msi", UILevel.NONE)),
    ("msiexec /package a.msi /quiet", Invocation("install", "a.msi", UILevel.NONE)),
    (
        '"C:\\Windows\\system32\\msiexec.exe" /i "C:\\a b\\c.msi" /qb',
        Invocation("install", "C:\\a b\\c.msi", UILevel.BASIC),
    ),
    ("msiexec /i a.msi", Invocation("install", "a.msi", UILevel.FULL)),
    ("msiexec /i a.msi /passive", Invocation("install", "a.msi", UILevel.BASIC)),
    ("msiexec /i a.msi /qb-!", Invocation("install", "a.msi", UILevel.BASIC)),
    ("msiexec /x a.msi /q", Invocation("uninstall", "a.msi", UILevel.NONE)),
    (f"MsiExec.exe /X{CODE} /qn", Invocation("uninstall", CODE, UILevel.NONE)),
    (f"msiexec /uninstall {CODE} /qn", Invocation("uninstall", CODE, UILevel.NONE)),
    (
        "msiexec /fvomus a.msi /qn",
        Invocation("repair", "a.msi", UILevel.NONE, properties={"REINSTALL": "ALL", "REINSTALLMODE": "vomus"}),
    ),
    (
        "msiexec /i a.msi /qn /norestart",
        Invocation("install", "a.msi", UILevel.NONE, properties={"REBOOT": "ReallySuppress"}),
    ),
    (
        "msiexec /i a.msi /qn /forcerestart",
        Invocation("install", "a.msi", UILevel.NONE, properties={"REBOOT": "Force"}),
    ),
    (
        'msiexec /i a.msi /qn Folder="C:\\a b\\" NOTE="say ""hi"""',
        Invocation("install", "a.msi", UILevel.NONE, properties={"FOLDER": "C:\\a b\\", "NOTE": 'say "hi"'}),
    ),
    (
        'msiexec /i a.msi "NOTE=one two" /qn',
        Invocation("install", "a.msi", UILevel.NONE, properties={"NOTE": "one two"}),
    ),
    (
        "msiexec /l*v i.log /i a.msi /qn",
        Invocation("install", "a.msi", UILevel.NONE, "i.log", log_mode("*v")),
    ),
    (
        "msiexec /i a.msi /log i.log /qn",
        Invocation("install", "a.msi", UILevel.NONE, "i.log", log_mode("*")),
    ),
    # saltstack/salt #44832: what follows /x is the package, whatever it looks like
    ("msiexec /x /qn /norestart", Invocation("uninstall", "/qn", properties={"REBOOT": "ReallySuppress"})),
]


@pytest.mark.parametrize(("line", "expected"), INVOCATIONS)
def test_command_lines(line: str, expected: Invocation) -> None:
    """A command line means what msiexec's documentation says of it."""
    assert parse(line) == expected


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("msiexec", UILevel.FULL),
        ("msiexec /qn", UILevel.NONE),
        ("msiexec /i", UILevel.FULL),
        ("msiexec /i a.msi /wrong /qn", UILevel.NONE),
        ("msiexec /i a.msi /l*k i.log /qn", UILevel.NONE),
        ("msiexec /qn /i a.msi /l*v", UILevel.NONE),
        ("msiexec /qn a.msi", UILevel.NONE),
        ("msiexec /i a.msi /x b.msi /qn", UILevel.NONE),
        ("msiexec /?", UILevel.FULL),
    ],
)
def test_wrong_command_lines(line: str, level: UILevel) -> None:
    """What msiexec does not understand is an error that knows whether a dialog may be shown."""
    with pytest.raises(UsageError) as caught:
        parse(line)
    assert caught.value.ui_level == level


def test_backslashes_are_ordinary() -> None:
    """A backslash before a quote is a backslash, unlike in the C runtime's rules."""
    assert split('x A="C:\\dir\\" /qn') == ["x", "A=C:\\dir\\", "/qn"]


async def test_quiet_installation_with_a_log(machine: Machine, package: str) -> None:
    """Success prints nothing; the log is complete, and its last word on the result is language-neutral."""
    line = f"msiexec /i {package} /qn /norestart /l*v C:\\Windows\\Temp\\i.log"
    assert await run(machine, line) == (0, b"")
    lines = machine.files.read("C:\\Windows\\Temp\\i.log").decode("utf-16").split("\r\n")
    assert lines[0].startswith("=== Verbose logging started: ")
    assert "MSI (s)" in lines[20]
    assert any(line.endswith(": MainEngineThread is returning 0") for line in lines)
    assert lines[-3].startswith("=== Verbose logging stopped: ")
    order = ["Action start", "InstallFinalize. Return value 1.", "INSTALL. Return value 1.", "Property(S): ProductCode"]
    places = [next(at for at, line in enumerate(lines) if piece in line) for piece in order]
    assert places == sorted(places)


async def test_relative_paths(machine: Machine) -> None:
    """Package and log are looked for in the current directory."""
    machine.files.write("C:\\here.msi", standin("x64").read_bytes())
    assert await run(machine, "msiexec /i here.msi /qn /norestart /l i.log") == (0, b"")
    assert machine.files.exists("C:\\i.log")


ERRORS = [
    ("msiexec /i C:\\missing.msi /qn", 1619, "could not be opened.  Verify that the package exists"),
    ("msiexec /x {00000000-0000-0000-0000-000000000000} /qn", 1605, "only valid for products that are currently"),
    ("msiexec /x C:\\Windows\\Temp\\a.msi /qn", 1605, "only valid for products that are currently"),
    ("msiexec /f C:\\missing.msi /qn", 1619, "could not be opened"),
    ("msiexec /i C:\\Windows\\Temp\\a.msi /nonsense /qn", 1639, "Invalid command line argument."),
    ("msiexec /i C:\\Windows\\Temp\\a.msi /qn /l*v C:\\nowhere\\i.log", 1622, "Error opening installation log file."),
    ("msiexec /i Z:\\a.msi /qn", 1619, "could not be opened"),
    ("msiexec /x /qn /norestart", 1619, "could not be opened"),
]


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize(("line", "code", "message"), ERRORS)
async def test_errors_are_told_in_utf16(machine: Machine, line: str, code: int, message: str) -> None:
    """What ends msiexec before an installation is a code, and a sentence in UTF-16 on stdout."""
    exit_code, output = await run(machine, line)
    assert exit_code == code
    assert message in output.decode("utf-16-le")


async def test_failed_installation_prints_nothing(machine: Machine, package: str) -> None:
    """1603 has been explained by the engine in the log; msiexec adds nothing to it."""
    never_here = Account("helpdesk", "S-1-5-21-9-9-9-1104", elevated=True, network_logon=True)
    assert await run(machine, f"msiexec /i {package} /qn", never_here) == (1603, b"")


async def test_usage_dialog_waits(machine: Machine) -> None:
    """Without /qn a wrong command line shows a dialog that nobody sees: msiexec is there until it is killed."""
    process = machine.spawn("msiexec /wrong", account=SYSTEM)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(process.wait(), 0.05)
    process.terminate(1)
    await process.gone()
    assert process.exit_code == 1


async def test_appending_to_a_log(machine: Machine, package: str) -> None:
    """The + flag keeps what an earlier run wrote; without it the file begins anew."""
    for flags, started in (("*v", 1), ("*v+", 2), ("*v", 1)):
        await run(machine, f"msiexec /i {package} /qn /norestart /l{flags} C:\\i.log")
        text = machine.files.read("C:\\i.log").decode("utf-16")
        assert text.count("=== Verbose logging started") == started
