"""files.put: a file arrives whole, is compared by its hash, and a spoiled one is found out."""

import hashlib
import random
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from lab.tests.winrm_hosts import faulty, winrm_host
from orchestrator.model.errors import (
    ChangeUnsettled,
    CommandFailed,
    FileHeld,
    Retry,
    SourceChanged,
    TransferCorrupt,
    WouldChange,
)
from orchestrator.model.message import Message
from orchestrator.remote import files
from orchestrator.sentences import say
from orchestrator.windows import transfer
from sspr_lab.profile import Branch, Profile
from sspr_lab.winrm import namespaces as ns
from tests.connect.reach import assert_nothing_stays
from tests.remote.targets import commands_run, target

PARENT = r"%SystemRoot%\SsprOrchestrator"
FOLDER = rf"{PARENT}\abcdefgh"
PATH = rf"{FOLDER}\package.msi"
THERE = "C:\\Windows\\SsprOrchestrator\\abcdefgh\\package.msi"


def silence(message: Message) -> None:
    """Listens to no progress."""


CONTENT = random.Random(3).randbytes(3 * 1024 * 1024 + 17)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """3 MB that no compression helps with."""
    path = tmp_path / "package.msi"
    path.write_bytes(CONTENT)
    return path


@pytest.mark.parametrize(("branch", "most"), [("windows7", 52), ("windows8.1", 24)])
async def test_three_megabytes_arrive(branch: Branch, most: int, source: Path) -> None:
    """The host's copy is the file, its hash is given, progress is told, and of the way there nothing is left."""
    told: list[Message] = []
    async with winrm_host(Profile(branch=branch)) as host:
        async with target(host.server.port) as reached:
            await reached.machine()
            sha256 = await files.put(reached, source, PATH, FOLDER, PARENT, told.append)
        assert sha256 == hashlib.sha256(CONTENT).hexdigest()
        assert host.machine.files.read(THERE) == CONTENT
        assert not host.machine.files.exists(f"{THERE}.b64")
        assert say(told[0]) == "sending 0 %"
        assert len(told) > 10
        assert host.server.counters.requests <= most
        await assert_nothing_stays(host)


