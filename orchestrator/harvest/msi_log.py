"""Why an installation failed, read from the log that `msiexec /l*v` wrote."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from orchestrator.harvest import msi_causes, msi_lines, msi_story
from orchestrator.harvest import msi_trace as trace
from orchestrator.harvest.msi_causes import Rule
from orchestrator.harvest.msi_session import At, Clues, Failure, Session
from orchestrator.harvest.msi_story import Story
from orchestrator.harvest.msi_verdict import LogLine, MsiLogVerdict
from orchestrator.model.confidence import Confidence
from orchestrator.model.message import Message, message, phrase
from orchestrator.model.showable import printable
from orchestrator.windows import exit_codes

_GENERAL_FAILURE: Final = 1603
_LONGEST_NAME: Final = 300
_LONGEST_SENTENCE: Final = 400
_LONGEST_SHOWN: Final = 400
_NO_NAME: Final = re.compile(r"-?\d+|\{[^}]*\}")

_BEFORE_ANY_ACTION = phrase("msi-failed-before-any-action")
_NO_LOG = phrase("msi-no-log")
_EMPTY = phrase("msi-log-empty")
_ENDS_EARLY = phrase("msi-log-ends-early", remedy=True)


@message("msi-custom-action-failed")
def _custom_action_failed(action: str, code: int) -> None: ...


@message("msi-action-failed")
def _action_failed(action: str) -> None: ...


@message("msi-action-failed-during")
def _action_failed_during(action: str, operation: str) -> None: ...


@message("msi-cause-about")
def _about(cause: Message, about: str) -> None:
    """A cause, and the file, key, service or action that it is about."""


@message("msi-of-several-sessions")
def _of_several(cause: Message, sessions: int) -> None:
    """The log holds several runs of the installer; this is of the last that failed."""


@message("msi-other-message")
def _says(code: int, text: str) -> None:
    """A message of the installer that is told in the log's own words."""


@message("msi-rolled-back")
def _rolled_back(cause: Message) -> None: ...


@dataclass(frozen=True)
class _Cause:
    says: Message
    confidence: Confidence
    remedy: Message | None = None
    lines: Sequence[At[Any]] = ()
    about: str = ""

    @staticmethod
    def by(rule: Rule, lines: Sequence[At[Any]] = (), about: str = "", *, only_noted: bool = False) -> _Cause:
        sure = Confidence.LIKELY if only_noted and rule.sure is Confidence.CERTAIN else rule.sure
        return _Cause(rule.says(), sure, rule.remedy(), lines, about)


def analyse(file: BinaryIO) -> MsiLogVerdict:
    """Finds the result of a run and the root cause of its failure. Takes any bytes; what is no log is `unclear`.

    The whole file is read, once, from its beginning; what is held of it does not grow with it.
    """
    story = msi_story.read(file)
    session, page = story.session, msi_lines.code_page(story.language)
    carried_out = session.result is not None and not session.failed
    failure = None if carried_out else session.failure
    cause = _carried_out(session) if carried_out else _cause(story, session, failure)
    said = _about(cause.says, msi_lines.lettered(cause.about, page)[:_LONGEST_NAME]) if cause.about else cause.says
    if session.rolled_back and not carried_out:
        said = _rolled_back(said)
    if story.sessions > 1:
        said = _of_several(said, story.sessions)
    ending = [session.result] if session.result else []
    return MsiLogVerdict(
        session.result.what if session.result else None,
        said,
        _evidence([*cause.lines, *(failure.context if failure else ()), *ending], page),
        cause.remedy,
        cause.confidence,
        failure.action if failure else None,
        cause.says.code,
    )


def _carried_out(session: Session) -> _Cause:
    assert session.result
    return _Cause(exit_codes.classify(session.result.what).says, Confidence.CERTAIN)


