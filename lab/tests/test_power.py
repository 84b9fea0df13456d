"""Shutting down and starting: requests, their order in time, and what a restart leaves."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from sspr_lab.accounts import SYSTEM
from sspr_lab.clock import Clock
from sspr_lab.eventlog_tree import filetime
from sspr_lab.faults import Faults, fault
from sspr_lab.logon import log_on
from sspr_lab.machine import Machine
from sspr_lab.profile import Profile
from sspr_lab.registry import Value

Run = Callable[..., Awaitable[Any]]
SESSION_MANAGER = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager"
BOOT_ID = SESSION_MANAGER + r"\Memory Management\PrefetchParameters"
LOGON_UI = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon\AutoLogonChecked"
CURRENT_VERSION = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion"


@pytest.fixture
async def slow_clock() -> AsyncIterator[Clock]:
    """A clock slow enough to look at the stages of a restart: a host's second takes 10 ms."""
    clock = Clock(speed=100)
    yield clock
    await clock.close()


async def until(condition: Callable[[], bool]) -> None:
    """Return when it holds."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0.001)


async def restarted(machine: Machine) -> None:
    """Ask for a restart and return when the machine is up again."""
    before = machine.power.boot_time
    assert machine.power.initiate(0) == 0
    await until(lambda: machine.powered and machine.power.boot_time != before)
    assert machine.ledger.count("started") == machine.ledger.count("shutdown asked for") > 0


def system_events(machine: Machine) -> list[int]:
    """The ids of the System log without the services' own records."""
    return [r.event_id for r in machine.events.query("System", "*[System[EventID!=7036]]")]


@pytest.mark.parametrize(
    ("line", "code", "stderr"),
    [
        ("/r /t 600", 0, ""),
        ("-r -t 600 -f", 0, ""),
        ("/s /t 315360000", 0, ""),
        ('/r /t 60 /c "Restart for the add-in" /d p:4:2', 0, ""),
        ("/g", 0, ""),
        (r"/r /m \\PC-01", 0, ""),
        ("/a", 1116, "Unable to abort the system shutdown because no shutdown was in progress.(1116)\r\n"),
        (r"/r /m \\elsewhere", 53, "The network path was not found.(53)\r\n"),
        ("/r /t 315360001", 87, ""),
        ("/r /t soon", 87, ""),
        ("/r /t", 87, ""),
        ("/r /s", 87, ""),
        ("/r /d p:256:1", 87, ""),
        ("/r /d p:4", 87, ""),
        ("/a /t 5", 87, ""),
        ("/p /t 5", 87, ""),
        ("/x", 87, ""),
        ("/t 5", 87, ""),
        (f"/r /c {'x' * 513}", 87, ""),
    ],
)
async def test_command_lines(run: Run, machine: Machine, line: str, code: int, stderr: str) -> None:
    """Each form of shutdown is taken or refused as its documentation says; the usage goes with 87."""
    ran = await run(f"shutdown {line}")
    assert (ran.code, ran.err) == (code, stderr)
    assert (machine.power.pending is not None) == (code == 0)
    assert ran.out.startswith("Usage:") == (code == 87)


async def test_a_second_request_and_its_abort(run: Run, machine: Machine) -> None:
    """1190 while one waits; after /a there is none, and the log tells the story."""
    assert (await run("shutdown /r /t 60")).code == 0
    second = await run("shutdown /s /t 5")
    assert (second.code, second.err) == (1190, "A system shutdown has already been scheduled.(1190)\r\n")
    assert (await run("shutdown /a")).code == 0
    assert machine.power.pending is None
    assert system_events(machine)[-2:] == [1074, 1075]


async def test_a_delay_implies_force_and_is_thirty_seconds_by_default(run: Run, machine: Machine) -> None:
    """/t above 0 implies /f; without /t it is half a minute."""
    asked = machine.clock.now()
    await run("shutdown /r")
    pending = machine.power.pending
    assert pending is not None
    assert pending.force
    assert 30 <= (pending.due - asked).total_seconds() < 300


