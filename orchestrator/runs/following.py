"""A run followed by its log while that grows: its events as they come, for who watches from another process."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from orchestrator.model import trust
from orchestrator.model.errors import DocumentError
from orchestrator.model.events import (
    Event,
    Guarded,
    HostAwaited,
    HostFinished,
    HostGoesOn,
    HostReturned,
    HostWaits,
    Interrupted,
    Progress,
    RunStarted,
    StepFinished,
    StepRetried,
    StepStarted,
    WaveApproved,
    WaveBegan,
    WaveEnded,
    WaveWaits,
)
from orchestrator.model.result import HostResult, StepRecord
from orchestrator.model.waiting import Wait
from orchestrator.runs.durable_file import being_written
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.journal_lines import (
    LINES,
    SHOWN,
    GuardedLine,
    HostAwaitedLine,
    HostFinishedLine,
    HostGoesOnLine,
    HostReturnedLine,
    HostWaitsLine,
    InterruptedLine,
    ProgressLine,
    RetriedLine,
    RunFinishedLine,
    RunHostsLine,
    RunStartedLine,
    StepFinishedLine,
    StepStartedLine,
    WaveApprovedLine,
    WaveBeganLine,
    WaveEndedLine,
    WaveWaitsLine,
    is_of,
)
from orchestrator.runs.orders import is_cancelled

Told = tuple[datetime, Event]
"""What happened, and when."""


class Following:
    """The events of one run, from its beginning to its end, over all processes that are at work on it."""

    def __init__(self, folder: RunFolder) -> None:
        self._deserted = False
        self._folder = folder
        self._log = _GrowingLog(folder.journal)
        self._began: RunStartedLine | None = None
        self._steps: dict[str, dict[str, StepRecord]] = {}
        self._finished = False

    def events(self) -> Iterator[Told | None]:
        """What has happened, and what happens; None where nothing has since the last look, so that one may wait.

        The end of the run, which its result tells, is the end of it, and no event.

        Raises:
            DocumentError: The log cannot be read.
            UntrustedPath: Another person may write it.
        """
        while True:
            at_work = being_written(self._folder.journal)  # asked first: what the dead have written is then all there
            came = False
            for line in self._log.new_lines():
                came = True
                if event := self._event(line):
                    yield line.timestamp, event
            if not came:
                told_of = self._finished and self._folder.ended  # by a process that may still tell people of it
                if told_of or (not at_work and self._is_over(at_work)):
                    return
                self._deserted = at_work is False
                yield None

    def is_deserted(self) -> bool:
        """Whether nobody was at work on the run at the last look, though it may be gone on with."""
        return self._deserted

    def _is_over(self, at_work: bool | None) -> bool:
        """Whether nothing more can come of a run that nobody is known to be at work on."""
        if self._folder.ended or self._finished:
            return True
        return at_work is False and (is_cancelled(self._folder) or not self._folder.kept.is_file())

    def _event(self, line: Any) -> Event | None:
        match line:
            case RunStartedLine():
                self._began, self._finished = line, False
            case RunHostsLine() if self._began:
                hosts = [HostResult(host.name, host.address, groups=host.groups) for host in line.hosts]
                return RunStarted(self._began.run, self._began.playbook, hosts, self._began.check)
            case StepStartedLine(host=host, step=step, attempt=attempt):
                return StepStarted(host, step, attempt)
            case RetriedLine(host=host, step=step, attempt=attempt, error=error, seconds=seconds):
                return StepRetried(host, step, attempt, error, seconds)
            case ProgressLine(host=host, step=step, message=message):
                return Progress(host, step, message)
            case StepFinishedLine(host=host, step=step):
                self._steps.setdefault(host, {})[step] = line.record
                return StepFinished(host, line.record)
            case HostFinishedLine(host=host):
                return HostFinished(line.after(tuple(self._steps.get(host, {}).values())))
            case RunFinishedLine():
                self._finished = True
            case InterruptedLine():
                return Interrupted()
        return _of_waves(line) or _of_waiting(line)


def _of_waves(line: Any) -> Event | None:
    match line:
        case WaveBeganLine(wave=wave, waves=waves, hosts=hosts):
            return WaveBegan(wave, waves, hosts)
        case WaveEndedLine(wave=wave, fine=fine, answered=answered, hosts=hosts):
            return WaveEnded(wave, fine, answered, hosts)
        case WaveWaitsLine(reason=reason, until=until):
            return WaveWaits(reason, until)
        case WaveApprovedLine(wave=wave, by=by):
            return WaveApproved(wave, by)
        case GuardedLine(reason=reason):
            return Guarded(reason)
    return None


def _of_waiting(line: Any) -> Event | None:
    match line:
        case HostWaitsLine(host=host, step=step, what=what, until=until):
            return HostWaits(host, step, Wait(what, until))
        case HostGoesOnLine(host=host, step=step):
            return HostGoesOn(host, step)
        case HostAwaitedLine(host=host, step=step, since=since, looks=looks, seen=seen, until=until):
            return HostAwaited(host, step, line.result, since, looks, seen, until)
        case HostReturnedLine(host=host, step=step, looks=looks):
            return HostReturned(host, step, looks)
    return None


class _GrowingLog:
    """The whole lines of a file, each read once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._number = 0

    def new_lines(self) -> Iterator[Any]:
        """Those that have come since the last time. Raises DocumentError, UntrustedPath."""
        try:
            if os.stat(self._path).st_size <= self._read:  # noqa: PTH116 - it is asked all the time
                return
            with trust.opened(self._path) as file:
                file.seek(self._read)
                for text in file:
                    if not text.endswith(b"\n"):
                        return
                    self._read += len(text)
                    self._number += 1
                    if is_of(json.loads(text), SHOWN):
                        yield LINES.validate_json(text)
        except OSError as error:
            raise DocumentError(self._path, None, f"the log cannot be read: {error.strerror}") from error
        except (ValueError, RecursionError, ValidationError) as error:
            raise DocumentError(self._path, self._number, "this is no line of a run's log") from error
