"""How outcomes, counts and durations are said to people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from orchestrator.model.outcome import Outcome
from orchestrator.model.showable import clean


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


_MEGABYTE: Final = 1_000_000

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
        "Not done, or not all of it, because of the state the machine is in; what comes first stands beside it.",
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
        "The connection was lost in the middle of a change or a restart, and looking again was not possible.",
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
    """Whether hosts that ended so need one, as a rule: the next run alone will not put it right."""
    return outcome.gravity >= Outcome.BLOCKED.gravity


def counted(count: int, singular: str, plural: str) -> str:
    """`1 machine`, `1,200 machines`."""
    return f"{count:,} {singular if count == 1 else plural}"


def in_units(size: int) -> str:
    """Bytes as in `640 KB`, `1.2 MB`."""
    if size < _MEGABYTE:
        return f"{-(-size // 1000):,} KB"
    return f"{size / _MEGABYTE:,.1f} MB"


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


def names(hosts: Sequence[str], limit: int) -> str:
    """As in `PC-001, PC-002 … and 38 more`; one name over the limit is named rather than counted."""
    if len(hosts) <= limit + 1:
        return ", ".join(hosts)
    return f"{', '.join(hosts[:limit])} … and {len(hosts) - limit:,} more"


def one_line(text: str) -> str:
    """`clean`, with every run of white space made one space."""
    return " ".join(clean(text).split())
