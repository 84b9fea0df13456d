"""A capture on a host: the task that ends it, proved to be there, joined and left, and what it does on a machine."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.model.errors import UnexpectedOutput
from orchestrator.windows import capture, capture_task, provider
from orchestrator.windows.capture import Capture, Member
from orchestrator.windows.capture_task import Standing
from orchestrator.windows.command import Reply
from orchestrator.windows.lease import Holder
from orchestrator.windows.provider import Provider
from orchestrator.windows.registry import Key
from sspr_lab.clock import Clock
from sspr_lab.machine import Machine
from sspr_lab.profile import Profile
from sspr_lab.registry import Value
from tests.windows.test_on_lab_hosts import run_line

NOON = datetime(2024, 1, 31, 12, tzinfo=UTC)
OURS = Holder("0123456789abcdef", "20240131-120000-ab12", "anna", "desk-1")
THEIRS = Holder("fedcba9876543210", "20240131-120500-cd34", "Jörg K", "desk 2")
QUARTER = timedelta(minutes=15)
CAPTURE = Capture.begun(0, NOON, Member.of(OURS, NOON + QUARTER))
SYSTEM32_TASK = rf"C:\Windows\System32\Tasks\{capture_task.JOB.task}"


def read(xml: str) -> Standing | None:
    return capture_task.STANDING.parse([Reply(0, xml), Reply(0, "yes\n")])


def sent(what: Capture) -> str:
    return capture_task.task_xml(what).decode()


@pytest.mark.parametrize("prior", [None, 0, 4294967295])
def test_a_capture_is_read_back_from_its_task(prior: int | None) -> None:
    """What stood there, since when, until when, and for whom: all of it is in the task, and nowhere else."""
    known = replace(CAPTURE, prior=prior).joined_by(Member.of(THEIRS, NOON + 2 * QUARTER), NOON)
    standing = read(sent(known))
    assert standing is not None
    assert standing.capture == known
    assert standing.armed_for(known)


def as_windows_shows(xml: str) -> str:
    """The same task as Task Scheduler may write it down: other order, other spelling, what it adds itself."""
    boundaries = re.sub(r"(<StartBoundary>[^<]*)\+00:00<", r"\1Z<", xml)
    repeated = re.sub(r"(<StartBoundary>.*?</StartBoundary>)\s*(<Repetition>.*?</Repetition>)", r"\2\1", boundaries)
    declared = repeated.replace('<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-16"?>')
    quoted = re.sub("<Arguments>(.*?)<", lambda found: f"<Arguments>{html.escape(html.unescape(found[1]))}<", declared)
    added = quoted.replace("<Settings>", "<Settings>\n<AllowHardTerminate>true</AllowHardTerminate>")
    return added.replace("</Description>", f"</Description><URI>\\{capture_task.JOB.task}</URI>").replace("\n", "\r\n")


def test_armed_is_told_whatever_task_scheduler_makes_of_the_text() -> None:
    """Order, white space, how an offset is written, what is added: none of it bears on the deadline."""
    shown = as_windows_shows(sent(CAPTURE))
    assert shown != sent(CAPTURE)
    standing = read(shown)
    assert standing is not None
    assert standing.armed_for(CAPTURE)


@pytest.mark.parametrize(
    ("part", "instead"),
    [
        ("<UserId>S-1-5-18", "<UserId>S-1-5-19"),
        ("<StartWhenAvailable>true", "<StartWhenAvailable>false"),
        ("<DisallowStartIfOnBatteries>false", "<DisallowStartIfOnBatteries>true"),
        ("<StopIfGoingOnBatteries>false", "<StopIfGoingOnBatteries>true"),
        ("<Enabled>true", "<Enabled>false"),
        ("PT1M", "PT1H"),
        ("cmd.exe", "calc.exe"),
        ("/d 0 /f", "/d 1 /f"),
        ("prior=0", "prior=1"),
        ("12:15:00+00:00", "12:15:00+01:00"),
        ("12:15:00+00:00", "12:45:00+00:00"),
        (OURS.run, THEIRS.run),
    ],
)
def test_a_task_that_would_not_do_it_is_not_armed(part: str, instead: str) -> None:
    """Whatever the deadline rests on has to be there."""
    assert part in sent(CAPTURE)
    standing = read(sent(CAPTURE).replace(part, instead))
    assert standing is not None
    assert not standing.armed_for(CAPTURE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<Task/>",
        "<Description>prior=0 since=20240131T120000Z</Description>",
        sent(CAPTURE).replace("prior=0", "prior=x"),
        sent(CAPTURE).replace("since=20240131", "since=20249931"),
        sent(CAPTURE).replace("+00:00", ""),
        sent(CAPTURE).replace("2024-01-31T12:15", "2024-02-31T12:15"),
    ],
)
def test_another_task_of_that_name_is_no_capture_and_no_absence(text: str) -> None:
    """What is not understood is an error, as nobody may take it for nothing."""
    with pytest.raises(UnexpectedOutput):
        read(text)


def test_absence_is_told_by_two_witnesses() -> None:
    """That schtasks knows of no task proves nothing where the task's file is there."""
    assert capture_task.STANDING.parse([Reply(1, ""), Reply(0, "")]) is None
    with pytest.raises(UnexpectedOutput):
        capture_task.STANDING.parse([Reply(1, ""), Reply(0, "yes\n")])


