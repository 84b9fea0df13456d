"""msiexec's command line, as msiexec reads it ("Command-Line Options" of the Windows Installer documentation)."""

import re
from dataclasses import dataclass, field
from typing import Final, Literal

from sspr_lab.documented.reading import beyond_switch
from sspr_lab.interfaces.installer import UILevel
from sspr_lab.msi_log import EVERYTHING, log_mode
from sspr_lab.unmodelled import need_model

Verb = Literal["install", "uninstall", "repair"]

_PROPERTY: Final = re.compile(r"([A-Za-z_][\w.]*)=(.*)", re.DOTALL)
_WORDS: Final[dict[str, Verb]] = {"package": "install", "uninstall": "uninstall"}
_LETTERS: Final[dict[str, Verb]] = {"i": "install", "x": "uninstall"}
_GLUED: Final = frozenset("ajpyz")  # the letters without a model that what they are about may follow at once
_UI: Final = {"": UILevel.NONE, "n": UILevel.NONE, "b": UILevel.BASIC, "r": UILevel.REDUCED, "f": UILevel.FULL}
_RESTART: Final = {"norestart": "ReallySuppress", "forcerestart": "Force", "promptrestart": ""}
_REPAIR_FLAGS: Final = frozenset("pocdeauvms")


class UsageError(Exception):
    """The line is not msiexec's: it shows its usage dialog, or ends with 1639 when it is to be quiet."""

    def __init__(self, ui_level: UILevel) -> None:
        super().__init__(ui_level)
        self.ui_level = ui_level


@dataclass
class Invocation:
    """What a command line asks for. `target` is a path or a product code; `log_file` is "" for no log."""

    verb: Verb | None = None
    target: str = ""
    ui_level: UILevel = UILevel.FULL
    log_file: str = ""
    log_mode: frozenset[str] = frozenset()
    properties: dict[str, str] = field(default_factory=dict)


def parse(command_line: str) -> Invocation:
    """Read a command line.

    Raises:
        NoModel: an option that msiexec has and the lab has not.
        UsageError: an unknown option, one without its argument, or nothing to do.
    """
    tokens = split(command_line)[1:]
    invocation = Invocation()
    is_valid = True
    while tokens:
        token = tokens.pop(0)
        if token[:1] in ("/", "-"):
            is_valid = _option(token[1:], tokens, invocation) and is_valid
        elif match := _PROPERTY.fullmatch(token):
            invocation.properties[match[1].upper()] = match[2]
        else:
            is_valid = False
    if not is_valid or invocation.verb is None or not invocation.target:
        raise UsageError(invocation.ui_level)
    return invocation


def split(line: str) -> list[str]:
    r"""Cut the line at blanks outside quotes. `""` inside quotes is a quote; a backslash means nothing special."""
    tokens: list[str] = []
    current: list[str] = []
    is_quoted = is_token = False
    at = 0
    while at < len(line):
        character = line[at]
        if character == '"':
            is_token = True
            if is_quoted and line[at + 1 : at + 2] == '"':
                current.append('"')
                at += 1
            else:
                is_quoted = not is_quoted
        elif character in " \t" and not is_quoted:
            if is_token:
                tokens.append("".join(current))
                current, is_token = [], False
        else:
            current.append(character)
            is_token = True
        at += 1
    return [*tokens, "".join(current)] if is_token else tokens


def _option(option: str, rest: list[str], invocation: Invocation) -> bool:
    """Apply an option (without its slash); False when it is none."""
    word = option.lower()
    if word in _RESTART:
        invocation.properties["REBOOT"] = _RESTART[word]
        return True
    if word in ("quiet", "passive"):
        invocation.ui_level = UILevel.NONE if word == "quiet" else UILevel.BASIC
        return True
    if word in _WORDS:
        return _act(_WORDS[word], "", rest, invocation)
    if word == "log":
        return _log(EVERYTHING, rest, invocation)
    need_model(beyond_switch("msiexec", f"/{word}"))
    if word[:1] in _GLUED:
        need_model(beyond_switch("msiexec", f"/{word[:1]}"))
    return _letter(word[:1], option[1:], rest, invocation)


def _letter(letter: str, attached: str, rest: list[str], invocation: Invocation) -> bool:
    if letter in _LETTERS:
        return _act(_LETTERS[letter], attached, rest, invocation)
    if letter == "q":
        level = _UI.get(attached.lower().rstrip("+-!"))
        invocation.ui_level = level or invocation.ui_level
        return level is not None
    if letter == "l":
        try:
            mode = log_mode(attached)
        except ValueError:
            return False
        return _log(mode, rest, invocation)
    if letter == "f" and frozenset(attached.lower()) <= _REPAIR_FLAGS:
        invocation.properties |= {"REINSTALL": "ALL", "REINSTALLMODE": attached.lower() or "omus"}
        return _act("repair", "", rest, invocation)
    return False


def _act(verb: Verb, attached: str, rest: list[str], invocation: Invocation) -> bool:
    """The package comes right behind (/x{CODE}) or as the next word, whatever that looks like: `/x /qn` is about "/qn".

    Source for the latter: saltstack/salt #44832, where `msiexec /x /qn /norestart` ended with 1619.
    """
    target = attached or (rest.pop(0) if rest else "")
    if invocation.verb is not None or not target:
        return False
    invocation.verb, invocation.target = verb, target
    return True


def _log(mode: frozenset[str], rest: list[str], invocation: Invocation) -> bool:
    if not rest:
        return False
    invocation.log_file, invocation.log_mode = rest.pop(0), mode
    return True
