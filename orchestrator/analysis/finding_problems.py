"""Problems out of findings: those of a look at the machine, or, where there was none, those of its exported keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from orchestrator.analysis import pieces
from orchestrator.analysis.judged import Judged
from orchestrator.analysis.look import Look
from orchestrator.analysis.material import Material
from orchestrator.analysis.problem_table import FINDINGS, OWN, Weight
from orchestrator.harvest.registry_snapshot import Snapshot
from orchestrator.model.case import Piece, Problem
from orchestrator.model.confidence import Confidence
from orchestrator.model.finding import Finding
from orchestrator.model.message import Declared, phrase
from orchestrator.model.preflight import PreflightDetail
from orchestrator.windows import branches, provider
from orchestrator.windows import tls12 as settings
from orchestrator.windows.command import Place
from orchestrator.windows.readiness import network, tls12
from orchestrator.windows.readiness.judging import KINDS
from orchestrator.windows.tls12 import Verdict

_ABSENT = phrase("problem-add-in-absent", remedy=True)
_WITHOUT_CLASS = phrase("problem-add-in-without-class", remedy=True)
_VERBOSE = phrase("problem-verbose-logging-on", remedy=True)
VERBOSE: Final = "verbose_logging_on"
_NOTHING_SET: Final = "nothing is set there"
_CLOCK_KEY: Final = "clock_ahead_seconds"


def of_look(look: Look, learned: PreflightDetail) -> Iterator[Problem]:
    """What a look at the machine has found; its own words, and its remedies."""
    for finding in learned.findings:
        weight = _weight(finding)
        if weight and finding.code == tls12.tls12.code and learned.tls12 and learned.tls12.verdict == Verdict.DEFAULT:
            weight = replace(weight, sure=Confidence.UNCLEAR)  # this Windows speaks TLS 1.2 all the same
        if weight:
            shown = json.dumps(finding.evidence, ensure_ascii=False) if finding.evidence else _NOTHING_SET
            yield _problem(finding, weight, (pieces.piece(look.file, look.line(finding.code), shown),))
    ten = learned.machine is not None and learned.machine.branch == branches.WINDOWS_10.name
    if learned.addin is not None and not learned.addin.installed and not ten:
        at = pieces.piece(look.file, look.line("installed", "addin"), "addin: installed = false")
        yield own("add_in_absent", _ABSENT, (at,))
    if learned.addin is not None and learned.addin.verbose_logging:
        at = pieces.piece(look.file, look.line("verbose_logging"), "verbose_logging = true")
        yield own(VERBOSE, _VERBOSE, (at,))


def of_exports(material: Material, judged: Judged) -> Iterator[Problem]:
    """What the preflight's judges find in exported keys."""
    snapshot = material.reading.registry
    for finding in judged.findings:
        weight = _weight(finding)
        if weight is None:
            continue
        if finding.code == tls12.tls12.code:
            weight = replace(weight, sure=_of_tls(judged))
        evidence = pieces.of_finding(finding, snapshot, _places(finding.code))
        if finding.code == network.clock.code and material.manifest:
            shown = f"{_CLOCK_KEY} = {material.clock_ahead_seconds}"
            evidence = (pieces.piece(material.manifest, None, shown),)
        if not evidence and judged.started is not None:
            events, files = material.reading.events, material.reading.event_files
            evidence = (pieces.of_event(events[judged.started], files[judged.started]),)
        if evidence:
            yield _problem(finding, weight, evidence)
    if judged.machine.branch is not branches.WINDOWS_10:
        sure = Confidence.CERTAIN if judged.windows_known else Confidence.LIKELY  # Windows 10 needs no add-in
        yield from (replace(each, sure=sure) for each in _of_registration(snapshot))
    if key := snapshot.key(provider.PROVIDER):
        found = key.values.get(provider.ENABLE_LOGGING.lower())
        if found and found.value and found.value.number:
            yield own(VERBOSE, _VERBOSE, (pieces.of_value(key, found),))


def own(code: str, says: Declared[[]], evidence: tuple[Piece, ...]) -> Problem:
    """A problem of ours that has no parameters."""
    weight = OWN[code]
    return Problem(code, says(), says.remedy(), weight.owner, weight.prevents, weight.sure, evidence)


def _problem(finding: Finding, weight: Weight, evidence: tuple[Piece, ...]) -> Problem:
    return Problem(finding.code, finding.message, finding.remedy, weight.owner, weight.prevents, weight.sure, evidence)


def _weight(finding: Finding) -> Weight | None:
    """A finding that is newer than this program counts for what the check made of it: it is not ours to judge."""
    return FINDINGS.get(finding.code)


def _of_tls(judged: Judged) -> Confidence:
    """Off is off; by default only is doubtful; and where nobody knows which Windows it is, so is what that means."""
    machine = judged.machine
    verdict = settings.judge(judged.survey.tls, machine.branch, machine.architecture).verdict
    if verdict is Verdict.DEFAULT:
        return Confidence.UNCLEAR
    return Confidence.CERTAIN if judged.windows_known or verdict is Verdict.HARD_OFF else Confidence.LIKELY


def _of_registration(snapshot: Snapshot) -> Iterator[Problem]:
    key, server = Place(provider.PROVIDER), Place(provider.INPROC_SERVER)
    if not snapshot.holds(key.key):
        if absent := pieces.of_absence(snapshot, key):
            yield own("add_in_absent", _ABSENT, (absent,))
    elif not snapshot.holds(server.key) and (absent := pieces.of_absence(snapshot, server)):
        yield own("add_in_without_class", _WITHOUT_CLASS, (absent,))


def _places(code: str) -> tuple[Place, ...]:
    kind = KINDS[code]
    asked = (command.place for fact in kind.rests_on for command in fact.commands if command.place)
    return (*asked, *kind.numbers)
