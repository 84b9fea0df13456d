"""What people are told of a run who did not watch it: a title and at most eleven lines, for whatever receives them.

Names and reasons come from hosts. So each line is bounded, and nothing in it is an order or markup to the receiving
side: no `@here`, no `<!channel>`, no link.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from orchestrator.console.groups import Group, group
from orchestrator.console.headline import headline
from orchestrator.console.words import SHOWN_ORDER, counted, duration, machines, names, one_line, wording
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import RunResult

LINES: Final = 12
"""The title among them, which some receivers put above the text."""
LONGEST: Final = 150
"""Characters of a line: all lines together stay below the 2,000 that Discord takes."""
_CAUSES: Final = 4
_REMEDIES: Final = 2
_NAMES: Final = 1
_HARMLESS: Final = (
    ("@", "\N{FULLWIDTH COMMERCIAL AT}"),  # mentions, also of Teams and Mattermost
    ("<", "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}"),  # HTML, Slack's mentions and links
    (">", "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"),
    ("](", "] ("),  # Markdown's links
    ("://", ": //"),  # what receivers make a link of by themselves
)


class GoesOn(Enum):
    """How a run that has ended is gone on with."""

    NOT = ""
    BY_RESUME = "; go on with `sspr runs resume {run}`"
    BY_RESUME_DETACHED = "; go on with `sspr runs resume {run} --detach`"
    BY_WORKER = "; its worker tries again by itself"


@dataclass(frozen=True)
class Notice:
    """A text for people elsewhere.

    Attributes:
        title: One line.
        lines: What follows it.
    """

    title: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def notice(result: RunResult, goes_on: GoesOn) -> Notice:
    """How a run has ended, what keeps most of its hosts from being done, and what to do next.

    Args:
        result: What it came to.
        goes_on: How it is gone on with.
    """
    check = " --check" if result.check else ""
    title = f"sspr: {result.playbook}{check}: {result.state}"
    return Notice(_harmless(title), tuple(map(_harmless, _lines(result, goes_on))))


def _lines(result: RunResult, goes_on: GoesOn) -> Iterator[str]:
    causes = _causes(result)
    took = duration((result.finished - result.started).total_seconds())
    yield headline(result)
    yield ", ".join(_counts(result))
    yield f"run {result.id}: {result.state} after {took}"
    yield from (_cause(each, check=result.check) for each in causes[:_CAUSES])
    if left := causes[_CAUSES:]:
        hosts = machines(sum(len(each.hosts) for each in left))
        yield f"… and {hosts} for {counted(len(left), 'more reason', 'more reasons')}"
    remedies = dict.fromkeys(remedy for each in causes for remedy in each.remedies_of_their_own)
    yield from (f"To do: {remedy}" for remedy in list(remedies)[:_REMEDIES])
    yield f"See `sspr runs show {result.id}`{goes_on.value.format(run=result.id)}"


def _counts(result: RunResult) -> Iterator[str]:
    count = result.summary
    for outcome in SHOWN_ORDER:
        if outcome in count:
            yield f"{count[outcome]:,} {wording(outcome, check=result.check).label}"


def _causes(result: RunResult) -> Sequence[Group]:
    """Why hosts are not fine, the most frequent first; before it what has stopped the run, where something has."""
    causes = [each for each in group(result.hosts) if not each.outcome.fine]
    stopped = result.state != "finished"
    return sorted(causes, key=lambda each: (not (stopped and each.outcome is Outcome.CANCELLED), -len(each.hosts)))


def _cause(each: Group, *, check: bool) -> str:
    """The names stand before the reason, which may be cut."""
    label = wording(each.outcome, check=check).label
    return f"{machines(len(each.hosts))} {label} ({names(each.names, _NAMES)}): {each.reason}"


def _harmless(line: str) -> str:
    line = one_line(line)
    for told, shown in _HARMLESS:
        line = line.replace(told, shown)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
