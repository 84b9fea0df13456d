"""cmd.exe on a lab host: command line in; standard output, standard error and exit code out.

Sources: "wine" is wine-mirror/wine programs/cmd/tests/test_builtins.cmd and test_cmdline.cmd with their .exp files,
whose expectations are those of Windows; "phases" is stackoverflow.com/q/4094699; "levels" is
stackoverflow.com/q/34987885; "help" is the built-in help of Windows 7; "mem" is remembered.
"""

import asyncio

import pytest

from sspr_lab.clock import Clock
from sspr_lab.logon import log_on
from sspr_lab.machine import Machine
from sspr_lab.process import Process
from sspr_lab.profile import Profile
from sspr_lab.streams import BytesInput, Collector, Console, IdleConsole, OutputStream

from .conftest import Run

UNKNOWN = "'nosuch' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n"
NO_FILE = "The system cannot find the file specified.\r\n"
NO_PATH = "The system cannot find the path specified.\r\n"
BROKEN = "The process tried to write to a nonexistent pipe.\r\n"
SYNTAX = "The syntax of the command is incorrect.\r\n"
FOLDER = "C:\\t"


@pytest.fixture
def folder(machine: Machine) -> Machine:
    r"""A machine with a few files in C:\t."""
    files = machine.files
    for path in (FOLDER, f"{FOLDER}\\sub", f"{FOLDER}\\empty"):
        files.mkdir(path)
    for name, data in {
        "a.txt": b"aaa\r\n",
        "b.txt": b"bbb\r\n",
        "sub\\c.txt": b"ccc\r\n",
        "list": b"1 x\r\n\r\n2 y\r\n",
    }.items():
        files.write(f"{FOLDER}\\{name}", data)
    files.write(f"{FOLDER}\\wide.log", "\ufeffgrün".encode("utf-16-le"))
    return machine


