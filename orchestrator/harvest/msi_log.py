"""Why an installation failed, read from the log that `msiexec /l*v` wrote."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.harvest import msi_trace as trace
from orchestrator.harvest.msi_errors import (
    BY_MESSAGE,
    BY_SYSTEM_ERROR,
    DISK_FULL,
    FILE_MESSAGES,
    REGISTRY_MESSAGES,
    REMEDIES,
    SECURE_REPAIR,
    Root,
)
from orchestrator.model.message import Message, message, phrase
from orchestrator.windows import exit_codes
from orchestrator.windows.exit_codes import Class

_SUCCESS = frozenset({Class.DONE, Class.DONE_RESTART, Class.DONE_RESTARTING})
_GENERAL_FAILURE = 1603
_NOT_FOUND = "2"
_CONTEXT_LINES = 6
_LONGEST_NAME = 300
_NO_NAME = re.compile(r"-?\d+|\{[^}]*\}")


_NOT_ACCEPTED = phrase("msi-not-accepted", remedy=True)
_BEFORE_ANY_ACTION = phrase("msi-failed-before-any-action")
_NO_LOG = phrase("msi-no-log")
_ENDS_EARLY = phrase("msi-log-ends-early")


@message("msi-custom-action-failed")
def _custom_action_failed(action: str, code: int) -> None: ...


@message("msi-action-failed")
def _action_failed(action: str) -> None: ...


@message("msi-action-failed-during")
def _action_failed_during(action: str, operation: str) -> None: ...


@message("msi-cause-about")
def _about(cause: Message, about: str) -> None:
    """A cause, and the file, key, service or action that it is about."""


@message("msi-rolled-back")
def _rolled_back(cause: Message) -> None: ...


class Confidence(StrEnum):
    """How sure the cause is."""

    CERTAIN = "certain"
    """The log or the result says so itself."""
    LIKELY = "likely"
    """It is the last known error before the failure."""
    UNCLEAR = "unclear"
    """The log names what failed, not why."""


@dataclass(frozen=True)
class MsiLogVerdict:
    """What a log says.

    Attributes:
        result: The exit code that the installer gave; None when the log ends before.
        cause: Why it failed, or that it did not.
        evidence: Lines of the log, shortened; never those that show values of properties.
        remedy: What to do; None where the log does not tell.
        confidence: How sure the cause is.
        action: The action of the package that failed first; None when none did.
    """

    result: int | None
    cause: Message
    evidence: tuple[str, ...]
    remedy: Message | None
    confidence: Confidence
    action: str | None = None


@dataclass(frozen=True)
class _Failure:
    """The first action that ended with value 3, and the lines from its beginning to its end."""

    action: str
    window: Sequence[str]


@dataclass(frozen=True)
class _Cause:
    root: Root
    confidence: Confidence
    lines: tuple[str, ...] = ()
    named: str = ""


def analyse(data: bytes) -> MsiLogVerdict:
    """Finds the result of a run and the root cause of its failure. Takes any bytes; what is no log is `unclear`."""
    lines = trace.lines(data)
    ending = [line for line in lines if trace.result(line) is not None][-1:]
    result = trace.result(ending[0]) if ending else None
    if result is not None and exit_codes.classify(result).meaning in _SUCCESS:
        says = exit_codes.classify(result).says
        return MsiLogVerdict(result, says, trace.shown(ending), None, Confidence.CERTAIN)
    failure = _first_failure(lines)
    cause = _cause(lines, failure, result)
    said = _about(cause.root.cause, cause.named) if cause.named else cause.root.cause
    if any(trace.rolls_back(line) for line in lines):
        said = _rolled_back(said)
    context = [line for line in failure.window if trace.telling(line)][-_CONTEXT_LINES:] if failure else []
    evidence = trace.shown([*cause.lines, *context, *ending])
    return MsiLogVerdict(
        result, said, evidence, cause.root.remedy, cause.confidence, failure.action if failure else None
    )


def _cause(lines: Sequence[str], failure: _Failure | None, result: int | None) -> _Cause:
    """The first rule that applies, the surest first."""
    if repair := [line for line in lines if trace.secure_repair_failure(line)]:
        return _Cause(SECURE_REPAIR, Confidence.CERTAIN, tuple(repair[-1:]))
    if result is not None and result != _GENERAL_FAILURE and (row := exit_codes.classify(result)).name:
        return _Cause(Root(row.says, REMEDIES.get(result)), Confidence.CERTAIN)
    window = failure.window if failure else lines
    if failure and failure.action == "LaunchConditions":
        return _launch_condition(window)
    return (
        _message(window)
        or _disk_full(lines, failure)
        or _custom_action(window)
        or _unexplained(lines, failure, finished=result is not None)
    )


def _launch_condition(window: Sequence[str]) -> _Cause:
    """The condition's own text, which the package's author wrote for people."""
    root = Root(_NOT_ACCEPTED(), _NOT_ACCEPTED.remedy())
    told = [(line, text) for line in window if (text := trace.product_text(line))]
    if not told:
        return _Cause(root, Confidence.CERTAIN)
    line, text = told[-1]
    return _Cause(root, Confidence.CERTAIN, (line,), text[:_LONGEST_NAME])


def _message(window: Sequence[str]) -> _Cause | None:
    """The last message of the Error table that we know; one that was shown counts more than one that was noted."""
    causes: dict[bool, _Cause] = {}
    noted: tuple[int, tuple[str, ...]] = (0, ())
    for line in window:
        message = trace.message(line)
        if message is None or message.code not in BY_MESSAGE:
            continue
        if message.code in REGISTRY_MESSAGES and _NOT_FOUND in message.fields:
            continue
        if not message.shown:
            noted = (message.code, message.fields)
        fields = noted[1] if noted[0] == message.code else ()
        confidence = Confidence.CERTAIN if message.shown else Confidence.LIKELY
        causes[message.shown] = _Cause(_root(message.code, fields), confidence, (line,), _named(fields))
    return causes.get(True) or causes.get(False)


def _root(code: int, fields: Iterable[str]) -> Root:
    """What a message means; a system error code in one about a file says more than the message."""
    telling = (BY_SYSTEM_ERROR[text] for text in fields if code in FILE_MESSAGES and text in BY_SYSTEM_ERROR)
    return next(telling, BY_MESSAGE[code])


def _named(fields: Iterable[str]) -> str:
    """What a message is about: a file, key, service or action; numbers and GUIDs are no help to a reader."""
    return next((text for text in fields if not _NO_NAME.fullmatch(text)), "")[:_LONGEST_NAME]


def _disk_full(lines: Sequence[str], failure: _Failure | None) -> _Cause | None:
    """InstallValidate fails without a message where the volumes lack space; a property then says so."""
    if failure and failure.action == "InstallValidate" and any("OutOfDiskSpace = 1" in line for line in lines):
        return _Cause(DISK_FULL, Confidence.CERTAIN)
    return None


def _custom_action(window: Sequence[str]) -> _Cause | None:
    failed = [(line, failure) for line in window if (failure := trace.custom_action_failure(line))]
    if not failed:
        return None
    line, (name, code) = failed[-1]
    return _Cause(Root(_custom_action_failed(name, code)), Confidence.LIKELY, (line,))


def _unexplained(lines: Sequence[str], failure: _Failure | None, *, finished: bool) -> _Cause:
    if failure:
        operations = [name for line in failure.window if (name := trace.operation(line))]
        action = failure.action
        says = _action_failed_during(action, operations[-1]) if operations else _action_failed(action)
        return _Cause(Root(says), Confidence.UNCLEAR)
    if finished:
        return _Cause(Root(_BEFORE_ANY_ACTION()), Confidence.UNCLEAR)
    if not any(trace.action_begun(line) for line in lines):
        return _Cause(Root(_NO_LOG()), Confidence.UNCLEAR)
    tail = tuple(line for line in lines[-_CONTEXT_LINES:] if trace.telling(line))
    return _Cause(Root(_ENDS_EARLY()), Confidence.UNCLEAR, tail)


def _first_failure(lines: Sequence[str]) -> _Failure | None:
    """Actions nest, so the first that ends with value 3 is the innermost: the one that failed by itself.

    Where only the end of a log is left, an English line says enough; a translated one needs the action's beginning.
    """
    return _first_by(trace.action_failed, lines, needs_beginning=False) or _first_by(
        trace.action_failed_translated, lines
    )


def _first_by(
    failed: Callable[[str], str | None], lines: Sequence[str], *, needs_beginning: bool = True
) -> _Failure | None:
    began: dict[str, int] = {}
    for number, line in enumerate(lines):
        if name := trace.action_begun(line):
            began[name] = number
        elif (action := failed(line)) and (action in began or not needs_beginning):
            return _Failure(action, lines[began.get(action, 0) : number + 1])
    return None
