"""The Task Scheduler: what XML it accepts, when tasks run, as whom, and what becomes of them."""

import asyncio
from contextlib import nullcontext
from datetime import datetime, timedelta

import pytest

from sspr_lab.accounts import SYSTEM
from sspr_lab.clock import Clock
from sspr_lab.errors import WindowsError
from sspr_lab.faults import Faults, fault
from sspr_lab.interfaces.tasks import DISABLED, HAS_NOT_RUN, NOT_LOGGED_ON, REFUSED, TERMINATED, Task
from sspr_lab.logon import log_on
from sspr_lab.machine import Machine
from sspr_lab.process import Process
from sspr_lab.profile import Profile
from sspr_lab.task_schema import TaskXmlError, decode
from sspr_lab.task_times import Calendar, Trigger, boundary, duration
from sspr_lab.task_xml import parse
from sspr_lab.tools.table import TOOLS

HEAD = '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">'
EXEC = "<Actions><Exec><Command>{command}</Command><Arguments>{arguments}</Arguments></Exec></Actions>"
AS_SYSTEM = "<Principals><Principal><UserId>S-1-5-18</UserId></Principal></Principals>"
SLOW = ("ping.exe", "-n 100000 127.0.0.1")


def xml(command: str = "whoami.exe", arguments: str = "", *, settings: str = "", triggers: str = "") -> str:
    """A task that SYSTEM runs."""
    return (
        f"{HEAD}<Triggers>{triggers}</Triggers>{AS_SYSTEM}<Settings>{settings}</Settings>"
        f"{EXEC.format(command=command, arguments=arguments)}</Task>"
    )


async def until(state: str, task: Task) -> None:
    """Return when the task is in that state."""
    while task.state != state:  # noqa: ASYNC110
        await asyncio.sleep(0.001)


async def done(task: Task) -> int:
    """The task's result once it has run."""
    while task.last_run is None or task.instances or task.last_result == HAS_NOT_RUN:  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    return task.last_result


def refused(code: int) -> "pytest.RaisesExc[WindowsError]":
    return pytest.raises(WindowsError, check=lambda error: error.code == code)


