"""makecab and expand on a lab host: what they make is opened with an independent reader.

Expectations: Microsoft's MakeCAB user's guide and public transcripts of Windows 10 and 11; what is remembered says so.
"""

import pytest
from cabarchive import CabArchive

from sspr_lab.machine import Machine

from .conftest import Run

BANNER = "Cabinet Maker - Lossless Data Compression Tool\r\n\r\n"
HOME = "C:\\Users\\Administrator"
TEXT = b"line of a log\r\n" * 5000


@pytest.fixture
def host(machine: Machine) -> Machine:
    """A machine with two files in the Administrator's directory."""
    machine.files.write(f"{HOME}\\a.log", TEXT)
    machine.files.write(f"{HOME}\\b.txt", b"b")
    return machine


def directives(host: Machine, *lines: str) -> None:
    """Write a directive file."""
    host.files.write(f"{HOME}\\list.ddf", "\r\n".join(lines).encode())


async def test_one_file(host: Machine, run: Run) -> None:
    """A file alone becomes a cabinet of its own, much smaller, and nothing else is left."""
    before = {entry.name for entry in host.files.listdir(HOME)}
    ran = await run("makecab a.log a.cab")
    assert (ran.code, ran.out.startswith(f"{BANNER}\r  0.00% - a.log (1 of 1)")) == (0, True)
    cabinet = host.files.read(f"{HOME}\\a.cab")
    assert CabArchive(cabinet)["a.log"].buf == TEXT
    assert len(cabinet) < len(TEXT) // 10
    assert {entry.name for entry in host.files.listdir(HOME)} - before == {"a.cab"}


async def test_default_name_and_folder(host: Machine, run: Run) -> None:
    """Without a destination the last character becomes an underscore; /L names the directory."""
    host.files.mkdir("C:\\out")
    assert (await run("makecab /L C:\\out a.log")).code == 0
    assert host.files.exists("C:\\out\\a.lo_")


async def test_directive_file(host: Machine, run: Run) -> None:
    """Directives choose names inside and outside, variables are filled in, and two reports are left behind."""
    directives(
        host,
        ".Option Explicit ; a remark",
        ".Set CabinetNameTemplate=%Name%.cab",
        ".Set DiskDirectoryTemplate=.",
        ".Set MaxDiskSize=0",
        "; a remark",
        f'"{HOME}\\a.log"',
        '"b.txt" "sub\\c.txt"',
    )
    ran = await run("makecab /D Name=logs /F list.ddf")
    assert ran.code == 0
    lines = ran.out.split("\r\n")
    assert lines[2] == "75,001 bytes in 2 files"
    assert lines[4:6] == ["Total files:              2", "Bytes before:        75,001"]
    archive = CabArchive(host.files.read(f"{HOME}\\logs.cab"))
    assert {name: file.buf for name, file in archive.items()} == {"a.log": TEXT, "sub\\c.txt": b"b"}
    assert host.files.exists(f"{HOME}\\setup.inf")
    assert host.files.read(f"{HOME}\\setup.rpt").startswith(b"MakeCAB Report: ")


async def test_defaults_of_directives(host: Machine, run: Run) -> None:
    """Nothing set: the cabinet is 1.cab in a directory disk1; reports can be sent to NUL."""
    directives(host, "b.txt")
    assert (await run("makecab /D RptFileName=nul /D InfFileName=nul /F list.ddf")).code == 0
    assert CabArchive(host.files.read(f"{HOME}\\disk1\\1.cab"))["b.txt"].buf == b"b"
    assert not host.files.exists(f"{HOME}\\setup.inf")
    assert not host.files.exists(f"{HOME}\\setup.rpt")


async def test_several_cabinets(host: Machine, run: Run) -> None:
    """.New Cabinet begins another, and the template numbers them."""
    directives(host, ".Set DiskDirectoryTemplate=.", ".Set Compress=OFF", "a.log", ".New Cabinet", "b.txt")
    assert (await run("makecab /F list.ddf")).code == 0
    assert list(CabArchive(host.files.read(f"{HOME}\\2.cab"))) == ["b.txt"]
    assert len(host.files.read(f"{HOME}\\1.cab")) > len(TEXT)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("none.log", "ERROR: Could not find file: none.log\r\n"),
        ("/F none.ddf", "ERROR: Could not find file: none.ddf\r\n"),
        ("/D CompressionType=FAST a.log", "ERROR: Invalid Compression Type: FAST\r\n"),
        ("/D MaxDiskSize=abc a.log", "ERROR: Value of variable 'MaxDiskSize' must be a number: ABC\r\n"),
        ("/D MaxDiskSize=1000 a.log", "ERROR: MaxDiskSize(1000) is not a multiple of ClusterSize(512)\r\n"),
    ],
)
async def test_failures(host: Machine, run: Run, arguments: str, message: str) -> None:
    """What makecab cannot do it says, and exits with 1."""
    ran = await run(f"makecab {arguments}")
    assert (ran.out.endswith(message), ran.code) == (True, 1)


async def test_usage(run: Run) -> None:
    """Without arguments makecab explains itself and exits with 0."""
    ran = await run("makecab")
    assert (ran.out.startswith(f"{BANNER}MAKECAB [/V[n]]"), ran.code) == (True, 0)


async def test_expand_gives_back_what_makecab_took(host: Machine, run: Run) -> None:
    """-F takes the files out under their own names, -D only lists them."""
    directives(host, ".Set DiskDirectoryTemplate=.", "a.log", "b.txt")
    await run("makecab /F list.ddf")
    host.files.mkdir("C:\\out")
    ran = await run("expand 1.cab -F:* C:\\out")
    assert ran.out.split("\r\n")[3:] == [
        "Adding C:\\out\\a.log to Extraction Queue",
        "Adding C:\\out\\b.txt to Extraction Queue",
        "",
        "Expanding Files ....",
        "",
        "Expanding Files Complete ...",
        "2 files total.",
        "",
    ]
    assert host.files.read("C:\\out\\a.log") == TEXT
    ran = await run("expand -D 1.cab -F:*.txt")
    assert ran.out.endswith("\r\n\r\n1.cab: b.txt\r\n")


async def test_expand_one_file(host: Machine, run: Run) -> None:
    """-R restores the name inside; a destination that is no directory is the file itself."""
    await run("makecab a.log")
    host.files.mkdir("C:\\out")
    assert (await run("expand -R a.lo_ C:\\out")).code == 0
    assert (await run("expand a.lo_ C:\\out\\new.log")).code == 0
    assert host.files.read("C:\\out\\a.log") == host.files.read("C:\\out\\new.log") == TEXT


async def test_expand_fails(host: Machine, run: Run) -> None:
    """A source that is not there ends with 0xFFFFFFFF; what is no cabinet is copied."""
    ran = await run("expand none.cab C:\\out")
    assert (ran.out.split("\r\n")[-2], ran.code) == ("Can't open input file: none.cab.", 0xFFFFFFFF)
    assert (await run("expand b.txt C:\\copy.txt")).code == 0
    assert host.files.read("C:\\copy.txt") == b"b"
