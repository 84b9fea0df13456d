"""The journal of a killed run, read back as far as it goes, in place of the result file that was never written."""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from orchestrator.fleet.absence import looks_within, next_look
from orchestrator.fleet.admission import WavesBefore
from orchestrator.fleet.taking_back import or_taken_back
from orchestrator.model import trust
from orchestrator.model.awaited import Awaited, awaited
from orchestrator.model.errors import ChangeUnsettled, DocumentError
from orchestrator.model.message import Message, phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import (
    HostResult,
    RunResult,
    StepRecord,
    StepResult,
    branch_of,
    go_on_with,
    shown,
)
from orchestrator.runs.doings import WAIT, Doings
from orchestrator.runs.journal_lines import (
    DECIDING,
    LINES,
    OF_THE_END,
    ChangingLine,
    GuardedLine,
    HostAwaitedLine,
    HostFinishedLine,
    HostGoesOnLine,
    HostReturnedLine,
    HostWaitsLine,
    Meant,
    RunFinishedLine,
    RunHostsLine,
    RunStartedLine,
    StepFinishedLine,
    StepStartedLine,
    UntoldLine,
    WaveBeganLine,
    WaveEndedLine,
    is_of,
)

_ENDED = StepResult(Outcome.UNKNOWN, phrase("run-killed-at-work")())
_NOT_BEGUN = StepResult(Outcome.CANCELLED, phrase("run-killed-before")())
_AGAIN = phrase("remedy-killed-before")
KILLED: Final = "killed"
"""The state of a run that has not written how it ended."""


def is_begun(path: Path) -> bool:
    """Whether a log has its first line: that a run begins is on the disk before any host is touched.

    Raises:
        DocumentError: The file cannot be read.
        UntrustedPath: Another person may write it.
    """
    try:
        with trust.opened(path) as content:
            return content.readline().endswith(b"\n")
    except OSError as error:
        raise _unreadable(path, error) from error


def read_journal(path: Path, *, goes_on: bool = False, resumable: bool = False) -> RunResult:
    """The result of a run, from its log: all its hosts, with what was done and what was being changed.

    `goes_on` is whether the run is still at work, so that hosts without an end have one to come, and it ends now;
    `resumable` whether it can be gone on with where it is not.

    Logs of earlier versions do not name those that had not begun. Of a log in which several runs wrote, as earlier
    versions let them, it is that of the last.

    Raises:
        DocumentError: The file cannot be read, is no log of a run, or tells nothing of the run's beginning.
        UntrustedPath: Another person may write it.
    """
    began, lines = _of_one_run(path)
    last, state, why = began.timestamp, KILLED, None
    steps: dict[str, dict[str, StepRecord]] = {}
    through: dict[str, HostFinishedLine] = {}
    meant: dict[str, Meant] = {}
    absences: dict[str, HostAwaitedLine | HostReturnedLine] = {}
    doings = Doings()
    for line in lines:
        last = line.timestamp
        doings.take(line)
        match line:
            case RunStartedLine():  # or gone on with: hosts whose end stays are told of again
                state, why = KILLED, None
                through.clear()
                steps = {host: taken for host, taken in steps.items() if taken}
            case RunHostsLine():
                meant = {host.name: host for host in line.hosts}
            case StepStartedLine(host=host) | HostWaitsLine(host=host) | HostGoesOnLine(host=host):
                steps.setdefault(host, {})
            case ChangingLine(host=host, step=step):
                result = replace(_ENDED, registry=line.registry)
                steps.setdefault(host, {})[step] = StepRecord(step, result)
            case HostAwaitedLine(host=host) | HostReturnedLine(host=host):
                absences[host] = line
            case StepFinishedLine(host=host, step=step):
                absences.pop(host, None)
                steps.setdefault(host, {})[step] = line.record
            case HostFinishedLine(host=host):
                steps.setdefault(host, {})
                through[host] = line
            case RunFinishedLine():
                state, why = line.state, line.why
    now = max(last, datetime.now(UTC)) if goes_on else last
    awaited_now = {
        host: _awaited(line, now, goes_on=goes_on)
        for host, line in absences.items()
        if isinstance(line, HostAwaitedLine)
    }
    steps = {**{host: {} for host in awaited_now}, **steps}
    ends = _Ends(began.run, doings, awaited_now, goes_on, resumable)
    every = (meant.get(name) or Meant(name=name) for name in dict.fromkeys((*meant, *steps)))
    hosts = tuple(_host(host, steps.get(host.name), through.get(host.name), ends) for host in every)
    return RunResult(began.run, began.playbook, began.timestamp, now, state, hosts, began.check, why=why)


@dataclass(frozen=True)
class _Ends:
    """What stands for the end of hosts that have none.

    Attributes:
        run: The run's identifier.
        doings: What its hosts did last.
        awaited: What is known of hosts that are looked for.
        goes_on: Whether the run is at work.
        resumable: Whether it can be gone on with where it is not.
    """

    run: str
    doings: Doings
    awaited: Mapping[str, StepResult]
    goes_on: bool
    resumable: bool

    @property
    def not_begun(self) -> StepResult:
        return self.doings.not_begun if self.goes_on else replace(_NOT_BEGUN, remedy=self._or_resume(_AGAIN()))

    def of(self, host: str, steps: Sequence[StepRecord]) -> StepResult:
        """Of a host that has begun, with what was done there."""
        if host in self.awaited:
            return self.awaited[host]
        if self.goes_on:
            return self.doings.of(host)
        waiting = self.doings.killed(host)
        advice = self._or_resume(_AGAIN() if waiting else ChangeUnsettled.remedy)
        return replace(waiting or _ENDED, remedy=or_taken_back(advice, self.run, steps))

    def _or_resume(self, otherwise: Message) -> Message:
        return go_on_with(self.run) if self.resumable else otherwise