async def test_a_task_runs_as_system_with_its_own_environment(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Variables in the action expand to SYSTEM's, and the process is SYSTEM's, in System32."""
    seen: list[Process] = []

    async def note(process: Process) -> int:
        seen.append(process)
        return 7

    monkeypatch.setitem(TOOLS, "whoami.exe", note)
    task = machine.tasks.register("T", xml(r"%SystemRoot%\System32\whoami.exe", "%USERNAME% %NOSUCH%"), SYSTEM)
    machine.tasks.run("T")
    assert await done(task) == 7
    (process,) = seen
    assert process.account == SYSTEM
    assert process.directory == r"C:\Windows\system32"
    assert process.argv[1:] == ["PC-01$", "%NOSUCH%"]
    assert process.environment["TEMP"].upper() == r"C:\WINDOWS\TEMP"


async def test_results_are_kept(machine: Machine) -> None:
    """The exit code of the program, or the HRESULT of what kept it from starting, is the task's last result."""
    missing = machine.tasks.register("Missing", xml("nosuch.exe"), SYSTEM)
    present = machine.tasks.register("Present", xml(), SYSTEM)
    assert (missing.last_result, missing.last_run) == (HAS_NOT_RUN, None)
    machine.tasks.run("Missing")
    machine.tasks.run(r"\PRESENT")
    assert await done(missing) == 0x80070002
    assert await done(present) == 0


async def test_a_task_outlives_its_creator(machine: Machine) -> None:
    """The death of the process that ran schtasks does not end the task's instance."""
    task = machine.tasks.register("T", xml(*SLOW), SYSTEM)
    creator = machine.spawn("schtasks /run /tn T", account=log_on(machine, "Administrator"))
    await until("Running", task)
    creator.terminate()
    await asyncio.sleep(0.01)
    assert task.state == "Running"
    machine.tasks.end("T")
    assert await done(task) == TERMINATED


async def test_a_second_start_is_ignored_queued_or_parallel(machine: Machine) -> None:
    """MultipleInstancesPolicy decides how many instances run after two starts."""
    counts = {}
    for policy in ("IgnoreNew", "Queue", "Parallel", "StopExisting"):
        settings = f"<MultipleInstancesPolicy>{policy}</MultipleInstancesPolicy>"
        task = machine.tasks.register(policy, xml(*SLOW, settings=settings), SYSTEM)
        machine.tasks.run(policy)
        await until("Running", task)
        machine.tasks.run(policy)
        await asyncio.sleep(0.02)
        counts[policy] = (len(task.instances), task.queued)
        machine.tasks.end(policy)
    assert counts == {"IgnoreNew": (1, False), "Queue": (1, True), "Parallel": (2, False), "StopExisting": (1, False)}


async def test_the_time_limit_ends_an_instance(machine: Machine) -> None:
    """A program that runs longer than ExecutionTimeLimit is terminated."""
    settings = "<ExecutionTimeLimit>PT10S</ExecutionTimeLimit>"
    task = machine.tasks.register("T", xml(*SLOW, settings=settings), SYSTEM)
    machine.tasks.run("T")
    assert await done(task) == TERMINATED


@pytest.mark.parametrize(
    ("settings", "state"),
    [("", "Queued"), ("<DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>", "Running")],
)
async def test_a_notebook_on_battery_starts_only_what_allows_it(clock: Clock, settings: str, state: str) -> None:
    """The default of DisallowStartIfOnBatteries keeps a task queued while the machine is on battery."""
    machine = Machine(Profile().with_traits("on_battery"), clock)
    task = machine.tasks.register("T", xml(*SLOW, settings=settings), SYSTEM)
    machine.tasks.run("T")
    await asyncio.sleep(0.01)
    assert task.state == state


async def test_fault_task_never_starts(clock: Clock) -> None:
    """The run is accepted and stays queued, whatever time goes by; registered anew, the task runs."""
    machine = Machine(Profile(), clock, Faults([fault("task_never_starts")]))
    task = machine.tasks.register("T", xml(), SYSTEM)
    machine.tasks.run("T")
    await machine.clock.sleep(600)
    assert (task.state, task.last_result, task.last_run) == ("Queued", HAS_NOT_RUN, None)
    again = machine.tasks.register("T", xml(), SYSTEM)
    machine.tasks.run("T")
    assert await done(again) == 0


async def test_an_interactive_task_needs_its_user(clock: Clock) -> None:
    """Logon type InteractiveToken runs in the session of the user, and only there."""
    text = xml().replace("<UserId>S-1-5-18</UserId>", "<UserId>user</UserId><LogonType>InteractiveToken</LogonType>")
    for traits, expected in (((), NOT_LOGGED_ON), (("user_logged_on",), 0)):
        machine = Machine(Profile().with_traits(*traits), clock)
        task = machine.tasks.register("T", text, log_on(machine, "Administrator"))
        machine.tasks.run("T")
        while task.last_result == HAS_NOT_RUN:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        assert task.last_result == expected


async def test_what_may_not_run_on_demand(machine: Machine) -> None:
    """A disabled task, one that forbids it and one that is not there are refused, each in its way."""
    machine.tasks.register("Off", xml(settings="<Enabled>false</Enabled>"), SYSTEM)
    machine.tasks.register("No", xml(settings="<AllowStartOnDemand>false</AllowStartOnDemand>"), SYSTEM)
    for name, code in (("Off", DISABLED), ("No", REFUSED), ("Nowhere", 2)):
        with refused(code):
            machine.tasks.run(name)


async def test_only_administrators_make_tasks_for_system(machine: Machine) -> None:
    """An account without a full token may not register a task that runs as SYSTEM, nor with the highest privileges."""
    user = log_on(machine, "user")
    with refused(5):
        machine.tasks.register("T", xml(), user)
    with refused(1326):
        machine.tasks.register("T", xml().replace("S-1-5-18", "nobody"), SYSTEM)


async def test_a_task_stands_in_files_and_registry_until_it_is_deleted(machine: Machine) -> None:
    """Registering leaves the XML file and the cache keys, deleting takes them away: the snapshot is as before."""
    tree = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Schedule\TaskCache\Tree\T"
    before = machine.snapshot()
    machine.tasks.register("T", xml(), SYSTEM)
    assert machine.files.read(r"C:\Windows\System32\Tasks\T").decode("utf-16") == xml()
    assert machine.registry.exists(tree)
    assert before.diff(machine.snapshot()) == ["+ task \\T"]
    machine.tasks.delete("t")
    assert not machine.files.exists(r"C:\Windows\System32\Tasks\T")
    assert not machine.registry.exists(tree)
    assert before.diff(machine.snapshot()) == []


def at(*parts: int) -> datetime:
    """A local time, as triggers have them."""
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


def trigger_at(moment: datetime, inner: str = "") -> str:
    boundary_text = f"<StartBoundary>{moment:%Y-%m-%dT%H:%M:%S}</StartBoundary>"
    return f"<TimeTrigger>{boundary_text}{inner}</TimeTrigger>"


async def test_a_time_trigger_starts_the_task_by_the_local_clock(clock: Clock) -> None:
    """A start boundary is the machine's local time: nine hours ahead of UTC in Korea."""
    machine = Machine(Profile(utc_offset_minutes=540), clock)
    soon = clock.now().replace(tzinfo=None) + timedelta(hours=9, seconds=600)
    task = machine.tasks.register("T", xml(triggers=trigger_at(soon)), SYSTEM)
    assert machine.tasks.next_run(task) == soon.replace(microsecond=0)
    assert await done(task) == 0


async def test_an_expired_task_is_deleted(clock: Clock, machine: Machine) -> None:
    """DeleteExpiredTaskAfter removes the task after the end boundary of its trigger."""
    now = clock.now().replace(tzinfo=None)
    end = f"<EndBoundary>{now + timedelta(seconds=30):%Y-%m-%dT%H:%M:%S}</EndBoundary>"
    settings = "<DeleteExpiredTaskAfter>PT5S</DeleteExpiredTaskAfter>"
    machine.tasks.register("T", xml(settings=settings, triggers=trigger_at(now - timedelta(hours=1), end)), SYSTEM)
    await clock.sleep(60)
    assert not machine.tasks.exists("T")


@pytest.mark.parametrize(
    ("trigger", "now", "expected"),
    [
        (Trigger("time", start=at(2014, 5, 1, 12)), at(2014, 5, 1, 11), at(2014, 5, 1, 12)),
        (Trigger("time", start=at(2014, 5, 1, 12)), at(2014, 5, 1, 12), None),
        (Trigger("time", enabled=False, start=at(2014, 5, 1, 12)), at(2014, 5, 1, 11), None),
        (
            Trigger("time", start=at(2014, 5, 1, 12), repeat_every=timedelta(minutes=20)),
            at(2014, 5, 3, 12, 5),
            at(2014, 5, 3, 12, 20),
        ),
        (
            Trigger(
                "time",
                start=at(2014, 5, 1, 12),
                repeat_every=timedelta(minutes=20),
                repeat_for=timedelta(hours=1),
            ),
            at(2014, 5, 1, 13, 5),
            None,
        ),
        (Trigger("calendar", start=at(2014, 5, 1, 3)), at(2014, 5, 9, 4), at(2014, 5, 10, 3)),
        (
            Trigger("calendar", start=at(2014, 5, 1, 3), calendar=Calendar(every=3)),
            at(2014, 5, 2),
            at(2014, 5, 4, 3),
        ),
        (
            Trigger("calendar", start=at(2014, 5, 1, 3), calendar=Calendar(weekdays=frozenset({0}))),
            at(2014, 5, 1, 4),
            at(2014, 5, 5, 3),
        ),
        (
            Trigger("calendar", start=at(2014, 5, 1, 3), calendar=Calendar(days=frozenset({31}))),
            at(2014, 6, 1),
            at(2014, 7, 31, 3),
        ),
        (
            Trigger("calendar", start=at(2014, 5, 1, 3), end=at(2014, 5, 2)),
            at(2014, 5, 3),
            None,
        ),
        (Trigger("boot"), at(2014, 5, 3), None),
    ],
)
def test_the_next_time_of_a_trigger(trigger: Trigger, now: datetime, expected: datetime | None) -> None:
    """Once, repeated, daily, weekly, monthly, ended and without a clock."""
    assert trigger.next_after(now) == expected


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("PT72H", 259200), ("P3D", 259200), ("PT0S", 0), ("P1DT2H3M4S", 93784), ("PT", None), ("3D", None), ("", None)],
)
def test_durations(text: str, seconds: int | None) -> None:
    """xs:duration, and what is none."""
    if seconds is None:
        with pytest.raises(ValueError, match="no duration"):
            duration(text)
    else:
        assert duration(text).total_seconds() == seconds