@pytest.mark.parametrize(
    ("line", "out", "err", "code", "source"),
    [
        ("echo hello", "hello\r\n", "", 0, "wine"),
        ("echo foo & echo bar", "foo \r\nbar\r\n", "", 0, "wine"),
        ("echo. & echo.x& echo:y& echo(z", " \r\nx\r\ny\r\nz\r\n", "", 0, "wine; the space after echo. is text"),
        ("echo", "ECHO is on.\r\n", "", 0, "wine"),
        ("echo %undefined% %^errorlevel%", "%undefined% %errorlevel%\r\n", "", 0, "wine"),
        ("set x=1& echo %^x%& call echo %^x%", "%x%\r\n1\r\n", "", 0, "phases"),
        ("ver", "\r\nMicrosoft Windows [Version 6.1.7601]\r\n", "", 0, "help"),
        ("vol", " Volume in drive C has no label.\r\n Volume Serial Number is 5C3F-21A7\r\n", "", 0, "help"),
        ("nosuch", "", UNKNOWN, 1, "wine"),
        ("nosuch & call echo %^errorlevel%", "9009\r\n", UNKNOWN, 0, "wine"),
        ("nosuch || call echo %^errorlevel%", "1\r\n", UNKNOWN, 0, "wine"),
        ("no\\such.exe & call echo %^errorlevel%", "3\r\n", NO_PATH, 0, "wine"),
        ('"no such"', "", UNKNOWN.replace("nosuch", '"no such"'), 1, "mem"),
        ("exit 3010", "", "", 3010, "help"),
        ("exit /b 457", "", "", 457, "wine"),
        ("cmd /c exit 5 & call echo %^errorlevel%", "5\r\n", "", 0, "help"),
        ("echo>", "", SYNTAX, 1, "wine"),
        ("(echo a", "", "", 1, "mem"),
        ("goto x & echo here", "here\r\n", "", 0, "wine"),
        ("call :x", "", "Invalid attempt to call batch label outside of batch script.\r\n", 1, "wine"),
        ("echo foo>>h:\\x\\y || call echo %^errorlevel%", "1\r\n", NO_PATH, 0, "wine"),
        ("ver>nul 2>&1 && echo ok", "ok\r\n", "", 0, "phases"),
        ("nosuch 2>nul || echo failed", "failed\r\n", "", 0, "phases"),
        ("(echo out& echo err 1>&2) 2>nul", "out\r\n", "", 0, "phases"),
        ("nosuch 2>&1", UNKNOWN, "", 1, "phases"),
        ("if 1==1 (echo a) else echo b", "a\r\n", "", 0, "wine"),
        ("if 1==0 (echo a) else echo b & echo c", "b \r\nc\r\n", "", 0, "wine"),
        ("if not errorlevel 1 echo fine", "fine\r\n", "", 0, "help"),
        ("if 10 gtr 9 echo number", "number\r\n", "", 0, "help"),
        ('if "10" lss "9" echo text', "text\r\n", "", 0, "wine"),
        ("if defined path (echo yes) else echo no", "yes\r\n", "", 0, "help"),
        ("for %i in (a b,c) do @echo %i", "a\r\nb\r\nc\r\n", "", 0, "wine"),
        ("for /l %i in (5,-2,1) do @echo %i", "5\r\n3\r\n1\r\n", "", 0, "help"),
        ("for %i in (a) do echo %i", "\r\nC:\\t>echo a \r\na\r\n", "", 0, "mem: cmd /c echoes what FOR runs"),
        ("for /f \"tokens=1,2\" %i in ('echo a b c') do @echo %j-%i", "b-a\r\n", "", 0, "help"),
        ('for /f "usebackq" %i in (`echo x`) do @echo %i', "x\r\n", "", 0, "help"),
        ('for /f "skip=1" %i in (list) do @echo %i', "2\r\n", "", 0, "wine"),
        ("for /f %i in (list) do @echo %i", "1\r\n2\r\n", "", 0, "wine: empty lines are passed over"),
        ("for /f %i in (none) do @echo %i", "", "The system cannot find the file none.\r\n", 1, "mem"),
        ("for %i in (*.txt) do @echo %~ni%~xi %~zi", "a.txt 5\r\nb.txt 5\r\n", "", 0, "wine"),
        ("for /d %i in (*) do @echo %i", "empty\r\nsub\r\n", "", 0, "help"),
        ("for /r %i in (*.txt) do @echo %i", "C:\\t\\a.txt\r\nC:\\t\\b.txt\r\nC:\\t\\sub\\c.txt\r\n", "", 0, "help"),
        ("set /a 1+2*3", "7", "", 0, "help"),
        ("set /a 1/0", "", "Divide by zero error.\r\n", 1073750993, "mem"),
        ("set none", "", "Environment variable none not defined\r\n", 1, "wine"),
        ('set "x=a b" junk& set x', "x=a b\r\n", "", 0, "wine"),
        ("set x=22 && setlocal && set x=33 && endlocal && set x", "x=33 \r\n", "", 0, "wine"),
        ("cd", "C:\\t\r\n", "", 0, "wine"),
        ("cd SUB & cd", "C:\\t\\sub\r\n", "", 0, "wine"),
        ("cd..& cd", "C:\\\r\n", "", 0, "wine"),
        ("cd /d c:\\windows & cd", "C:\\Windows\r\n", "", 0, "help"),
        ("cd none", "", NO_PATH, 1, "wine"),
        ("cd a.txt", "", "The directory name is invalid.\r\n", 1, "mem"),
        ("cd d:\\", "", "The system cannot find the drive specified.\r\n", 1, "mem"),
        ("pushd sub & cd & popd & cd", "C:\\t\\sub\r\nC:\\t\r\n", "", 0, "help"),
        ("popd || echo nothing pushed", "nothing pushed\r\n", "", 0, "wine"),
        ("type a.txt", "aaa\r\n", "", 0, "wine"),
        (
            "type a.txt b.txt",
            "aaa\r\nbbb\r\n",
            "\r\na.txt\r\n\r\n\r\n\r\nb.txt\r\n\r\n\r\n",
            0,
            "wine; the stream [mem]",
        ),
        ("type none", "", NO_FILE, 1, "wine"),
        ("type wide.log", "grün", "", 0, "mem: UTF-16 becomes the console's code page"),
        ("type nul", "", "", 0, "wine"),
        ("md x\\y\\z && dir /b x", "y\r\n", "", 0, "wine"),
        ("md sub", "", "A subdirectory or file sub already exists.\r\n", 1, "wine; text mem"),
        ("md", "", SYNTAX, 1, "wine"),
        ("rd empty && if not exist empty echo gone", "gone\r\n", "", 0, "wine"),
        ("rd none", "", NO_FILE, 2, "wine"),
        ("rd none & call echo %^errorlevel%", "0\r\n", NO_FILE, 0, "wine"),
        ("rd sub", "", "The directory is not empty.\r\n", 145, "wine"),
        ("rd a.txt", "", "The directory name is invalid.\r\n", 267, "wine"),
        ("rd /s /q sub && if not exist sub echo gone", "gone\r\n", "", 0, "wine"),
        ("rd/s/q sub&&echo gone", "gone\r\n", "", 0, "wine"),
        ("del a.txt b.txt & dir /b *.txt", "", "File Not Found\r\n", 1, "wine"),
        ("del none", "", "Could Not Find C:\\t\\none\r\n", 0, "levels"),
        ("del no\\such", "", NO_PATH, 1, "wine"),
        ("del /q *.txt & dir /b", "empty\r\nlist\r\nsub\r\nwide.log\r\n", "", 0, "wine"),
        (
            "del /s /q *.txt",
            "Deleted file - C:\\t\\a.txt\r\nDeleted file - C:\\t\\b.txt\r\nDeleted file - C:\\t\\sub\\c.txt\r\n",
            "",
            0,
            "mem",
        ),
        ("del", "", SYNTAX, 1, "wine"),
        ("copy a.txt z.txt", "        1 file(s) copied.\r\n", "", 0, "wine; text mem"),
        ("copy /y *.txt empty", "a.txt\r\nb.txt\r\n        2 file(s) copied.\r\n", "", 0, "mem"),
        ("copy none z", "", NO_FILE, 1, "wine"),
        ("copy a.txt none\\z", "        0 file(s) copied.\r\n", NO_PATH, 1, "wine"),
        (
            "copy /b a.txt a.txt",
            "        0 file(s) copied.\r\n",
            "The file cannot be copied onto itself.\r\n",
            1,
            "wine",
        ),
        ("copy /b a.txt+b.txt z >nul & type z", "aaa\r\nbbb\r\n", "", 0, "wine"),
        ("copy a.txt + b.txt z >nul & type z", "aaa\r\nbbb\r\n\x1a", "", 0, "mem: text ends with Ctrl-Z"),
        ("copy nul z >nul & dir /b z", "z\r\n", "", 0, "wine"),
        ("move /y a.txt sub\\a.txt", "        1 file(s) moved.\r\n", "", 0, "wine; text mem"),
        ("move none z", "", NO_FILE, 1, "wine"),
        ("ren a.txt z.txt && dir /b *.txt", "b.txt\r\nz.txt\r\n", "", 0, "wine"),
        ("ren *.txt *.old && dir /b *.old", "a.old\r\nb.old\r\n", "", 0, "help"),
        (
            "ren a.txt b.txt",
            "",
            "A duplicate file name exists, or the file\r\ncannot be found.\r\n",
            1,
            "wine; text mem",
        ),
        ("ren none z", "", NO_FILE, 1, "wine"),
        ("dir /b", "a.txt\r\nb.txt\r\nempty\r\nlist\r\nsub\r\nwide.log\r\n", "", 0, "wine"),
        ("dir /b /ad", "empty\r\nsub\r\n", "", 0, "wine"),
        ("dir /b /s *.txt", "C:\\t\\a.txt\r\nC:\\t\\b.txt\r\nC:\\t\\sub\\c.txt\r\n", "", 0, "help"),
        ("dir /b /o-n *.txt", "b.txt\r\na.txt\r\n", "", 0, "help"),
        ("dir /b none", "", "File Not Found\r\n", 1, "wine"),
        ("dir /b none a.txt", "a.txt\r\n", "", 0, "wine"),
        ("dir /e", "", 'Invalid switch - "e".\r\n', 1, "as /h on Windows 6.0"),
        ("dir /b c:/bat", "", 'Parameter format not correct - "bat".\r\n', 1, "superuser 1060121"),
        ("dir /b sub/s", "C:\\t\\sub\\c.txt\r\n", "", 0, "help"),
        ("type c:/t/a.txt", "", SYNTAX, 1, "superuser 1060121"),
        ("md c:/t/new & dir /b /ad", "empty\r\nsub\r\n", SYNTAX, 0, "theADAMJR/acrd.app 49"),
        ("del sub/C.txt", "", 'Invalid switch - "C.txt".\r\n', 1, "CleanTF2plus 31"),
        ("del /z a.txt", "", 'Invalid switch - "z".\r\n', 1, "CleanTF2plus 31"),
        ("rd /x empty || echo kept", "kept\r\n", 'Invalid switch - "x".\r\n', 0, "mem"),
        ("copy /k a.txt z.txt", "", SYNTAX, 1, "mem"),
        ("copy /v /y /z a.txt z.txt", "        1 file(s) copied.\r\n", "", 0, "help"),
        ("move /q a.txt z.txt", "", SYNTAX, 1, "mem"),
        ("ren a.txt /z", "", SYNTAX, 1, "mem"),
        ("echo a|more", "a\r\n\r\n", "", 0, "wine"),
        ("echo b1|echo b2", "b2\r\n", "", 0, "wine"),
        ("(echo b&echo a)|sort", "a \r\nb  \r\n", "", 0, "wine: a block's commands get spaces"),
        ("echo 1 ^^^& 2|more", "1 & 2\r\n\r\n", "", 0, "phases: a side of a pipe is parsed twice"),
        ("echo a|rd none", "", NO_FILE, 2, "wine"),
        ("echo a|nosuch & echo never", "", UNKNOWN + BROKEN, 255, "wine; the second message mem"),
        ("start /wait cmd /c exit 9 & call echo %^errorlevel%", "9\r\n", "", 0, "wine"),
        ("start /wait /b cmd /c echo shared", "shared\r\n", "", 0, "help"),
        ("start nosuch", "", "The system cannot find the file nosuch.\r\n", 9059, "mem"),
        ("start /foobar", "", "Invalid switch - foobar.\r\n", 1, "wine; text mem"),
        ("path ; & path", "PATH=(null)\r\n", "", 0, "wine"),
        ("title x & break & cls", "\x0c", "", 0, "wine"),
        ("color 0a", "", "", 1, "wine"),
        ("verify foobar", "", "An incorrect parameter was\r\nentered for the command.\r\n", 1, "wine; text mem"),
        ("shift /abc", "", "Invalid parameter to SHIFT command\r\n", 1, "wine; text mem"),
        ("assoc .none", "", "File association not found for extension .none\r\n", 1, "wine"),
        ("ftype none", "", "File type 'none' not found or no open command associated with it.\r\n", 2, "wine"),
        ("if exist sub\\ (if not exist a.txt\\ echo only directories)", "only directories\r\n", "", 0, "mem"),
        ("if exist *.txt (if not exist *.doc echo patterns)", "patterns\r\n", "", 0, "help"),
        ("if exist . (if exist \\ (if not exist d:\\ echo here))", "here\r\n", "", 0, "mem"),
        ("chcp", "Active code page: 437\r\n", "", 0, "help"),
        ("chcp 99", "Invalid code page\r\n", "", 1, "mem"),
        ("chcp 1252 >nul & type wide.log", "grⁿn", "", 0, "help; the test reads code page 437"),
        ("if exist sub\\nul echo directory", "directory\r\n", "", 0, "mem"),
        ("set /p x=name:", "name:", "", 1, "mem: nothing came in"),
        ("whoami >con & hostname", "PC-01\r\n", "", 0, "mem: nobody sees the console"),
    ],
)
async def test_lines(folder: Machine, run: Run, line: str, out: str, err: str, code: int, source: str) -> None:
    """Each line prints and returns what it does on Windows 7."""
    ran = await run(f'cmd.exe /s /c "cd /d {FOLDER}&{line}"')
    assert (ran.out, ran.err, ran.code) == (out, err, code), source


