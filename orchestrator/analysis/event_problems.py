"""Problems out of events and of logs of Windows Installer: what TLS, certificates, the add-in and installations say.

Every program of a machine has its TLS errors, so that one counts only where it comes with an event of the add-in; else
it is told, and changes no answer.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from orchestrator.analysis import pieces
from orchestrator.analysis.judged import Judged
from orchestrator.analysis.material import Material
from orchestrator.analysis.problem_table import FINDINGS, OWN, EventRule, Weight, of_event, said_of
from orchestrator.harvest.event_meanings import STARTED, installer_result
from orchestrator.harvest.eventlog import EventRecord
from orchestrator.harvest.msi_verdict import MsiLogVerdict
from orchestrator.harvest.timeline import shorten
from orchestrator.model.case import Installation, Piece, Problem
from orchestrator.model.confidence import Confidence
from orchestrator.model.message import Message, message
from orchestrator.model.showable import printable
from orchestrator.windows import exit_codes
from orchestrator.windows.egress import SERVICE, Egress, Endpoint
from orchestrator.windows.exit_codes import Class
from orchestrator.windows.provider import EVENT_SOURCE
from orchestrator.windows.readiness import egress
from orchestrator.windows.readiness.finding import Policy

TOGETHER: Final = timedelta(minutes=2)
"""How far an event of TLS may be from one of the add-in that it belongs to."""
_RECENT: Final = timedelta(days=1)
"""How long before the add-in's newest event another one still counts."""
_LONGEST_ALERT: Final = 60
_INSTALLED: Final = 1033
"""MsiInstaller: an installation has ended; 1034 is a removal, 1035 a change."""
_SHOWN: Final = 3
_HRESULT: Final = re.compile(r"(?<![0-9a-f])(?:0x)?(80072[0-9a-f]{3})(?![0-9a-f])|(?<![0-9])(-21470[0-9]{5})(?![0-9])")
_ADD_IN: Final = EVENT_SOURCE.lower()
_OF_THE_ADD_IN: Final = re.compile(r"sspr|password ?reset", re.IGNORECASE)
"""In the name of the product."""
_SUCCESS: Final = frozenset({Class.DONE, Class.DONE_RESTART, Class.DONE_RESTARTING})


@message("problem-installation-failed", remedy=True)
def _failed(cause: Message) -> None: ...


@message("problem-installation-awaits-restart", remedy=True)
def _awaits_restart(code: int) -> None: ...


@dataclass(frozen=True)
class _At:
    """An event and its file."""

    event: EventRecord
    file: str

    @property
    def piece(self) -> Piece:
        return pieces.of_event(self.event, self.file)


def of_events(material: Material, judged: Judged) -> Iterator[Problem]:
    """What events of TLS, of certificates and of the add-in itself say."""
    events = [_At(*each) for each in zip(material.reading.events, material.reading.event_files, strict=True)]
    add_in = [each.event.time for each in events if each.event.provider.lower() == _ADD_IN]
    by_code: defaultdict[str, list[tuple[_At, EventRule]]] = defaultdict(list)
    for each in events:
        if rule := of_event(each.event):
            by_code[rule.code].append((each, rule))
    for found in by_code.values():
        yield _of_rule(found, add_in)
    yield from _of_add_in([each for each in events if each.event.provider.lower() == _ADD_IN], judged)


def _of_rule(found: Sequence[tuple[_At, EventRule]], add_in: Sequence[datetime]) -> Problem:
    near = [each for each, _ in found if _is_near(each.event.time, add_in)]
    _, rule = found[0]
    shown = (near or [each for each, _ in found])[-_SHOWN:]
    says, newest = said_of(rule.code), shown[-1].event
    told = (len(found), shorten(printable(newest.data[0]), _LONGEST_ALERT) if newest.data else "")
    return Problem(
        rule.code,
        says(*told),
        says.remedy(*told),
        rule.owner,
        bool(near),
        Confidence.LIKELY if near else Confidence.UNCLEAR,
        tuple(each.piece for each in reversed(shown)),
    )


def _is_near(time: datetime, others: Sequence[datetime]) -> bool:
    """Whether one of the others, which are in order, is close."""
    place = bisect(others, time)
    return any(abs(time - other) <= TOGETHER for other in others[max(0, place - 1) : place + 1])


