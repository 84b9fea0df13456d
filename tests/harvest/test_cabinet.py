"""Opening cabinets: what other tools make is read, what a hostile host could make is refused."""

from __future__ import annotations

import contextlib
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from cabarchive import CabArchive, CabFile
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.harvest.cabinet import Limits, contents
from orchestrator.model.errors import UnexpectedOutput
from tests.saying import with_reason

DATA = Path(__file__).parent / "data"
INSTALL_LOG = "".join(
    f"MSI (s) (64:F0) [20:27:{n // 1000 % 60:02}:{n % 1000:03}]: Note: 1: 2205 2:  3: Error {n * 7919 % 9973}\r\n"
    for n in range(1500)
).encode("utf-16")
BLOCK = 0x8000


def mszip(content: bytes) -> list[bytes]:
    """MSZIP blocks as Windows makes them: each refers back to the content of the one before."""
    blocks, history = [], b""
    for start in range(0, len(content), BLOCK):
        piece = content[start : start + BLOCK]
        packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=history)
        packed = b"CK" + packer.compress(piece) + packer.flush()
        blocks.append(struct.pack("<IHH", 0, len(packed), len(piece)) + packed)
        history = piece
    return blocks


def build(
    files: Sequence[tuple[bytes, int]], content: bytes = b"", *, folders: int = 1, flags: int = 0, tail: bytes = b""
) -> bytes:
    """A cabinet by [MS-CAB] with files of given names and lengths; every folder has all of `content`."""
    blocks = mszip(content)
    entries = b"".join(
        struct.pack("<IIHHHH", length, 0, 0, 0x4F75, 0x6000, 0x20) + name + b"\0" for name, length in files
    )
    first = 36 + 8 * folders
    table = struct.pack("<IHH", first + len(entries), len(blocks), 1) * folders
    data = b"".join(blocks) + tail
    size = first + len(entries) + len(data)
    header = struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, size, 0, first, 0, 3, 1, folders, len(files), flags, 0, 0)
    return header + table + entries + data


def simple(*names: str) -> bytes:
    return build([(name.encode(), 5) for name in names], b"hello")


@pytest.mark.parametrize(
    ("cabinet", "expected"),
    [
        ("gcab-mszip.cab", {"install.log": INSTALL_LOG, "host.txt": b"PC-17\r\n", "empty.txt": b""}),
        ("gcab-stored.cab", {"short.log": INSTALL_LOG[:3000], "host.txt": b"PC-17\r\n"}),
        ("wine-mszip.cab", {"install.log": INSTALL_LOG, "host.txt": b"PC-17\r\n"}),
    ],
)
def test_reads_what_other_tools_make(cabinet: str, expected: dict[str, bytes]) -> None:
    """Cabinets of several blocks, made by other programs, give back every byte."""
    assert dict(contents((DATA / cabinet).read_bytes())) == expected


def test_reads_blocks_that_refer_back() -> None:
    """MSZIP blocks compressed with the one before as their history, as Windows does, are unpacked right."""
    cabinet = build([(b"install.log", len(INSTALL_LOG))], INSTALL_LOG)
    assert dict(contents(cabinet)) == {"install.log": INSTALL_LOG}


@pytest.mark.parametrize(
    "name",
    [
        r"..\evil.txt",
        "../evil.txt",
        r"\Windows\evil.txt",
        "/etc/evil",
        r"C:\evil.txt",
        "C:evil.txt",
        r"logs\install.log",
        r"\\server\share\evil",
        "..",
        ".",
        "",
        "evil.txt:stream",
        "a\nb.txt",
        "a\x1b[2Jb.txt",
        "a\u202etxt.exe",
        "what?.txt",
        "nul",
        "NUL.log",
        "com1.txt",
        "LPT9",
        "trailing.",
        "trailing ",
        "x" * 200,
    ],
)
def test_refuses_names_that_could_leave_the_folder(name: str) -> None:
    """A name that means another place, a device or nothing, on any coordinator, condemns the whole cabinet."""
    with pytest.raises(UnexpectedOutput):
        contents(simple("good.txt", name))


@pytest.mark.parametrize("names", [("a.log", "a.log"), ("a.log", "A.LOG")])
def test_refuses_names_that_differ_only_in_case(names: tuple[str, ...]) -> None:
    """Two names that are one file on Windows and macOS are refused, not overwritten."""
    with pytest.raises(UnexpectedOutput, check=with_reason("same name")):
        contents(simple(*names))


@pytest.mark.parametrize(
    ("limits", "problem"),
    [(Limits(total=9), "more than we accept"), (Limits(one_file=4), "more than we accept"), (Limits(count=1), "files")],
)
def test_keeps_to_its_limits(limits: Limits, problem: str) -> None:
    """Total size, size of one file and number of files are each limited."""
    with pytest.raises(UnexpectedOutput, check=with_reason(problem)):
        contents(simple("a.log", "b.log"), limits)
    assert len(list(contents(simple("a.log", "b.log"), Limits(total=10, one_file=5, count=2)))) == 2


def test_counts_folders_that_share_their_blocks() -> None:
    """A cabinet of many folders over the same blocks is stopped by what it unpacks to, not by its own size."""
    cabinet = build([(b"a.log", 5)], bytes(BLOCK * 10), folders=1000)
    assert len(cabinet) < 10_000
    with pytest.raises(UnexpectedOutput, check=with_reason("more than we accept")):
        contents(cabinet, Limits(total=BLOCK * 20))


def test_a_split_set_says_so() -> None:
    """One part of a cabinet set, as makecab makes when MaxDiskSize is not 0, gets an explanation."""
    with pytest.raises(UnexpectedOutput, check=with_reason("MaxDiskSize")):
        contents(build([(b"a.log", 5)], b"hello", flags=2))


@given(st.binary(max_size=300))
def test_rubbish_is_refused(rubbish: bytes) -> None:
    """Whatever is no cabinet raises UnexpectedOutput and nothing else."""
    for cabinet in (rubbish, b"MSCF" + rubbish):
        with pytest.raises(UnexpectedOutput):
            contents(cabinet)


@given(st.data())
def test_damage_never_crashes(data: st.DataObject) -> None:
    """A sound cabinet with bytes overwritten or cut off is either read or refused with UnexpectedOutput."""
    cabinet = bytearray(build([(b"a.log", 5), (b"b.log", 9)], b"hello, world" * 30))
    for _ in range(data.draw(st.integers(1, 4))):
        cabinet[data.draw(st.integers(0, len(cabinet) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(UnexpectedOutput):
        contents(bytes(cabinet[: data.draw(st.integers(0, len(cabinet)))]), Limits(total=1 << 20))


def test_reads_what_cabarchive_saves() -> None:
    """The library's own cabinets, compressed, come back in order."""
    archive = CabArchive()
    archive["b.txt"] = CabFile(b"two")
    archive["a.txt"] = CabFile(b"one")
    assert list(contents(archive.save(compress=True))) == [("a.txt", b"one"), ("b.txt", b"two")]
