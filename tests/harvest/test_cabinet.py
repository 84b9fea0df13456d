"""Opening cabinets: what other tools make is read, what a hostile host could make is refused."""

from __future__ import annotations

import contextlib
import struct
from collections import deque
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pytest
from cabarchive import CabArchive, CabFile
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.harvest.cabinet import DEFAULT_LIMITS, Cabinet, Limits
from orchestrator.model.errors import UnexpectedOutput
from orchestrator.sentences import say
from tests.harvest.cabinets import BLOCK, header, listed, mszip
from tests.saying import with_reason

DATA = Path(__file__).parent / "data"
INSTALL_LOG = "".join(
    f"MSI (s) (64:F0) [20:27:{n // 1000 % 60:02}:{n % 1000:03}]: Note: 1: 2205 2:  3: Error {n * 7919 % 9973}\r\n"
    for n in range(1500)
).encode("utf-16")


def build(
    files: Sequence[tuple[bytes, int]], content: bytes = b"", *, folders: int = 1, flags: int = 0, tail: bytes = b""
) -> bytes:
    """A cabinet by [MS-CAB] with files of given names and lengths one behind the other in the first folder.

    Every folder has all of `content`.
    """
    blocks = mszip(content[start : start + BLOCK] for start in range(0, len(content), BLOCK))
    entries = listed(files)
    first = 36 + 8 * folders
    table = struct.pack("<IHH", first + len(entries), len(blocks), 1) * folders
    data = b"".join(blocks) + tail
    size = first + len(entries) + len(data)
    return header(size, first, folders, len(files), flags) + table + entries + data


def simple(*names: str) -> bytes:
    return build([(name.encode(), 5) for name in names], b"hello" * len(names))


def contents(cabinet: bytes) -> list[tuple[str, bytes]]:
    """All that is in a cabinet that keeps to the limits."""
    opened = Cabinet(BytesIO(cabinet))
    assert opened.excess is None
    return [(name, b"".join(pieces)) for name, pieces in opened.contents()]


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
    ("limits", "problem"), [(Limits(total=9), "unpack to more than"), (Limits(count=1), "more than 1 files")]
)
def test_says_when_it_goes_beyond_its_limits(limits: Limits, problem: str) -> None:
    """Total size and number of files are limited, before anything is unpacked."""
    excess = Cabinet(BytesIO(simple("a.log", "b.log")), limits).excess
    assert excess is not None
    assert problem in say(excess)
    assert Cabinet(BytesIO(simple("a.log", "b.log")), Limits(total=10, count=2)).excess is None


def test_no_number_of_files_is_read_beyond_the_limit() -> None:
    """What lists 65,535 files, or folders, is left before their list is read."""
    for place in (26, 28):
        listing = bytearray(simple("a.log"))
        listing[place : place + 2] = b"\xff\xff"
        assert Cabinet(BytesIO(bytes(listing))).excess is not None


def test_folders_that_nobody_needs_are_not_unpacked() -> None:
    """Folders over the same blocks, again and again, cost nothing unless there are files in them."""
    cabinet = build([(b"a.log", 5)], bytes(BLOCK * 10), folders=DEFAULT_LIMITS.count)
    assert contents(cabinet) == [("a.log", bytes(5))]


def test_files_do_not_share_their_content() -> None:
    """A cabinet of many files over the same bytes is damaged: makecab puts one behind the other."""
    two = bytearray(build([(b"a.log", 5), (b"b.log", 5)], b"hellohello"))
    place = two.index(b"b.log") - 12
    assert two[place : place + 4] == struct.pack("<I", 5)
    two[place : place + 4] = struct.pack("<I", 4)
    with pytest.raises(UnexpectedOutput, check=with_reason("damaged")):
        contents(bytes(two))


def test_short_blocks_do_not_keep_us_busy() -> None:
    """A block in the middle of a folder is whole, as Windows makes it; millions of short ones are not gone through."""
    cabinet = build([(b"a.log", 3)], b"a" * (2 * BLOCK)).replace(struct.pack("<H", BLOCK), struct.pack("<H", 9), 1)
    with pytest.raises(UnexpectedOutput, check=with_reason("damaged")):
        contents(cabinet)


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
        opened = Cabinet(BytesIO(bytes(cabinet[: data.draw(st.integers(0, len(cabinet)))])), Limits(total=1 << 20))
        for _, pieces in opened.contents():
            deque(pieces, maxlen=0)


def test_reads_what_cabarchive_saves() -> None:
    """The library's own cabinets, compressed, come back in order."""
    archive = CabArchive()
    archive["b.txt"] = CabFile(b"two")
    archive["a.txt"] = CabFile(b"one")
    assert contents(archive.save(compress=True)) == [("a.txt", b"one"), ("b.txt", b"two")]
