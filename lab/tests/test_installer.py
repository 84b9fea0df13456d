"""The Windows Installer model: what an installation changes, what stops it, and what it leaves behind."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Literal, get_args

import pytest

from lab.tests.padded import padded_standin
from sspr_lab.accounts import SYSTEM, Account
from sspr_lab.clock import Clock
from sspr_lab.faults import Faults, fault
from sspr_lab.file_handle import SHARE_READ
from sspr_lab.files import FileSystem
from sspr_lab.installer.products import IN_PROGRESS
from sspr_lab.machine import Machine
from sspr_lab.msi_log import MsiLog, local_time, log_mode
from sspr_lab.packages import Way, standin
from sspr_lab.profile import Architecture, Profile
from sspr_lab.registry import Value

HERE = Path(__file__).parent / "packages"
PACKAGE = "C:\\Windows\\Temp\\StandInLogon.msi"
DLL = "C:\\Windows\\System32\\SsprStandInProvider.dll"
CLSID = "{86D2F0AC-2171-46CF-9998-4E33B3D7FD4F}"
PROVIDER = f"HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Authentication\\Credential Providers\\{CLSID}"
SERVER = f"HKLM\\SOFTWARE\\Classes\\CLSID\\{CLSID}\\InprocServer32"
SOURCE = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\AADPasswordResetCredentialProvider"
UNINSTALL = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall"
SESSION_MANAGER = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager"
X64_CODE = "{3F0C9B5E-7E0B-4B55-9B63-5D2F0E6A6401}"
NEWER_CODE = "{3F0C9B5E-7E0B-4B55-9B63-5D2F0E6A6402}"
QUIETLY = {"REBOOT": "ReallySuppress"}
STRANGER = Account("helpdesk", "S-1-5-21-9-9-9-1104", elevated=True, network_logon=True)


def given(machine: Machine, package: Path | bytes = standin("x64"), path: str = PACKAGE) -> str:  # noqa: B008
    """Put a package on the machine and return its path there."""
    machine.files.write(path, package if isinstance(package, bytes) else package.read_bytes())
    return path


def logging(machine: Machine) -> tuple[MsiLog, bytearray]:
    """A verbose log and the bytes that it will have."""
    data = bytearray()
    return MsiLog(data.extend, local_time(machine.clock.now, 0), mode=log_mode("*v!")), data


def msi_events(machine: Machine) -> list[int]:
    records = machine.events.records("Application")
    return [record.event_id for record in records if record.provider.name == "MsiInstaller"]


def text_at(machine: Machine, key: str, name: str, view: int = 64) -> str:
    value = machine.registry.get(key, name, view)
    assert value is not None, f"{key}:{name}"
    return str(value.data)


async def test_installation_registers_the_add_in(machine: Machine) -> None:
    """Provider, COM server, event source, DLL and the entry in Programs and Features are there, each with its value."""
    assert await machine.installer.install(given(machine), QUIETLY, account=SYSTEM) == 0
    assert text_at(machine, PROVIDER, "") == "AADPasswordResetCredentialProvider"
    assert text_at(machine, SERVER, "").lower() == DLL.lower()
    assert text_at(machine, SERVER, "ThreadingModel") == "Apartment"
    message_file = machine.registry.get(SOURCE, "EventMessageFile")
    assert message_file is not None
    assert message_file.kind == "REG_EXPAND_SZ"
    assert machine.files.read(DLL).startswith(b"MZ")
    entry = f"{UNINSTALL}\\{X64_CODE}"
    assert text_at(machine, entry, "DisplayVersion") == "1.0.10.0"
    assert "stand-in" in text_at(machine, entry, "DisplayName")
    assert text_at(machine, entry, "UninstallString") == f"MsiExec.exe /X{X64_CODE}"
    assert machine.registry.get(entry, "WindowsInstaller") == Value("REG_DWORD", 1)
    assert machine.registry.get(entry, "Version") == Value("REG_DWORD", 0x0100000A)
    assert not machine.registry.exists(IN_PROGRESS)
    assert msi_events(machine) == [1040, 11707, 1033, 1042]


@pytest.mark.parametrize(
    ("machine_is", "package", "view", "folder"),
    [("x64", "x64", 64, "System32"), ("x64", "x86", 32, "SysWOW64"), ("x86", "x86", 64, "System32")],
)
async def test_32_bit_packages_are_redirected(
    clock: Clock, machine_is: Literal["x86", "x64"], package: Literal["x86", "x64"], view: int, folder: str
) -> None:
    """A 32-bit package writes to the 32-bit view and SysWOW64 of a 64-bit Windows, where LogonUI does not look."""
    machine = Machine(Profile(architecture=machine_is), clock)
    assert await machine.installer.install(given(machine, standin(package)), QUIETLY, account=SYSTEM) == 0
    assert machine.registry.exists(PROVIDER, view)
    assert machine.registry.exists(PROVIDER, 64) is (view == 64)
    assert machine.files.exists(f"C:\\Windows\\{folder}\\SsprStandInProvider.dll")
    assert len([key for key in machine.registry.key(UNINSTALL, view).subkey_names if "3F0C9B5E" in key]) == 1


@pytest.mark.parametrize("way", get_args(Way))
@pytest.mark.parametrize("architecture", ["x64", "x86"])
async def test_each_way_to_register_the_provider(clock: Clock, way: Way, architecture: Architecture) -> None:
    """By table, by its own DLL or by a custom action: LogonUI finds the provider, and nothing stays after a removal."""
    machine = Machine(Profile(architecture=architecture), clock)
    package = given(machine, standin(architecture, way))
    before = machine.snapshot()
    assert await machine.installer.install(package, QUIETLY, account=SYSTEM) == 0
    assert text_at(machine, PROVIDER, "") == "AADPasswordResetCredentialProvider"
    assert text_at(machine, SERVER, "").lower() == DLL.lower()
    assert await machine.installer.uninstall(package, QUIETLY, account=SYSTEM) == 0
    assert before.diff(machine.snapshot()) == []
    assert [entry.what for entry in machine.ledger.entries] == ["installed", "removed"]
    assert len({entry.of for entry in machine.ledger.entries}) == 1


@pytest.mark.parametrize(("way", "view"), [("selfreg", 32), ("action", 32)])
async def test_a_32_bit_dll_registers_in_its_own_view(machine: Machine, way: Way, view: int) -> None:
    """On a 64-bit Windows the DLL of a 32-bit package writes where 32-bit programs look."""
    assert await machine.installer.install(given(machine, standin("x86", way)), QUIETLY, account=SYSTEM) == 0
    assert [machine.registry.exists(PROVIDER, each) for each in (32, 64)] == [view == 32, view == 64]


@pytest.mark.parametrize("way", ["selfreg", "action"])
async def test_what_a_dll_registered_is_rolled_back(clock: Clock, way: Way) -> None:
    """An installation that fails afterwards leaves nothing of it."""
    machine = Machine(Profile(), clock, Faults([fault("installer_fails")]))
    package = given(machine, standin("x64", way))
    assert await machine.installer.install(package, QUIETLY, account=SYSTEM) == 1603
    assert not machine.registry.exists(PROVIDER)


@pytest.mark.parametrize("by", ["code", "path"])
async def test_removal_leaves_nothing(machine: Machine, by: str) -> None:
    """After a removal by product code or by package the machine is what it was before the installation."""
    package = given(machine)
    before = machine.snapshot()
    assert await machine.installer.install(package, QUIETLY, account=SYSTEM) == 0
    target = X64_CODE if by == "code" else package
    assert await machine.installer.uninstall(target, QUIETLY, account=SYSTEM) == 0
    assert before.diff(machine.snapshot()) == []
    assert msi_events(machine)[4:] == [1040, 11724, 1034, 1042]


async def test_a_value_of_others_survives_the_removal(machine: Machine) -> None:
    """EnableLogging is not the package's: the provider's key stays for its sake, though the provider is gone."""
    await machine.installer.install(given(machine), QUIETLY, account=SYSTEM)
    machine.registry.set(PROVIDER, "EnableLogging", Value("REG_DWORD", 1))
    assert await machine.installer.uninstall(X64_CODE, QUIETLY, account=SYSTEM) == 0
    assert list(machine.registry.key(PROVIDER).values) == ["EnableLogging"]


async def test_installing_again_reconfigures(machine: Machine) -> None:
    """The same package a second time is a success that changes nothing."""
    package = given(machine)
    await machine.installer.install(package, QUIETLY, account=SYSTEM)
    before = machine.snapshot()
    assert await machine.installer.install(package, QUIETLY, account=SYSTEM) == 0
    assert before.diff(machine.snapshot()) == []
    assert msi_events(machine)[4:] == [1040, 11728, 1035, 1042]


async def test_repair_brings_files_back(machine: Machine) -> None:
    """A reinstallation puts back what somebody deleted."""
    package = given(machine)
    await machine.installer.install(package, QUIETLY, account=SYSTEM)
    machine.files.delete(DLL)
    properties = {**QUIETLY, "REINSTALL": "ALL", "REINSTALLMODE": "omus"}
    assert await machine.installer.install(package, properties, account=SYSTEM) == 0
    assert machine.files.exists(DLL)


async def test_upgrade_replaces_the_older_version(machine: Machine) -> None:
    """A major upgrade leaves one product, the new one."""
    await machine.installer.install(given(machine), QUIETLY, account=SYSTEM)
    newer = given(machine, HERE / "newer.x64.msi", "C:\\Windows\\Temp\\newer.msi")
    assert await machine.installer.install(newer, QUIETLY, account=SYSTEM) == 0
    assert not machine.registry.exists(f"{UNINSTALL}\\{X64_CODE}")
    assert text_at(machine, f"{UNINSTALL}\\{NEWER_CODE}", "DisplayVersion") == "1.0.20.0"
    assert machine.files.exists(DLL)
    copies = [entry.name for entry in machine.files.listdir("C:\\Windows\\Installer") if entry.name.endswith(".msi")]
    assert len(copies) == 1


async def test_downgrade_is_refused(machine: Machine) -> None:
    """An older version fails with the package's own message and leaves the newer one alone."""
    await machine.installer.install(given(machine, HERE / "newer.x64.msi"), QUIETLY, account=SYSTEM)
    older = given(machine, path="C:\\Windows\\Temp\\older.msi")
    before = machine.snapshot()
    log, data = logging(machine)
    assert await machine.installer.install(older, QUIETLY, account=SYSTEM, log=log) == 1603
    assert "A newer version of SSPR Windows Logon (lab stand-in) is already installed." in data.decode("utf-16")
    assert before.diff(machine.snapshot()) == []


