"""Step `copy`: the file is there byte for byte, in one piece or not at all."""

import hashlib
import random
from pathlib import Path

import pytest

from lab.tests.winrm_hosts import faulty
from orchestrator.model.errors import CommandFailed
from orchestrator.model.outcome import Outcome
from orchestrator.sentences import say
from orchestrator.steps.copy import CopyDetail, CopyParameters, copy
from sspr_lab.faults import fault
from sspr_lab.machine import Machine
from sspr_lab.profile import Profile
from tests.details import detail_of
from tests.lab_fixtures import kind, site
from tests.playbook.written import playbook
from tests.steps.one_step import context, in_check_mode, one

OK, CHANGED, BLOCKED = Outcome.OK, Outcome.CHANGED, Outcome.BLOCKED
CONTENT = random.Random(7).randbytes(70_001)
THERE = r"C:\ProgramData\Contoso\New Folder\settings (1) & more!.bin"
WRITTEN = THERE.replace(r"C:\ProgramData", "%ProgramData%")


def parameters(folder: Path, destination: str = WRITTEN, *, keep_prior: bool = False) -> CopyParameters:
    source = folder / "source.bin"
    source.write_bytes(CONTENT)
    return CopyParameters(source=source, destination=destination, keep_prior=keep_prior)


def beside(machine: Machine) -> list[str]:
    """What lies in the destination's folder."""
    return sorted(entry.name for entry in machine.files.listdir(THERE.rpartition("\\")[0]))


async def test_a_file_is_copied_and_found_again(tmp_path: Path) -> None:
    """Folders are made, variables expand, both ends agree on SHA-256; the second run sends nothing."""
    told = parameters(tmp_path)
    async with one() as (host, reached):
        result = await copy(reached, told, context(tmp_path))
        assert result.outcome is CHANGED, say(result.reason)
        assert detail_of(result, CopyDetail).sha256 == hashlib.sha256(CONTENT).hexdigest()
        assert host.machine.files.read(THERE) == CONTENT
        assert beside(host.machine) == [THERE.rpartition("\\")[2]]
        sent = len(host.messages)
        assert (await copy(reached, told, context(tmp_path))).outcome is OK
        assert not any("certutil -f -decode" in envelope for _, envelope in host.messages[sent:])


@pytest.mark.parametrize("keep_prior", [True, False])
async def test_another_file_is_replaced(tmp_path: Path, keep_prior: bool) -> None:
    """What stood there goes, or is kept beside it where that was asked for."""
    async with one() as (host, reached):
        host.machine.files.mkdir(r"C:\ProgramData\Contoso")
        host.machine.files.mkdir(r"C:\ProgramData\Contoso\New Folder")
        host.machine.files.write(THERE, b"old")
        result = await copy(reached, parameters(tmp_path, keep_prior=keep_prior), context(tmp_path))
        assert (result.outcome, detail_of(result, CopyDetail).sha256_before) == (
            CHANGED,
            hashlib.sha256(b"old").hexdigest(),
        )
        assert host.machine.files.read(THERE) == CONTENT
        assert host.machine.files.exists(THERE + ".prior") is keep_prior
        if keep_prior:
            assert host.machine.files.read(THERE + ".prior") == b"old"


async def test_a_folder_of_that_name_is_left_alone(tmp_path: Path) -> None:
    """Nothing is put into it by mistake."""
    async with one() as (host, reached):
        before = host.machine.snapshot()
        result = await copy(reached, parameters(tmp_path, r"%SystemRoot%\Temp"), context(tmp_path))
        assert result.outcome is BLOCKED
        await reached.release()
        assert before.diff(host.machine.snapshot()) == []


async def test_a_variable_that_the_host_lacks(tmp_path: Path) -> None:
    """No folder called %ProgramFiles(x86)% is made on a 32-bit Windows."""
    async with one(Profile(architecture="x86")) as (_, reached):
        result = await copy(reached, parameters(tmp_path, r"%ProgramFiles(x86)%\x.bin"), context(tmp_path))
        assert (result.outcome, "%ProgramFiles(x86)%" in say(result.reason)) == (BLOCKED, True)


async def test_it_is_foretold(tmp_path: Path) -> None:
    """Under --check the difference is seen, and nothing is sent."""
    async with one(check=True) as (host, reached):
        before = host.machine.snapshot()
        result = await in_check_mode(copy(reached, parameters(tmp_path), context(tmp_path)))
        assert (result.outcome, result.would_change) == (CHANGED, True)
        await reached.release()
        assert before.diff(host.machine.snapshot()) == []


@pytest.mark.parametrize("free", [40_000, 70_000], ids=["for the text", "for the file"])
async def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path, free: int) -> None:
    """What was there stays whole; what has arrived of the new one is removed, and so is what was made of it."""
    async with one(faults=faulty("disk_full", free=free)) as (host, reached):
        host.machine.files.write(r"C:\Windows\Temp\x.bin", b"old")
        before = host.machine.snapshot()
        with pytest.raises(CommandFailed):
            await copy(reached, parameters(tmp_path, r"C:\Windows\Temp\x.bin"), context(tmp_path))
        await reached.release()
        assert before.diff(host.machine.snapshot()) == []


@pytest.mark.parametrize("faults", [("corrupt_upload", {}), ("drop_receive", {"nth": 3}), ("drop_receive", {"nth": 5})])
async def test_it_gets_there_in_the_end(tmp_path: Path, faults: tuple[str, dict[str, int]]) -> None:
    """A flipped byte and a broken line cost another attempt, and nobody ever sees a wrong file."""
    told = parameters(tmp_path)
    name, settings = faults
    step = f"copy: {{source: '{told.source}', destination: '{WRITTEN}'}}"
    with site(tmp_path, {"host": kind(fault(name, **settings))}) as lab:
        result = (await lab.run(playbook(tmp_path, step)))["host"]
        assert result.outcome is CHANGED, say(result.reason)
        assert lab.on("host", lambda machine: machine.files.read(THERE)) == CONTENT
        assert lab.on("host", beside) == [THERE.rpartition("\\")[2]]
