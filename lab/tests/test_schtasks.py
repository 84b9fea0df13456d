"""schtasks: command lines in, output and exit codes out.

Expected texts: published transcripts of schtasks, except those that the tool's own docstring marks.
"""

import asyncio
import csv
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from sspr_lab.clock import Clock
from sspr_lab.languages import LanguageTag
from sspr_lab.logon import log_on
from sspr_lab.machine import Machine
from sspr_lab.profile import Profile
from sspr_lab.tools.schtasks_definition import split_run

Run = Callable[..., Awaitable[Any]]
CREATE = "schtasks /create /tn T /tr whoami.exe /sc ONCE /st 23:59 /ru SYSTEM"
CREATED = 'SUCCESS: The scheduled task "T" has successfully been created.\r\n'
EXISTS = 'WARNING: The task name "T" already exists. Do you want to replace it (Y/N)? '
EARLY = "WARNING: Task may not run because /ST is earlier than current time.\r\n"


async def test_the_life_of_a_task(run: Run, machine: Machine) -> None:
    """Create, run, query and delete as an administrator does by hand."""
    assert (await run(f"{CREATE} /rl HIGHEST /f")).out == CREATED
    task = machine.tasks.task("T")
    assert (task.account.name, task.definition.highest) == ("SYSTEM", True)
    ran = await run("schtasks /run /tn T")
    assert (ran.code, ran.out) == (0, 'SUCCESS: Attempted to run the scheduled task "T".\r\n')
    while task.last_run is None or task.instances:  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    assert task.last_result == 0
    assert '"PC-01","\\T",' in (await run("schtasks /query /tn T /fo csv /v /nh")).out
    ran = await run("schtasks /delete /tn T /f")
    assert (ran.code, ran.out) == (0, 'SUCCESS: The scheduled task "T" was successfully deleted.\r\n')
    assert not machine.tasks.exists("T")


@pytest.mark.parametrize(
    ("stdin", "code", "out"),
    [
        (b"y\r\n", 0, EXISTS + CREATED),
        (b"what?\r\nY\r\n", 0, EXISTS * 2 + CREATED),
        (b"n\r\n", 1, EXISTS),
        (b"", 1, EXISTS),
    ],
)
async def test_an_existing_task_is_asked_about(run: Run, stdin: bytes, code: int, out: str) -> None:
    """Without /f the tool asks; at the end of the input it gives up with exit code 1."""
    await run(CREATE)
    ran = await run(CREATE, stdin=stdin)
    assert (ran.code, ran.out) == (code, out)


async def test_deleting_asks_too(run: Run, machine: Machine) -> None:
    """Without /f a task is deleted only after a Y."""
    await run(CREATE)
    question = 'WARNING: Are you sure you want to remove the task "T" (Y/N)? '
    assert (await run("schtasks /delete /tn T", stdin=b"n\r\n")).out == question
    assert machine.tasks.exists("T")
    await run("schtasks /delete /tn T", stdin=b"y\r\n")
    assert not machine.tasks.exists("T")


async def test_the_defaults_of_the_options(run: Run, machine: Machine) -> None:
    """What schtasks makes of its options is a task that does not start on battery and may run for three days."""
    await run(f"{CREATE.replace('whoami.exe', chr(34) + 'C:/t/a.cmd one two' + chr(34))}")
    definition = machine.tasks.task("T").definition
    assert "<DisallowStartIfOnBatteries>true<" in definition.xml
    assert "<StopIfGoingOnBatteries>true<" in definition.xml
    assert definition.settings.time_limit == timedelta(hours=72)
    assert (definition.actions[0].command, definition.actions[0].arguments) == ("C:/t/a.cmd", "one two")
    assert not definition.highest
    assert definition.author == r"PC-01\Administrator"