@pytest.mark.parametrize(
    ("command", "errorlevel"),
    [
        ("ver", 0),
        ("echo x", 666),
        ("type nul", 0),
        ("rd none", 666),
        ("popd", 666),
        ("md x", 0),
        ("del none", 0),
        ("cd .", 0),
        ("pushd .", 0),
        ("verify on", 0),
        ("title x", 666),
        ("break", 666),
        ("set x=1", 666),
        ("path %path%", 666),
        ("setlocal", 0),
        ("endlocal", 666),
        ("if 1==0 ver", 666),
        ("for %i in () do ver", 666),
        ("c:", 666),
        ("call c:", 0),
        ("(call )", 0),
        ("(call)", 1),
        ("echo x>no\\such", 666),
        ("echo x|more", 0),
        ("start /b cmd /c exit 9", 666),
    ],
)
async def test_errorlevel(run: Run, command: str, errorlevel: int) -> None:
    """Each command leaves ERRORLEVEL as it does on Windows (wine; set and path on a command line: levels)."""
    ran = await run(f'cmd.exe /v:on /s /c "cmd /c exit 666& ({command})>nul 2>&1& echo [!errorlevel!]"')
    assert ran.out == f"[{errorlevel}]\r\n"


async def test_long_listing(folder: Machine, run: Run) -> None:
    """DIR's long form has its heading, a line for each entry and its two sums."""
    ran = await run("cmd /c dir C:\\t\\*.txt")
    lines = ran.out.split("\r\n")
    assert lines[3] == " Directory of C:\\t"
    assert lines[5][20:] == "                 5 a.txt"
    assert lines[7:] == [
        "               2 File(s)             10 bytes",
        f"               0 Dir(s)  {folder.files.free_bytes:,} bytes free",
        "",
    ]


