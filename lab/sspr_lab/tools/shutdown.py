"""shutdown.exe: shutting down, restarting, and calling that off.

Syntax: Microsoft's "shutdown" page (/t 0-315360000, default 30; more than 0 implies /f; /c up to 512 characters; /d
[p|u:]xx:yy below 256 and 65536). Errors are "text(code)" on stderr with the code as exit code, as published transcripts
of 1190, 1115 and 1116 show; a command line that is wrong prints the usage, exit code 87 [mem].
"""

import re
from dataclasses import dataclass
from typing import Final

from sspr_lab.errors import ACCESS_DENIED, INVALID_PARAMETER, WindowsError
from sspr_lab.interfaces.power import NO_REASON, NO_SHUTDOWN_IN_PROGRESS, SHUTDOWN_IN_PROGRESS, SHUTDOWN_IS_SCHEDULED
from sspr_lab.process import Process
from sspr_lab.unmodelled import NoModel

_RPC_UNAVAILABLE: Final = 1722
"""Seen once and gone a moment later (LegacyUpdate issue 449)."""
_MESSAGES: Final = {
    SHUTDOWN_IN_PROGRESS: "A system shutdown is in progress.",
    NO_SHUTDOWN_IN_PROGRESS: "Unable to abort the system shutdown because no shutdown was in progress.",
    SHUTDOWN_IS_SCHEDULED: "A system shutdown has already been scheduled.",
    53: "The network path was not found.",
    _RPC_UNAVAILABLE: "The RPC server is unavailable.",
}
_USAGE: Final = """\
Usage: shutdown [/i | /l | /s | /r | /g | /a | /p | /h | /e] [/f]
    [/m \\\\computer][/t xxx][/d [p|u:]xx:yy [/c "comment"]]
"""
_BAD_PATH: Final = 53
_LONGEST_DELAY: Final = 315_360_000
_DEFAULT_DELAY: Final = 30
_LONGEST_COMMENT: Final = 512
_PLANNED, _USER_DEFINED = 0x80000000, 0x40000000
_ACTIONS: Final = frozenset("isrgap")
_NEVER: Final = 10.0 * 365 * 86400


class _Usage(Exception):
    """The command line is wrong."""


@dataclass
class _Options:
    action: str = ""
    force: bool = False
    delay: int | None = None
    reason: int = NO_REASON
    has_reason: bool = False
    comment: str = ""
    computer: str = ""


async def main(process: Process) -> int:
    """Run shutdown; the exit code is 0 or a Win32 code."""
    words = process.argv[1:]
    if not words:
        raise NoModel("shutdown")  # its help
    try:
        options = _read(words)
    except _Usage:
        await process.stdout.write_text(_USAGE)
        return INVALID_PARAMETER
    refused = process.machine.faults.take("shutdown_refused")
    code = int(refused.number("code", _RPC_UNAVAILABLE)) if refused else await _act(process, options)
    if code:
        text = process.text(_MESSAGES.get(code) or WindowsError(code).message)
        await process.stderr.write_text(f"{text}({code})\n")
    return code


async def _act(process: Process, options: _Options) -> int:
    machine = process.machine
    own = machine.profile.computer_name.lower()
    if options.computer.lstrip("\\").lower() not in ("", own, "localhost", "127.0.0.1"):
        return _BAD_PATH
    if options.action == "i":  # a dialogue that waits for somebody, on a desktop nobody sees
        await machine.clock.sleep(_NEVER)
    if not process.account.elevated and process.account.network_logon:
        return ACCESS_DENIED
    if options.action == "a":
        return machine.power.abort(process.account)
    delay = 0 if options.action == "p" else _DEFAULT_DELAY if options.delay is None else options.delay
    return machine.power.initiate(
        delay,
        options.reason,
        options.force or options.action == "p",
        options.action in "rg",
        options.comment,
        account=process.account,
    )


def _read(words: list[str]) -> _Options:
    options = _Options()
    rest = iter(words)
    for word in rest:
        name = word[1:].lower() if word[:1] in ("/", "-") else ""
        if name in _ACTIONS:
            if options.action:
                raise _Usage(word)
            options.action = name
        elif name == "f":
            options.force = True
        elif name in ("t", "d", "c", "m"):
            _take(options, name, next(rest, ""))
        else:
            raise _Usage(word)
    _check(options)
    return options


def _take(options: _Options, name: str, value: str) -> None:
    if name == "t":
        if not value.isdecimal() or int(value) > _LONGEST_DELAY:
            raise _Usage(value)
        options.delay = int(value)
    elif name == "d":
        options.reason, options.has_reason = _reason(value), True
    elif name == "c":
        if not value or len(value) > _LONGEST_COMMENT:
            raise _Usage(value)
        options.comment = value
    else:
        if not value:
            raise _Usage(value)
        options.computer = value


def _reason(text: str) -> int:
    match = re.fullmatch(r"(?:([pu]):)?(\d+):(\d+)", text, re.IGNORECASE)
    if match is None or int(match[2]) > 255 or int(match[3]) > 65535:
        raise _Usage(text)
    flags = {"p": _PLANNED, "u": _USER_DEFINED}.get((match[1] or "").lower(), 0)
    return flags | int(match[2]) << 16 | int(match[3])


def _check(options: _Options) -> None:
    """Options that do not go together: the usage again."""
    timed = options.delay is not None or options.has_reason or bool(options.comment)
    if not options.action or (options.action in "ai" and timed):
        raise _Usage(options.action)
    if options.action == "p" and (options.delay is not None or options.computer):
        raise _Usage(options.action)