async def test_other_version_with_the_same_code(machine: Machine) -> None:
    """Another package with the installed product's code is 1638, not an upgrade."""
    await machine.installer.install(given(machine), QUIETLY, account=SYSTEM)
    other = given(machine, HERE / "same-product-code.x64.msi")
    assert await machine.installer.install(other, QUIETLY, account=SYSTEM) == 1638


async def test_launch_condition(machine: Machine) -> None:
    """A launch condition that does not hold ends the run with 1603, its text in log and event log."""
    log, data = logging(machine)
    package = given(machine, HERE / "impossible-condition.x64.msi")
    before = machine.snapshot()
    assert await machine.installer.install(package, QUIETLY, account=SYSTEM, log=log) == 1603
    text = data.decode("utf-16")
    assert "needs a newer Windows." in text
    assert "LaunchConditions. Return value 3." in text
    assert "MainEngineThread is returning 1603" in text
    assert msi_events(machine) == [1040, 10005, 11708, 1033, 1042]
    assert before.diff(machine.snapshot()) == []


async def test_x64_package_on_x86(clock: Clock) -> None:
    """A 32-bit Windows refuses a 64-bit package with 1633."""
    machine = Machine(Profile(architecture="x86"), clock)
    assert await machine.installer.install(given(machine), QUIETLY, account=SYSTEM) == 1633


