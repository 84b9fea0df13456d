"""Restarts: boots told apart, signs that one is due, schedules and the host's clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.registry import Value
from orchestrator.windows import boot
from orchestrator.windows.boot import Boot, RestartState
from orchestrator.windows.command import Reply
from orchestrator.windows.registry import Key

EVENT = (
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
    "<Provider Name='Microsoft-Windows-Kernel-General' Guid='{A68CA8B7-004F-D7B6-A698-07E2DE0F1F5D}'/>"
    "<EventID>12</EventID><TimeCreated SystemTime={quote}2024-01-31T07:00:00.125999600Z{quote}/>"
    "<EventRecordID>31415</EventRecordID></System></Event>"
)
NONE = Reply(1, "")
CBS = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing"


def found(text: str = "") -> Reply:
    return Reply(0, f"\nHKEY_LOCAL_MACHINE\\X\n{text}\n")


@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_boot_is_its_newest_record(quote: str) -> None:
    """Record and time are read from the event's XML, with either kind of quotes."""
    seen = boot.BOOT.parse([Reply(0, EVENT.replace("{quote}", quote))])
    assert seen == Boot(31415, "2024-01-31T07:00:00.125999600Z")
    assert seen.marker == "31415@2024-01-31T07:00:00.125999600Z"


def test_a_cleared_log_proves_nothing() -> None:
    """Without a record a boot has a marker still, but is never taken for another boot."""
    cleared = boot.BOOT.parse([Reply(0, "")])
    assert cleared == Boot(None, None)
    assert cleared.marker == "none@unknown"
    assert not cleared.follows("31415@2024-01-31T07:00:00Z")


def test_another_boot_is_another_record() -> None:
    """Only a record that differs from the one seen before proves a restart."""
    before, after = Boot(7, "2024-01-31T07:00:00Z"), Boot(9, "2024-01-31T08:00:00Z")
    assert after.follows(before.marker)
    assert not before.follows(before.marker)
    assert after.follows(Boot(None, None).marker)


@pytest.mark.parametrize(
    "time_shown", ["2024 & calc", '2024-01-31T07:00:00Z" & calc', "2024-01-31%PATH%", "2024-01-31T07:00\n00Z"]
)
def test_a_marker_holds_nothing_that_cmd_exe_acts_on(time_shown: str) -> None:
    """The marker is sent back to the host in command lines, so a time that is none does not get into it."""
    event = EVENT.replace("{quote}", "'").replace("2024-01-31T07:00:00.125999600Z", time_shown)
    assert not set(boot.BOOT.parse([Reply(0, event)]).marker) & set(' "&%|<>^\n')


DUE = "2024-01-31T22:30:00"
QUIET = (NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, found("    Start    REG_DWORD    0x2\n"), NONE, NONE)
CASES: dict[str, tuple[dict[int, Reply], dict[str, object]]] = {
    "nothing": ({}, {}),
    "servicing waits": (
        {0: found(f"{CBS}\\RebootPending\n")},
        {"waiting": (boot.SERVICING_WAITS(),)},
    ),
    "servicing under way": (
        {0: found(f"{CBS}\\PackagesPending\n")},
        {"servicing": True},
    ),
    "servicing in progress": (
        {0: found(f"{CBS}\\rebootinprogress\n")},
        {"servicing": True},
    ),
    "updates wait": ({1: found()}, {"waiting": (boot.UPDATE_WAITS(),)}),
    "renames": (
        {2: found("    PendingFileRenameOperations    REG_MULTI_SZ    \\??\\C:\\a\\0\\??\\C:\\b\\0!\\??\\C:\\c\n")},
        {"renames": 3},
    ),
    "same name": (
        {3: found("    ComputerName    REG_SZ    PC\n"), 4: found("    ComputerName    REG_SZ    PC\n")},
        {},
    ),
    "new name": (
        {3: found("    ComputerName    REG_SZ    PC\n"), 4: found("    ComputerName    REG_SZ    NEW\n")},
        {"waiting": (boot.NAME_WAITS(),)},
    ),
    "a name that differs in case alone": (
        {3: found("    ComputerName    REG_SZ    PC-Ä1\n"), 4: found("    ComputerName    REG_SZ    pc-ä1\n")},
        {},
    ),
    "more renames": (
        {
            2: found("    PendingFileRenameOperations    REG_MULTI_SZ    \\??\\C:\\a\n"),
            9: found("    PendingFileRenameOperations2    REG_MULTI_SZ    \\??\\C:\\b\\0!\\??\\C:\\c\n"),
        },
        {"renames": 3},
    ),
    "an update package of 32 bits": (
        {10: found("    UpdateExeVolatile    REG_DWORD    0x2\n")},
        {"waiting": (boot.PACKAGE_WAITS(),)},
    ),
    "joins a domain": (
        {5: found("    JoinDomain    REG_SZ    example.test\n")},
        {"waiting": (boot.DOMAIN_WAITS(),)},
    ),
    "leaves a domain": (
        {5: found("    AvoidSpnSet    REG_DWORD    0x1\n")},
        {"waiting": (boot.DOMAIN_WAITS(),)},
    ),
    "an update package": (
        {6: found("    UpdateExeVolatile    REG_DWORD    0x1\n")},
        {"waiting": (boot.PACKAGE_WAITS(),)},
    ),
    "no update package": ({6: found("    UpdateExeVolatile    REG_DWORD    0x0\n")}, {}),
    "awaited": ({7: found("    AwaitingRestartOf    REG_SZ    7@x\n")}, {"awaited": "7@x"}),
    "scheduled": (
        {7: found("    RestartScheduledIn    REG_SZ    7@x 2024-01-31T22:30:00\n")},
        {"scheduled": "7@x", "due": "2024-01-31T22:30:00"},
    ),
    **{
        f"scheduled for no moment, {due}": (
            {7: found(f"    RestartScheduledIn    REG_SZ    7@x {due} waited-for\n")},
            {"scheduled": "7@x", "waited_for": True},
        )
        for due in ("soon", "0001-01-01T00:00:00+09:00", "9999-12-31T23:59:59-09:00", "2024-02-30T00:00:00")
    },
    "scheduled, and waited for": (
        {7: found("    RestartScheduledIn    REG_SZ    7@x 2024-01-31T22:30:00 waited-for\n")},
        {"scheduled": "7@x", "due": "2024-01-31T22:30:00", "waited_for": True},
    ),
    "by hand": ({8: found("    Start    REG_DWORD    0x3\n")}, {"winrm_start": 3}),
    "no service": ({8: NONE}, {"winrm_start": None}),
}


