"""When and how the hosts of a run ended, by the few lines of its log that tell it; the others are not read as JSON.

Logs of a hundred runs are gigabytes, most of it what hosts said. What the log does not tell, the result does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from orchestrator.model import trust
from orchestrator.model.errors import DocumentError
from orchestrator.model.message import message
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult
from orchestrator.model.waiting import Doing
from orchestrator.runs.folders import RunFolder
from orchestrator.runs.store import AT_WORK, MAYBE_AT_WORK, Told, known_of

FINE: Final = "fine"
"""The way in which hosts ended that need nothing."""
WOULD_CHANGE: Final = "would change"
_EVENT: Final = re.compile(rb'"event": ?"(\w+)"')
_KNOWN: Final = frozenset({b"host_finished", b"step_finished", b"run_started", b"run_hosts"})
_TAIL: Final = 600
"""Bytes at the end of a line, in which its event and time are looked for first."""
_HOST: Final = re.compile(rb'"host": ?("(?:[^"\\]|\\.)*")')
_OUTCOME: Final = re.compile(rb'"outcome": ?"(\w+)"')
_TIMESTAMP: Final = re.compile(rb'"timestamp": ?"([^"]+)"')
_SILENT: Final = frozenset(map(str.encode, (Outcome.UNREACHABLE, Outcome.UNKNOWN, Outcome.CANCELLED)))
"""Of a step in which a host did not answer, or not to its end."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a host ended.

    Attributes:
        at: When, in seconds since 1970.
        way: FINE, WOULD_CHANGE, another fine outcome, or an outcome with the code of its reason.
        answered: When the host was last heard of in this run; None where it was not.
    """

    at: float
    way: str
    answered: float | None

    @property
    def fine(self) -> bool:
        return ":" not in self.way


@dataclass
class Endings:
    """Those of one run.

    Attributes:
        run: Its identifier.
        playbook: What it did.
        check: Whether it was to change nothing.
        ended: By name of the host.
        at_work: Hosts that the run, which is at work, has not finished.
    """

    run: str
    playbook: str
    check: bool
    ended: dict[str, Ending] = field(default_factory=dict)
    at_work: list[str] = field(default_factory=list)


@message("log-damaged")
def _log_damaged(run: str, problem: str) -> None: ...


def endings(folder: RunFolder, told: Told) -> Endings:
    """How the hosts of a run ended.

    Args:
        folder: The run's.
        told: Hears where the log stands in for a result file that is damaged or gone, or that for a damaged log.

    Raises:
        DocumentError: What is kept of it cannot be read.
        UntrustedPath: Another person may write it.
    """
    try:
        lines = _lines(folder)
    except DocumentError as damaged:
        if not folder.ended:
            raise
        lines = _Lines()
        told(_log_damaged(folder.name, str(damaged)))
    found = Endings(lines.run or folder.name, lines.playbook, lines.check, lines.ended)
    if lines.hosts is None or lines.hosts - lines.ended.keys():
        _complete(found, folder, lines.answered, told)
    return found


def _lines(folder: RunFolder) -> _Lines:
    """What the log tells, where there is one. Raises DocumentError, UntrustedPath."""
    lines = _Lines()
    if folder.journal.is_file():
        try:
            with trust.opened(folder.journal) as log:
                for text in log:
                    lines.take(text)
        except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
            raise DocumentError(folder.journal, None, "the log cannot be read") from error
    return lines


class _Lines:
    """What the lines of a log have told so far."""

    def __init__(self) -> None:
        self.run, self.playbook, self.check = "", "", False
        self.hosts: set[str] | None = None
        self.ended: dict[str, Ending] = {}
        self.answered: dict[str, float] = {}

    def take(self, text: bytes) -> None:
        """Raises ValueError, LookupError, TypeError where the line is no such thing."""
        event = _last(_EVENT, text)
        if event not in _KNOWN or not text.endswith(b"\n"):
            return
        if event == b"step_finished":
            self._step(text)
            return
        line = json.loads(text)
        match line["event"]:
            case "run_started":
                self.run, self.playbook, self.check = line["run"], line["playbook"], line["check"]
            case "run_hosts":
                self.hosts = {host["name"] for host in line["hosts"]} if "hosts" in line else set(line["names"])
            case "host_finished":
                self._host(line)

    def _step(self, text: bytes) -> None:
        host, outcome = _HOST.search(text), _OUTCOME.search(text)
        at = _last(_TIMESTAMP, text)
        if host and outcome and at and outcome[1] not in _SILENT:
            self.answered[json.loads(host[1])] = datetime.fromisoformat(at.decode()).timestamp()

    def _host(self, line: Mapping[str, Any]) -> None:
        name, at = line["host"], datetime.fromisoformat(line["timestamp"]).timestamp()
        way = _way(Outcome(line["outcome"]), _code(line["reason"]), check=self.check)
        before = self.ended.get(name)
        if before is None or before.way != way:  # one that is gone on with tells again of those that are through
            self.ended[name] = Ending(at, way, self.answered.get(name))


def _last(pattern: re.Pattern[bytes], text: bytes) -> bytes | None:
    """What stands last in a line of this kind, which is the line's own: details come before it."""
    found = pattern.findall(text, len(text) - _TAIL) or pattern.findall(text)
    return found[-1] if found else None


def _complete(found: Endings, folder: RunFolder, answered: Mapping[str, float], told: Told) -> None:
    """Adds the hosts whose end the log does not tell: of a run at work, or one that was broken off."""
    known = known_of(folder, told)
    found.run, found.playbook, found.check = known.id, known.playbook, known.check
    for host in known.hosts:
        if host.name in found.ended:
            continue
        if known.state in {AT_WORK, MAYBE_AT_WORK} and isinstance(host.deciding.detail, Doing):
            found.at_work.append(host.name)
        else:
            found.ended[host.name] = Ending(
                known.finished.timestamp(), way_of(host, check=known.check), answered.get(host.name)
            )


def way_of(host: HostResult, *, check: bool) -> str:
    """The way in which a host ended."""
    return _way(host.outcome, host.deciding.reason.code, check=check)


def _way(outcome: Outcome, code: str, *, check: bool) -> str:
    if outcome is Outcome.CHANGED and check:
        return WOULD_CHANGE
    if outcome in {Outcome.OK, Outcome.CHANGED}:
        return FINE
    return str(outcome) if outcome.fine else f"{outcome}:{code}"


def _code(reason: object) -> str:
    """Of why a host ended so; of logs of the first versions, the sentence."""
    return str(reason["code"] if isinstance(reason, dict) else reason)
