"""What a run did on its hosts, moment by moment, as its log has it: for timelines beside the hosts' own events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from orchestrator.model.case import Lane, Moment, Piece
from orchestrator.model.outcome import Outcome
from orchestrator.model.showable import printable
from orchestrator.runs.journal_lines import ChangingLine, HostFinishedLine, StepFinishedLine, StepStartedLine
from orchestrator.runs.journal_reader import numbered_lines
from orchestrator.sentences import say
from orchestrator.steps import capture

_EVENTS: Final = frozenset({"step_started", "registry_changing", "step_finished", "host_finished"})
_ERROR, _WARNING, _INFORMATION = 2, 3, 4
_LONGEST: Final = 400


@dataclass(frozen=True)
class HostMoment:
    """A moment of a host.

    Attributes:
        host: Its name.
        moment: By this computer's clock.
        captures: Whether a capture has begun there with it.
    """

    host: str
    moment: Moment
    captures: bool


def moments_of(journal: Path, name: str) -> Iterator[HostMoment]:
    """Each moment, in the order of the log.

    Args:
        journal: The run's log.
        name: What the log is called as evidence.

    Raises:
        DocumentError: The file cannot be read, or is no log of a run.
        UntrustedPath: Another person may write it.
    """
    for number, line in numbered_lines(journal, _EVENTS, alone=True):
        label, details, level = _told(line)
        shown = printable(details)[:_LONGEST]
        at = Piece(name, number, shown or printable(label))
        moment = Moment(line.timestamp, None, Lane.OURS, level, printable(label), shown, at)
        yield HostMoment(line.host, moment, _captures(line))


def _captures(line: Any) -> bool:
    finished = isinstance(line, StepFinishedLine) and line.step == capture.KIND.name
    return finished and line.outcome is Outcome.CHANGED


def _told(line: Any) -> tuple[str, str, int]:
    match line:
        case StepStartedLine(step=step, attempt=attempt):
            return f"Step {step} began" + (f", attempt {attempt}" if attempt > 1 else ""), "", _INFORMATION
        case ChangingLine(step=step, registry=registry):
            names = ", ".join(dict.fromkeys(rf"{change.key}\{change.name}" for change in registry.values))
            return f"Step {step} was about to change the registry", names, _INFORMATION
        case StepFinishedLine(step=step):
            return f"Step {step} ended: {line.outcome}", say(line.reason), _level(line.outcome)
        case HostFinishedLine():
            return f"The run was through with the machine: {line.outcome}", say(line.reason), _level(line.outcome)
    raise AssertionError(line)


def _level(outcome: Outcome) -> int:
    if outcome.fine:
        return _INFORMATION
    return _ERROR if outcome is Outcome.FAILED else _WARNING