@pytest.mark.parametrize(
    ("package", "expected"),
    [(b"", 1620), (b"not a package", 1620), (standin("x64").read_bytes()[:6000], 1620), (None, 1619)],
)
async def test_packages_that_cannot_be_opened(machine: Machine, package: bytes | None, expected: int) -> None:
    """A missing package is 1619; one that is cut off or something else is 1620."""
    if package is not None:
        given(machine, package)
    assert await machine.installer.install(PACKAGE, QUIETLY, account=SYSTEM) == expected


async def test_unc_path(machine: Machine) -> None:
    """A package on a share that the caller cannot reach is 1619."""
    assert await machine.installer.install("\\\\server\\share\\a.msi", QUIETLY, account=SYSTEM) == 1619


async def test_corrupt_cabinet(machine: Machine) -> None:
    """A flipped bit in the compressed files passes the checks of the package and fails the copying (1335)."""
    content = bytearray(standin("x64").read_bytes())
    content[content.index(b"CK") + 40] ^= 0x10  # "CK" begins an MSZIP block
    package = given(machine, bytes(content))
    log, data = logging(machine)
    before = machine.snapshot()
    assert await machine.installer.install(package, QUIETLY, account=SYSTEM, log=log) == 1603
    assert "Error 1335. The cabinet file 'standin.cab'" in data.decode("utf-16")
    assert before.diff(machine.snapshot()) == []


