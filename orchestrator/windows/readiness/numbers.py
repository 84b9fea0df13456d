"""The finding about values of the registry that are no numbers where Windows reads one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestrator.model.finding import Finding, Severity
from orchestrator.model.message import Message
from orchestrator.windows import numbers
from orchestrator.windows.command import Evidence, Place, Sureness
from orchestrator.windows.readiness.finding import finding
from orchestrator.windows.readiness.survey import Survey


@finding(
    "not_a_number",
    Severity.WARN,
    where="the types of all numbers that are read of the registry",
    source=Evidence(
        "that Windows passes over what is no REG_DWORD where it reads one, known from experience", Sureness.REMEMBERED
    ),
    rests_on=(numbers.MISTYPED,),
    numbers=numbers.VERBOSE,
)
def not_a_number(values: tuple[Message, ...]) -> None:
    """Settings have a type by which they mean nothing."""


def findings(survey: Survey, concerned: Sequence[Place]) -> Iterator[Finding]:
    """What is no number among the values that findings about this host rest on, even where others are not known."""
    wrong = survey.among_mistyped(concerned)
    if wrong:
        told = tuple(numbers.mistyped(place.value or "", value) for place, value in wrong.items())
        seen = {rf"{place.key}\{place.value}": value.as_number for place, value in wrong.items()}
        yield not_a_number.found(seen, told)