def _of_add_in(events: Sequence[_At], judged: Judged) -> Iterator[Problem]:
    """Events of the add-in that name an error of WinHTTP: it is judged as a try of the preflight's own would be.

    Of which level such events are is not known.
    """
    if not events:
        return
    newest = events[-1].event.time
    by_code: defaultdict[str, list[tuple[_At, Message, Message | None]]] = defaultdict(list)
    for each in events:
        if newest - each.event.time > _RECENT:
            continue
        for error in _errors(each.event):
            survey = replace(judged.survey, egress=Egress(Endpoint(SERVICE), error))
            for finding in egress.findings(survey, Policy()):
                if finding.code in FINDINGS:
                    by_code[finding.code].append((each, finding.message, finding.remedy))
    for code, found in by_code.items():
        _, says, remedy = found[-1]
        weight = FINDINGS[code]
        evidence = tuple(dict.fromkeys(each.piece for each, _, _ in reversed(found)))[:_SHOWN]
        yield Problem(code, says, remedy, weight.owner, weight.prevents, weight.sure, evidence)


def _errors(event: EventRecord) -> Iterator[int]:
    told = " ".join((*event.data, event.message or "")).lower()
    for found in _HRESULT.finditer(told):
        yield int(found[1], 16) if found[1] else int(found[2]) & 0xFFFFFFFF


def of_installations(
    material: Material, installations: Sequence[Installation], *, add_in_there: bool | None
) -> Iterator[Problem]:
    """What installations of the add-in that failed, or wait for a restart, say.

    None has failed where the add-in is there, or where Windows Installer has last noted a success.
    """
    events = [_At(*each) for each in zip(material.reading.events, material.reading.event_files, strict=True)]
    ended = [(each, result) for each in events if (result := _result(each.event)) is not None]
    ours = [each for each in installations if each.file in material.add_in_logs]
    if not add_in_there and not (ended and not _is_failure(ended[-1][1])):
        weight = OWN["installation_failed"]
        weight = weight if add_in_there is None else replace(weight, sure=Confidence.CERTAIN)
        yield from _failures(ours, ended, weight)
    if ended and (code := ended[-1][1]) and exit_codes.classify(code).meaning is Class.DONE_RESTART:
        at = ended[-1][0]
        if not any(_starts(each.event) and each.event.time > at.event.time for each in events):
            weight = OWN["installation_awaits_restart"]
            yield Problem(
                "installation_awaits_restart",
                _awaits_restart(code),
                _awaits_restart.remedy(code),
                weight.owner,
                weight.prevents,
                weight.sure,
                (at.piece,),
            )


def _failures(ours: Sequence[Installation], ended: Sequence[tuple[_At, int]], weight: Weight) -> Iterator[Problem]:
    failed = [each for each in ours if each.result is not None and _is_failure(each.result)]
    for each in failed:
        evidence = each.evidence or (pieces.piece(each.file, None, ""),)
        remedy = each.remedy or _failed.remedy(each.cause)
        yield Problem(
            "installation_failed", _failed(each.cause), remedy, weight.owner, weight.prevents, weight.sure, evidence
        )
    if not failed and ended and _is_failure(ended[-1][1]):
        at, code = ended[-1]
        cause = exit_codes.classify(code).says
        yield Problem(
            "installation_failed",
            _failed(cause),
            _failed.remedy(cause),
            weight.owner,
            weight.prevents,
            weight.sure,
            (at.piece,),
        )


def installation(file: str, verdict: MsiLogVerdict) -> Installation:
    """What one log of Windows Installer says, as the case has it."""
    evidence = tuple(pieces.piece(file, line.number, line.text) for line in verdict.evidence)
    return Installation(
        file, verdict.result, verdict.cause, verdict.action, verdict.remedy, verdict.confidence, evidence
    )


def _result(event: EventRecord) -> int | None:
    """The exit code of an installation of the add-in that ended."""
    ended = installer_result(event) if event.event_id == _INSTALLED else None
    return ended[1] if ended and _OF_THE_ADD_IN.search(ended[0]) else None


def _is_failure(code: int) -> bool:
    return exit_codes.classify(code).meaning not in _SUCCESS


def _starts(event: EventRecord) -> bool:
    return (event.provider.lower(), event.event_id) in STARTED
