"""reg.exe: command line in, standard output, standard error and exit code out.

Expectations: layout and exit codes as captured from Windows 7 to 10 in public logs; what is only remembered says so.
"""

import asyncio
from typing import TYPE_CHECKING

import pytest

from sspr_lab.accounts import SYSTEM
from sspr_lab.clock import Clock
from sspr_lab.logon import log_on
from sspr_lab.machine import Machine
from sspr_lab.profile import Profile
from sspr_lab.registry import Value
from sspr_lab.streams import Pipe

if TYPE_CHECKING:
    from lab.tests.conftest import Run

DONE = "The operation completed successfully.\r\n"
NOT_FOUND = "ERROR: The system was unable to find the specified registry key or value.\r\n"
SCHANNEL = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols"
LONG_SCHANNEL = SCHANNEL.replace("HKLM", "HKEY_LOCAL_MACHINE")
KEY = r"HKLM\Software\Lab"
LONG_KEY = r"HKEY_LOCAL_MACHINE\Software\Lab"


@pytest.fixture
def filled(machine: Machine) -> Machine:
    """A machine with a key that has a value of every kind and a small tree below."""
    values: dict[str, Value] = {
        "": Value.of("main"),
        "Text": Value.of("two words"),
        "Path": Value("REG_EXPAND_SZ", "%SystemRoot%\\x"),
        "Number": Value.of(2688),
        "Many": Value.of(["a", "b"]),
        "Bytes": Value.of(b"\x01\xab"),
        "Long": Value("REG_QWORD", 1 << 32),
        "Nothing": Value("REG_NONE", b""),
    }
    for name, value in values.items():
        machine.registry.set(KEY, name, value)
    machine.registry.set(KEY + r"\Sub\Deep", "Text", Value.of("deep words"))
    machine.registry.create(KEY + r"\Other")
    return machine


ALL_VALUES = (
    "    (Default)    REG_SZ    main\r\n"
    "    Text    REG_SZ    two words\r\n"
    "    Path    REG_EXPAND_SZ    %SystemRoot%\\x\r\n"
    "    Number    REG_DWORD    0xa80\r\n"
    "    Many    REG_MULTI_SZ    a\\0b\r\n"
    "    Bytes    REG_BINARY    01AB\r\n"
    "    Long    REG_QWORD    0x100000000\r\n"
    "    Nothing    REG_NONE    \r\n"
)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"reg query {KEY} /v number", f"\r\n{LONG_KEY}\r\n    Number    REG_DWORD    0xa80\r\n\r\n"),
        (f"reg query {KEY} /ve", f"\r\n{LONG_KEY}\r\n    (Default)    REG_SZ    main\r\n\r\n"),
        (f"reg query {KEY}\\Sub /ve", f"\r\n{LONG_KEY}\\Sub\r\n    (Default)    REG_SZ    (value not set)\r\n\r\n"),
        (f"reg query {KEY} /v Many /se ,", f"\r\n{LONG_KEY}\r\n    Many    REG_MULTI_SZ    a,b\r\n\r\n"),
        (f"reg query {KEY} /v Text /z", f"\r\n{LONG_KEY}\r\n    Text    REG_SZ (1)    two words\r\n\r\n"),
        (f"reg query {KEY}", f"\r\n{LONG_KEY}\r\n{ALL_VALUES}\r\n{LONG_KEY}\\Other\r\n{LONG_KEY}\\Sub\r\n"),
        ("REG.EXE QUERY hklm\\software\\LAB\\sub", "\r\nHKEY_LOCAL_MACHINE\\software\\LAB\\sub\\Deep\r\n"),
        (
            f"reg query {KEY}\\Sub /s",
            f"\r\n{LONG_KEY}\\Sub\r\n\r\n{LONG_KEY}\\Sub\\Deep\r\n    Text    REG_SZ    deep words\r\n\r\n",
        ),
        (
            f"reg query {KEY} /s /v Text",
            (
                f"\r\n{LONG_KEY}\r\n    Text    REG_SZ    two words\r\n\r\n"
                f"{LONG_KEY}\\Sub\\Deep\r\n    Text    REG_SZ    deep words\r\n\r\n"
                "End of search: 2 match(es) found.\r\n"
            ),
        ),
        (
            f'reg query {KEY} /s /f "WORDS" /d',
            (
                f"\r\n{LONG_KEY}\r\n    Text    REG_SZ    two words\r\n\r\n"
                f"{LONG_KEY}\\Sub\\Deep\r\n    Text    REG_SZ    deep words\r\n\r\n"
                "End of search: 2 match(es) found.\r\n"
            ),
        ),
        (f"reg query {KEY} /f d?ep /k /s", f"\r\n{LONG_KEY}\\Sub\\Deep\r\n\r\nEnd of search: 1 match(es) found.\r\n"),
        (
            f"reg query {KEY} /t REG_QWORD",
            f"\r\n{LONG_KEY}\r\n    Long    REG_QWORD    0x100000000\r\n\r\nEnd of search: 1 match(es) found.\r\n",
        ),
    ],
)
async def test_query_prints_what_is_there(filled: Machine, run: "Run", line: str, expected: str) -> None:
    """A query prints keys and values in Windows' layout, the key as it was typed, and exits with 0."""
    ran = await run(line)
    assert (ran.out, ran.err, ran.code) == (expected, "", 0)


