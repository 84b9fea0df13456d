"""The lines of a Windows Installer log, recognised by what Windows does not translate.

It translates sentences (`Action ended …`, `Error 1920. …`) but not its trace (`MSI (s) …: Note: 1: 1920 …`, `Doing
action: …`, `MainEngineThread is returning …`), nor numbers, names and layout.

Logs are untrusted and may be large, so every function here takes time in proportion to the length of its line.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass

_MOST_BYTES = 64 * 1024 * 1024
"""The end of a longer log is read."""
_LONGEST_LINE = 2_000
_LONGEST_SHOWN = 400

_TRACE = re.compile(r"MSI \([sc]\) \([^)]*\) \[[^\]]*\]: ")
_RESULT = re.compile(r"MainEngineThread is returning (-?\d{1,10})")
_CUSTOM_ACTION = re.compile(r"CustomAction (\S+) returned actual error code (-?\d{1,10})")
_OPERATION = re.compile(r"Executing op: ActionStart\(Name=([^,)]+)")
_ENDED = re.compile(r"Action ended \S+: (\S+)\. Return value 3\.")
_CODE = re.compile(r"(?:\S{1,40}\s?)??(\d{4})[.。:]")
_TIME = re.compile(r"\d{1,2}:\d{2}:\d{2}")
_FATAL_TRANSLATED = re.compile(r"\D3[.。]?")
_ROLLBACK = re.compile(r":\d{2} ?: Rollback[.。]")
_SECRETIVE = re.compile(r"^Property\(|PROPERTY CHANGE:|CommandLine:|CustomActionData|^\s+\*{7}")
_NOISE = re.compile(r"Note: 1: (?:2205|2228|2203|2262|2265|2318) |(?:User|Machine) policy value '|^\s*$")


@dataclass(frozen=True)
class Message:
    """A message of the installer's Error table.

    Attributes:
        code: Its number in that table.
        fields: What was put into it: names, paths, system error codes. Empty in a message as shown to the user.
        shown: Whether it was shown to the user (or would have been), which the installer does with errors only.
    """

    code: int
    fields: tuple[str, ...]
    shown: bool


def lines(data: bytes) -> list[str]:
    """The lines of a log: UTF-16LE with a byte order mark as a rule; UTF-8 and code pages are read too."""
    return [line[:_LONGEST_LINE] for line in _decode(data).splitlines()]


def result(line: str) -> int | None:
    """The exit code that the installer's engine ends with."""
    match = _RESULT.search(line)
    return int(match[1]) if match else None


def action_begun(line: str) -> str | None:
    """The name of the action that begins with this line."""
    trace = _trace(line)
    return trace[len("Doing action: ") :].strip() if trace and trace.startswith("Doing action: ") else None


def action_failed(line: str) -> str | None:
    """The name of the action that this line says ended with value 3, fatal, where Windows speaks English."""
    match = _ENDED.match(line)
    return match[1] if match else None


def action_failed_translated(line: str) -> str | None:
    """The same in any language: a time of day, then a name, a full stop, words, and the value.

    A line about an action's beginning may look the same when the package describes the action with words that end in
    a lone 3, so this is second to the English form.
    """
    time = _TIME.search(line)
    if not time or line.startswith("MSI ("):
        return None
    head, stop, tail = line[time.end() :].rstrip().rstrip(".。").replace("。", ".").rpartition(".")
    if not stop or not _FATAL_TRANSLATED.fullmatch(tail[-2:]):
        return None
    return re.split(r"[\s::]", head)[-1]


def operation(line: str) -> str | None:
    """The action whose deferred work begins with this line."""
    trace = _trace(line)
    match = _OPERATION.match(trace) if trace else None
    return match[1] if match else None


def custom_action_failure(line: str) -> tuple[str, int] | None:
    """A custom action's name and the code that it failed with, unless the package has its failure ignored."""
    match = _CUSTOM_ACTION.match(line)
    return (match[1], int(match[2])) if match and "translated to success" not in line else None


def message(line: str) -> Message | None:
    """The message of the Error table that this line notes, or shows."""
    trace = _trace(line)
    if trace is None:
        return None
    if trace.startswith("Note: 1: "):
        code, *fields = (part.strip() for part in re.split(r" \d: ", trace[len("Note:") :] + " ")[1:])
        return Message(int(code), tuple(filter(None, fields)), shown=False) if code.isdecimal() else None
    match = _CODE.match(product_text(line) or "")
    return Message(int(match[1]), (), shown=True) if match else None


def product_text(line: str) -> str | None:
    """What the installer has to say about the product in this line: the text behind `Product: NAME -- `."""
    trace = _trace(line)
    _, dashes, text = (trace or "").partition(" -- ")
    return text.strip() if dashes else None


def secure_repair_failure(line: str) -> bool:
    """Whether the package's hash could not be made for want of a user profile (0x80090345 = -2146892987)."""
    return ("-2146892987" in line or "80090345" in line) and ("SECREPAIR:" in line or "SECUREREPAIR:" in line)


def rolls_back(line: str) -> bool:
    """Whether the installer begins here to undo what it did."""
    return _ROLLBACK.search(line) is not None


def telling(line: str) -> bool:
    """Whether a person who looks for a cause wants to see this line."""
    return _NOISE.search(line) is None


def shown(chosen: Iterable[str]) -> tuple[str, ...]:
    """Lines fit to be shown: each once, in order, shortened, without control characters.

    Lines that may show a property's value are left out: it may be a password.
    """
    clean = (
        "".join(letter if letter.isprintable() else " " for letter in line).strip()
        for line in chosen
        if not _SECRETIVE.search(line)
    )
    return tuple(dict.fromkeys(line[:_LONGEST_SHOWN] for line in clean if line))


def _trace(line: str) -> str | None:
    """What follows the head `MSI (s) (64:F0) [20:27:50:018]: ` of a line of the engine's own trace."""
    head = _TRACE.match(line) if line.startswith("MSI (") else None
    return line[head.end() :] if head else None


def _decode(data: bytes) -> str:
    skipped = max(0, len(data) - _MOST_BYTES)
    if data.startswith(codecs.BOM_UTF16_LE) or data[1:2] == b"\0":
        return data[skipped - skipped % 2 :].decode("utf-16-le", "replace").removeprefix("\ufeff")
    try:
        return data[skipped:].decode("utf-8-sig")
    except UnicodeDecodeError:
        return data[skipped:].decode("cp1252", "replace")
