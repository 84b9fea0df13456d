"""findstr, find, more and sort on a lab host.

Sources: "quirks" is stackoverflow.com/q/8844868, "help" the tools' help, "wine" wine-mirror/wine programs/cmd/tests,
whose expectations are those of Windows; "mem" is remembered.
"""

import asyncio

import pytest

from sspr_lab.clock import Clock
from sspr_lab.logon import log_on
from sspr_lab.machine import Machine
from sspr_lab.profile import Profile
from sspr_lab.streams import BytesInput, Collector, Console, Nul, OutputStream

from .conftest import Run


@pytest.fixture
def folder(machine: Machine) -> Machine:
    r"""A machine with texts in C:\t."""
    for path in ("C:\\t", "C:\\t\\sub"):
        machine.files.mkdir(path)
    files = {
        "one.txt": b'alpha\r\nBeta gamma\r\n.dot*\r\nback\\slash "q"\r\nlast',
        "two.txt": b"alpha two\r\n",
        "unix.txt": b"alpha\nbeta\n",
        "sub\\deep.txt": b"alpha deep\r\n",
        "binary.bin": b"alpha\x01\r\n",
    }
    for name, data in files.items():
        machine.files.write(f"C:\\t\\{name}", data)
    return machine


@pytest.mark.parametrize(
    ("arguments", "out", "code", "source"),
    [
        ("alpha one.txt", "alpha\r\n", 0, "help"),
        ("nothing one.txt", "", 1, "help"),
        ("/i BETA one.txt", "Beta gamma\r\n", 0, "help"),
        ('"beta alpha" one.txt', "alpha\r\n", 0, "help: words are alternatives"),
        ('/c:"Beta gamma" one.txt', "Beta gamma\r\n", 0, "help"),
        ('/c:"a.*a" one.txt', "", 1, "quirks: /c is literal"),
        ('/r /c:"a.*ma" one.txt', "Beta gamma\r\n", 0, "help"),
        ("p.*a one.txt", "alpha\r\n", 0, "quirks: a metacharacter makes it an expression"),
        ("/l .dot* one.txt", ".dot*\r\n", 0, "help"),
        ("^B one.txt", "Beta gamma\r\n", 0, "help"),
        ("pha$ one.txt", "alpha\r\n", 0, "help"),
        ("pha$ unix.txt", "", 1, "quirks: $ wants a carriage return"),
        ("last$ one.txt", "", 1, "quirks: the last line lacks one"),
        ("/x alpha one.txt two.txt", "one.txt:alpha\r\n", 0, "help"),
        ("/b al one.txt", "alpha\r\n", 0, "help"),
        ("/e ma one.txt", "Beta gamma\r\n", 0, "help"),
        ("[A-C]eta one.txt", "Beta gamma\r\n", 0, "help"),
        ('"[^B]eta" unix.txt', "beta\n", 0, "help"),
        ('"\\<gam" one.txt', "Beta gamma\r\n", 0, "help"),
        ('"mma\\>" one.txt', "Beta gamma\r\n", 0, "help"),
        ('"eta\\>" one.txt two.txt', "one.txt:Beta gamma\r\n", 0, "help"),
        ("k\\\\s one.txt", 'back\\slash "q"\r\n', 0, "quirks: a doubled backslash is one"),
        ('\\"q\\" one.txt', 'back\\slash "q"\r\n', 0, "quirks"),
        ("/v a one.txt", ".dot*\r\n", 0, "help"),
        ("/n alpha one.txt", "1:alpha\r\n", 0, "help"),
        ("/o Beta one.txt", "7:Beta gamma\r\n", 0, "help"),
        ("/m alpha *.txt", "one.txt\r\ntwo.txt\r\nunix.txt\r\n", 0, "help"),
        ("/s /m alpha *.txt", "one.txt\r\ntwo.txt\r\nunix.txt\r\nsub\\deep.txt\r\n", 0, "help; order mem"),
        ("/sim ALPHA d*.txt", "sub\\deep.txt\r\n", 0, "mem: letters together"),
        ("/p alpha binary.bin two.txt", "two.txt:alpha two\r\n", 0, "help"),
        ("/g:two.txt one.txt", "", 1, "help"),
        ("alpha C:\\t\\two.txt C:\\t\\one.txt", "C:\\t\\two.txt:alpha two\r\nC:\\t\\one.txt:alpha\r\n", 0, "help"),
    ],
)
async def test_findstr(folder: Machine, run: Run, arguments: str, out: str, code: int, source: str) -> None:
    """Each search prints the lines and returns the code that findstr does."""
    folder.files.write("C:\\x.cmd", f"@cd /d C:\\t\r\n@findstr {arguments}\r\n".encode())
    ran = await run("cmd /c C:\\x.cmd")
    assert (ran.out, ran.err, ran.code) == (out, "", code), source


@pytest.mark.parametrize(
    ("arguments", "err", "code", "source"),
    [
        ("", "FINDSTR: Bad command line\r\n", 2, "quirks"),
        ("x C:\\none.txt", "FINDSTR: Cannot open C:\\none.txt\r\n", 1, "quirks"),
        ("/q x C:\\t\\one.txt", "FINDSTR: /q ignored\r\n", 1, "quirks"),
        (f"/l {'x' * 512} C:\\t\\one.txt", "FINDSTR: Search string too long.\r\n", 2, "quirks"),
        (f"/r {'x' * 255} C:\\t\\one.txt", "FINDSTR: Out of memory.\r\n", 2, "quirks"),
    ],
)
async def test_findstr_refuses(folder: Machine, run: Run, arguments: str, err: str, code: int, source: str) -> None:
    """Wrong usage and what cannot be opened give findstr's own words and codes."""
    ran = await run(f"findstr {arguments}")
    assert (ran.out, ran.err, ran.code) == ("", err, code), source


