"""Every step on a machine of each branch of Windows: as check mode says it, carried out, found done."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.harvest import bundle
from orchestrator.model.outcome import Outcome
from orchestrator.playbook.plan import Playbook
from orchestrator.steps import cancel_reboot
from orchestrator.steps.collect import CollectDetail
from sspr_lab.snapshot import Snapshot
from tests.details import detail_of
from tests.lab_fixtures import BRANCHES, PACKAGES, Site, install, shipped, site
from tests.leftovers import AWAITED, is_installed, left_over, traces

SCHANNEL = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2"
WINHTTP = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\WinHttp"
PROVIDER = (
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Authentication\Credential Providers"
    r"\{86D2F0AC-2171-46CF-9998-4E33B3D7FD4F}"
)
NEEDS_WINHTTP = {"7 x86": [64], "7 x64": [64, 32], "8": [64, 32], "8.1": []}
"""In which views of the registry WinHTTP must be told of TLS 1.2: on 8.1 it is among the defaults."""
RESTART = "reboot.delay_minutes=0"
SOURCE = "AADPasswordResetCredentialProvider"
NO_PACKAGE: frozenset[str] = frozenset()
OK, CHANGED, BLOCKED, SKIPPED = Outcome.OK, Outcome.CHANGED, Outcome.BLOCKED, Outcome.SKIPPED
REBOOT_PENDING = Outcome.REBOOT_PENDING


async def ended(lab: Site, playbook: Playbook, *, check: bool = False) -> list[Outcome]:
    """How the steps of a playbook ended, one after the other; the same on every branch."""
    results = await lab.run(playbook, *BRANCHES, check=check)
    (same,) = {tuple(step.result.outcome for step in result.steps) for result in results.values()}
    return list(same)


def changed(lab: Site, before: Mapping[str, Snapshot]) -> dict[str, list[str]]:
    """What differs, on the hosts where something does."""
    return {name: lines for name, lines in lab.changes(before).items() if lines}


async def test_tls12_is_enabled(tmp_path: Path) -> None:
    """Foretold without a change; enabled in Schannel and WinHTTP, restarted for and proved; nothing left to do then."""
    with site(tmp_path, BRANCHES) as lab:
        playbook = shipped("enable-tls12", RESTART)
        before = lab.snapshots()
        assert await ended(lab, shipped("preflight")) == [BLOCKED]
        assert await ended(lab, playbook, check=True) == [CHANGED, CHANGED, SKIPPED, SKIPPED]
        assert changed(lab, before) == {}

        assert await ended(lab, playbook) == [CHANGED, CHANGED, CHANGED, OK]
        for name in BRANCHES:
            for side in ("Client", "Server"):
                assert lab.value(name, rf"{SCHANNEL}\{side}", "Enabled") == 1
                assert lab.value(name, rf"{SCHANNEL}\{side}", "DisabledByDefault") == 0
            protocols = [lab.value(name, WINHTTP, "DefaultSecureProtocols", view) for view in NEEDS_WINHTTP[name]]
            assert all(isinstance(value, int) and value & 0x800 for value in protocols), name
            assert left_over(lab.changes(before)[name], NO_PACKAGE) == ()

        after = lab.snapshots()
        assert await ended(lab, playbook) == [OK, OK, SKIPPED, OK]
        assert await ended(lab, shipped("preflight")) == [OK]
        assert changed(lab, after) == {}


async def test_the_add_in_is_installed_and_removed(tmp_path: Path) -> None:
    """Foretold, installed as by hand, and found installed; then the same for its removal. Only our note is left."""
    by_hand = {f"{name} by hand": machine for name, machine in BRANCHES.items()}
    with site(tmp_path, {**BRANCHES, **by_hand}) as lab:
        packages = {name: traces(lab, f"{name} by hand") for name in BRANCHES}
        installing = install("reboot.when=never")
        before = lab.snapshots()
        assert await ended(lab, installing, check=True) == [OK, CHANGED, CHANGED, SKIPPED, SKIPPED, SKIPPED]
        assert changed(lab, before) == {}

        assert await ended(lab, installing) == [OK, CHANGED, CHANGED, SKIPPED, SKIPPED, REBOOT_PENDING]
        for name, lines in changed(lab, before).items():
            assert is_installed(lines, packages[name])
            assert left_over(lines, packages[name]) == AWAITED
        installed = lab.snapshots()
        assert await ended(lab, installing) == [OK, OK, OK, SKIPPED, SKIPPED, REBOOT_PENDING]
        assert changed(lab, installed) == {}

        removing = shipped("uninstall", "reboot.when=never", packages=PACKAGES)
        assert await ended(lab, removing, check=True) == [CHANGED, SKIPPED, SKIPPED]
        assert changed(lab, installed) == {}
        assert await ended(lab, removing) == [CHANGED, SKIPPED, SKIPPED]
        assert all(lab.value(name, PROVIDER, "") is None for name in BRANCHES)
        removed = lab.snapshots()
        left = {name: left_over(lines, NO_PACKAGE) for name, lines in changed(lab, before).items()}
        assert await ended(lab, removing) == [OK, SKIPPED, SKIPPED]
        assert await ended(lab, shipped("uninstall", "reboot.when=never")) == [OK, SKIPPED, SKIPPED]
        assert changed(lab, removed) == {}
        assert left == dict.fromkeys(BRANCHES, AWAITED)


@pytest.mark.slow
async def test_restarts_happen_when_required(tmp_path: Path) -> None:
    """Asked for, said in check mode, carried out and proved; not required, there is none."""
    with site(tmp_path, BRANCHES) as lab:
        before = lab.snapshots()
        boots = {name: lab.on(name, lambda machine: machine.power.boot_time) for name in BRANCHES}
        required = shipped("reboot", RESTART, "reboot.when=required")
        assert await ended(lab, required) == [OK, SKIPPED]
        assert await ended(lab, shipped("reboot", RESTART), check=True) == [CHANGED, SKIPPED]
        assert boots == {name: lab.on(name, lambda machine: machine.power.boot_time) for name in BRANCHES}

        assert await ended(lab, shipped("reboot", RESTART)) == [CHANGED, CHANGED]
        assert all(boots[name] < lab.on(name, lambda machine: machine.power.boot_time) for name in BRANCHES)
        assert await ended(lab, required) == [OK, SKIPPED]
        assert changed(lab, before) == {}


async def test_only_our_restart_is_cancelled(tmp_path: Path) -> None:
    """A restart that we have scheduled is cancelled, also by a later run; somebody else's stays."""
    with site(tmp_path, BRANCHES) as lab:
        before = lab.snapshots()
        scheduled = shipped("reboot", "reboot.delay_minutes=600", "reboot.wait=false")
        (step,) = scheduled.steps
        cancel = replace(scheduled, steps=(replace(step, kind=cancel_reboot.KIND, name="cancel-reboot"),))
        assert await ended(lab, cancel) == [OK]
        assert await ended(lab, scheduled) == [REBOOT_PENDING]
        assert all(lab.on(name, lambda machine: machine.power.pending) for name in BRANCHES)
        assert await ended(lab, scheduled) == [REBOOT_PENDING]
        ours = lab.snapshots()
        assert await ended(lab, cancel, check=True) == [CHANGED]
        assert changed(lab, ours) == {}
        assert await ended(lab, cancel) == [CHANGED]
        assert not any(lab.on(name, lambda machine: machine.power.pending) for name in BRANCHES)
        assert changed(lab, before) == {}

        for name in BRANCHES:
            lab.on(name, lambda machine: machine.power.initiate(after_seconds=86_400))
        assert await ended(lab, cancel) == [OK]
        assert all(lab.on(name, lambda machine: machine.power.pending) for name in BRANCHES)
        assert await ended(lab, scheduled) == [BLOCKED]


