"""The first page of a bundle: what a support person wants to know before anything else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from orchestrator.harvest.event_meanings import STARTED, installer_result, label
from orchestrator.harvest.eventlog import EventRecord
from orchestrator.harvest.manifest import Origin, Since, Taken
from orchestrator.harvest.msi_verdict import MsiLogVerdict
from orchestrator.harvest.reading import Reading
from orchestrator.harvest.timeline import details, shorten
from orchestrator.model import beyond_machine
from orchestrator.model.showable import printable
from orchestrator.sentences import say
from orchestrator.windows import exit_codes, windows10
from orchestrator.windows.provider import EVENT_SOURCE, PROVIDER

_ERROR = 2
_ERRORS_SHOWN = 10
_LONGEST_DETAIL = 300
_LABEL_WIDTH = 20
_NO_NUMBER = "is there, but is no number (REG_DWORD)"
_CLOCK_SHOWN = 5
"""Seconds."""
_TIME = "%Y-%m-%d %H:%M:%S UTC"


def write(origin: Origin, reading: Reading, missing: Iterable[str], sources: Sequence[Taken] = ()) -> bytes:
    """The text of summary.txt.

    Args:
        origin: Where and when the files were taken.
        reading: What they say.
        missing: The files that were asked for and did not come.
        sources: What was asked for and what became of it.
    """
    lines = [
        f"Logs of the SSPR add-in from {printable(origin.host)}",
        f"Taken {origin.taken:{_TIME}} in run {origin.run_id}. Event times are UTC by the host's own clock.",
        *_clock(origin.clock_ahead_seconds),
        *_since(origin.since),
        "",
        *_row("Verbose logging", _verbose(reading)),
        *_row("Windows 10's own", *_windows_10(reading)),
        *_row("Add-in events", _span(_of_add_in(reading.events))),
        *_row("Last start", _last_start(reading.events)),
        *_row("Last install", _last_install(reading.events)),
    ]
    for name, verdict in reading.install_logs.items():
        lines += _row(shorten(name, _LABEL_WIDTH - 2), *_log(verdict))
    lines += ["", *_errors(reading)]
    if absent := sorted(missing):
        lines += ["", "Not on the host, or empty there:", *(f"  {name}" for name in absent)]
    if cut := [f"  {each.name}: {note}" for each in sources for note in each.notes]:
        lines += ["", "Not all of it was taken:", *cut]
    if reading.problems:
        lines += ["", "Could not be read (the files are kept as they came):"]
        lines += [f"  {name}: {say(problem)}" for name, problem in sorted(reading.problems.items())]
    lines += _beyond_machine(reading)
    return ("\r\n".join(lines) + "\r\n").encode("utf-8", "replace")


def _clock(ahead_seconds: float | None) -> Iterator[str]:
    """How far the host's clock was off, where that is more than a Date header and a slow line may show."""
    if ahead_seconds is not None and abs(ahead_seconds) >= _CLOCK_SHOWN:
        way = "ahead of" if ahead_seconds > 0 else "behind"
        yield f"That clock was {abs(round(ahead_seconds)):,} seconds {way} the coordinator's."


def _since(earlier: Since | None) -> Iterator[str]:
    if earlier:
        yield f"Events are those that came after the logs of run {earlier.run_id}, which has the ones before."


def _beyond_machine(reading: Reading) -> Iterator[str]:
    """What to ask where the logs do not tell why; nothing where the machine offers no password reset."""
    policy = reading.registry.number(windows10.POLICY, windows10.ALLOW)
    if reading.registry.holds(PROVIDER) or policy == 1:
        yield from ("", f"{say(beyond_machine.WHEN)}:")
        yield from (f"  {say(question)}" for question in beyond_machine.QUESTIONS)


def _row(name: str, *values: str) -> Iterator[str]:
    for value in values:
        yield f"{name:<{_LABEL_WIDTH}}{value}"
        name = ""


def _verbose(reading: Reading) -> str:
    if not reading.registry.holds(PROVIDER):
        return "not known: the add-in's registry key did not come, as when the add-in is not installed"
    number = reading.registry.number(PROVIDER, "EnableLogging")
    if reading.registry.mistyped(PROVIDER, "EnableLogging"):
        return f"off (EnableLogging {_NO_NUMBER})"
    if number is None:
        return "off (EnableLogging was never set)"
    return f"{'on' if number else 'off'} (EnableLogging={number})"


def _windows_10(reading: Reading) -> Iterator[str]:
    """Nothing where its policy is not set, as on every older Windows."""
    if reading.registry.holds(windows10.POLICY):
        number = reading.registry.number(windows10.POLICY, windows10.ALLOW)
        set_to = "was never set" if number is None else f"= {number}"
        if reading.registry.mistyped(windows10.POLICY, windows10.ALLOW):
            set_to = _NO_NUMBER
        yield f"password reset is switched {'on' if number == 1 else 'off'} by policy ({windows10.ALLOW} {set_to})"


def _of_add_in(events: Iterable[EventRecord]) -> list[EventRecord]:
    return [event for event in events if event.provider.lower() == EVENT_SOURCE.lower()]


def _span(events: Sequence[EventRecord]) -> str:
    if not events:
        return "none"
    return f"{len(events)}, from {events[0].time:{_TIME}} to {events[-1].time:{_TIME}}"


def _last_start(events: Sequence[EventRecord]) -> str:
    starts = [event for event in events if (event.provider.lower(), event.event_id) in STARTED]
    return f"{starts[-1].time:{_TIME}}" if starts else "not known: no start is among the events"


def _last_install(events: Sequence[EventRecord]) -> str:
    ended = [(event, result) for event in events if (result := installer_result(event))]
    if not ended:
        return "not known: no end of an installation is among the events"
    event, (_, code) = ended[-1]
    return f"{event.time:{_TIME}}: {printable(label(event))} ({say(exit_codes.classify(code).says)})"


def _log(verdict: MsiLogVerdict) -> Iterator[str]:
    result = "no result" if verdict.result is None else f"result {verdict.result}"
    yield f"{result}: {printable(say(verdict.cause))} ({verdict.confidence})"
    if verdict.remedy:
        yield say(verdict.remedy)
    yield from (f"| {line}" for line in verdict.evidence)


def _errors(reading: Reading) -> Iterator[str]:
    """Critical and error events, the newest last, and how many more there may be."""
    errors = [event for event in reading.events if 0 < event.level <= _ERROR]
    known = sum(count for level, count in reading.unreadable.items() if level is not None and 0 < level <= _ERROR)
    unknown = reading.unreadable.get(None, 0)
    beside = [f"{known} more cannot be read"] if known else []
    beside += [f"{unknown} cannot be read and may be errors or not"] if unknown else []
    beside += ["files of events are incomplete, see below"] if reading.incomplete else []
    yield (
        f"Errors among the events: {len(errors)}"
        + "".join(f"; {each}" for each in beside)
        + (f"; the last {_ERRORS_SHOWN}:" if len(errors) > _ERRORS_SHOWN else "")
    )
    for event in errors[-_ERRORS_SHOWN:]:
        yield f"  {event.time:{_TIME}}  {printable(label(event))}: {shorten(details(event), _LONGEST_DETAIL)}"