def _cause(story: Story, session: Session, failure: Failure | None) -> _Cause:
    """The first of these that applies, the surest first."""
    clues = failure.clues if failure else session.clues()
    return (
        _by_trace(session, Confidence.CERTAIN)
        or _by_result(session)
        or _by_action(session, failure)
        or _by_message(clues)
        or _by_custom_action(clues)
        or _other_message(clues, msi_lines.code_page(story.language))
        or _by_trace(session, Confidence.LIKELY)
        or _not_recognised(story, session, failure)
    )


def _by_trace(session: Session, sure: Confidence) -> _Cause | None:
    found = [(rule, at) for rule, at in session.traces.items() if rule.sure is sure]
    return _Cause.by(found[-1][0], [found[-1][1]]) if found else None


def _by_result(session: Session) -> _Cause | None:
    """Most exit codes say by themselves what happened."""
    if session.result is None or session.result.what == _GENERAL_FAILURE:
        return None
    row = exit_codes.classify(session.result.what)
    return _Cause(row.says, Confidence.CERTAIN, msi_causes.REMEDIES.get(row.code)) if row.name else None


def _by_action(session: Session, failure: Failure | None) -> _Cause | None:
    """What an action is there to find; the package's author may have written for people what that was."""
    rule = msi_causes.of_action(failure.action, session.properties) if failure else None
    if failure is None or rule is None:
        return None
    text = failure.clues.text if not rule.value else None
    return _Cause.by(rule, [text], text.what) if text else _Cause.by(rule)


def _by_message(clues: Clues) -> _Cause | None:
    """The last message that a rule knows; one that was shown counts more than one that was noted."""
    found = clues.shown or clues.noted
    if found is None:
        return None
    rule, fields = found.what
    return _Cause.by(rule, [found], _named(fields), only_noted=clues.shown is None)


def _by_custom_action(clues: Clues) -> _Cause | None:
    if clues.custom_action is None:
        return None
    name, code = clues.custom_action.what
    if rule := msi_causes.of_custom_action(code):
        return _Cause.by(rule, [clues.custom_action], name, only_noted=True)
    return _Cause(_custom_action_failed(name, code), Confidence.LIKELY, None, [clues.custom_action])


def _other_message(clues: Clues, page: str) -> _Cause | None:
    """The last error that was shown and that no rule has: its number, and what the log itself says.

    What the user interface has to say of its dialogs is often but a consequence, and counts where there is no other.
    """
    if clues.told is None:
        return None
    text = printable(msi_lines.lettered(clues.told.what.text, page))[:_LONGEST_SENTENCE]
    return _Cause(_says(clues.told.what.code, text), Confidence.CERTAIN, None, [clues.told])


def _not_recognised(story: Story, session: Session, failure: Failure | None) -> _Cause:
    if failure:
        operation = failure.clues.operation
        says = _action_failed_during(failure.action, operation) if operation else _action_failed(failure.action)
        return _Cause(says, Confidence.UNCLEAR)
    if session.result:
        return _Cause(_BEFORE_ANY_ACTION(), Confidence.UNCLEAR)
    if story.empty:
        return _Cause(_EMPTY(), Confidence.UNCLEAR)
    if not session.acted:
        return _Cause(_NO_LOG(), Confidence.UNCLEAR)
    return _Cause(_ENDS_EARLY(), Confidence.UNCLEAR, _ENDS_EARLY.remedy(), story.tail)


def _named(fields: Iterable[str]) -> str:
    """What a message is about: a file, key, service or action; numbers and GUIDs are no help to a reader."""
    return next((text for text in fields if not _NO_NAME.fullmatch(text)), "")


def _evidence(chosen: Iterable[At[Any]], page: str) -> tuple[LogLine, ...]:
    """Lines fit to be shown, each once and in order. Those that may show a property's value are left out."""
    found: dict[str, int] = {}
    for at in sorted(chosen, key=lambda at: at.number):
        text = printable(msi_lines.lettered(at.line, page))[:_LONGEST_SHOWN]
        if text and not trace.secretive(at.line):
            found.setdefault(text, at.number)
    return tuple(LogLine(number, text) for text, number in found.items())