async def test_verbose_logging_is_switched_where_the_add_in_is(tmp_path: Path) -> None:
    """On and off set one value of the add-in's key; on a host without the add-in the key is never made."""
    with site(tmp_path, BRANCHES) as lab:
        before = lab.snapshots()
        on, off = shipped("verbose-logging-on"), shipped("verbose-logging-off")
        assert await ended(lab, on) == [BLOCKED]
        assert await ended(lab, off) == [OK]
        assert changed(lab, before) == {}

        for name in BRANCHES:
            traces(lab, name)
        before = lab.snapshots()
        assert await ended(lab, on, check=True) == [CHANGED]
        assert await ended(lab, off) == [OK]
        assert changed(lab, before) == {}
        for playbook, value in ((on, 1), (off, 0)):
            assert await ended(lab, playbook) == [CHANGED]
            assert {lab.value(name, PROVIDER, "EnableLogging") for name in BRANCHES} == {value}
            assert await ended(lab, playbook) == [OK]
        assert changed(lab, before) == {name: [f"+ value {PROVIDER}:EnableLogging"] for name in BRANCHES}


async def test_logs_come_home(tmp_path: Path) -> None:
    """A bundle a host, whole by its manifest, with the add-in's own events; a second collection stands beside it."""
    with site(tmp_path, BRANCHES) as lab:
        for name in BRANCHES:
            traces(lab, name)
            lab.on(name, lambda machine: machine.events.write("Application", SOURCE, 1, data=["CPUS_LOGON"]))
        before = lab.snapshots()
        assert await ended(lab, shipped("collect-logs"), check=True) == [OK]
        folders = []
        for _ in range(2):
            results = await lab.run(shipped("collect-logs"))
            folders += [Path(detail_of(result.deciding, CollectDetail).folder or "") for result in results.values()]
        assert changed(lab, before) == {}
    assert len(set(folders)) == 2 * len(BRANCHES)
    for folder in folders:
        assert bundle.verify(folder) == []
        names = {entry.name for entry in bundle.read_manifest(folder).files}
        assert {"collected/application-provider.evtx", "collected/registry-provider.reg", "timeline.txt"} <= names
        assert "SSPR add-in, event 1" in (folder / "timeline.txt").read_text()
