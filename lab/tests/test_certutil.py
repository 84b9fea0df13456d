"""certutil on a lab host. Expectations: public transcripts of Windows 7, 2008 R2 and 10; what is remembered says so."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sspr_lab.clock import Clock
from sspr_lab.machine import Machine
from sspr_lab.profile import Profile
from sspr_lab.tools.certutil import _LARGEST_INPUT
from sspr_lab.tools.certutil_hex import from_hex, to_hex

from .conftest import Run

DATA = bytes(range(100))
DONE = "CertUtil: -{} command completed successfully.\r\n"


@pytest.fixture
def host(machine: Machine) -> Machine:
    r"""A machine with a few bytes in C:\f."""
    machine.files.write("C:\\f", DATA)
    machine.files.write("C:\\none", b"")
    return machine


@pytest.mark.parametrize(
    ("arguments", "algorithm"),
    [("", "SHA1"), (" SHA256", "SHA256"), (" SHA512", "SHA512"), (" MD5", "MD5")],
)
async def test_hash(host: Machine, run: Run, arguments: str, algorithm: str) -> None:
    """Windows 7 prints three lines, the bytes of the digest apart; SHA1 unless another is named."""
    ran = await run(f"certutil -hashfile C:\\f{arguments}")
    digest = hashlib.new(algorithm, DATA).hexdigest()
    heading, shown, footer, end = ran.out.split("\r\n")
    assert heading == f"{algorithm} hash of file C:\\f:"
    assert (shown.replace(" ", ""), shown.count(" ")) == (digest, len(digest) // 2 - 1)
    assert (f"{footer}\r\n", end, ran.code) == (DONE.format("hashfile"), "", 0)


async def test_hash_on_windows_10(clock: Clock, run: Run) -> None:
    """Windows 10 leaves out the spaces and takes the algorithm in any case."""
    machine = Machine(Profile(branch="windows10"), clock)
    machine.files.write("C:\\f", DATA)
    ran = await run("certutil -hashfile C:\\f sha256", machine=machine)
    assert ran.out.startswith(f"sha256 hash of C:\\f:\r\n{hashlib.sha256(DATA).hexdigest()}\r\n")


UNKNOWN_ALGORITHM = """\
CertUtil: -hashfile command FAILED: 0xd00000bb (-805306181)
CertUtil: WsResetMetadata
"""
MISSING = """\
CertUtil: -hashfile command FAILED: 0x80070002 (WIN32: 2)
CertUtil: The system cannot find the file specified.
"""
EMPTY = """\
CertUtil: -hashfile command FAILED: 0x800703ee (WIN32: 1006)
CertUtil: The volume for a file has been externally altered so that the opened file is no longer valid.
"""
INVALID = """\
Input Length = 100
DecodeFile returned The data is invalid. 0x8007000d (WIN32: 13)
CertUtil: -decode command FAILED: 0x8007000d (WIN32: 13)
CertUtil: The data is invalid.
"""
EXISTS = """\
Input Length = 100
EncodeToFile returned The file exists. 0x80070050 (WIN32: 80)
CertUtil: -encode command FAILED: 0x80070050 (WIN32: 80)
CertUtil: The file exists.
"""
TOO_FEW = """\
Expected at least 2 args, received 1
CertUtil: Missing argument
"""


@pytest.mark.parametrize(
    ("line", "out", "code", "source"),
    [
        ("-hashfile C:\\f sha256", UNKNOWN_ALGORITHM, 0xD00000BB, "transcript of Windows 7"),
        ("-hashfile C:\\missing SHA256", MISSING, 0x80070002, "transcript of Windows 10, without the error's name"),
        ("-hashfile C:\\none", EMPTY, 0x800703EE, "mem: an empty file cannot be mapped"),
        ("-encode C:\\f C:\\none", EXISTS, 0x80070050, "transcript of 2008 R2, with another code"),
        ("-decode C:\\f C:\\x", INVALID, 0x8007000D, "mem"),
        ("-decode C:\\f", TOO_FEW, 0x80070057, "mem"),
        ("-nosuch", "Unknown arg: -nosuch\n", 0x80070057, "mem"),
    ],
)
async def test_failures(host: Machine, run: Run, line: str, out: str, code: int, source: str) -> None:
    """Failures name themselves twice and are the exit code."""
    ran = await run(f"certutil {line}")
    assert (ran.out, ran.err, ran.code) == (out.replace("\n", "\r\n"), "", code), source


async def test_encode_and_decode(host: Machine, run: Run) -> None:
    """-encode writes 64 columns between header and footer; -decode takes it back, over an old file with -f only."""
    ran = await run("certutil -encode C:\\f C:\\f.b64")
    encoded = host.files.read("C:\\f.b64")
    assert ran.out == f"Input Length = 100\r\nOutput Length = {len(encoded)}\r\n" + DONE.format("encode")
    lines = encoded.split(b"\r\n")
    assert [len(line) for line in lines] == [27, 64, 64, 8, 25, 0]
    assert base64.b64decode(b"".join(lines[1:4])) == DATA
    ran = await run("certutil -f -decode C:\\f.b64 C:\\none")
    assert ran.out == f"Input Length = {len(encoded)}\r\nOutput Length = 100\r\n" + DONE.format("decode")
    assert host.files.read("C:\\none") == DATA


@pytest.mark.parametrize(("size", "output"), [(7, 70), (1870, 2630)])
async def test_lengths_of_transcripts(machine: Machine, run: Run, size: int, output: int) -> None:
    """The output lengths are those of transcripts from real machines."""
    machine.files.write("C:\\f", b"x" * size)
    assert f"Output Length = {output}\r\n" in (await run("certutil -encode C:\\f C:\\o")).out


@pytest.mark.parametrize(
    "text", [b"YWJj", b"YW\r\nJj\r\n", b"\r\n-----BEGIN X-----\nYWJj\n-----END X-----\n", b" Y W J j "]
)
async def test_decode_takes_base64_as_it_comes(machine: Machine, run: Run, text: bytes) -> None:
    """Header, footer, line ends and spaces are all optional."""
    machine.files.write("C:\\f", text)
    assert (await run("certutil -decode C:\\f C:\\o")).code == 0
    assert machine.files.read("C:\\o") == b"abc"


async def test_encode_has_a_limit(machine: Machine, run: Run) -> None:
    """A file one byte over 74,472,684 is not encoded (DosTips, "more tricks with certutil"; the error [mem])."""
    machine.files.write("C:\\f", bytes(_LARGEST_INPUT + 1))
    ran = await run("certutil -encode C:\\f C:\\o")
    assert (ran.code, machine.files.exists("C:\\o")) == (0x80070216, False)


async def test_hexadecimal(host: Machine, run: Run) -> None:
    """-encodehex shows addresses and characters, and -decodehex takes them back."""
    host.files.write("C:\\f", b"Hello, World!\r\n\x00\xff")
    assert (await run("certutil -encodehex C:\\f C:\\f.hex")).code == 0
    first, second, _ = host.files.read("C:\\f.hex").split(b"\r\n")
    assert first == b"0000\t48 65 6c 6c 6f 2c 20 57  6f 72 6c 64 21 0d 0a 00   Hello, World!..."
    assert second == b"0010\tff" + b" " * 49 + b"."
    await run("certutil -decodehex C:\\f.hex C:\\back")
    assert host.files.read("C:\\back") == host.files.read("C:\\f")
    await run("certutil -f -encodehex C:\\f C:\\f.hex 12")
    assert host.files.read("C:\\f.hex") == b"48656c6c6f2c20576f726c64210d0a00ff\r\n"


@given(st.binary(max_size=100), st.sampled_from([4, 5, 10, 11, 12]))
def test_hexadecimal_round_trip(data: bytes, kind: int) -> None:
    """Whatever the bytes are, each form gives them back."""
    assert from_hex(to_hex(data, kind)) == data
