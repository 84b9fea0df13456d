"""files.offer and files.get: a file comes home whole, goes on where it broke off, and is not more than was agreed."""

import hashlib
import random
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from lab.tests.winrm_hosts import WinRMHost, faulty, winrm_host
from orchestrator.model.errors import (
    ChangeUnsettled,
    CommandFailed,
    ConnectionLost,
    Retry,
    TransferCorrupt,
    UnexpectedOutput,
)
from orchestrator.model.message import Message
from orchestrator.remote import files
from orchestrator.remote.target import Target
from orchestrator.windows.transfer import LINE_BYTES, PIECE_LINES
from sspr_lab.faults import fault
from sspr_lab.winrm import namespaces as ns
from tests.connect.reach import assert_nothing_stays
from tests.remote.targets import commands_run, target
from tests.saying import with_reason

PATH = "C:\\harvest.cab"
NUMBERED = "C:\\harvest.txt"
LIMIT = 8 * 1024 * 1024
PIECE = PIECE_LINES * LINE_BYTES


def silence(message: Message) -> None:
    """Listens to no progress."""


def content(size: int) -> bytes:
    """Bytes that are different everywhere."""
    return random.Random(size).randbytes(size)


def names(folder: Path) -> list[str]:
    """What is in a folder."""
    return sorted(path.name for path in folder.iterdir())


def size_of_all(folder: Path) -> int:
    """Bytes of the files in a folder."""
    return sum(path.stat().st_size for path in folder.iterdir())


def part_of(destination: Path, sha256: str) -> Path:
    """Where what has arrived is kept."""
    return destination.with_name(f"{destination.name}.{sha256[:16]}.part")


async def fetch(reached: Target, destination: Path, limit: int = LIMIT) -> str:
    """Offers and gets."""
    offer = await files.offer(reached, PATH, NUMBERED)
    await files.get(reached, NUMBERED, offer.sha256, destination, limit, silence, offer)
    return offer.sha256


def output_fetched(host: WinRMHost) -> int:
    """Bytes of ReceiveResponses that a host has sent."""
    return sum(len(envelope) for envelope in host.envelopes(f"{ns.RECEIVE}Response"))


@pytest.mark.parametrize("size", [1, 47, 48, 49, PIECE - 48, PIECE - 1, PIECE, PIECE + 1, 3 * 1024 * 1024])
async def test_a_file_comes_home(size: int, tmp_path: Path) -> None:
    """Of any size, in as few commands as it has pieces, readable by nobody else."""
    destination = tmp_path / "folder" / "harvest.cab"
    async with winrm_host() as host:
        host.machine.files.write(PATH, content(size))
        async with target(host.server.port) as reached:
            sha256 = await fetch(reached, destination)
        assert destination.read_bytes() == content(size)
        assert sha256 == hashlib.sha256(content(size)).hexdigest()
        assert commands_run(host) <= 1 + size // PIECE + 2
        assert names(destination.parent) == ["harvest.cab"], "no part stays behind"
        assert stat.S_IMODE(destination.stat().st_mode) == 0o600
        assert stat.S_IMODE(destination.parent.stat().st_mode) == 0o700
        await assert_nothing_stays(host)