def read_waves(path: Path) -> WavesBefore:
    """What a run's log tells of its waves, and of the guards that stopped it, for whoever goes on with it.

    Raises:
        DocumentError: The file cannot be read, or is no log of a run.
        UntrustedPath: Another person may write it.
    """
    ended: dict[int, datetime] = {}
    begun = 0
    through: set[str] = set()
    past_guard: set[str] = set()
    guarded = False
    closed: Message | None = None
    for line in _lines(path):
        match line:
            case RunStartedLine():
                past_guard |= through if guarded else set()
                guarded = False
            case HostFinishedLine(host=host):
                through.add(host)
            case WaveBeganLine(wave=wave):
                begun = wave
            case WaveEndedLine(wave=wave):
                ended[wave] = line.timestamp
            case GuardedLine(reason=reason):
                guarded, closed = True, reason
            case RunFinishedLine():
                closed = None
    return WavesBefore(ended, begun, frozenset(past_guard | (through if guarded else set())), closed)


def read_untold(path: Path) -> tuple[Message, ...]:
    """Who was to be told of a run's end and could not be, by its log; of one that was gone on with, of the last end.

    Raises:
        DocumentError: The file cannot be read, or is no log of a run.
        UntrustedPath: Another person may write it.
    """
    untold: list[Message] = []
    for line in _lines(path, OF_THE_END, alone=True):
        if isinstance(line, UntoldLine):
            untold.append(line.why)
        else:
            untold.clear()
    return tuple(untold)


def _awaited(line: HostAwaitedLine, now: datetime, *, goes_on: bool) -> StepResult:
    """What is known of a host that is looked for, with the looks of since then, whose moments are known beforehand."""
    away = (now - line.since).total_seconds()
    looks = line.looks + looks_within(line.run, line.host, (line.timestamp - line.since).total_seconds(), away)
    following = line.since + timedelta(seconds=next_look(line.run, line.host, away))
    detail = Awaited(looks, min(following, line.until) if goes_on else None, line.seen, line.until)
    reason = awaited(line.reason, shown(line.until))
    return StepResult(line.outcome, reason, detail, remedy=WAIT if goes_on else line.remedy)


def _of_one_run(path: Path) -> tuple[RunStartedLine, list[Any]]:
    """How the last run of a log began, for the first time where it was gone on with, and all of its lines."""
    lines = list(_lines(path))
    runs = [line.run for line in lines if isinstance(line, RunStartedLine)]
    if not runs:
        raise DocumentError(path, None, "this log does not tell of a run's beginning; give the log.jsonl of a run")
    own = [line for line in lines if line.run == runs[-1]]
    return next(line for line in own if isinstance(line, RunStartedLine)), own


def _host(
    meant: Meant, begun: Mapping[str, StepRecord] | None, ended: HostFinishedLine | None, ends: _Ends
) -> HostResult:
    """What stands for a host's end stands for that of a step, too, that was changing something."""
    if begun is None:
        return HostResult(meant.name, meant.address, None, (), ends.not_begun, meant.groups)
    steps = tuple(begun.values())
    if ended is not None:
        return ended.after(steps)
    end = ends.of(meant.name, steps)
    steps = tuple(
        replace(step, result=replace(end, registry=step.result.registry))
        if step.result.reason == _ENDED.reason
        else step
        for step in steps
    )
    return HostResult(meant.name, meant.address, branch_of(steps), steps, end, meant.groups)


def _lines(path: Path, events: Collection[str] = DECIDING, *, alone: bool = False) -> Iterator[Any]:
    """The lines of these events; the last one of a killed program may be half written.

    With `alone`, others are not looked at: most of a log is what hosts said.
    """
    return (line for _, line in numbered_lines(path, events, alone=alone))


def numbered_lines(path: Path, events: Collection[str], *, alone: bool = False) -> Iterator[tuple[int, Any]]:
    """The same, each with its number, from 1.

    Raises:
        DocumentError: The file cannot be read, or is no log of a run.
        UntrustedPath: Another person may write it.
    """
    number = 0
    try:
        with trust.opened(path) as content, io.TextIOWrapper(content, encoding="utf-8") as file:
            for text in file:
                number += 1
                if not text.endswith("\n"):
                    return
                if alone and not any(f'"{event}"' in text for event in events):
                    continue
                if is_of(json.loads(text), events):
                    yield number, LINES.validate_json(text)
    except OSError as error:
        raise _unreadable(path, error) from error
    except (ValueError, RecursionError, ValidationError) as error:
        raise DocumentError(path, number, "this is no line of a run's log") from error


def _unreadable(path: Path, error: OSError) -> DocumentError:
    return DocumentError(path, None, f"the log cannot be read: {error.strerror}")
