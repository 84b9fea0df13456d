"""How outcomes, counts and durations are said to people, and how text that came from a host is made safe to show."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.model.outcome import Outcome
from orchestrator.model.result import RunResult


@dataclass(frozen=True)
class Wording:
    """How one outcome is shown.

    Attributes:
        label: The word for it.
        meaning: One sentence for a reader who has never seen the tool.
        mark: One sign that stands beside the word, so that colour is never the only difference.
        style: A rich style.
    """

    label: str
    meaning: str
    mark: str
    style: str


_WORDINGS = {
    Outcome.CHANGED: Wording("changed", "The machine was changed, and a second look verified it.", "✓", "bright_green"),
    Outcome.OK: Wording("ok", "Everything was as wanted already; nothing was changed.", "✓", "green"),
    Outcome.REBOOT_PENDING: Wording(
        "restart pending", "All is done but for a restart that nobody has asked for yet.", "↻", "cyan"
    ),
    Outcome.SKIPPED: Wording(
        "skipped", "A condition of the playbook left the machine out; there was nothing to do.", "-", "bright_black"
    ),
    Outcome.CANCELLED: Wording(
        "cancelled",
        "The run was stopped before this machine was finished; the next run takes it up.",
        "■",
        "bright_black",
    ),
    Outcome.BLOCKED: Wording(
        "blocked",
        "Not done, or not all of it, because of the state the machine is in; a person has to decide.",
        "!",
        "yellow",
    ),
    Outcome.UNREACHABLE: Wording(
        "unreachable",
        "No conversation came about, and nothing was begun; what earlier steps of the run did is done.",
        "∅",
        "magenta",
    ),
    Outcome.UNKNOWN: Wording(
        "unknown",
        "The connection was lost in the middle of a change, and looking again was not possible.",
        "?",
        "bright_magenta",
    ),
    Outcome.FAILED: Wording("failed", "It was tried and did not succeed.", "✕", "red"),
}
_WOULD_CHANGE = Wording(
    "would change", "The machine would be changed; this was check mode, so it was not touched.", "✓", "bright_green"
)
SHOWN_ORDER = tuple(_WORDINGS)
"""Outcomes from left to right, where all are shown side by side: what went well first."""


def wording(outcome: Outcome, *, check: bool) -> Wording:
    """How an outcome is shown; under `--check`, `changed` is said as "would change"."""
    return _WOULD_CHANGE if check and outcome is Outcome.CHANGED else _WORDINGS[outcome]


def needs_person(outcome: Outcome) -> bool:
    """Whether the next run alone will not put it right."""
    return outcome.gravity >= Outcome.BLOCKED.gravity


def counted(count: int, singular: str, plural: str) -> str:
    """`1 machine`, `1,200 machines`."""
    return f"{count:,} {singular if count == 1 else plural}"


def machines(count: int) -> str:
    return counted(count, "machine", "machines")


def duration(seconds: float) -> str:
    """As in `0.4 s`, `12 s`, `3 min 20 s`, `2 h 05 min`."""
    if seconds < 9.95:  # noqa: PLR2004 - below ten seconds the tenth matters
        return f"{max(seconds, 0.0):.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def headline(result: RunResult) -> str:
    """The run in one sentence, as in `181 of 200 machines are done; 12 need a person`."""
    count = Counter(result.summary)
    people = sum(count[outcome] for outcome in Outcome if needs_person(outcome))
    foremost = _foremost(len(result.hosts), count, check=result.check)
    return f"{foremost}; {counted(people, 'needs a person', 'need a person')}" if people else foremost


def remainder(result: RunResult) -> str:
    """Those that the headline leaves out, as in `7 wait for a restart, 1 was left out`; may be empty."""
    count = Counter(result.summary)
    clauses = [
        (count[Outcome.REBOOT_PENDING], "waits for a restart", "wait for a restart"),
        (count[Outcome.SKIPPED], "was left out", "were left out"),
        (count[Outcome.CANCELLED], "was not finished", "were not finished"),
    ]
    return ", ".join(counted(number, singular, plural) for number, singular, plural in clauses if number)


def _foremost(total: int, count: Counter[Outcome], *, check: bool) -> str:
    if total == 0:
        return "No machine was selected"
    if check and count[Outcome.CHANGED]:
        changing = counted(count[Outcome.CHANGED], "would be changed", "would be changed")
        return f"{_share(count[Outcome.OK], total)} in order already; {changing}"
    nothing_done = not (count[Outcome.CHANGED] or count[Outcome.REBOOT_PENDING])
    return f"{_share(count[Outcome.OK] + count[Outcome.CHANGED], total)} {'in order' if nothing_done else 'done'}"


def _share(part: int, total: int) -> str:
    if part == total > 1:
        return f"All {total:,} machines are"
    return f"{part:,} of {machines(total)} {'is' if 1 in {part, total} else 'are'}"


def names(hosts: Sequence[str], limit: int) -> str:
    """As in `PC-001, PC-002 … and 38 more`; one name over the limit is named rather than counted."""
    if len(hosts) <= limit + 1:
        return ", ".join(hosts)
    return f"{', '.join(hosts[:limit])} … and {len(hosts) - limit:,} more"


_ESCAPE_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
_UNSHOWABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 and C1 controls but tab and newline
    "\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"  # invisible, or turning the reading direction
    "\ud800-\udfff]"  # lone surrogates, which no encoding takes
)


def clean(text: str) -> str:
    """A host's text without control sequences, control characters and direction overrides; lines are kept."""
    return _UNSHOWABLE.sub("", _ESCAPE_SEQUENCE.sub("", text).replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """`clean`, with every run of white space made one space."""
    return " ".join(clean(text).split())