@pytest.mark.parametrize(
    ("line", "stdout", "stderr"),
    [
        (f"reg query {KEY}\\None", "", NOT_FOUND),
        (f'reg query "{SCHANNEL}\\TLS 1.2\\Client"', "", NOT_FOUND),
        (f"reg query {KEY} /v None", "", NOT_FOUND),
        (f"reg query {KEY} /f nowhere /s", "\r\nEnd of search: 0 match(es) found.\r\n", ""),
        ("reg query XKLM\\Software", "", 'ERROR: Invalid key name.\r\nType "REG QUERY /?" for usage.\r\n'),
        (f"reg query {KEY} /q", "", 'ERROR: Invalid syntax.\r\nType "REG QUERY /?" for usage.\r\n'),
        (f"reg query {SCHANNEL}\\TLS 1.2", "", 'ERROR: Invalid syntax.\r\nType "REG QUERY /?" for usage.\r\n'),
        (f"reg query {KEY} /k", "", 'ERROR: Invalid syntax.\r\nType "REG QUERY /?" for usage.\r\n'),
        (
            f"reg add {KEY} /v a /t REG_DWORD /d ten /f",
            "",
            'ERROR: Invalid syntax.\r\nType "REG ADD /?" for usage.\r\n',
        ),
        (f"reg add {KEY} /v a /t DWORD", "", 'ERROR: Invalid syntax.\r\nType "REG ADD /?" for usage.\r\n'),
        (f"reg delete {KEY} /v None /f", "", NOT_FOUND),
        ("reg", "", 'ERROR: Invalid syntax.\r\nType "REG /?" for usage.\r\n'),
        ("reg frobnicate", "", 'ERROR: Invalid syntax.\r\nType "REG /?" for usage.\r\n'),
        ("reg query HKLM\\SAM\\SAM\\Domains", "", "ERROR: Access is denied.\r\n"),
    ],
)
async def test_refusals_end_with_1(filled: Machine, run: "Run", line: str, stdout: str, stderr: str) -> None:
    """What is not there, not allowed or not well-formed is said on the standard error output, with exit code 1."""
    ran = await run(line)
    assert (ran.out, ran.err, ran.code) == (stdout, stderr, 1)


@pytest.mark.parametrize(
    ("options", "name", "expected"),
    [
        ("/v Enabled /t REG_DWORD /d 1 /f", "Enabled", Value.of(1)),
        ("/v Enabled /t reg_dword /d 0xffffffff /f", "Enabled", Value.of(0xFFFFFFFF)),
        ('/v Name /d "two words" /f', "Name", Value.of("two words")),
        ("/ve /d x /f", "", Value.of("x")),
        ("/v M /t REG_MULTI_SZ /d a\\0b", "M", Value.of(["a", "b"])),
        ("/v M /t REG_MULTI_SZ /s , /d a,b", "M", Value.of(["a", "b"])),
        ("/v B /t REG_BINARY /d 01AB", "B", Value.of(b"\x01\xab")),
        ("/v E /t REG_EXPAND_SZ /d %x%", "E", Value("REG_EXPAND_SZ", "%x%")),
    ],
)
async def test_add_sets_typed_values(machine: Machine, run: "Run", options: str, name: str, expected: Value) -> None:
    """`reg add` makes the key with its parents and sets a value of the type asked for."""
    ran = await run(f'reg add "{SCHANNEL}\\TLS 1.2\\Client" {options}')
    assert (ran.out, ran.code) == (DONE, 0)
    assert machine.registry.get(f"{SCHANNEL}\\TLS 1.2\\Client", name) == expected


async def test_add_asks_before_it_overwrites(filled: Machine, run: "Run") -> None:
    """Without /f a value that exists is overwritten only on a yes, and anything else is asked again."""
    ran = await run(f"reg add {KEY} /v Text /d new", stdin=b"perhaps\r\nno\r\n")
    question = "Value Text exists, overwrite(Yes/No)? "
    assert ran.out.startswith(question * 2)
    assert ran.code == 1
    assert filled.registry.get(KEY, "Text") == Value.of("two words")
    ran = await run(f"reg add {KEY} /v Text /d new", stdin=b"y\r\n")
    assert ran.out == question + DONE
    assert filled.registry.get(KEY, "Text") == Value.of("new")


async def test_add_without_force_hangs_on_an_open_pipe(filled: Machine, run: "Run") -> None:
    """With the open standard input of a WinRM shell the question about overwriting waits for ever."""
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(run(f"reg add {KEY} /v Text /d new", stdin=Pipe()), timeout=0.05)
    assert filled.registry.get(KEY, "Text") == Value.of("two words")
    filled.processes[0].terminate()
    await filled.processes[0].gone()