async def test_the_record_of_a_request(run: Run, machine: Machine) -> None:
    """User32 1074 names program, machine, reason, kind, comment and account."""
    await run('shutdown /r /t 600 /c "Add-in installed" /d p:4:2')
    (record,) = machine.events.query("System", "*[System[EventID=1074]]")
    assert record.provider.name == "USER32"
    assert list(record.strings) == [
        r"C:\Windows\system32\shutdown.exe (PC-01)",
        "PC-01",
        "Application: Installation (Planned)",
        "0x80040002",
        "restart",
        "Add-in installed",
        r"PC-01\Administrator",
    ]


async def test_users_may_not_shut_down_over_the_network(run: Run, machine: Machine) -> None:
    """5 without the privilege."""
    ran = await run("shutdown /r", account=log_on(machine, "user"))
    assert (ran.code, ran.err, machine.power.pending) == (5, "Access is denied.(5)\r\n", None)


async def test_the_stages_of_a_restart(slow_clock: Clock) -> None:
    """WinRM goes before the power does, 1115 meets who asks meanwhile, and the records stand in Windows' order."""
    machine = Machine(Profile(), slow_clock)
    machine.power.initiate(5)
    assert machine.powered
    await until(lambda: machine.power.shutting_down)
    assert machine.power.initiate(0) == 1115
    assert machine.power.abort() == 1116
    await until(lambda: not machine.services.is_running("Dhcp"))
    assert machine.powered
    await until(lambda: not machine.powered)
    await until(lambda: machine.powered)
    assert system_events(machine) == [12, 6009, 6005, 1074, 6006, 13, 12, 6009, 6005, 6013]


async def test_processes_and_shells_do_not_survive(machine: Machine) -> None:
    """A restart ends every process and every WinRM shell."""
    process = machine.spawn("ping.exe -n 1000 127.0.0.1", account=SYSTEM)
    machine.shells.add("shell")
    await restarted(machine)
    assert process.exit_code == 0x40010004
    assert (machine.processes, machine.shells) == ([], set())


async def test_boot_markers_change(machine: Machine) -> None:
    """Boot time, BootId and ShutdownTime tell one start from the next."""
    before = machine.power.boot_time
    boot_id = machine.registry.get(BOOT_ID, "BootId")
    await restarted(machine)
    after = machine.registry.get(BOOT_ID, "BootId")
    assert machine.power.boot_time > before
    assert boot_id is not None
    assert after == Value("REG_DWORD", int(str(boot_id.data)) + 1)
    stopped = machine.registry.get(r"HKLM\SYSTEM\CurrentControlSet\Control\Windows", "ShutdownTime")
    assert stopped is not None
    assert isinstance(stopped.data, bytes)
    assert filetime(before) < struct.unpack("<Q", stopped.data)[0] < filetime(machine.power.boot_time)


async def test_logon_ui_and_delayed_services_come_late(slow_clock: Clock) -> None:
    """AutoLogonChecked is gone until LogonUI starts; WinRM, a delayed service, comes two minutes after the rest."""
    machine = Machine(Profile(), slow_clock)
    machine.services.configure("WinRM", start=2, delayed=True)
    await restarted(machine)
    up = slow_clock.now()
    assert machine.services.is_running("Dhcp")
    assert not machine.registry.exists(LOGON_UI)
    assert not machine.services.is_running("WinRM")
    await until(lambda: machine.registry.exists(LOGON_UI))
    assert not machine.services.is_running("WinRM")
    await until(lambda: machine.services.is_running("WinRM"))
    assert (slow_clock.now() - up).total_seconds() > 100


async def test_a_manual_service_does_not_come_back(clock: Clock) -> None:
    """A WinRM service with manual start stays down after a restart."""
    machine = Machine(Profile().with_traits("winrm_manual_start"), clock)
    await restarted(machine)
    await clock.sleep(200)
    assert not machine.services.is_running("WinRM")


async def test_pending_renames_are_done_in_their_order(machine: Machine) -> None:
    """Moves, replacements and deletions happen at the start, what fails is skipped, and the value is gone."""
    for name in ("new.dll", "old.dll", "gone.txt", "a"):
        machine.files.write(f"C:\\Users\\Public\\{name}", name.encode())
    prefix = "\\??\\C:\\Users\\Public\\"
    pairs = [
        (prefix + "missing", ""),
        (prefix + "new.dll", "!" + prefix + "old.dll"),
        (prefix + "gone.txt", ""),
        (prefix + "a", prefix + "b"),
        (prefix + "b", prefix + "c"),
    ]
    entries = [entry for pair in pairs for entry in pair]
    machine.registry.set(SESSION_MANAGER, "PendingFileRenameOperations", Value("REG_MULTI_SZ", entries))
    await restarted(machine)
    assert {entry.name for entry in machine.files.listdir(r"C:\Users\Public") if not entry.is_dir} == {"old.dll", "c"}
    assert machine.files.read(r"C:\Users\Public\old.dll") == b"new.dll"
    assert machine.registry.get(SESSION_MANAGER, "PendingFileRenameOperations") is None