async def test_a_line_has_8191_characters(run: Run) -> None:
    """A longer command line is refused, and so is one that expansion makes longer (Microsoft KB830473)."""
    fits = "echo " + "x" * 8186
    assert (await run(f"cmd /c {fits}")).code == 0
    assert (await run(f"cmd /c {fits}x")).err == "The command line is too long.\r\n"
    long = await run(f"cmd /c set x={'y' * 5000}& call echo %^x%%^x%")
    assert (long.out, long.err, long.code) == ("", "The input line is too long.\r\n", 1)


async def test_standard_input_reaches_programs(run: Run) -> None:
    """SET /P takes a line of the standard input, and what is left goes to the next reader."""
    ran = await run('cmd /v:on /c "set /p x=& echo [!x!]& sort"', stdin=BytesInput(b"one\r\nb\r\na\r\n", "pipe"))
    assert ran.out == "[one]\r\na\r\nb\r\n"


async def test_commands_from_standard_input(run: Run) -> None:
    """Without /c cmd reads commands, with banner and prompts, and ends with the last one's return code [mem]."""
    ran = await run("cmd", stdin=BytesInput(b"@echo off\r\necho hi\r\nrd none\r\n", "pipe"))
    assert ran.out.startswith("Microsoft Windows [Version 6.1.7601]\r\nCopyright (c) 2009 Microsoft Corporation.")
    assert ran.out.endswith(">@echo off\r\nhi\r\n")
    assert ran.code == 2