@pytest.mark.parametrize(
    ("run_text", "expected"),
    [
        ("a.cmd", ("a.cmd", "")),
        (r"C:\Program Files\a.exe /x", (r"C:\Program", r"Files\a.exe /x")),
        (r'"C:\Program Files\a.exe" /x "y z"', (r"C:\Program Files\a.exe", '/x "y z"')),
        (r"'C:\Program Files\a.exe' /x", (r"C:\Program Files\a.exe", "/x")),
    ],
)
def test_the_run_text_is_cut_at_the_first_space(run_text: str, expected: tuple[str, str]) -> None:
    """Only quotes keep the spaces of a program's path together."""
    assert split_run(run_text) == expected


SYNTAX = 'Type "SCHTASKS /CREATE /?" for usage.'


@pytest.mark.parametrize(
    ("line", "first", "advice"),
    [
        ("/create /tr x /sc ONCE /st 10:00", "Invalid syntax. Mandatory option 'tn' is missing.", SYNTAX),
        ("/create /tn T /sc ONCE /st 10:00", "Invalid syntax. Mandatory option 'tr' is missing.", SYNTAX),
        ("/create /tn T /tr x", "Invalid syntax. Mandatory option 'sc' is missing.", SYNTAX),
        ("/create /tn T /tr x /sc ONCE", "Invalid syntax. Mandatory option 'st' is missing.", SYNTAX),
        ("/create /tn T /tr x /sc SOMETIMES", "Invalid Schedule Type specified.", SYNTAX),
        ("/create /tn T /tr x /sc ONCE /st 25:00", "Invalid Starttime value.", SYNTAX),
        ("/create /tn T /tr x /sc ONCE /st 9:00", "Invalid Starttime value.", SYNTAX),
        ("/create /tn T /tn T /tr x", "Invalid syntax. 'tn' option is not allowed more than '1' time(s).", SYNTAX),
        ("/create /tn T /tr x /sc ONCE /st 10:00 /frob", "Invalid argument/option - '/frob'.", SYNTAX),
        ("/create /tn T /tr", "Invalid syntax. Value expected for '/tr'.", SYNTAX),
        (
            "/create /tn T /tr x /sc DAILY /mo 400",
            "Invalid value for /MO option. It should be between 1 - 365.",
            SYNTAX,
        ),
        (
            "/create /tn T /sc ONSTART /tr " + "x" * 262,
            "Value for '/TR' option cannot be more than 261 character(s).",
            None,
        ),
        ("/frobnicate", "Invalid argument/option - '/frobnicate'.", 'Type "SCHTASKS /?" for usage.'),
        ("/run /tn Nope", "The system cannot find the file specified.", None),
        ("/query /tn Nope", "The system cannot find the file specified.", None),
        ("/delete /tn Nope /f", 'The specified task name "Nope" does not exist in the system.', None),
        ("/end /tn Nope", 'The specified task name "Nope" does not exist in the system.', None),
        ("/create /tn T /xml C:\\nope.xml", "The system cannot find the file specified.", None),
        ("/create /s other /tn T /tr x /sc ONCE /st 10:00", "The network path was not found.", None),
        ("/query /fo yaml", "Invalid syntax. Value 'yaml' is not allowed for '/FO' option.", None),
    ],
)
async def test_refusals(run: Run, line: str, first: str, advice: str | None) -> None:
    """Every mistake is exit code 1 with the error on stderr and nothing on stdout."""
    ran = await run(f"schtasks {line}")
    lines = ran.err.splitlines()
    assert (ran.code, ran.out, lines[0]) == (1, "", f"ERROR: {first}")
    assert advice is None or lines[1] == advice


@pytest.mark.parametrize(
    ("language", "date", "accepted"),
    [
        ("en-US", "12/31/2098", True),
        ("en-US", "31/12/2098", False),
        ("en-US", "2098/12/31", False),
        ("ko-KR", "2098/12/31", True),
        ("ko-KR", "12/31/2098", False),
        ("de-DE", "31/12/2098", True),
    ],
)
async def test_the_start_date_has_the_locales_one_format(
    run: Run, clock: Clock, language: LanguageTag, date: str, accepted: bool
) -> None:
    """/sd is read in the one format of the machine's locale."""
    machine = Machine(Profile(language=language), clock)
    ran = await run(f"{CREATE} /sd {date}", machine=machine)
    assert (ran.code == 0) == accepted
    if accepted:
        assert "<StartBoundary>2098-12-31T23:59:00<" in machine.tasks.task("T").definition.xml


