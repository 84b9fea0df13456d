"""Findings about what a host would not tell: the rest of what it was asked is judged all the same."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.finding import Finding, Severity
from orchestrator.model.showable import printable
from orchestrator.windows.command import LONGEST_WORDS, Evidence, Sureness
from orchestrator.windows.readiness.finding import Policy, finding
from orchestrator.windows.readiness.survey import Survey


@finding(
    "not_known",
    Severity.WARN,
    where="everything that a preflight asks",
    source=Evidence("what is not known may be in the way", Sureness.INFERRED),
)
def not_known(about: str, words: str | None) -> None:
    """The host refused a question, or did not come to the end of it."""


def findings(survey: Survey, _: Policy) -> Iterator[Finding]:
    """One for each place or command, with the host's own words."""
    for about, words in dict.fromkeys((each.about, each.words) for each in survey.unknown):
        shown = printable(words)[:LONGEST_WORDS]
        yield not_known.found({about: shown or None}, about, shown or None)
