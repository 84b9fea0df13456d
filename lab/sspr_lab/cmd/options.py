"""cmd.exe's own command line: its switches, and which quotes it strips before it runs the rest."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from sspr_lab.documented.reading import beyond_switch
from sspr_lab.unmodelled import need_model

_SPECIAL: Final = frozenset("&<>()@^|")
_SWITCH: Final = re.compile(r"/(?:[cCkKrR]|[sSqQdDaAuUxXyY]|[tT]:[0-9a-fA-F]{1,2}|[eEvVfF]:\w+)?")


@dataclass(frozen=True)
class Options:
    """`command` is None without /c or /k; `keep` is /k."""

    command: str | None = None
    keep: bool = False
    strip: bool = False  # /s
    quiet: bool = False  # /q
    delayed: bool = False  # /v:on


def parse_options(command_line: str, is_executable: Callable[[str], bool]) -> Options:
    """Read the switches up to /c or /k; what follows that, with or without a space, is the command.

    Args:
        command_line: the whole line, the program's name first.
        is_executable: whether a text names a program file, for the rule that keeps the quotes.

    Raises:
        NoModel: for a switch that the lab does not know what to do with.
    """
    rest = _after_program(command_line)
    options = Options()
    while rest:
        if rest[0] in " \t":
            rest = rest[1:]
            continue
        match = _SWITCH.match(rest)
        switch = (match.group() if match and match.group() != "/" else rest.split(maxsplit=1)[0]).lower()
        need_model(beyond_switch("cmd", switch))
        if match is None:
            rest = rest.partition(" ")[2]
            continue
        rest = rest[match.end() :]
        if switch in ("/c", "/k"):
            command = _unquoted(rest.lstrip(" \t"), is_executable, strip=options.strip)
            return replace(options, command=command, keep=switch == "/k")
        options = _applied(options, switch)
    return options


def _applied(options: Options, switch: str) -> Options:
    match switch[1:].partition(":"):
        case ("s", _, _):
            return replace(options, strip=True)
        case ("q", _, _):
            return replace(options, quiet=True)
        case ("v", _, value):
            return replace(options, delayed=value == "on")
    return options


def _after_program(command_line: str) -> str:
    """The line after its first word. A switch may follow the program's name without a space: "cmd/c ver"."""
    if command_line.startswith('"'):
        return command_line[1:].partition('"')[2]
    end = next((index for index, character in enumerate(command_line) if character in " \t/"), len(command_line))
    return command_line[end:]


def _unquoted(command: str, is_executable: Callable[[str], bool], *, strip: bool) -> str:
    """The rule of `cmd /?`: quotes stay when there are just two, nothing special between them, and a program inside."""
    if not command.startswith('"'):
        return command
    inside = command[1:].partition('"')[0]
    if (
        not strip
        and command.count('"') == 2
        and _SPECIAL.isdisjoint(inside)
        and any(character in " \t" for character in inside)
        and is_executable(inside)
    ):
        return command
    head, _, tail = command[1:].rpartition('"')
    return head + tail if '"' in command[1:] else command[1:]