async def test_policy_forbids(machine: Machine) -> None:
    """DisableMSI=2 refuses everybody with 1625."""
    policy = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\Installer"
    machine.registry.set(policy, "DisableMSI", Value("REG_DWORD", 2))
    assert await machine.installer.install(given(machine), QUIETLY, account=SYSTEM) == 1625


async def test_network_logon_without_a_profile(machine: Machine) -> None:
    """An account that never logged on here cannot install over the network; it can once it has a profile."""
    package = given(machine)
    log, data = logging(machine)
    assert await machine.installer.install(package, QUIETLY, account=STRANGER, log=log) == 1603
    assert "Error:-2146892987" in data.decode("utf-16")
    machine.registry.create(f"HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\{STRANGER.sid}")
    assert await machine.installer.install(package, QUIETLY, account=STRANGER) == 0


async def test_without_a_full_token(machine: Machine) -> None:
    """Somebody who is no administrator gets error 1925 and 1603."""
    user = Account("user", "S-1-5-21-9-9-9-1105", elevated=False, network_logon=False)
    log, data = logging(machine)
    assert await machine.installer.install(given(machine), QUIETLY, account=user, log=log) == 1603
    assert "Error 1925." in data.decode("utf-16")


@pytest.mark.parametrize(
    ("package", "reboot", "expected", "restarts"),
    [
        ("schedule-reboot", "ReallySuppress", 3010, False),
        ("schedule-reboot", "Suppress", 3010, False),
        ("schedule-reboot", "", 1641, True),
        ("force-reboot", "R", 3010, False),
        ("force-reboot", "Suppress", 1641, True),
        ("force-reboot", "", 1641, True),
        ("newer", "Force", 1641, True),
        ("newer", "", 0, False),
    ],
)
async def test_restarts(machine: Machine, package: str, reboot: str, expected: int, restarts: bool) -> None:
    """Who asks for the restart and what REBOOT says decide between 0, 3010, and a restart at once with 1641."""
    path = given(machine, HERE / f"{package}.x64.msi")
    assert await machine.installer.install(path, {"REBOOT": reboot} if reboot else {}, account=SYSTEM) == expected
    assert (machine.power.pending is not None or machine.power.shutting_down) is restarts
    assert (1029 in msi_events(machine)) is (expected == 3010)
    assert (1005 in msi_events(machine)) is restarts