def test_a_second_capture_joins_the_first() -> None:
    """The later deadline and the first prior value; a shorter one takes nothing from the first; all is told by whom."""
    later = CAPTURE.joined_by(Member.of(THEIRS, NOON + 2 * QUARTER), NOON + timedelta(minutes=5))
    assert (later.prior, later.since, later.until) == (0, NOON, NOON + 2 * QUARTER)
    assert [member.account for member in later.members] == ["anna", "J_rg_K"]
    shorter = CAPTURE.joined_by(Member.of(THEIRS, NOON + QUARTER / 2), NOON)
    assert shorter.until == CAPTURE.until
    assert CAPTURE.joined_by(Member.of(OURS, NOON + 2 * QUARTER), NOON).members == (
        Member.of(OURS, NOON + 2 * QUARTER),
    )


def test_whoever_leaves_leaves_the_others_theirs() -> None:
    """The deadline is never moved forward; when the last has left, or only those whose time is up stay, it is over."""
    both = CAPTURE.joined_by(Member.of(THEIRS, NOON + 2 * QUARTER), NOON)
    assert both.left_by(THEIRS, NOON) == replace(both, members=CAPTURE.members)
    assert CAPTURE.left_by(OURS, NOON) is None
    assert both.left_by(THEIRS, NOON + QUARTER) is None


def test_a_deadline_is_a_whole_second_and_not_too_soon() -> None:
    """The task knows no fractions."""
    moment = NOON + timedelta(microseconds=1)
    assert capture.deadline(moment, 15) == NOON + QUARTER + timedelta(seconds=1)


@pytest.fixture
async def clock() -> AsyncIterator[Clock]:
    """A clock on which a host's minute passes in 120 ms."""
    clock = Clock(speed=500)
    yield clock
    await clock.close()


async def armed(machine: Machine, prior: int | None, minutes: int = 30, value: int | None = 1) -> None:
    """The machine with a capture on, as our commands arm it."""
    until = capture.deadline(machine.clock.now(), minutes)
    what = Capture.begun(prior, machine.clock.now(), Member.of(OURS, until))
    first, *others = capture_task.ARM.commands
    assert (await run_line(machine, first.line, capture_task.task_xml(what).replace(b"\n", b"\r\n")))[0] == 0
    for command in others:
        await run_line(machine, command.line)
    replies = [Reply(*await run_line(machine, command.line)) for command in capture_task.STANDING.commands]
    standing = capture_task.STANDING.parse(
        [replace(each, output=each.output.replace("\r\n", "\n")) for each in replies]
    )
    assert standing is not None
    assert standing.armed_for(what)
    machine.registry.create(provider.PROVIDER)
    if value is not None:
        machine.registry.set(provider.PROVIDER, provider.ENABLE_LOGGING, Value.of(value))