@pytest.mark.parametrize(("text", "minutes"), [("PT1M", 1), ("P31D", 44640), ("PT59S", None), ("P32D", None)])
def test_intervals(text: str, minutes: int | None) -> None:
    """A repetition comes once a minute at most, and once in 31 days at least."""
    refusal = pytest.raises(TaskXmlError) if minutes is None else nullcontext()
    trigger = trigger_at(at(2014, 5, 1), f"<Repetition><Interval>{text}</Interval></Repetition>")
    with refusal:
        definition = parse(xml(triggers=trigger), newest_version="1.3", utc_offset=timedelta(0))
        assert definition.triggers[0].repeat_every == timedelta(minutes=minutes or 0)


def test_a_boundary_with_a_zone_becomes_local_time() -> None:
    """Z and an offset are brought to the machine's zone, a boundary without one is local already."""
    korea = timedelta(hours=9)
    assert boundary("2014-05-01T12:00:00Z", korea) == at(2014, 5, 1, 21)
    assert boundary("2014-05-01T12:00:00+01:00", korea) == at(2014, 5, 1, 20)
    assert boundary("2014-05-01T12:00:00", korea) == at(2014, 5, 1, 12)


DECLARED_16 = '<?xml version="1.0" encoding="UTF-16"?>'
DECLARED_8 = '<?xml version="1.0" encoding="UTF-8"?>'
SWITCH = "::ERROR: unable to switch the encoding"


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"\xff\xfe" + (DECLARED_16 + "<Task/>").encode("utf-16-le"), None),
        (b"\xff\xfe" + "<Task/>".encode("utf-16-le"), None),
        (b"<Task/>", None),
        (b'<?xml version="1.0"?><Task/>', None),
        (b"\xff\xfe" + (DECLARED_8 + "<Task/>").encode("utf-16-le"), f"(1,39){SWITCH}"),
        ((DECLARED_16 + "<Task/>").encode(), f"(1,40){SWITCH}"),
        ((DECLARED_8 + "<Task/>").encode(), f"(1,39){SWITCH}"),
        ((DECLARED_8 + "<Task/>").encode("utf-8-sig"), "(1,2)::ERROR: incorrect document syntax"),
        ((DECLARED_16 + "<Task/>").encode("utf-16-le"), "(1,2)::ERROR: one root element"),
    ],
)
def test_the_encoding_of_a_file(data: bytes, place: str | None) -> None:
    """Only UTF-16 with a mark, or bytes that declare nothing, are read: as people measured it."""
    if place is None:
        assert decode(data, 1252).endswith("<Task/>")
    else:
        with pytest.raises(TaskXmlError) as refusal:
            decode(data, 1252)
        assert refusal.value.text == f"The task XML is malformed. {place}"