async def test_file_in_use_waits_for_the_restart(machine: Machine) -> None:
    """A DLL that is held open is replaced at the next start: 3010 and PendingFileRenameOperations."""
    machine.files.write(DLL, b"old")
    assert isinstance(machine.files, FileSystem)
    with machine.files.open(DLL, "r", share=SHARE_READ):
        assert await machine.installer.install(given(machine), QUIETLY, account=SYSTEM) == 3010
    pending = machine.registry.get(SESSION_MANAGER, "PendingFileRenameOperations")
    assert pending is not None
    assert isinstance(pending.data, list)
    source, target = pending.data
    assert target.lower() == f"!\\??\\{DLL}".lower()
    assert machine.files.read(source.removeprefix("\\??\\")).startswith(b"MZ")
    assert machine.files.read(DLL) == b"old"


async def test_fault_installer_fails(clock: Clock) -> None:
    """The fault fails one installation with a log that names a custom action, leaves nothing, and is then used up."""
    machine = Machine(Profile(), clock, Faults([fault("installer_fails")]))
    package = given(machine)
    before = machine.snapshot()
    log, data = logging(machine)
    assert await machine.installer.install(package, QUIETLY, account=SYSTEM, log=log) == 1603
    text = data.decode("utf-16")
    assert "CustomAction RegisterCredentialProvider returned actual error code 1603" in text
    assert "InstallFinalize. Return value 3." in text
    assert "Installation failed." in text
    assert before.diff(machine.snapshot()) == []
    assert msi_events(machine) == [1040, 11708, 1033, 1042]
    assert await machine.installer.install(package, QUIETLY, account=SYSTEM) == 0


async def test_fault_reboot_required(clock: Clock) -> None:
    """The fault makes the installation end with 3010 and leaves a pending rename, as a file in use would."""
    machine = Machine(Profile(), clock, Faults([fault("reboot_required")]))
    assert await machine.installer.install(given(machine), QUIETLY, account=SYSTEM) == 3010
    assert machine.registry.get(SESSION_MANAGER, "PendingFileRenameOperations") is not None
    assert machine.registry.exists(PROVIDER)


@pytest.mark.parametrize(
    ("free", "file"), [(0, "C:\\Windows\\Installer\\"), (12_288, "C:\\Windows\\system32\\SsprStandInProvider.dll")]
)
async def test_disk_full(clock: Clock, free: int, file: str) -> None:
    """Without room for the package's copy, or only for that, it is 1603 with 1304 and 112 in the log, and no trace."""
    machine = Machine(Profile(free_bytes=1_048_576), clock)
    package = given(machine)
    machine.files.write("C:\\filler", bytes(machine.files.free_bytes - free))
    assert machine.files.free_bytes == free
    before = machine.snapshot()
    log, data = logging(machine)
    assert await machine.installer.install(package, QUIETLY, account=SYSTEM, log=log) == 1603
    text = data.decode("utf-16")
    assert f"Error 1304. Error writing to file: {file}" in text
    assert "System error 112." in text
    assert before.diff(machine.snapshot()) == []


async def test_fault_installer_busy(clock: Clock) -> None:
    """While somebody else installs it is 1618; after that time it works."""
    machine = Machine(Profile(), clock, Faults([fault("installer_busy", seconds=3600)]))
    package = given(machine)
    log, data = logging(machine)
    assert await machine.installer.install(package, QUIETLY, account=SYSTEM, log=log) == 1618
    assert "Failed to grab execution mutex. System error 258." in data.decode("utf-16")
    clock.offset += timedelta(seconds=3600)
    assert await machine.installer.install(package, QUIETLY, account=SYSTEM) == 0


async def test_one_installation_at_a_time(machine: Machine) -> None:
    """Of two installations at once the second is 1618, and the first is not disturbed."""
    package = given(machine)
    install = machine.installer.install
    codes = await asyncio.gather(install(package, QUIETLY, account=SYSTEM), install(package, QUIETLY, account=SYSTEM))
    assert list(codes) == [0, 1618]
    assert not machine.installer.busy


