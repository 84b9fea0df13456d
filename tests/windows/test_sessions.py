"""Who is logged on, as quser shows it; outputs of real machines are in tests/recorded."""

from __future__ import annotations

import pytest

from orchestrator.sentences import say
from orchestrator.windows import sessions
from orchestrator.windows.command import Reply
from orchestrator.windows.sessions import SESSIONS, Session, Sessions
from sspr_lab.clock import Clock
from sspr_lab.machine import Machine
from sspr_lab.profile import Profile
from tests.windows.test_on_lab_hosts import ask, clock

__all__ = ["clock"]

HEADER = " USERNAME              SESSIONNAME        ID  STATE   IDLE TIME  LOGON TIME\n"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("-Anna Maria Sample", None),
        (" Anna Maria Sample     console             1  Active", Session("Anna Maria Sample", "console", 1)),
        (" 20-letters-long-name  rdp-tcp#104       123  Active", Session("20-letters-long-name", "rdp-tcp#104", 123)),
        (" 4711                                      3  Disc", Session("4711", None, 3)),
        (" 4711                  console             3  Active", Session("4711", "console", 3)),
        (" 김민수                console             1  활성", Session("김민수", "console", 1)),
        (" ???                   console             1  ??", Session("???", "console", 1)),
    ],
)
def test_a_row(row: str, expected: Session | None) -> None:
    """Names with blanks, names of digits, names that lost their letters, and sessions without a name are told apart."""
    assert SESSIONS.parse([Reply(0, f"{HEADER}{row}       none  1/31/2024 7:00 AM\n")]) == (
        (expected,) if expected else None
    )


@pytest.mark.parametrize(
    ("code", "output", "expected"),
    [
        (1, "No User exists for *\n", ()),
        (
            9009,
            "'quser' is not recognized as an internal or external command,\noperable program or batch file.\n",
            None,
        ),
        (1, "Error [5]:Access is denied.\n", None),
        (0, HEADER, None),
        (0, "", None),
    ],
)
def test_nobody_is_not_nothing(code: int, output: str, expected: Sessions | None) -> None:
    """Only the answer about nobody says that nobody is logged on; a tool that is missing or fails says nothing."""
    assert SESSIONS.parse([Reply(code, output)]) == expected


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (Profile(), ()),
        (Profile().with_traits("user_logged_on"), (Session(Profile().users[0], "console", 1),)),
        (Profile(edition="HomePremium").with_traits("user_logged_on"), None),
    ],
    ids=["nobody", "somebody", "a Home edition"],
)
async def test_on_lab_hosts(profile: Profile, expected: Sessions | None, clock: Clock) -> None:
    """The lab's machines are understood: with somebody in front, without, and without the tool."""
    machine = Machine(profile, clock)
    await machine.boot()
    assert SESSIONS.parse(await ask(machine, SESSIONS.commands)) == expected


def test_people_are_counted_once() -> None:
    """Somebody with two sessions is one person."""
    names = sessions.users((Session("kim", "console", 1), Session("ann", None, 2), Session("kim", "rdp-tcp#1", 3)))
    assert names == ["ann", "kim"]
    assert say(sessions.logged_on(len(names))) == "2 people are logged on"
    assert say(sessions.logged_on(1)) == "1 person is logged on"