async def test_both_sides_of_a_pipe_run_at_once(machine: Machine) -> None:
    """Of two programs in a pipe the second runs while the first has not ended; both are children of this cmd."""
    process, out = _spawned(machine, 'cmd /c "set /p x=first& echo on"|findstr "^"')
    await _until(lambda: len(machine.processes) == 3)
    assert [child.image for child in process.children] == ["cmd.exe", "findstr.exe"]
    process.terminate()
    await process.gone()
    await _until(lambda: not machine.processes)
    assert not out.data


async def test_a_console_that_waits_ends_with_its_process(machine: Machine) -> None:
    """START gives a batch file a window that stays: /WAIT never returns, and ending cmd ends it too (help)."""
    machine.files.write("C:\\x.cmd", b"@exit /b 0\r\n")
    process, _ = _spawned(machine, "start /wait C:\\x.cmd")
    await _until(lambda: len(machine.processes) == 2)
    await asyncio.sleep(0.02)
    assert process.exit_code is None
    process.terminate()
    await _until(lambda: not machine.processes)


async def test_an_endless_loop_leaves_others_their_turn(machine: Machine) -> None:
    """A loop that never ends does not hold up the event loop, and can be ended."""
    process, _ = _spawned(machine, "for /l %i in (1,0,2) do @rem")
    await asyncio.sleep(0.01)
    process.terminate()
    await process.gone()
    assert process.exit_code == 1


async def test_version_of_other_branches(clock: Clock, run: Run) -> None:
    """VER names the branch's version."""
    ran = await run("cmd /c ver", machine=Machine(Profile(branch="windows8.1"), clock))
    assert ran.out == "\r\nMicrosoft Windows [Version 6.3.9600]\r\n"


async def test_sysnative_leads_out_of_wow64(machine: Machine) -> None:
    """A 32-bit cmd runs 32-bit programs from System32 and the 64-bit ones through Sysnative."""
    for path, bits in (("System32", 32), ("Sysnative", 64)):
        process, _ = _spawned(machine, f"C:\\Windows\\{path}\\findstr.exe x", bits=32)
        await _until(lambda parent=process: parent.children)
        assert process.children[0].bits == bits
        process.terminate()


async def test_a_users_rights_hold(machine: Machine, run: Run) -> None:
    """Redirection and file commands act with the rights of the account."""
    user = log_on(machine, "user")
    ran = await run('cmd /c "echo x>C:\\Windows\\x"', account=user)
    assert (ran.err, ran.code) == ("Access is denied.\r\n", 1)


async def test_a_file_in_use(machine: Machine, run: Run) -> None:
    """A file that another process writes cannot be redirected to."""
    with machine.files.open("C:\\x.log", "w"):
        ran = await run('cmd /c "echo x>>C:\\x.log"')
    assert ran.err == "The process cannot access the file because it is being used by another process.\r\n"


def _spawned(machine: Machine, line: str, bits: int = 64) -> tuple[Process, Collector]:
    out, console = Collector(), Console(437)
    stream = OutputStream(out, console)
    account = log_on(machine, "Administrator")
    process = machine.spawn(
        f"cmd.exe /c {line}", account=account, stdin=IdleConsole(), stdout=stream, stderr=stream, bits=bits
    )
    return process, out


async def _until(holds: object) -> None:
    assert callable(holds)
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110  (the machine tells nobody that a process has started)
            await asyncio.sleep(0)