async def test_pending_reboots_are_settled(clock: Clock) -> None:
    """The markers of servicing and Windows Update go with a restart, and a new computer name becomes the active one."""
    past = Profile().with_traits("cbs_reboot_pending", "update_reboot_required", "rename_pending")
    machine = Machine(past, clock)
    keys = [
        CURRENT_VERSION + r"\Component Based Servicing\RebootPending",
        CURRENT_VERSION + r"\WindowsUpdate\Auto Update\RebootRequired",
    ]
    assert all(machine.registry.exists(key) for key in keys)
    await restarted(machine)
    assert not any(machine.registry.exists(key) for key in keys)
    names = r"HKLM\SYSTEM\CurrentControlSet\Control\ComputerName"
    assert machine.registry.get(names + r"\ActiveComputerName", "ComputerName") == Value("REG_SZ", "PC-01-NEW")


async def test_volatile_keys_are_dropped(machine: Machine) -> None:
    """What was made volatile does not see the next start; hardware is found again."""
    machine.registry.create(r"HKLM\SOFTWARE\Contoso\Session", volatile=True)
    await restarted(machine)
    assert not machine.registry.exists(r"HKLM\SOFTWARE\Contoso\Session")
    assert machine.registry.exists(r"HKLM\HARDWARE\DESCRIPTION\System\CentralProcessor\0")


async def test_configuring_updates_restarts_twice(clock: Clock) -> None:
    """A machine that configures updates goes down once more before anybody sees the logon screen."""
    machine = Machine(Profile().with_traits("double_reboot"), clock)
    await restarted(machine)
    first = machine.power.boot_time
    assert not machine.registry.exists(LOGON_UI)
    await until(lambda: machine.power.boot_time != first and machine.registry.exists(LOGON_UI))
    await clock.sleep(200)
    assert system_events(machine).count(13) == 2
    assert machine.powered


async def test_a_slow_reboot_takes_its_minutes(clock: Clock) -> None:
    """The fault's seconds come on top of the profile's."""
    machine = Machine(Profile(), clock, Faults([fault("slow_reboot", seconds=900)]))
    asked = clock.now()
    await restarted(machine)
    assert (clock.now() - asked).total_seconds() > 900


async def test_a_machine_that_never_returns(clock: Clock) -> None:
    """It goes down in good order and stays down."""
    machine = Machine(Profile(), clock, Faults([fault("never_returns")]))
    machine.power.initiate(0)
    await until(lambda: not machine.powered)
    await clock.sleep(600)
    assert not machine.powered
    assert system_events(machine)[-1] == 13


async def test_a_shutdown_waits_for_somebody_to_switch_on(machine: Machine) -> None:
    """/s leaves the machine off until it is booted."""
    machine.power.initiate(0, reboot=False)
    await until(lambda: not machine.powered)
    await machine.boot()
    assert machine.powered
    assert machine.services.is_running("Dhcp")


async def test_tasks_across_a_restart(machine: Machine) -> None:
    """Boot triggers start with the machine; a registered task is still there."""
    head = '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">'
    principal = "<Principals><Principal><UserId>S-1-5-18</UserId></Principal></Principals>"
    actions = "<Actions><Exec><Command>whoami.exe</Command></Exec></Actions>"
    trigger = "<Triggers><BootTrigger><Delay>PT30S</Delay></BootTrigger></Triggers>"
    task = machine.tasks.register("AtBoot", f"{head}{trigger}{principal}{actions}</Task>", SYSTEM)
    await restarted(machine)
    up = machine.clock.now()
    await until(lambda: task.last_run is not None)
    assert task.last_run is not None
    assert (task.last_run - up).total_seconds() > 20