@pytest.mark.parametrize("case", CASES)
def test_signs_of_a_restart(case: str) -> None:
    """Each source of a pending restart is read, and one of them does not show as another."""
    replies, expected = CASES[case]
    quiet = RestartState(waiting=(), renames=0, servicing=False, awaited=None, scheduled=None, due=None, winrm_start=2)
    seen = boot.RESTART.parse([replies.get(number, reply) for number, reply in enumerate(QUIET)])
    assert vars(seen) == {**vars(quiet), **expected}
    assert seen.comes_back == (seen.winrm_start == 2)


def test_notes_are_written_where_they_are_read() -> None:
    """What `note_awaiting` and `note_scheduled` write is what RESTART reads."""
    booted = Boot(7, "2024-01-31T07:00:00Z")
    for change, name, text in (
        (boot.note_awaiting(booted, None), boot.AWAITING, booted.marker),
        (boot.note_scheduled(booted, DUE, waited_for=False), boot.SCHEDULED, f"{booted.marker} {DUE}"),
        (boot.note_scheduled(booted, DUE, waited_for=True), boot.SCHEDULED, f"{booted.marker} {DUE} waited-for"),
    ):
        assert change.commands[0].line == f'reg add "{boot.OURS}" /v "{name}" /t REG_SZ /d "{text}" /f 2>&1'


def test_what_an_undo_takes_away_of_our_notes() -> None:
    """The note of what waits goes with the change it belongs to; the note of what is scheduled, with the restart."""
    booted, earlier = Boot(7, "2024-01-31T07:00:00Z"), Value("REG_SZ", "6@2024-01-30T07:00:00Z")
    first = boot.note_awaiting(booted, None)
    assert [(each.before, each.after) for each in first.values] == [(None, Value("REG_SZ", booted.marker))]
    assert first.created_keys == (boot.OURS,)
    second = boot.note_awaiting(booted, Key(boot.OURS, {boot.AWAITING.lower(): earlier}))
    assert [each.before for each in second.values] == [earlier]
    assert second.created_keys == ()
    assert not boot.note_scheduled(booted, DUE, waited_for=True).record


def test_a_restart_is_scheduled_by_the_host() -> None:
    """The command has the countdown, a planned reason and the message; its exit code is read."""
    change = boot.schedule(600, "Back at 100 %")
    assert change.commands[0].line == 'shutdown /r /t 600 /d p:4:2 /c "Back at 100 percent" 2>&1'
    assert change.commands[0].accepts is None
    assert "/c" not in boot.schedule(1, None).commands[0].line


@given(message=st.text(st.sampled_from('"%^&|<>!() aé한'), max_size=127))
def test_a_message_stays_inside_its_quotes(message: str) -> None:
    """Whatever is written, no quote ends the message and no percent sign expands anything in it."""
    assert not set(boot.message_text(message)) & {'"', "%"}