@pytest.mark.parametrize(
    ("line", "gone", "left"),
    [
        (f"reg delete {KEY} /v Text /f", [(KEY, "Text")], [(KEY, "Number")]),
        (f"reg delete {KEY} /va /f", [(KEY, "Text"), (KEY, "Number")], [(KEY + r"\Sub\Deep", "Text")]),
        (f"reg delete {KEY}\\Sub /f", [(KEY + r"\Sub\Deep", "Text")], [(KEY, "Text")]),
    ],
)
async def test_delete(
    filled: Machine, run: "Run", line: str, gone: list[tuple[str, str]], left: list[tuple[str, str]]
) -> None:
    """`reg delete /f` takes away a value, all values of a key, or the key with all below it, and nothing else."""
    ran = await run(line)
    assert (ran.out, ran.code) == (DONE, 0)
    assert all(filled.registry.get(*place) is None for place in gone)
    assert all(filled.registry.get(*place) is not None for place in left)


async def test_views_are_those_of_wow64(machine: Machine, run: "Run") -> None:
    """/reg:32 and a 32-bit reg.exe read and write below Wow6432Node; policies are shared by both views."""
    winhttp = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\WinHttp"
    wow = winhttp.replace("SOFTWARE", r"SOFTWARE\Wow6432Node")
    await run(f'reg add "{winhttp}" /v DefaultSecureProtocols /t REG_DWORD /d 0xA80 /f /reg:32')
    assert machine.registry.get(wow, "DefaultSecureProtocols") == Value.of(0xA80)
    assert (await run(f'reg query "{winhttp}" /v DefaultSecureProtocols')).code == 1
    assert (await run(f'reg query "{winhttp}" /v DefaultSecureProtocols', bits=32)).code == 0
    assert (await run(f'C:\\Windows\\SysWOW64\\reg.exe query "{winhttp}"')).code == 0
    policies = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"
    assert (await run(f"reg query {policies} /v EnableLUA /reg:32")).code == 0


async def test_a_32_bit_windows_has_one_view(clock: Clock, run: "Run") -> None:
    """On 32-bit Windows there is no Wow6432Node, and /reg:32 and /reg:64 lead to the same key."""
    machine = Machine(Profile(architecture="x86"), clock)
    await run("reg add HKLM\\SOFTWARE\\Lab /v a /d b /f /reg:32", machine=machine)
    assert (await run("reg query HKLM\\SOFTWARE\\Lab /v a /reg:64", machine=machine)).code == 0
    assert (await run("reg query HKLM\\SOFTWARE\\Wow6432Node", machine=machine)).err == NOT_FOUND


async def test_users_may_read_but_not_write_the_machine(machine: Machine, run: "Run") -> None:
    """Without an administrator's token HKLM is read-only, and one's own hive is not."""
    user = log_on(machine, "user")
    denied = await run(f"reg add {KEY} /v a /d b /f", account=user)
    assert (denied.err, denied.code) == ("ERROR: Access is denied.\r\n", 1)
    assert (await run(f"reg query {SCHANNEL}", account=user)).code == 0
    assert (await run("reg add HKCU\\Software\\Lab /v a /d b /f", account=user)).code == 0
    assert machine.registry.get(f"HKU\\{user.sid}\\Software\\Lab", "a") == Value.of("b")


async def test_export_and_import_are_inverse(filled: Machine, run: "Run") -> None:
    """What `reg export` wrote, `reg import` restores; success of the import is told on the standard error output."""
    before = filled.snapshot()
    exported = await run(f"reg export {KEY} C:\\Windows\\Temp\\lab.reg")
    assert (exported.out, exported.code) == (DONE, 0)
    text = filled.files.read("C:\\Windows\\Temp\\lab.reg").decode("utf-16")
    assert text.startswith(f'Windows Registry Editor Version 5.00\r\n\r\n[{LONG_KEY}]\r\n@="main"\r\n')
    assert '"Number"=dword:00000a80\r\n' in text
    await run(f"reg delete {KEY} /f")
    imported = await run("reg import C:\\Windows\\Temp\\lab.reg")
    assert (imported.out, imported.err, imported.code) == ("", DONE, 0)
    filled.files.delete("C:\\Windows\\Temp\\lab.reg")
    assert before.diff(filled.snapshot()) == []


async def test_import_of_nothing(run: "Run") -> None:
    """A file that is not there cannot be imported."""
    ran = await run("reg import C:\\none.reg")
    assert ran.code == 1
    assert ran.err == "ERROR: Error opening the file. There may be a disk or file system error.\r\n"


async def test_copy_takes_the_tree_along(filled: Machine, run: "Run") -> None:
    """`reg copy /s /f` copies values and subkeys."""
    ran = await run(f"reg copy {KEY} HKLM\\Software\\Twin /s /f")
    assert ran.code == 0
    source, twin = filled.registry.key(KEY, account=SYSTEM), filled.registry.key("HKLM\\Software\\Twin")
    assert [(path, dict(key.values)) for path, key in source.walk()] == [
        (path, dict(key.values)) for path, key in twin.walk()
    ]