def task_of(triggers: str, settings: str = "") -> str:
    """The XML of a task that SYSTEM runs."""
    return (
        '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">'
        f"<Triggers>{triggers}</Triggers><Principals><Principal><UserId>S-1-5-18</UserId></Principal></Principals>"
        f"<Settings>{settings}</Settings><Actions><Exec><Command>whoami.exe</Command></Exec></Actions></Task>"
    )


@pytest.mark.parametrize(
    ("boundary", "minutes", "runs"),
    [("Start", -1, True), ("Start", 60, False), ("End", 60, True), ("End", -1, False)],
)
async def test_a_boot_outside_of_a_triggers_boundaries_starts_nothing(
    machine: Machine, boundary: str, minutes: int, runs: bool
) -> None:
    """A boot trigger is activated at its start boundary, and can start nothing after its end boundary."""
    moment = machine.clock.now() + timedelta(minutes=minutes)
    element = f"<{boundary}Boundary>{moment:%Y-%m-%dT%H:%M:%S}+00:00</{boundary}Boundary>"
    task = machine.tasks.register("AtBoot", task_of(f"<BootTrigger>{element}</BootTrigger>"), SYSTEM)
    await restarted(machine)
    await until(lambda: machine.registry.exists(LOGON_UI))
    assert (task.last_run is not None) is runs


@pytest.mark.parametrize("available", [True, False])
async def test_a_start_that_was_missed_while_the_machine_was_off(clock: Clock, available: bool) -> None:
    """It is made up for ten minutes after the start, if the task says so, wherever in the stop it fell due."""
    machine = Machine(Profile(stop_seconds=3600), clock)
    due = clock.now() + timedelta(seconds=machine.profile.stop_seconds / 2)
    trigger = f"<TimeTrigger><StartBoundary>{due:%Y-%m-%dT%H:%M:%S}Z</StartBoundary></TimeTrigger>"
    settings = f"<StartWhenAvailable>{str(available).lower()}</StartWhenAvailable>"
    task = machine.tasks.register("Missed", task_of(trigger, settings), SYSTEM)
    await restarted(machine)
    up = machine.clock.now()
    await clock.sleep(700)
    if available:
        assert task.last_run is not None
        assert (task.last_run - up).total_seconds() > 540
    else:
        assert task.last_run is None


async def test_a_task_that_is_gone_makes_up_for_nothing(machine: Machine) -> None:
    """A late start of a task that has been deleted meanwhile does not come."""
    task = machine.tasks.register("AtBoot", task_of("<BootTrigger><Delay>PT30S</Delay></BootTrigger>"), SYSTEM)
    await restarted(machine)
    machine.tasks.delete("AtBoot")
    await machine.clock.sleep(60)
    assert task.last_run is None


@pytest.mark.parametrize(("switch", "ids"), [(None, [1]), (0, [1]), (1, [1, 2, 3, 4])])
async def test_the_add_in_logs_at_length_only_when_told(machine: Machine, switch: int | None, ids: list[int]) -> None:
    """LogonUI loads the registered provider, which writes verbose records while EnableLogging is 1."""
    clsid = "{86D2F0AC-2171-46CF-9998-4E33B3D7FD4F}"
    provider = CURRENT_VERSION + rf"\Authentication\Credential Providers\{clsid}"
    library = r"C:\Windows\System32\SsprWindowsLogon.dll"
    machine.files.write(library, b"MZ")
    server = rf"HKLM\SOFTWARE\Classes\CLSID\{clsid}\InprocServer32"
    machine.registry.set(provider, "", Value("REG_SZ", "SSPR"))
    machine.registry.set(server, "", Value("REG_SZ", library))
    if switch is not None:
        machine.registry.set(provider, "EnableLogging", Value("REG_DWORD", switch))
    await restarted(machine)
    await until(lambda: machine.registry.exists(LOGON_UI))
    query = "*[System[Provider[@Name='AADPasswordResetCredentialProvider']]]"
    assert [record.event_id for record in machine.events.query("Application", query)] == ids


async def test_without_the_add_in_nothing_is_logged(machine: Machine) -> None:
    """A stock machine's Application log knows no such source."""
    await restarted(machine)
    await until(lambda: machine.registry.exists(LOGON_UI))
    assert machine.events.records("Application") == []