async def test_a_clock_that_has_not_ticked_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A piece that came within one tick of a coarse clock counts as a quick one."""
    monkeypatch.setattr(files, "time", SimpleNamespace(monotonic=lambda: 7.0))
    destination = tmp_path / "harvest.cab"
    async with winrm_host() as host:
        host.machine.files.write(PATH, content(2 * PIECE))
        async with target(host.server.port) as reached:
            await fetch(reached, destination)
        assert destination.read_bytes() == content(2 * PIECE)


async def test_a_drop_resumes_without_fetching_anything_again(tmp_path: Path) -> None:
    """After a drop in the fourth piece, the third long one, those before are not asked for again: bytes are counted."""
    size, destination = 5 * PIECE, tmp_path / "harvest.cab"
    async with winrm_host() as host:
        host.machine.files.write(PATH, content(size))
        async with target(host.server.port) as reached:
            sha256 = (await files.offer(reached, PATH, NUMBERED)).sha256
            before = output_fetched(host)
            await files.get(reached, NUMBERED, sha256, tmp_path / "other.cab", LIMIT, silence)
            whole = output_fetched(host) - before

            told: list[Message] = []

            def report(message: Message) -> None:
                told.append(message)
                if len(told) == 4:
                    host.machine.faults.add(fault("drop_receive"))

            with pytest.raises(ConnectionLost) as caught:
                await files.get(reached, NUMBERED, sha256, destination, LIMIT, report)
            assert caught.value.retry is Retry.RECONNECT
            part = part_of(destination, sha256)
            assert part.stat().st_size == 2 * PIECE - 2 * LINE_BYTES, "lines count from 1, and the first is a header"
            assert stat.S_IMODE(part.stat().st_mode) == 0o600

            before = output_fetched(host)
            await files.get(reached, NUMBERED, sha256, destination, LIMIT, silence)
            assert output_fetched(host) - before < 0.65 * whole
        assert destination.read_bytes() == content(size)
        assert names(tmp_path) == ["harvest.cab", "other.cab"]
        await assert_nothing_stays(host)


async def test_a_part_that_was_cut_in_a_line_goes_on_at_the_line(tmp_path: Path) -> None:
    """The program may have been killed in the middle of writing."""
    destination = tmp_path / "harvest.cab"
    async with winrm_host() as host, target(host.server.port) as reached:
        host.machine.files.write(PATH, content(100_000))
        sha256 = (await files.offer(reached, PATH, NUMBERED)).sha256
        part = part_of(destination, sha256)
        part.touch(0o600)
        part.write_bytes(content(100_000)[:70_001])
        await files.get(reached, NUMBERED, sha256, destination, LIMIT, silence)
        assert destination.read_bytes() == content(100_000)


async def test_a_part_of_another_file_is_not_gone_on_with(tmp_path: Path) -> None:
    """Parts bear the hash of what they are parts of."""
    destination = tmp_path / "harvest.cab"
    async with winrm_host() as host, target(host.server.port) as reached:
        host.machine.files.write(PATH, content(5000))
        part_of(destination, "0" * 64).write_bytes(b"something else")
        await fetch(reached, destination)
        assert destination.read_bytes() == content(5000)


async def test_a_spoiled_part_is_found_out_and_thrown_away(tmp_path: Path) -> None:
    """What is not what was offered is TransferCorrupt; the next attempt starts from the beginning and succeeds."""
    destination = tmp_path / "harvest.cab"
    async with winrm_host() as host, target(host.server.port) as reached:
        host.machine.files.write(PATH, content(5000))
        sha256 = (await files.offer(reached, PATH, NUMBERED)).sha256
        part = part_of(destination, sha256)
        part.touch(0o600)
        part.write_bytes(bytes(4800))
        with pytest.raises(TransferCorrupt) as caught:
            await files.get(reached, NUMBERED, sha256, destination, LIMIT, silence)
        assert caught.value.retry is Retry.LOOK
        assert names(tmp_path) == []
        await files.get(reached, NUMBERED, sha256, destination, LIMIT, silence)
        assert destination.read_bytes() == content(5000)


async def test_more_than_agreed_is_refused(tmp_path: Path) -> None:
    """Neither taken in nor kept: the part never grows beyond the limit."""
    async with winrm_host() as host, target(host.server.port) as reached:
        host.machine.files.write(PATH, content(3 * PIECE))
        with pytest.raises(UnexpectedOutput, check=with_reason("more than was agreed")):
            await fetch(reached, tmp_path / "harvest.cab", limit=2 * PIECE)
        assert size_of_all(tmp_path) <= 2 * PIECE
        assert commands_run(host) <= 1 + 3


NONSENSE = {
    "lines without numbers": b"QUJD\r\n",
    "a line missing": b"1:-----BEGIN CERTIFICATE-----\r\n3:QUJD\r\n",
    "no base64": b"1:-----BEGIN CERTIFICATE-----\r\n2:?!\r\n",
    "no last line": b"1:-----BEGIN CERTIFICATE-----\r\n2:QUJD\r\n",
}


@pytest.mark.parametrize("lines", NONSENSE.values(), ids=NONSENSE.keys())
async def test_lines_that_are_none(lines: bytes, tmp_path: Path) -> None:
    """A host that shows something else than what was offered is not believed."""
    async with winrm_host() as host, target(host.server.port) as reached:
        host.machine.files.write(NUMBERED, lines)
        with pytest.raises((UnexpectedOutput, CommandFailed)):
            await files.get(reached, NUMBERED, "0" * 64, tmp_path / "harvest.cab", LIMIT, silence)
        assert not (tmp_path / "harvest.cab").exists()


async def test_what_is_not_there_cannot_be_offered() -> None:
    """certutil says so, by its exit code."""
    async with winrm_host() as host, target(host.server.port) as reached:
        with pytest.raises((CommandFailed, UnexpectedOutput)):
            await files.offer(reached, PATH, NUMBERED)


async def test_a_drop_while_offering_is_unsettled_and_may_be_repeated(tmp_path: Path) -> None:
    """Offering twice is offering once."""
    async with winrm_host(faults=faulty("drop_receive")) as host, target(host.server.port) as reached:
        host.machine.files.write(PATH, content(5000))
        with pytest.raises(ChangeUnsettled):
            await files.offer(reached, PATH, NUMBERED)
        await fetch(reached, tmp_path / "harvest.cab")
        assert (tmp_path / "harvest.cab").read_bytes() == content(5000)