def enabled(machine: Machine) -> object:
    value = machine.registry.get(provider.PROVIDER, provider.ENABLE_LOGGING)
    return None if value is None else value.data


PROFILES = (
    Profile(utc_offset_minutes=540),
    Profile("windows7", "x86").with_traits("on_battery"),
    Profile("windows8.1", utc_offset_minutes=-300),
)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: f"{profile.branch}-{profile.architecture}")
@pytest.mark.parametrize("prior", [None, 0])
async def test_the_task_puts_back_and_is_gone(profile: Profile, clock: Clock, prior: int | None) -> None:
    """At the deadline and not before, in any zone and on batteries too; no task, no folder stays."""
    machine = Machine(profile, clock)
    await machine.boot()
    before = machine.snapshot()
    await armed(machine, prior)
    await clock.sleep(20 * 60)
    assert enabled(machine) == 1
    await clock.sleep(11 * 60)
    assert enabled(machine) == prior
    assert not any(machine.tasks)
    assert not machine.files.exists(SYSTEM32_TASK)
    assert [line for line in before.diff(machine.snapshot()) if provider.CLSID not in line] == []


@pytest.mark.parametrize("value", [0, 3, None])
async def test_what_somebody_else_has_set_meanwhile_stays(clock: Clock, value: int | None) -> None:
    """The task then only goes; so it does where the add-in has gone, whose key it does not make."""
    machine = Machine(Profile(), clock)
    await machine.boot()
    await armed(machine, 0, value=value)
    if value is None:
        machine.registry.delete_key(provider.PROVIDER)
    await clock.sleep(32 * 60)
    assert enabled(machine) == value
    assert machine.registry.exists(provider.PROVIDER) is (value is not None)
    assert not any(machine.tasks)


async def restarted(machine: Machine) -> None:
    started = machine.power.boot_time
    machine.power.initiate(0)
    while machine.power.boot_time == started or not machine.powered:
        await machine.clock.sleep(1)


async def test_a_restart_before_the_deadline_ends_nothing(clock: Clock) -> None:
    """Who tries the sign-in screen restarts; the capture goes on, and ends at its deadline."""
    machine = Machine(Profile(), clock)
    await machine.boot()
    await armed(machine, 0)
    await restarted(machine)
    await clock.sleep(10 * 60)
    assert enabled(machine) == 1
    await clock.sleep(20 * 60)
    assert enabled(machine) == 0
    assert not any(machine.tasks)


async def test_a_machine_that_was_off_at_the_deadline_ends_it_when_it_starts(clock: Clock) -> None:
    """Within a minute of the start of its services."""
    machine = Machine(Profile(), clock)
    await machine.boot()
    await armed(machine, 0, minutes=5)
    machine.power.initiate(0, reboot=False)
    while machine.powered:
        await clock.sleep(1)
    await clock.sleep(20 * 60)
    assert enabled(machine) == 1
    await machine.boot()
    await clock.sleep(60)
    assert enabled(machine) == 0
    assert not any(machine.tasks)


@pytest.mark.parametrize("there", [True, False])
async def test_nothing_is_switched_on_where_the_task_has_gone(clock: Clock, there: bool) -> None:
    """A line may be slower than a deadline: the host itself looks whether the way back is still there."""
    machine = Machine(Profile(), clock)
    await machine.boot()
    await armed(machine, None, value=None)
    if not there:
        machine.tasks.delete(capture_task.JOB.task)
    change = capture_task.switch_on(replace(CAPTURE, prior=None), Provider(Key(provider.PROVIDER), "dll"))
    await run_line(machine, change.commands[0].line)
    assert enabled(machine) == (1 if there else None)
