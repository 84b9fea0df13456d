"""Puts a case together: what was read of one machine's files becomes one answer with its evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestrator.analysis import event_problems, finding_problems, story, verdict
from orchestrator.analysis.finding_problems import VERBOSE
from orchestrator.analysis.judged import Judged, judge
from orchestrator.analysis.look import Look
from orchestrator.analysis.material import Material
from orchestrator.model.case import Case, Problem
from orchestrator.model.message import Message
from orchestrator.model.preflight import PreflightDetail
from orchestrator.model.showable import printable
from orchestrator.windows import branches
from orchestrator.windows.provider import EVENT_SOURCE


def analyse(material: Material) -> Case:
    """What the files of one machine say of password reset on it.

    A look at the machine (`check.json`) goes before what exported keys tell, which goes no further; both are judged by
    the preflight's own judges. Events, and logs of Windows Installer, come beside.
    """
    reading = material.reading
    judged = judge(reading.registry, reading.events, material.clock_ahead_seconds)
    look = material.learned
    installations = tuple(event_problems.installation(file, log) for file, log in sorted(reading.install_logs.items()))
    add_in_there = _add_in_there(look.learned if look else None, judged, material)
    needed = not _is_windows_10(look.learned if look else None, judged)
    problems = verdict.ranked(
        _each_once(
            [
                *(each for each in _of_findings(material, judged, look) if not _is_capture(each, material)),
                *event_problems.of_events(material, judged),
                *(
                    event_problems.of_installations(material, installations, add_in_there=add_in_there)
                    if needed
                    else ()
                ),
            ]
        )
    )
    missing = _missing(look.learned if look else None, judged, add_in_there)
    answer, says = verdict.answer(problems, missing)
    told = story.told(material)
    return Case(
        host=material.host,
        computer_name=_computer_name(material, judged),
        windows=_windows(look.learned if look else None, judged),
        taken=material.taken,
        zone_minutes=told.zone_minutes,
        clock_ahead_seconds=material.clock_ahead_seconds,
        answer=answer,
        verdict=says,
        problems=problems,
        questions=verdict.questions(answer),
        installations=installations,
        timeline=told.moments,
        left_out=told.left_out,
        files=material.files,
    )


def _of_findings(material: Material, judged: Judged, look: Look | None) -> Iterator[Problem]:
    if look and look.learned:
        yield from finding_problems.of_look(look, look.learned)
    else:
        yield from finding_problems.of_exports(material, judged)


def _is_capture(problem: Problem, material: Material) -> bool:
    """Whether it is what a capture was to do, and takes back by itself."""
    return material.captured and problem.code == VERBOSE


def _each_once(problems: Sequence[Problem]) -> list[Problem]:
    """Of several with the same code and words, the first."""
    return list({(each.code, each.says): each for each in reversed(problems)}.values())[::-1]


def _add_in_there(learned: PreflightDetail | None, judged: Judged, material: Material) -> bool | None:
    """Whether the add-in is registered and its file is there; None where that is not known.

    Where it is listed as a provider, events of its own prove that it is loaded, and so that its file is there.
    """
    if learned is not None and learned.addin is not None:
        return learned.addin.installed
    spoke = any(event.provider.lower() == EVENT_SOURCE.lower() for event in material.reading.events)
    if spoke and judged.survey.provider.key is not None:
        return True
    return False if judged.add_in_known and not judged.survey.provider.registered else None


def _is_windows_10(learned: PreflightDetail | None, judged: Judged) -> bool:
    """Whether Windows itself has password reset, and needs no add-in."""
    if learned is not None and learned.machine is not None:
        return learned.machine.branch == branches.WINDOWS_10.name
    return judged.machine.branch is branches.WINDOWS_10


def _missing(learned: PreflightDetail | None, judged: Judged, add_in_there: bool | None) -> list[Message]:
    """What would have to be known for a yes."""
    if learned is not None:
        known_tls = bool(learned.tls12 and learned.tls12.verdict)
        known_policy = learned.windows10 is not None
        registered = learned.addin is not None
    else:
        known_tls, known_policy, registered = judged.tls_known, judged.policy_known, judged.add_in_known
    missing = [] if known_tls else [verdict.MISSING_TLS]
    if _is_windows_10(learned, judged):
        return missing if known_policy else [*missing, verdict.MISSING_POLICY]
    if add_in_there is None:
        missing.append(verdict.MISSING_FILE if registered else verdict.MISSING_ADD_IN)
    return missing


def _computer_name(material: Material, judged: Judged) -> str | None:
    look = material.learned
    if look and look.learned and look.learned.machine and look.learned.machine.computer_name:
        return printable(look.learned.machine.computer_name)
    if judged.machine.computer_name != "unknown":
        return printable(judged.machine.computer_name)
    events = material.reading.events
    return next((printable(event.computer) for event in reversed(events) if event.computer), None)


def _windows(learned: PreflightDetail | None, judged: Judged) -> str | None:
    if learned is not None:
        return printable(learned.machine.title) if learned.machine and learned.machine.title else None
    if not judged.windows_known:
        return None
    title, architecture = judged.machine.title, judged.machine.architecture
    return printable(title if judged.architecture_known else title.removesuffix(f" {architecture}"))
