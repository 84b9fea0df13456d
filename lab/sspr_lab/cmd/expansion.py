"""Percent expansion, delayed expansion and the expansion of FOR variables: pure text in, text out.

Source: phases 1, 4 and 5 of the public description at stackoverflow.com/q/4094699; the outcomes for malformed modifiers
from wine-mirror/wine programs/cmd/tests/test_builtins.cmd ("Testing variable substrings").
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from sspr_lab.cmd.modifiers import LETTERS, Modifiers

Lookup = Callable[[str], str | None]
Modify = Callable[[str, Modifiers], str]

_NUMBER: Final = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|\d+)\Z")


class Arguments(Protocol):
    """The parameters of a batch file or of a called label."""

    @property
    def everything(self) -> str:
        """What %* stands for."""
        ...

    def parameter(self, index: int) -> str:
        """What %0 to %9 stand for, quotes included; "" past the last."""
        ...

    def named_file(self, index: int) -> str:
        """What the letters of %~dp0 to %~dp9 apply to: the parameter, and for 0 always the batch file."""
        ...


def expand_percent(text: str, lookup: Lookup, modify: Modify, arguments: Arguments | None = None) -> str:
    """Expand %name%, %name:~a,b%, %name:a=b% and, in a batch file, %%, %*, %1 and %~dp1.

    Args:
        text: one line.
        lookup: the value of a variable, None when it is not set.
        modify: applies %~ modifiers to a parameter.
        arguments: the batch file's parameters; None on a command line, where what is not set stays as it stands.
    """
    parts: list[str] = []
    at = 0
    while (mark := text.find("%", at)) >= 0:
        parts.append(text[at:mark])
        piece = _parameter(text, mark, arguments, modify) if arguments else None
        taken, at = piece or _variable(text, mark, "%", lookup, is_batch=arguments is not None)
        parts.append(taken)
    return "".join(parts) + text[at:]


def expand_delayed(text: str, lookup: Lookup) -> str:
    """Expand !name! as percent expansion in a batch file does; carets escape, but only in a text that has a "!"."""
    if "!" not in text:
        return text
    parts: list[str] = []
    at = 0
    while at < len(text):
        character = text[at]
        if character == "^":
            parts.append(text[at + 1 : at + 2])
            at += 2
        elif character == "!":
            taken, at = _variable(text, at, "!", lookup, is_batch=True)
            parts.append(taken)
        else:
            parts.append(character)
            at += 1
    return "".join(parts)


def expand_for(text: str, variables: Mapping[str, str], modify: Modify) -> str:
    """Put the values of FOR variables for %i and %~nxi. The longest run of modifiers that ends in a variable counts."""
    if not variables or "%" not in text:
        return text
    parts: list[str] = []
    at = 0
    while (mark := text.find("%", at)) >= 0:
        parts.append(text[at:mark])
        found = _for_variable(text, mark, variables)
        if found is None:
            parts.append("%")
            at = mark + 1
            continue
        name, modifiers, at = found
        value = variables[name]
        parts.append(value if modifiers is None else modify(value, modifiers))
    return "".join(parts) + text[at:]


def _parameter(text: str, mark: int, arguments: Arguments, modify: Modify) -> tuple[str, int] | None:
    """What a % of a batch line stands for when it is not the start of a variable, and where it ends."""
    following = text[mark + 1 : mark + 2]
    if following == "%":
        return "%", mark + 2
    if following == "*":
        return arguments.everything, mark + 2
    if following.isdecimal():
        return arguments.parameter(int(following)), mark + 2
    if following == "~":
        modifiers, at = _read_modifiers(text, mark + 2, str.isdecimal)
        if modifiers is not None:
            index = int(text[at])
            subject = arguments.named_file(index) if modifiers.letters else arguments.parameter(index)
            return modify(subject, modifiers), at + 1
    return None


def _variable(text: str, mark: int, sign: str, lookup: Lookup, *, is_batch: bool) -> tuple[str, int]:
    """The value of the variable that starts at `mark`, and where to go on."""
    close = text.find(sign, mark + 1)
    if close < 0:
        return ("", mark + 1) if is_batch else (sign, mark + 1)
    name, colon, change = text[mark + 1 : close].partition(":")
    value = lookup(name) if name else None
    if value is not None and colon:
        value = _changed(value, change)
        if value is None:
            return ("", mark + 1) if is_batch else (sign, mark + 1)
    if value is not None:
        return value, close + 1
    if not is_batch:
        return sign, mark + 1
    return "", mark + len(name) + 2 if colon else close + 1


def _changed(value: str, change: str) -> str | None:
    """`value` after :~start,length or :search=replacement; None when that is malformed."""
    if change.startswith("~"):
        return _substring(value, change[1:])
    search, equals, replacement = change.partition("=")
    if not equals or not search:
        return None
    if search.startswith("*"):
        at = value.lower().find(search[1:].lower())
        return value if at < 0 or len(search) == 1 else replacement + value[at + len(search) - 1 :]
    return re.sub(re.escape(search), lambda _: replacement, value, flags=re.IGNORECASE)


def _substring(value: str, numbers: str) -> str | None:
    start_text, comma, length_text = numbers.partition(",")
    start = _number(start_text)
    length = _number(length_text) if comma else len(value)
    if start is None or length is None:
        return None
    start = max(0, len(value) + start) if start < 0 else min(start, len(value))
    end = len(value) + length if length < 0 else start + length
    return value[start : max(start, end)]


def _number(text: str) -> int | None:
    text = text.strip()
    if not text:
        return 0
    return int(text, 16 if "x" in text.lower() else 10) if _NUMBER.match(text) else None


def _for_variable(text: str, mark: int, variables: Mapping[str, str]) -> tuple[str, Modifiers | None, int] | None:
    """The FOR variable at `mark`: its name, its modifiers if it has any, and where it ends."""
    following = text[mark + 1 : mark + 2]
    if following == "~":
        modifiers, at = _read_modifiers(text, mark + 2, lambda name: name in variables)
        return None if modifiers is None else (text[at], modifiers, at + 1)
    return (following, None, mark + 2) if following and following in variables else None


def _read_modifiers(text: str, at: int, is_name: Callable[[str], bool]) -> tuple[Modifiers | None, int]:
    """Modifier letters from `at` and the index of the name that ends them; None when no name does."""
    end = at
    while end < len(text) and text[end].lower() in LETTERS:
        end += 1
    if text[end : end + 1] == "$" and (colon := text.find(":", end)) > 0 and is_name(text[colon + 1 : colon + 2]):
        return Modifiers(text[at:end].lower(), text[end + 1 : colon]), colon + 1
    for index in range(min(end, len(text) - 1), at - 1, -1):
        if is_name(text[index]):
            return Modifiers(text[at:index].lower()), index
    return None, at