async def test_a_start_in_the_past_is_only_a_warning(run: Run) -> None:
    """/st before now warns on stderr and creates the task all the same."""
    ran = await run(f"{CREATE} /sd 01/01/2001")
    assert (ran.code, ran.out, ran.err) == (0, CREATED, EARLY)


async def test_z_needs_an_end_unless_v1(run: Run, machine: Machine) -> None:
    """/z without an end boundary is refused as XML; /v1 or /ed makes it good."""
    ran = await run(f"{CREATE} /z")
    assert ran.code == 1
    assert "ERROR: The task XML is missing a required element or attribute." in ran.err
    assert (await run(f"{CREATE} /z /v1")).code == 0
    assert (await run(f"{CREATE} /z /ed 12/31/2098 /f")).code == 0
    assert machine.tasks.task("T").definition.settings.delete_expired_after == timedelta()


XML = (
    '<?xml version="1.0" encoding="UTF-16"?>\r\n'
    '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">\r\n'
    "  <Principals><Principal><UserId>S-1-5-18</UserId></Principal></Principals>\r\n"
    "  <Actions><Exec><Command>whoami.exe</Command></Exec></Actions>\r\n</Task>\r\n"
)


async def test_a_task_from_a_file(run: Run, machine: Machine) -> None:
    """UTF-16 with a mark registers, and /query /xml gives the text back."""
    machine.files.write("C:\\t.xml", XML.encode("utf-16"))
    assert (await run("schtasks /create /tn T /xml C:\\t.xml /f")).out == CREATED
    assert (await run("schtasks /query /tn T /xml")).out == XML


async def test_a_file_in_utf_8_is_refused(run: Run, machine: Machine) -> None:
    """The best-known trap: the declaration says UTF-16 and the bytes are not."""
    machine.files.write("C:\\t.xml", XML.encode())
    ran = await run("schtasks /create /tn T /xml C:\\t.xml /f")
    assert ran.code == 1
    assert ran.err == "ERROR: The task XML is malformed. (1,40)::ERROR: unable to switch the encoding\r\n"


async def test_a_user_may_not_make_a_task_for_system(run: Run, machine: Machine) -> None:
    """Without a full administrator's token: access denied."""
    ran = await run(CREATE, account=log_on(machine, "user"))
    assert (ran.code, ran.err) == (1, "ERROR: Access is denied.\r\n")


async def test_a_password_is_asked_for(run: Run, machine: Machine) -> None:
    """/ru with another user and no /rp asks; without an answer nothing is made, and no password is kept."""
    line = CREATE.replace("SYSTEM", "user")
    ran = await run(line)
    assert (ran.code, ran.out) == (1, "Please enter the run as password for user: ")
    assert (await run(line, stdin=b"S3cret!\r\n")).code == 0
    assert (await run(f"{line} /rp S3cret! /f")).code == 0
    assert "S3cret!" not in machine.tasks.task("T").definition.xml


async def test_tables_lists_and_csv(run: Run) -> None:
    """The three forms of /query, with and without heads."""
    assert (
        "INFO: There are no scheduled tasks presently available at your access level."
        in (await run("schtasks /query")).out
    )
    await run(CREATE.replace("/sc ONCE /st 23:59", "/sc ONSTART"))
    table = (await run("schtasks /query /tn T")).out.splitlines()
    assert table[1] == "Folder: \\"
    assert table[2].split() == ["TaskName", "Next", "Run", "Time", "Status"]
    assert table[4].split() == ["T", "N/A", "Ready"]
    assert (await run("schtasks /query /tn T /fo CSV /nh")).out == '"\\T","N/A","Ready"\r\n'
    listed = dict(line.split(":", 1) for line in (await run("schtasks /query /tn T /fo list /v")).out.splitlines()[2:])
    assert listed["Last Result"].strip() == "267011"
    assert listed["Run As User"].strip() == "SYSTEM"


