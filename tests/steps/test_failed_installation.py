"""An installation that failed, where its log cannot be had or tells nothing: how it ended is told all the same."""

import errno
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.model.errors import ConnectionLost, TransferCorrupt
from orchestrator.model.message import verbatim
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult, StepResult
from orchestrator.sentences import say
from orchestrator.steps import installer
from orchestrator.steps.installer import InstallerFailure
from orchestrator.steps.msi import MsiParameters
from orchestrator.steps.msi import install as install_step
from orchestrator.steps.uninstall import UninstallParameters, uninstall
from sspr_lab.faults import fault
from sspr_lab.packages import standin
from sspr_lab.process import Process, Tool
from sspr_lab.tools.table import TOOLS
from tests.details import detail_of
from tests.lab_fixtures import install, kind, site
from tests.leftovers import AWAITED, left_over, traces
from tests.steps.one_step import context, one, to_end


def no_room(cabinet: Path) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(cabinet))


def never_whole(_: Path) -> None:
    raise TransferCorrupt(verbatim("the line is bad"), sent="0", arrived="1")


def never_at_all(_: Path) -> None:
    raise ConnectionLost(verbatim("the line is bad"))


TROUBLES: dict[str, tuple[Callable[[Path], None], str]] = {
    "no room here": (no_room, "No space left on device"),
    "it never comes whole": (never_whole, "the line is bad"),
    "the line breaks again and again": (never_at_all, "the line is bad"),
}


