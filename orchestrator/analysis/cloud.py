"""A case with what the directory's audit log says of resets on its machine."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from orchestrator.analysis import verdict
from orchestrator.analysis.attempts import attempts
from orchestrator.analysis.problem_table import OWN
from orchestrator.harvest.audit_record import AuditRecord
from orchestrator.harvest.timeline import shorten
from orchestrator.model.case import Answer, Attempt, Case, CaseFile, Lane, Moment, Problem
from orchestrator.model.message import message

_LEVELS: Final = {True: 4, False: 2, None: 3}
_LABELS: Final = {
    True: "Password reset in the directory",
    False: "The directory refused a reset",
    None: "A reset in the directory, whose end is not told",
}
_LONGEST: Final = 400
_REFUSED: Final = "directory_refused"


@message("problem-directory-refused", remedy=True)
def _refused(user: str, reason: str) -> None:
    """The newest reset that is told failed, for this reason."""


def with_attempts(
    case: Case,
    records: Collection[AuditRecord],
    files: tuple[CaseFile, ...],
    addresses: Collection[str],
    user: str | None,
) -> Case:
    """The case with those resets that are its machine's, or this user's; see `attempts` for how that is told.

    Args:
        case: Made of the machine's files.
        records: Of the audit log.
        files: The exports that they are from.
        addresses: By which the machine's network reaches the internet.
        user: Whose resets are told, whichever machine they are of; None for those of the machine.
    """
    joined = attempts(records, addresses, case.timeline, user=user)
    timeline = (*case.timeline, *(_moment(each, case.zone_minutes) for each in joined.attempts))
    problems = verdict.ranked((*case.problems, *_problems(joined.attempts)))
    answer, says = case.answer, case.verdict
    if len(problems) > len(case.problems) and answer is not Answer.NO:
        answer, says = verdict.answer(problems, ())
    return replace(
        case,
        answer=answer,
        verdict=says,
        problems=problems,
        questions=verdict.questions(answer),
        attempts=joined.attempts,
        attempts_left_out=joined.left_out,
        timeline=tuple(sorted(timeline, key=lambda moment: moment.utc)),
        files=(*case.files, *files),
    )


def _problems(told: Collection[Attempt]) -> Iterator[Problem]:
    """That the directory refused the newest of these resets; one that succeeded makes up for those before."""
    newest = max((each for each in told if each.succeeded is not None), key=lambda each: each.utc, default=None)
    if newest is not None and not newest.succeeded:
        says, weight = (newest.user, newest.reason), OWN[_REFUSED]
        remedy = _refused.remedy(*says)
        yield Problem(_REFUSED, _refused(*says), remedy, weight.owner, weight.prevents, weight.sure, (newest.at,))


def _moment(attempt: Attempt, zone_minutes: int | None) -> Moment:
    local = None if zone_minutes is None else (attempt.utc + timedelta(minutes=zone_minutes)).replace(tzinfo=None)
    details = shorten(": ".join(filter(None, (attempt.user, attempt.reason))), _LONGEST)
    return Moment(
        attempt.utc, local, Lane.CLOUD, _LEVELS[attempt.succeeded], _LABELS[attempt.succeeded], details, attempt.at
    )