async def test_a_file_that_was_held_until_a_moment_ago(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command of a client that is no more had it open and ends right behind ours: that is tried again, not told."""
    async with winrm_host() as host, target(host.server.port) as reached:
        for folder in (THERE.rpartition("\\")[0].rpartition("\\")[0], THERE.rpartition("\\")[0]):
            host.machine.files.mkdir(folder)
        handle = host.machine.files.open(f"{THERE}.b64", "w")
        apply = reached.apply

        async def apply_and_let_go(*given: Any, **more: Any) -> Any:
            try:
                return await apply(*given, **more)
            finally:
                handle.close()

        monkeypatch.setattr(reached, "apply", apply_and_let_go)
        with pytest.raises(FileHeld):
            await files.put(reached, source, PATH, FOLDER, PARENT, silence)
        await files.put(reached, source, PATH, FOLDER, PARENT, silence)
        assert host.machine.files.read(THERE) == CONTENT


@pytest.mark.parametrize("size", [1, 47, 48, 49, 196_608, 196_609])
async def test_sizes_at_the_edges_of_lines_and_portions(size: int, tmp_path: Path) -> None:
    """One byte, a full line, a line and a byte, a full portion: all arrive."""
    source = tmp_path / "small.bin"
    source.write_bytes(random.Random(size).randbytes(size))
    async with winrm_host() as host, target(host.server.port) as reached:
        await files.put(reached, source, PATH, FOLDER, PARENT, silence)
        assert host.machine.files.read(THERE) == source.read_bytes()


async def test_another_file_than_was_looked_at_is_not_sent(tmp_path: Path) -> None:
    """Whoever can replace it between the look and the sending has another file judged than goes out."""
    source = tmp_path / "small.bin"
    source.write_bytes(b"looked at")
    looked_at = hashlib.sha256(source.read_bytes()).hexdigest()
    source.write_bytes(b"another")
    async with winrm_host() as host, target(host.server.port) as reached:
        with pytest.raises(SourceChanged):
            await files.put(reached, source, PATH, FOLDER, PARENT, silence, looked_at)
        assert commands_run(host) == 0
        source.write_bytes(b"looked at")
        await files.put(reached, source, PATH, FOLDER, PARENT, silence, looked_at)
        assert host.machine.files.read(THERE) == b"looked at"


@pytest.mark.parametrize("text", ["AAAA", "BBBB"], ids=["no base64 any more", "other base64"])
async def test_a_spoiled_upload_is_found_out(text: str, tmp_path: Path) -> None:
    """A bit flipped on the way: `A` becomes `@`, `B` becomes `C`; both are TransferCorrupt, and done anew succeeds."""
    source = tmp_path / "small.bin"
    source.write_bytes(b64decode(text * 1600))
    async with winrm_host(faults=faulty("corrupt_upload")) as host, target(host.server.port) as reached:
        with pytest.raises(TransferCorrupt) as caught:
            await files.put(reached, source, PATH, FOLDER, PARENT, silence)
        assert caught.value.retry is Retry.LOOK
        assert caught.value.evidence["sent"] == hashlib.sha256(source.read_bytes()).hexdigest()
        assert (caught.value.evidence["arrived"] is None) == (text == "AAAA")
        await files.put(reached, source, PATH, FOLDER, PARENT, silence)
        assert host.machine.files.read(THERE) == source.read_bytes()


async def test_a_full_disk_is_not_a_spoiled_upload(source: Path) -> None:
    """It is a command that failed, and no second attempt will help."""
    async with winrm_host(faults=faulty("disk_full", free=1_000_000)) as host, target(host.server.port) as reached:
        with pytest.raises(CommandFailed) as caught:
            await files.put(reached, source, PATH, FOLDER, PARENT, silence)
        assert caught.value.retry is Retry.NEVER


async def test_a_drop_on_the_way_is_unsettled_and_a_repetition_right(source: Path) -> None:
    """What a broken upload left is overwritten by the next."""
    async with winrm_host(faults=faulty("drop_receive")) as host:
        async with target(host.server.port) as reached:
            with pytest.raises(ChangeUnsettled):
                await files.put(reached, source, PATH, FOLDER, PARENT, silence)
            await files.put(reached, source, PATH, FOLDER, PARENT, silence)
        assert host.machine.files.read(THERE) == CONTENT
        await assert_nothing_stays(host)


async def test_checking_sends_no_file(source: Path) -> None:
    """Under --check not even a connection is made."""
    async with winrm_host() as host, target(host.server.port, check=True) as reached:
        with pytest.raises(WouldChange):
            await files.put(reached, source, PATH, FOLDER, PARENT, silence)
        assert host.server.counters.connections == 0


async def test_a_broken_upload_is_gone_on_with(source: Path) -> None:
    """What has arrived is not sent again, to the byte where it ends, and the whole is what was meant."""
    text = transfer.encode_lines(CONTENT)
    for arrived in (len(text) // 2 // 66 * 66, len(text) // 2 // 66 * 66 + 17, len(text) - 1, len(text)):
        async with winrm_host() as host, target(host.server.port) as reached:
            host.machine.files.mkdir("C:\\Windows\\SsprOrchestrator")
            host.machine.files.mkdir("C:\\Windows\\SsprOrchestrator\\abcdefgh")
            host.machine.files.write(f"{THERE}.b64", text[:arrived])
            received = await reached.observe(transfer.received_bytes(PATH))
            assert received == arrived
            await files.put(reached, source, PATH, FOLDER, PARENT, silence, received=received)
            assert host.machine.files.read(THERE) == CONTENT
            sent = sum(len(envelope) for envelope in host.envelopes(ns.SEND))
            assert sent < 1.4 * (len(text) - arrived) + 10_000


async def test_leavings_of_another_file_are_found_out(source: Path) -> None:
    """What is behind somebody else's beginning is not the file; the next attempt finds nothing and sends all."""
    async with winrm_host() as host, target(host.server.port) as reached:
        host.machine.files.mkdir("C:\\Windows\\SsprOrchestrator")
        host.machine.files.mkdir("C:\\Windows\\SsprOrchestrator\\abcdefgh")
        host.machine.files.write(f"{THERE}.b64", transfer.encode_lines(bytes(48_000)))
        received = await reached.observe(transfer.received_bytes(PATH))
        with pytest.raises(TransferCorrupt):
            await files.put(reached, source, PATH, FOLDER, PARENT, silence, received=received)
        received = await reached.observe(transfer.received_bytes(PATH))
        assert received == 0
        await files.put(reached, source, PATH, FOLDER, PARENT, silence, received=received)
        assert host.machine.files.read(THERE) == CONTENT