@pytest.mark.parametrize(("trouble", "told"), TROUBLES.values(), ids=TROUBLES)
async def test_a_log_that_cannot_be_had(
    trouble: Callable[[Path], None], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exit code is the verdict, the trouble with the log stands beside, and nothing but the log is left there."""

    async def bring_home(_: object, __: object, cabinet: Path, ___: object) -> None:
        trouble(cabinet)

    monkeypatch.setattr(installer, "_bring_packed", bring_home)
    monkeypatch.setattr("orchestrator.fleet.retry.FIRST_WAIT", 0.1)
    with site(tmp_path, {"host": kind(fault("installer_fails", times=9)), "by hand": kind()}) as lab:
        package = traces(lab, "by hand")
        before = lab.snapshots()
        result = (await lab.run(install(), "host"))["host"]
        changes = lab.changes(before)["host"]
    detail = detail_of(result.deciding, InstallerFailure)
    assert (result.outcome, detail.exit_code, detail.log) == (Outcome.FAILED, 1603, None)
    assert "1603" in say(result.reason)
    assert detail.log_missing is not None
    assert told in say(detail.log_missing)
    the_log_alone_stays(result, left_over(changes, package))


async def meets_a_fatal_error(_: Process) -> int:
    return 1603


INSTALLS = (install_step, MsiParameters(packages=(standin("x64"),)))
REMOVES = (uninstall, UninstallParameters())


@pytest.mark.parametrize("earlier", [0, 7], ids=["at once", "behind other trouble"])
@pytest.mark.parametrize("work", [INSTALLS, REMOVES], ids=["an installation", "a removal"])
async def test_a_log_has_tries_of_its_own(
    work: tuple[Any, Any], earlier: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attempts that ended before there was a log count for nothing, and those that were for it are not forgotten."""
    now, tries = context(tmp_path, attempt=earlier + 1), 0

    async def bring_home(*_: object) -> None:
        nonlocal tries
        tries += 1
        raise ConnectionLost(verbatim("the line is bad"))

    async def write(state: str | None) -> None:
        nonlocal now
        now = replace(now, state=state)

    async def attempt() -> StepResult | None:
        nonlocal now
        try:
            return await to_end(work[0], reached, work[1], replace(now, write=write))
        except ConnectionLost:
            now = replace(now, attempt=now.attempt + 1)
            return None

    monkeypatch.setattr(installer, "_bring_packed", bring_home)
    async with one() as (_, reached):
        if work is REMOVES:
            await to_end(INSTALLS[0], reached, INSTALLS[1], context(tmp_path, "earlier"))
        monkeypatch.setitem(TOOLS, "msiexec.exe", meets_a_fatal_error)
        for _ in range(installer.LOG_ATTEMPTS - 1):
            assert await attempt() is None
        result = await attempt()
    assert result is not None
    assert (result.outcome, tries) == (Outcome.FAILED, installer.LOG_ATTEMPTS)
    assert detail_of(result, InstallerFailure).exit_code == 1603


def the_log_alone_stays(result: HostResult, left: Sequence[str]) -> None:
    """On the host; the result says where, and promises no log that it has not."""
    there = detail_of(result.deciding, InstallerFailure).log_on_host or ""
    assert there.endswith("install.log")
    path = there.replace("%SystemRoot%", r"C:\Windows")
    assert [line.partition(" (")[0] for line in left if "SsprOrchestrator" in line and "HKLM" not in line] == [
        r"+ directory C:\Windows\SsprOrchestrator",
        f"+ directory {path.rpartition(chr(92))[0]}",
        f"+ file {path}",
    ]
    assert [line for line in left if "HKLM" in line] == list(AWAITED), "of TLS 1.2"
    assert there in say(result.deciding.remedy or verbatim(""))
    assert "its log could not be brought home" in say(result.reason)


async def refuses(process: Process) -> int:
    await process.stdout.write_text("Access is denied.\n")
    return 1


async def does_nothing(_: Process) -> int:
    return 0


async def encodes_nothing(process: Process) -> int:
    return 5 if "-encode" in process.argv else await TOOLS["genuine"](process)


async def makes_garbage(process: Process) -> int:
    process.machine.files.write(process.argv[-1].strip('"'), b"MSCF" + bytes(200))
    return 0


PACKERS = {"it fails": refuses, "it writes nothing": does_nothing, "it writes rubbish": makes_garbage}


@pytest.mark.parametrize("packer", PACKERS.values(), ids=PACKERS)
async def test_a_log_that_the_host_cannot_pack(packer: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes as it is, and tells the cause as ever."""
    monkeypatch.setitem(TOOLS, "makecab.exe", packer)
    with site(tmp_path, {"host": kind(fault("installer_fails")), "by hand": kind()}) as lab:
        package = traces(lab, "by hand")
        before = lab.snapshots()
        result = (await lab.run(install(), "host"))["host"]
        left = left_over(lab.changes(before)["host"], package)
    detail = detail_of(result.deciding, InstallerFailure)
    assert detail.log_missing is None
    assert "RegisterCredentialProvider" in say(result.reason)
    log = Path(detail.log or "")
    assert [path.name for path in log.parent.iterdir()] == [log.name]
    assert left == AWAITED


@pytest.mark.slow
async def test_a_log_that_the_host_cannot_encode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays there, and a rerun that succeeds takes it away."""
    with site(tmp_path, {"host": kind(fault("installer_fails")), "by hand": kind()}) as lab:
        package = traces(lab, "by hand")
        before = lab.snapshots()
        with monkeypatch.context() as broken:
            broken.setitem(TOOLS, "genuine", TOOLS["certutil.exe"])
            broken.setitem(TOOLS, "certutil.exe", encodes_nothing)
            result = (await lab.run(install(), "host"))["host"]
        the_log_alone_stays(result, left_over(lab.changes(before)["host"], package))
        again = (await lab.run(install(), "host"))["host"]
        left = left_over(lab.changes(before)["host"], package)
    assert again.outcome.fine
    assert not [line for line in left if "SsprOrchestrator" in line and "HKLM" not in line]


async def loses_it(process: Process) -> int:
    process.machine.files.delete(process.argv[1].strip('"'))
    return 1


async def test_a_log_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None is promised, neither here nor on the host, where nothing is left."""
    monkeypatch.setitem(TOOLS, "makecab.exe", loses_it)
    with site(tmp_path, {"host": kind(fault("installer_fails")), "by hand": kind()}) as lab:
        package = traces(lab, "by hand")
        before = lab.snapshots()
        result = (await lab.run(install(), "host"))["host"]
        left = left_over(lab.changes(before)["host"], package)
    assert (left, detail_of(result.deciding, InstallerFailure).log_on_host) == (AWAITED, None)
    assert "Windows Installer met a fatal error; it has left no log" in say(result.reason)
    assert say(result.deciding.remedy or verbatim("")).startswith("look up 1603")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe"], ids=["nothing", "a byte order mark"])
async def test_a_log_that_is_empty(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the exit code says is the reason, and that the log says nothing; nobody is sent to read it."""

    def unpack(cabinet: Path, destination: Path) -> None:
        destination.write_bytes(content)

    monkeypatch.setattr(installer, "unpack_one", unpack)
    with site(tmp_path, {"host": kind(fault("installer_fails"))}) as lab:
        result = (await lab.run(install()))["host"]
    assert result.outcome is Outcome.FAILED
    assert "Windows Installer met a fatal error; the log is empty (1603 ERROR_INSTALL_FAILURE)" in say(result.reason)
    assert say(result.deciding.remedy or verbatim("")).startswith("look up 1603")