@pytest.mark.parametrize(
    ("sent", "out", "err"),
    [
        (b"one\r\ntwo\r\n", "one\r\ntwo\r\n", ""),
        (b"one\ntwo", "one\ntwo\r\n", ""),  # quirks: the last line gets its end
        (b"one\r\nx", "one\r\n", ""),  # quirks: a single last byte is lost
        (b"x" * 8191 + b"\r\n", "x" * 8191 + "\r\n", ""),
        (b"a\r\n" + b"x" * 8192 + b"\r\nb\r\n", "a\r\nb\r\n", "FINDSTR: Line 2 is too long.\r\n"),
    ],
)
async def test_findstr_reads_a_pipe(run: Run, sent: bytes, out: str, err: str) -> None:
    """Lines of a pipe go through as they are, but for too long ones and a lone last byte (quirks)."""
    ran = await run('findstr "^"', stdin=BytesInput(sent, "pipe"))
    assert (ran.out, ran.err, ran.code) == (out, err, 0)


async def test_findstr_hangs_on_windows_7(machine: Machine, clock: Clock, run: Run) -> None:
    """A redirected file whose last line has no line feed has no end on Windows 7; on Windows 8 it has (quirks)."""
    stdin = BytesInput(b"one\r\ntwo", "file")
    process = machine.spawn("findstr x", account=log_on(machine, "Administrator"), stdin=stdin)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(process.gone()), 0.05)
    process.terminate()
    later = Machine(Profile(branch="windows8"), clock)
    assert (await run("findstr two", stdin=BytesInput(b"one\r\ntwo", "file"), machine=later)).out == "two\r\n"


@pytest.mark.parametrize(
    ("line", "out", "err", "code"),
    [
        ('find "alpha" C:\\t\\two.txt', "\r\n---------- C:\\T\\TWO.TXT\r\nalpha two\r\n", "", 0),
        ('find /c "a" C:\\t\\one.txt', "\r\n---------- C:\\T\\ONE.TXT: 4\r\n", "", 0),
        ('find /n /i "BETA" C:\\t\\one.txt', "\r\n---------- C:\\T\\ONE.TXT\r\n[2]Beta gamma\r\n", "", 0),
        ('find "none" C:\\t\\two.txt', "\r\n---------- C:\\T\\TWO.TXT\r\n", "", 1),
        ('find /v "a" C:\\t\\two.txt', "\r\n---------- C:\\T\\TWO.TXT\r\n", "", 1),
        ('find "x" C:\\none', "", "File not found - C:\\NONE\r\n", 1),
        ("find alpha C:\\t\\two.txt", "", "FIND: Parameter format not correct\r\n", 2),
        ('find /q "x" C:\\t\\two.txt', "", "FIND: Invalid switch\r\n", 2),
        ('cmd /c type C:\\t\\one.txt|find /c /v ""', "5\r\n", "", 0),
    ],
)
async def test_find(folder: Machine, run: Run, line: str, out: str, err: str, code: int) -> None:
    """find prints a heading for each file, none for the standard input (help; wine for the last)."""
    ran = await run(line)
    assert (ran.out, ran.err, ran.code) == (out, err, code)


async def test_more_writes_all_and_an_empty_line(run: Run) -> None:
    """more turns tabs into spaces and ends with an empty line (wine; tabs: help)."""
    ran = await run("more", stdin=BytesInput(b"a\tb\nc", "pipe"))
    assert ran.out == "a       b\r\nc\r\n\r\n"
    assert (await run("more +1", stdin=BytesInput(b"a\r\nb\r\n", "pipe"))).out == "b\r\n\r\n"
    assert (await run("more nul")).out == ""


async def test_more_stops_after_65534_lines(machine: Machine) -> None:
    """more waits for a key after 65,534 lines although its output is no screen (quirks)."""
    out, console = Collector(), Console(437)
    process = machine.spawn(
        "more",
        account=log_on(machine, "Administrator"),
        stdin=BytesInput(b"x\r\n" * 70_000, "pipe"),
        stdout=OutputStream(out, console),
        stderr=OutputStream(Nul(), console),
    )
    async with asyncio.timeout(5):
        while len(out.data) < 65_533 * 3:  # noqa: ASYNC110  (what waits for a key tells nobody)
            await asyncio.sleep(0.005)
    await asyncio.sleep(0.02)
    assert (len(out.data) // 3, process.exit_code) == (65_533, None)
    process.terminate()


@pytest.mark.parametrize(
    ("arguments", "out"),
    [
        ("", "A\r\nb\r\nC\r\n"),
        ("/r", "C\r\nb\r\nA\r\n"),
        ("C:\\t\\unix.txt", "alpha\r\nbeta\r\n"),
        ("/+9", "b\r\nA\r\nC\r\n"),
    ],
)
async def test_sort(folder: Machine, run: Run, arguments: str, out: str) -> None:
    """sort orders lines without regard to case (help)."""
    assert (await run(f"sort {arguments}", stdin=BytesInput(b"b\r\nA\r\nC\r\n", "pipe"))).out == out


async def test_sort_to_a_file(folder: Machine, run: Run) -> None:
    """/O names the output, which may be the input (help)."""
    await run("sort /r C:\\t\\unix.txt /o C:\\t\\unix.txt")
    assert folder.files.read("C:\\t\\unix.txt") == b"beta\r\nalpha\r\n"