async def test_the_last_result_tells_what_runs(run: Run, machine: Machine) -> None:
    """The seventh field of /v is 267011 for a task that never ran and 267009 for one that runs, in any language."""
    await run(CREATE.replace("whoami.exe", '"ping.exe -n 100000 127.0.0.1"'))
    line = "schtasks /query /tn T /v /fo csv /nh"
    assert next(csv.reader([(await run(line)).out]))[6] == "267011"
    machine.tasks.run("T")
    await asyncio.sleep(0.01)
    assert next(csv.reader([(await run(line)).out]))[6] == "267009"


async def test_changing(run: Run, machine: Machine) -> None:
    """/change switches a task off and on and gives it another program."""
    await run(CREATE)
    changed = 'SUCCESS: The parameters of scheduled task "T" have been changed.\r\n'
    assert (await run("schtasks /change /tn T /disable")).out == changed
    assert (await run("schtasks /run /tn T")).err == "ERROR: The task is disabled.\r\n"
    assert (await run('schtasks /change /tn T /enable /tr "ping.exe -n 2"')).out == changed
    action = machine.tasks.task("T").definition.actions[0]
    assert (action.command, action.arguments) == ("ping.exe", "-n 2")


@pytest.mark.parametrize(
    ("schedule", "xml"),
    [
        ("MINUTE /mo 20", "<Interval>PT20M</Interval>"),
        ("HOURLY", "<Interval>PT1H</Interval>"),
        ("DAILY /mo 3", "<DaysInterval>3</DaysInterval>"),
        ("WEEKLY /d MON,FRI", "<DaysOfWeek><Monday /><Friday /></DaysOfWeek>"),
        ("MONTHLY /d 15", "<Day>15</Day>"),
        ("ONSTART /delay 0005:30", "<Delay>PT5M30S</Delay>"),
        ("ONLOGON", "<LogonTrigger>"),
        ("ONCE /st 10:00 /ri 30 /du 24:00", "<Duration>PT24H0M</Duration>"),
    ],
)
async def test_schedules(run: Run, machine: Machine, schedule: str, xml: str) -> None:
    """Each schedule becomes the trigger that Task Scheduler knows it by."""
    assert (await run(f"schtasks /create /tn T /tr whoami.exe /ru SYSTEM /sc {schedule}")).code == 0
    assert xml in machine.tasks.task("T").definition.xml


@pytest.mark.parametrize(
    ("triggers", "settings", "lacking"),
    [
        ("<RegistrationTrigger/>", "", "RegistrationTrigger"),
        ("<BootTrigger><Repetition><Interval>PT5M</Interval></Repetition></BootTrigger>", "", "BootTrigger with such"),
        ("", "<RunOnlyIfIdle>true</RunOnlyIfIdle>", "RunOnlyIfIdle"),
        ("", "<RunOnlyIfIdle>false</RunOnlyIfIdle>", None),
        ("<BootTrigger/>", "<StartWhenAvailable>true</StartWhenAvailable>", None),
    ],
)
async def test_the_lab_says_what_it_does_not_start(
    run: Run, machine: Machine, triggers: str, settings: str, lacking: str | None
) -> None:
    """What bears on when a task starts, and has no model, is named rather than passed over."""
    head = '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">'
    action = "<Actions><Exec><Command>whoami.exe</Command></Exec></Actions>"
    xml = f"{head}<Triggers>{triggers}</Triggers><Settings>{settings}</Settings>{action}</Task>"
    machine.files.write("C:\\t.xml", xml.encode())
    ran = await run("schtasks /create /tn T /xml C:\\t.xml /f")
    assert machine.tasks.exists("T") is (lacking is None)
    if lacking:
        assert ran.err.startswith(f"The lab has no model of a task's {lacking}")