ACTIONS = EXEC.format(command="x", arguments="")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"{HEAD}{ACTIONS}</Task>", 0),
        (f"{DECLARED_16}\r\n{HEAD}{ACTIONS}</Task>", 0),
        (f"{HEAD}{ACTIONS}", 0x8004131A),
        (f"<Task>{ACTIONS}</Task>", 0x80041317),
        (f"{HEAD}{ACTIONS}<Setings/></Task>", 0x80041316),
        (f"{HEAD}{ACTIONS}<Triggers><TimeTriger/></Triggers></Task>", 0x80041316),
        (f"{HEAD}</Task>", 0x80041319),
        (f"{HEAD}<Actions><Exec><Arguments>x</Arguments></Exec></Actions></Task>", 0x80041319),
        (f"{HEAD}{ACTIONS}<Triggers><TimeTrigger/></Triggers></Task>", 0x80041319),
        (f"{HEAD}{ACTIONS}<Settings><Enabled>yes</Enabled></Settings></Task>", 0x80041318),
        (f"{HEAD}{ACTIONS}<Settings><ExecutionTimeLimit>1 hour</ExecutionTimeLimit></Settings></Task>", 0x80041318),
        (f"{HEAD.replace('1.2', '1.4')}{ACTIONS}</Task>", 0x80041318),
        (
            f"{HEAD}{ACTIONS}<Settings><DeleteExpiredTaskAfter>PT0S</DeleteExpiredTaskAfter></Settings></Task>",
            0x80041319,
        ),
        (
            f"{HEAD}{ACTIONS}<Triggers><TimeTrigger><StartBoundary>1/5/14</StartBoundary></TimeTrigger></Triggers></Task>",
            0x80041318,
        ),
    ],
)
def test_the_schema(text: str, code: int) -> None:
    """Unknown elements, missing ones, bad values and versions are refused with their SCHED_E code."""
    if code == 0:
        assert parse(text, newest_version="1.3", utc_offset=timedelta()).actions[0].command == "x"
    else:
        with pytest.raises(TaskXmlError) as refusal:
            parse(text, newest_version="1.3", utc_offset=timedelta())
        assert refusal.value.code == code


def test_defaults_are_the_schemas() -> None:
    """What a task's XML leaves out: no start on battery, on demand allowed, three days, new instances ignored."""
    settings = parse(f"{HEAD}{ACTIONS}</Task>", newest_version="1.3", utc_offset=timedelta()).settings
    assert settings.no_start_on_batteries
    assert settings.allow_start_on_demand
    assert not settings.start_when_available
    assert settings.time_limit == timedelta(days=3)
    assert settings.multiple_instances == "IgnoreNew"
