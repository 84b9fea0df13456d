"""What the product's commands leave on a lab host, read there and not by the product: the right place, and for good."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from lab.tests.winrm_hosts import WinRMHost, until, winrm_host
from orchestrator.model import registry
from orchestrator.model.clock import Deadline
from orchestrator.model.errors import CommandFailed
from orchestrator.model.message import verbatim
from orchestrator.remote.target import Target
from orchestrator.windows import boot, job, msiexec, product, registry_change, tls12
from orchestrator.windows.boot import Boot
from orchestrator.windows.branches import WINDOWS_7
from orchestrator.windows.command import Change, together
from orchestrator.windows.exit_codes import classify
from orchestrator.windows.job import Job
from sspr_lab.profile import Profile
from sspr_lab.registry import Value
from tests.remote.targets import target

SCHANNEL = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2"
WINHTTP = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\WinHttp"
UNINSTALL = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"
CODE = "{01234567-89AB-CDEF-0123-456789ABCDEF}"
JOB = Job("0123456789abcdef")
INSTALL = verbatim("install")
ANSWER_SECONDS = 8.0
"""A tool that asks something waits for ever; no command here takes a second."""


@asynccontextmanager
async def answering(host: WinRMHost) -> AsyncIterator[Target]:
    """The host as the steps see it, given up soon when it does not answer."""
    async with target(host.server.port) as reached:
        reached.deadline = Deadline.after(ANSWER_SECONDS)
        yield reached


async def test_tls_1_2_is_enabled_where_windows_looks() -> None:
    """Schannel's and WinHTTP's own keys are set, the latter for 32-bit programs too, and what was allowed stays so."""
    async with winrm_host() as host, answering(host) as reached:
        machine = host.machine.registry
        machine.set(WINHTTP, "DefaultSecureProtocols", Value.of(0x0A0))
        settings = await reached.observe(tls12.SETTINGS)
        await reached.apply(tls12.enable(settings, WINDOWS_7, "x64"))
        for side in ("Client", "Server"):
            assert machine.get(rf"{SCHANNEL}\{side}", "Enabled") == Value.of(1)
            assert machine.get(rf"{SCHANNEL}\{side}", "DisabledByDefault") == Value.of(0)
        assert machine.get(WINHTTP, "DefaultSecureProtocols", view=64) == Value.of(0x8A0)
        assert machine.get(WINHTTP, "DefaultSecureProtocols", view=32) == Value.of(0x8A0)


@pytest.mark.parametrize("view", [32, 64])
async def test_products_are_found_in_either_view(view: int) -> None:
    """A 64-bit machine keeps 32-bit products apart; both kinds are found."""
    async with winrm_host() as host, answering(host) as reached:
        host.machine.registry.set(rf"{UNINSTALL}\{CODE}", "DisplayVersion", Value.of("1.2.3"), view)
        standing = await reached.observe(product.installed(CODE))
        assert standing is not None
        assert standing.version == "1.2.3"


@pytest.mark.parametrize(
    "profile",
    [Profile(language="ko-KR").with_traits("on_battery"), Profile("windows8.1", language="de-DE")],
    ids=["Korean notebook on battery", "German"],
)
async def test_a_job_runs_twice_and_leaves_nothing(profile: Profile) -> None:
    """The task runs as SYSTEM in any language and on battery, tells msiexec's exit code, can be made again, goes."""
    task = msiexec.task_xml(JOB, msiexec.install_arguments(JOB, "package.msi", {}), limit_minutes=5)
    async with winrm_host(profile) as host, answering(host) as reached:
        before = host.machine.snapshot()
        booted = await reached.observe(boot.BOOT)
        for _ in range(2):
            start = together(INSTALL, job.describe(JOB), job.start(JOB, "run", booted, INSTALL))
            state = await reached.apply(start, job.wait(JOB, 20), content=[task])
            assert state.request is not None
            assert (state.request.run, state.request.boot, state.started) == ("run", booted.marker, True)
            assert state.now is not None
            assert state.request.at is not None
            assert 0 <= state.now.since(state.request.at) < 60
            assert state.exit_code is not None
            assert classify(state.exit_code).name == "ERROR_INSTALL_PACKAGE_OPEN_FAILED", "there is no package"
            (made,) = host.machine.tasks
            assert (made.account.name, made.definition.triggers) == ("SYSTEM", ())
            await reached.apply(job.forget_end(JOB))
        await reached.apply(job.clean_up(JOB))
        assert list(host.machine.tasks) == []
        assert [line for line in before.diff(host.machine.snapshot()) if "Orchestrator" in line] == []


async def test_a_refusal_comes_with_its_reason() -> None:
    """What reg.exe says of a failure, it says on standard error; it is part of the evidence, and no other's is."""
    number = registry.Value("REG_DWORD", 1)
    values = tuple(registry_change.set_value(root, "A", number) for root in (r"HKXX\SOFTWARE", r"HKYY\SOFTWARE"))
    impossible = Change(verbatim("set values"), values)
    async with winrm_host() as host, answering(host) as reached:
        with pytest.raises(CommandFailed) as caught:
            await reached.apply(impossible)
        assert str(caught.value.evidence["output"]).count("ERROR") == 1


async def test_a_value_is_deleted_without_a_question() -> None:
    """reg.exe asks before it deletes, where it may; it is told not to, and the key and its other values stay."""
    async with winrm_host() as host, answering(host) as reached:
        for name in ("Gone", "Kept"):
            host.machine.registry.set(WINHTTP, name, Value.of(1))
        await reached.apply(Change(verbatim("delete a value"), (registry_change.delete_value(WINHTTP, "Gone"),)))
        assert dict(host.machine.registry.key(WINHTTP).values) == {"Kept": Value.of(1)}


async def test_our_note_goes() -> None:
    """The key that notes a restart is made and removed, and nobody is asked whether it may be."""
    async with winrm_host() as host, answering(host) as reached:
        await reached.apply(boot.note_awaiting(Boot(7, "2024-01-31T07:00:00Z"), None))
        assert host.machine.registry.exists(boot.OURS)
        await reached.apply(boot.note_awaiting(Boot(8, "2024-02-01T07:00:00Z"), None))
        assert (await reached.observe(boot.RESTART)).awaited == "8@2024-02-01T07:00:00Z"
        await reached.apply(boot.FORGET)
        assert not host.machine.registry.exists(boot.OURS)


async def test_a_restart_is_seen_by_its_newest_record() -> None:
    """Every restart is another boot, told by the newest of the records that the log has of starts and stops."""
    async with winrm_host(speed=60) as host, answering(host) as reached:
        seen = [await reached.observe(boot.BOOT)]
        for _ in range(2):
            await reached.release()
            await restarted(host)
            seen.append(await reached.observe(boot.BOOT))
            assert seen[-1].follows(seen[-2].marker)
        assert seen[-1].started is not None
        started = datetime.fromisoformat(seen[-1].started[:19]).replace(tzinfo=UTC)
        assert started == host.machine.power.boot_time.replace(microsecond=0)


async def restarted(host: WinRMHost) -> None:
    """Restarts a host; its WinRM has gone and is there again."""
    host.machine.power.initiate(after_seconds=0)
    await until(lambda: not host.server.listening)
    await until(lambda: host.server.listening)
