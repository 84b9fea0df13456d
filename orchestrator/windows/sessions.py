"""Who is logged on in front of a host, or by Remote Desktop: the people whom a restart would interrupt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.model.message import message
from orchestrator.windows.boot import message_text
from orchestrator.windows.command import Command, Evidence, Fact, Reply, Sureness

_QUSER = Evidence(
    "quser: learn.microsoft.com/windows-server/administration/windows-commands/quser; columns and messages as in "
    "public transcripts of four languages, `*` in the message that nobody is logged on; Home editions lack it",
    Sureness.REPORTED,
)

_TASKLIST = Evidence(
    "tasklist /fi /fo csv /nh: learn.microsoft.com/windows-server/administration/windows-commands/tasklist; that Home "
    "editions have it from Windows 7 on, and that none found is exit code 0, is remembered",
    Sureness.REMEMBERED,
)
_MSG = Evidence(
    "msg: learn.microsoft.com/windows-server/administration/windows-commands/msg and KB 186480; Home editions lack it",
    Sureness.DOCUMENTED,
)

# A mark or a blank, the user's name in 20 columns, the session's name unless it is disconnected, its number, its state.
# Headings have no figure in the number's place, whatever their language.
_ROW = re.compile(r"[> ](?P<user>\S.{0,30}?) {2,40}(?:(?P<name>\S{1,30}) {1,40})?(?P<number>[0-9]{1,5}) {1,40}\S")


@dataclass(frozen=True)
class Session:
    """A user's session.

    Attributes:
        user: The account's name without its domain.
        name: As in `console` and `rdp-tcp#0`; None while the session is disconnected.
        number: Session ID.
    """

    user: str
    name: str | None
    number: int


Sessions = tuple[Session, ...]

_DESKTOP = re.compile(r'"explorer\.exe","[0-9]{1,10}","(?P<name>[^"]{0,40})","(?P<number>[0-9]{1,10})"', re.IGNORECASE)


def _parse(replies: Sequence[Reply]) -> Sessions | None:
    (reply,) = replies
    rows = [match for line in reply.lines if (match := _ROW.match(line))]
    if rows:
        return tuple(Session(row["user"], row["name"], int(row["number"])) for row in rows)
    # "No User exists for *": the asterisk is what was asked for and no word; other failures show their codes.
    return () if "*" in reply.output else None


SESSIONS: Fact[Sessions | None] = Fact("sessions", (Command("quser 2>&1", _QUSER, accepts=None),), _parse)
"""Everybody who is logged on; None when the host does not say."""


def _parse_desktops(replies: Sequence[Reply]) -> Sessions | None:
    (reply,) = replies
    if reply.exit_code != 0:
        return None
    found = (match for line in reply.lines if (match := _DESKTOP.match(line)))
    by_number = {int(row["number"]): Session("", row["name"] or None, int(row["number"])) for row in found}
    return tuple(by_number.values())


DESKTOPS: Fact[Sessions | None] = Fact(
    "sessions.desktops",
    (Command('tasklist /fi "imagename eq explorer.exe" /fo csv /nh 2>&1', _TASKLIST, accepts=None),),
    _parse_desktops,
)
"""The sessions in which Explorer runs, their users not named: for editions without quser; None when that fails."""

NOTICE_SECONDS = 3600
"""How long a message box stays on the screen."""


def notice(text: str) -> Command:
    """Shows everybody who is logged on a message box, and does not wait for them; exit code 0 where it does."""
    return Command(f'msg * /time:{NOTICE_SECONDS} "{message_text(text)}" <nul 2>&1', _MSG, accepts=None)


def users(sessions: Sessions | None) -> list[str]:
    """Names of all who are logged on, each once; empty when nobody is, or it is not known."""
    return sorted({session.user for session in sessions or ()}, key=str.lower)


@message("people-logged-on")
def logged_on(count: int) -> None:
    """How many people are logged on, one or more."""
