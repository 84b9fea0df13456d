"""The lines of a Windows Installer log, recognised by what Windows does not translate.

It translates sentences (`Action ended …`, `Error 1920. …`) but not its trace (`MSI (s) …: Note: 1: 1920 …`, `Doing
action: …`, `MainEngineThread is returning …`), nor numbers, names and layout.

Digits are those of ASCII: bytes of a code page may look like digits of other scripts. Logs are untrusted, so every
function here takes time in proportion to the length of its line, and is given short ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from orchestrator.harvest.msi_lines import stopped

_LONGEST_NAME: Final = 100
"""Of an action; Windows Installer allows 72 letters."""
_HEAD: Final = re.compile(r"MSI \([sc]\) \([^)]*\)(?: \[[^\]]*\])?: ")
_BUILD: Final = "Build type: "
_RESULT: Final = re.compile(r"MainEngineThread is returning (-?[0-9]{1,10})")
_STATUS: Final = re.compile(r"[:\uff1a]\s?([0-9]{1,5})$")
_VERSION: Final = re.compile(r"[0-9]\.[0-9]")
_CUSTOM_ACTION: Final = re.compile(r"CustomAction (\S+) returned actual error code (-?[0-9]{1,10})")
_OPERATION: Final = re.compile(r"Executing op: ActionStart\(Name=([^,)]+)")
_CODE: Final = re.compile(r"(?P<kind>(?:\S{1,40}\s?)??)(?P<code>[0-9]{4})[.:]")
"""`Error 1304.`: what kind of message it is, in any language, and its number."""
_BARE: Final = re.compile(r"(?P<kind>[^\s0-9\"'=<>(:]{1,40}) ?(?P<code>1[1-9][0-9][0-9])\.\s?[^0-9]")
"""The same where it stands without the head of the trace."""
_INTERNAL: Final = re.compile(
    r"(?:\S{1,40}\s){2}(?P<code>2[1-9][0-9][0-9])\.(?:\s(?P<arguments>.{0,800})|$)", re.DOTALL
)
"""`Internal Error 2755. `, in any language."""
_ARGUMENTS: Final = re.compile(
    r".{20,400}\s(?P<code>[0-9]{4})\.\s?[^0-9]{4,80}?[:\uff1a]\s?(?P<arguments>.{0,800})", re.DOTALL
)
"""`The error code is 2203. The arguments are: …`, in any language: what is shown of an internal error."""
_INTERNAL_CODES: Final = range(2101, 3000)
TELLING: Final = re.compile(r"[0-9](?:[:.][0-9]{2}[:.][0-9]|[0-9]{3}[^0-9\s])")
"""What is in a line without a head that says something: a time of day, or the number of a message and a full stop."""
_NUMBER: Final = re.compile(r"(?<=\s)-?[0-9]{1,10}(?=[.\s]|$)")
_TIME: Final = re.compile(r"[0-9]{1,2}[:.][0-9]{2}[:.][0-9]{2}(?![:.,]?[0-9])")
"""As the host's region writes it: Finland, Italy and Denmark have full stops."""
_TIME_WITHIN: Final = 60
_VALUE: Final = re.compile(r"(\s*[^0-9]{1,80})([0-9])")
_NAME: Final = re.compile(r"(?:.*[\s::])?([^\s::]{1,100})", re.DOTALL)
_BEGUN: Final = re.compile(r"(?:.*[::])?\s*([^\s::]{1,100})", re.DOTALL)
_GOES_ON: Final = (
    "warning warnung avertissement advertencia avviso aviso waarschuwing varning advarsel varoitus ostrzeżenie "
    "upozornění upozornenie figyelmeztetés предупреждение попередження προειδοποίηση avertisment opozorilo "
    "upozorenje hoiatus brīdinājums įspėjimas 警告 경고 info information informations información informazioni "
    "informação 信息 資訊 情報 정보 uyar\u0131 "
)
_NO_ERROR: Final = frozenset(_GOES_ON.split())
"""How the kind of a message begins that ends nothing, in small letters. The installer writes it nowhere but in words; a
kind that is not here counts as an error."""
_SECRETIVE: Final = re.compile(
    r"^Property\(|PROPERTY CHANGE:|Command ?Line:|CustomActionData|Switching to server:|^\s+\*{7}"
)
_NOISE: Final = re.compile(r"Note: 1: (?:2205|2228|2203|2262|2265|2318) |(?:User|Machine) policy value '|^\s*$")


@dataclass(frozen=True)
class Message:
    """A message of the installer's Error table.

    Attributes:
        code: Its number in that table.
        fields: What was put into it: names, paths, system error codes. Of one as shown to the user, the numbers.
        shown: Whether it was shown to the user, or would have been.
        harmless: Whether it was shown as a warning or an information, after which the installer goes on.
        text: What was shown.
    """

    code: int
    fields: tuple[str, ...] = ()
    shown: bool = True
    harmless: bool = False
    text: str = ""