async def test_in_progress_key_while_it_runs(machine: Machine) -> None:
    """The InProgress key is there while the script runs, for those who look before they install."""
    run = asyncio.create_task(machine.installer.install(given(machine), QUIETLY, account=SYSTEM))
    while not machine.registry.exists(IN_PROGRESS):
        assert not run.done()
        await machine.clock.sleep(0.1)
    assert machine.installer.busy
    assert await run == 0
    assert not machine.registry.exists(IN_PROGRESS)


async def test_killed_client_rolls_back(machine: Machine) -> None:
    """When msiexec is killed half-way, nothing is left and the next installation works."""
    package = given(machine)
    before = machine.snapshot()
    await interrupted(machine, package)
    assert before.diff(machine.snapshot()) == []
    assert await machine.installer.install(package, QUIETLY, account=SYSTEM) == 0


async def test_power_failure_is_made_good_by_the_next_run(machine: Machine) -> None:
    """A run that the power ended stays half done and marked; the next one undoes it before it begins."""
    package = given(machine)
    before = machine.snapshot()
    machine.powered = False
    await interrupted(machine, package)
    assert machine.registry.exists(IN_PROGRESS)
    machine.powered = True
    assert await machine.installer.install(package, QUIETLY, account=SYSTEM) == 0
    assert await machine.installer.uninstall(X64_CODE, QUIETLY, account=SYSTEM) == 0
    assert before.diff(machine.snapshot()) == []


async def interrupted(machine: Machine, package: str) -> None:
    """Start an installation and cancel it when its DLL has arrived."""
    run = asyncio.create_task(machine.installer.install(package, QUIETLY, account=SYSTEM))
    while not machine.files.exists(DLL):
        assert not run.done()
        await machine.clock.sleep(0.1)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run


async def test_removal_works_from_the_kept_copy(machine: Machine) -> None:
    """The package that was installed from may be gone; without the kept copy, too, the source is missing (1612)."""
    package = given(machine)
    await machine.installer.install(package, QUIETLY, account=SYSTEM)
    machine.files.delete(package)
    (copy,) = [each.name for each in machine.files.listdir("C:\\Windows\\Installer") if each.name.endswith(".msi")]
    content = machine.files.read(f"C:\\Windows\\Installer\\{copy}")
    machine.files.delete(f"C:\\Windows\\Installer\\{copy}")
    assert await machine.installer.uninstall(X64_CODE, QUIETLY, account=SYSTEM) == 1612
    machine.files.write(f"C:\\Windows\\Installer\\{copy}", content)
    assert await machine.installer.uninstall(X64_CODE, QUIETLY, account=SYSTEM) == 0


async def test_larger_packages_take_longer(machine: Machine, tmp_path: Path) -> None:
    """A padded package is a valid one, and a run takes from eight host seconds to twenty, by size."""
    started = machine.clock.now()
    path = given(machine, padded_standin(tmp_path, 3_000_000, "x64"))
    assert await machine.installer.install(path, QUIETLY, account=SYSTEM) == 0
    assert (machine.clock.now() - started).total_seconds() > 15


async def test_restart_by_itself_finishes_the_installation(machine: Machine) -> None:
    """Without REBOOT a file in use restarts the machine at once, and the new file is in place afterwards."""
    machine.files.write(DLL, b"old")
    assert isinstance(machine.files, FileSystem)
    with machine.files.open(DLL, "r", share=SHARE_READ):
        assert await machine.installer.install(given(machine), {}, account=SYSTEM) == 1641
    booted = machine.power.boot_time
    while machine.power.boot_time == booted:
        await machine.clock.sleep(1)
    assert machine.files.read(DLL).startswith(b"MZ")
    assert not [entry for entry in machine.files.listdir("C:\\Windows\\System32") if entry.name.startswith("TBM")]
    assert machine.registry.get(SESSION_MANAGER, "PendingFileRenameOperations") is None
