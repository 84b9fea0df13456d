"""Whether a restart is really asked for, by the System log: what was noted beforehand is an intention, and no fact.

Windows writes User32 1074 when somebody asks for a restart or shutdown, however far away it is, and 1075 when one is
called off. The newest of both, if it is of this boot, tells what stands.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from orchestrator.model.showable import printable
from orchestrator.windows.boot import REASON, Boot
from orchestrator.windows.command import Command, Evidence, Fact, Reply, Sureness

_USER32 = Evidence(
    "User32 1074 and 1075 as in public dumps of the provider's manifest (USER32 on Windows 7); that 1074 is written "
    "when a countdown begins, and its reason code for /d p:4:2, is inferred",
    Sureness.INFERRED,
)
_ASKED, _CALLED_OFF = 1074, 1075
_PROGRAM, _REASON, _KIND, _ACCOUNT = 0, 3, 4, 6
"""Places among the data of 1074: the program with the computer behind it, the reason code in hexadecimal, restart or
power off in the host's language, and who asked."""


class Standing(Enum):
    """What stands in this boot."""

    OURS = "ours"
    """A restart is asked for, by shutdown.exe and with the reason that we give."""
    ANOTHER = "another"
    """A restart or shutdown that is not ours."""
    CALLED_OFF = "called_off"
    NONE = "none"
    """Nobody has asked for one."""
    UNKNOWN = "unknown"
    """The log does not reach back to the start, and shows none."""


@dataclass(frozen=True)
class LastRequest:
    """The newest record of either kind.

    Attributes:
        record: Its number in the System log.
        called_off: Whether it says that a restart or shutdown was called off.
        ours: Whether it says that one was asked for as we do it.
        kind: What was asked for, in the host's language, such as `restart` or `power off`; None where it says nothing.
        account: Who asked; None where it says nothing.
    """

    record: int
    called_off: bool
    ours: bool
    kind: str | None = None
    account: str | None = None

    def newer_than(self, before: int | None) -> bool:
        """Whether it was written behind the record of that number; None stands for no record."""
        return before is None or self.record > before

    def standing(self, booted: Boot) -> Standing | None:
        """What it says of this boot; None where it is of an earlier one."""
        if booted.record is not None and self.record < booted.record:
            return None
        if self.called_off:
            return Standing.CALLED_OFF
        return Standing.OURS if self.ours else Standing.ANOTHER


def standing(last: LastRequest | None, booted: Boot) -> Standing:
    """What stands in a boot, by the newest record that there is."""
    silent = Standing.UNKNOWN if booted.record is None else Standing.NONE
    return (last.standing(booted) if last else None) or silent


def _parse(replies: Sequence[Reply]) -> LastRequest | None:
    (reply,) = replies
    record = re.search(r"<EventRecordID>([0-9]{1,20})</EventRecordID>", reply.output)
    number = re.search(r"<EventID[^>]*>([0-9]{1,5})</EventID>", reply.output)
    if record is None or number is None:
        return None
    data = [html.unescape(text) for text in re.findall(r"<Data[^>/]*(?:/>|>([^<]*)</Data>)", reply.output)]
    if int(number[1]) != _ASKED:
        return LastRequest(int(record[1]), called_off=True, ours=False)
    ours = len(data) > _REASON and _as_we_do(data[_PROGRAM], data[_REASON])
    return LastRequest(
        int(record[1]), called_off=False, ours=ours, kind=_shown(data, _KIND), account=_shown(data, _ACCOUNT)
    )


def _shown(data: Sequence[str], place: int) -> str | None:
    return printable(data[place].strip())[:100] or None if len(data) > place else None


def _as_we_do(program: str, reason: str) -> bool:
    by_shutdown = re.search(r"(?:^|\\)shutdown\.exe(?: |$)", program, re.IGNORECASE)
    given = re.fullmatch(r"0x0*([0-9a-f]{1,8})", reason.strip().lower())
    return bool(by_shutdown and given) and int(reason, 16) == REASON


LAST: Final[Fact[LastRequest | None]] = Fact(
    "restart.request",
    (
        Command(
            "wevtutil qe System /q:\"*[System[Provider[@Name='User32' or @Name='USER32'] and "
            f'(EventID={_ASKED} or EventID={_CALLED_OFF})]]" /rd:true /c:1 /f:xml',
            _USER32,
        ),
    ),
    _parse,
)
"""The newest record of a restart or shutdown that was asked for, or called off; None where there is none."""