@dataclass(frozen=True)
class ActionLine:
    """A line about an action with the time of day: that it begins, or the value it ended with.

    Attributes:
        name: The action's.
        value: 0 to 9, where the line ends in one: 1 is success, 2 cancelled, 3 failure. None where it begins.
        words: What stands between the name and the value: `Return value`, in the language of Windows.
    """

    name: str
    value: int | None = None
    words: str = ""


def traced(line: str) -> str | None:
    """What follows the head `MSI (s) (64:F0) [20:27:50:018]: ` of a line of the engine's own trace."""
    head = _HEAD.match(line)
    return line[head.end() :] if head else None


def session_begins(line: str) -> bool:
    """Whether another verbose run of the installer begins here; `/l*v+` has several write to one log."""
    return framed(line) and _BUILD in line


def framed(line: str) -> bool:
    """Whether the line is one of those in which a log begins, or a process that writes to it ends."""
    return line.startswith("=== ") and line.rstrip().endswith(" ===")


def result(line: str) -> int | None:
    """The exit code that the installer's engine ends with."""
    match = _RESULT.search(line)
    return int(match[1]) if match else None


def status(trace: str) -> int | None:
    """The exit code behind all that Windows Installer says of a product at the end, in any language.

    `Windows Installer installed the product. … Product Version: 1.0. … Installation success or error status: 1603.`
    """
    if "Windows Installer" not in trace or not _VERSION.search(trace):
        return None
    match = _STATUS.search(stopped(trace).rstrip(". \r")[-10:])
    return int(match[1]) if match else None


def action_begun(trace: str) -> str | None:
    """The name of the action that begins with this line."""
    _, doing, name = trace.partition("Doing action: ")
    return name.strip()[:_LONGEST_NAME] if doing else None


def action_line(line: str) -> ActionLine | None:
    """What a line that is none of the trace says of an action: a time of day, a name, a full stop, words and a value.

    A line that describes an action may look the same when the package's description ends in a lone digit; its words
    then are those of no other action.
    """
    time = _TIME.search(line, 0, _TIME_WITHIN)
    if not time:
        return None
    told = stopped(line[time.end() :]).rstrip()
    body = told.rstrip(".")
    head, stop, tail = body.rpartition(".")
    if stop and (value := _VALUE.fullmatch(tail)) and (name := _NAME.fullmatch(head)):
        return ActionLine(name[1], int(value[2]), value[1].strip())
    if told.endswith(".") and (name := _BEGUN.fullmatch(body)):
        return ActionLine(name[1])
    return None


def operation(trace: str) -> str | None:
    """The action whose deferred work begins with this line."""
    match = _OPERATION.match(trace)
    return match[1] if match else None


def custom_action_failure(line: str) -> tuple[str, int] | None:
    """A custom action's name and the code that it failed with, unless the package has its failure ignored."""
    match = _CUSTOM_ACTION.match(line)
    return (match[1], int(match[2])) if match and "translated to success" not in line else None


def message(line: str) -> Message | None:
    """The message of the Error table that this line notes, or shows."""
    trace = traced(line)
    if trace is None:
        told = stopped(line).strip()
        return _bare(told) if TELLING.search(told) and not _SECRETIVE.search(line) else None
    if trace.startswith("Note: 1: "):
        code, *fields = (part.strip() for part in re.split(r" [0-9]: ", trace[len("Note:") :] + " ")[1:])
        return Message(int(code), tuple(filter(None, fields)), shown=False) if code.isdecimal() else None
    told = product_text(line) or ""
    return _shown(told, _CODE.match(stopped(told))) or _internal_error(told)


def _bare(told: str) -> Message | None:
    return _internal_error(told) or _shown(told, _BARE.match(told))


def _shown(told: str, match: re.Match[str] | None) -> Message | None:
    if match is None:
        return None
    numbers = tuple(_NUMBER.findall(stopped(told), match.end()))
    harmless = match["kind"].strip().casefold() in _NO_ERROR
    return Message(int(match["code"]), numbers, harmless=harmless, text=told)


def _internal_error(told: str) -> Message | None:
    """An error that no package foresees, for which Windows Installer has but a number; such a one may stand bare."""
    stopping = stopped(told)
    match = _INTERNAL.match(stopping) or _ARGUMENTS.fullmatch(stopping)
    if not match or int(match["code"]) not in _INTERNAL_CODES:
        return None
    arguments = (part.strip() for part in (match["arguments"] or "").split(","))
    return Message(int(match["code"]), tuple(filter(None, arguments)), text=told)


def product_text(line: str) -> str | None:
    """What the installer has to say about the product in this line: the text behind `Product: NAME -- `."""
    _, dashes, text = (traced(line) or "").partition(" -- ")
    return text.strip() if dashes else None


def rolls_back(line: str) -> bool:
    """Whether the installer begins here to undo what it did."""
    return ": Rollback." in stopped(line)


def telling(line: str) -> bool:
    """Whether a person who looks for a cause wants to see this line."""
    return _NOISE.search(line) is None


def secretive(line: str) -> bool:
    """Whether the line may show a property's value, which may be a password."""
    return _SECRETIVE.search(line) is not None
