"""What the template of a case's page shows, worked out beforehand: cleaned here, escaped there, and of bounded size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Generic, TypeVar

from orchestrator.console.case_page.picture import Picture, picture_of
from orchestrator.console.case_words import (
    ANSWERS,
    JOINED,
    KINDS,
    LANES,
    LEVELS,
    MAY_PREVENT,
    OWNERS,
    PREVENTS,
    SURE,
    Shown,
)
from orchestrator.console.words import counted, in_units
from orchestrator.model.case import Attempt, Case, CaseFile, Installation, Moment, Piece, Problem
from orchestrator.model.message import Message
from orchestrator.model.showable import printable
from orchestrator.sentences import say

T = TypeVar("T")

_LONGEST: Final = 600
_LONGEST_SENTENCE: Final = 2_000
_MOST_PROBLEMS: Final = 60
_MOST_EVIDENCE: Final = 12
_MOST_INSTALLATIONS: Final = 60
_MOST_ATTEMPTS: Final = 200
_MOST_QUESTIONS: Final = 40
_MOST_FILES: Final = 1_000
_MOMENTS: Final = 24
"""Of the last, and of the last errors, in the table."""
_MOST_MOMENTS: Final = 1_000
_GRAVE: Final = (1, 2)
_CLOCK_SHOWN: Final = 5
"""Seconds."""


@dataclass(frozen=True)
class Time:
    """A time, in UTC and by the host's own clock; empty where that is not known."""

    utc: str
    local: str


@dataclass(frozen=True)
class PieceView:
    where: str
    text: str


@dataclass(frozen=True)
class ProblemView:
    shown: Shown
    code: str
    says: str
    remedy: str
    owner: str
    sure: str
    evidence: Sequence[PieceView]
    more: int


@dataclass(frozen=True)
class MomentView:
    time: Time
    lane: str
    shown: Shown
    label: str
    details: str
    where: str


@dataclass(frozen=True)
class InstallationView:
    file: str
    key: str
    result: str
    cause: str
    action: str
    remedy: str
    sure: str
    evidence: Sequence[PieceView]


@dataclass(frozen=True)
class AttemptView:
    time: Time
    user: str
    succeeded: bool | None
    reason: str
    address: str
    joined: str


@dataclass(frozen=True)
class FileView:
    name: str
    kind: str
    size: str
    sha256: str
    lost: str


@dataclass(frozen=True)
class Cut(Generic[T]):
    """As many of something as the page has room for, and how many more there are."""

    shown: Sequence[T]
    more: int


@dataclass(frozen=True)
class View:
    """All of it; `zone` names the host's own time, as in UTC+01:00, and is empty where it is not known."""

    host: str
    windows: str
    answer: Shown
    verdict: str
    taken: Time | None
    clock: str
    zone: str
    pseudonyms: str
    problems: Cut[ProblemView]
    questions: Sequence[str]
    picture: Picture | None
    description: str
    last: Sequence[MomentView]
    moments: Cut[MomentView]
    installations: Cut[InstallationView]
    attempts: Cut[AttemptView]
    files: Cut[FileView]


def view_of(case: Case) -> View:
    """Everything the template needs."""
    zone = case.zone_minutes
    chosen = _last(case.timeline)
    shown = case.timeline[-_MOST_MOMENTS:]
    return View(
        host=_host(case),
        windows=_line(case.windows or ""),
        answer=ANSWERS[case.answer],
        verdict=_said(case.verdict),
        taken=_time(case.taken, None, zone) if case.taken else None,
        clock=_clock(case.clock_ahead_seconds),
        zone=zone_name(zone),
        pseudonyms=", ".join(f"{count:,} {KINDS.get(kind, _line(kind))}" for kind, count in case.pseudonyms),
        problems=Cut([_problem(each) for each in case.problems[:_MOST_PROBLEMS]], _over(case.problems, _MOST_PROBLEMS)),
        questions=[_said(each) for each in case.questions[:_MOST_QUESTIONS]],
        picture=picture_of(case.timeline, zone),
        description=_description(case),
        last=[_moment(each, zone) for each in chosen],
        moments=Cut(
            [_moment(each, zone) for each in shown] if len(chosen) < len(shown) else [],
            case.left_out + _over(case.timeline, _MOST_MOMENTS),
        ),
        installations=Cut(
            [_installation(each) for each in case.installations[:_MOST_INSTALLATIONS]],
            _over(case.installations, _MOST_INSTALLATIONS),
        ),
        attempts=Cut(
            [_attempt(each, zone) for each in case.attempts[-_MOST_ATTEMPTS:]], _over(case.attempts, _MOST_ATTEMPTS)
        ),
        files=Cut([_file(each) for each in case.files[:_MOST_FILES]], _over(case.files, _MOST_FILES)),
    )


def zone_name(minutes: int | None) -> str:
    """As in UTC+01:00; empty where it is not known."""
    if minutes is None:
        return ""
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


def _over(items: Sequence[object], most: int) -> int:
    return max(0, len(items) - most)


def _line(text: str, longest: int = _LONGEST) -> str:
    line = printable(text[: 4 * longest])
    return line if len(line) <= longest else f"{line[:longest]} …"


def _said(message: Message) -> str:
    return _line(say(message), _LONGEST_SENTENCE)


def _host(case: Case) -> str:
    names = [_line(name) for name in (case.host, case.computer_name) if name]
    if len(names) == 2 and names[0].casefold() != names[1].casefold():  # noqa: PLR2004 - both are known
        return f"{names[0]} ({names[1]})"
    return names[0] if names else "a machine whose name the files do not tell"


def _time(utc: datetime, local: datetime | None, zone: int | None) -> Time:
    own = local
    if own is None and zone is not None:
        own = (utc.astimezone(UTC) + timedelta(minutes=zone)).replace(tzinfo=None)
    return Time(f"{utc.astimezone(UTC):%Y-%m-%d %H:%M:%S}", f"{own:%Y-%m-%d %H:%M:%S}" if own else "")


def _clock(ahead_seconds: float | None) -> str:
    if ahead_seconds is None or abs(ahead_seconds) < _CLOCK_SHOWN:
        return ""
    way = "ahead of" if ahead_seconds > 0 else "behind"
    seconds = counted(abs(round(ahead_seconds)), "second", "seconds")
    return f"The machine's clock was {seconds} {way} a right one, by which the UTC times are."


def _pieces(pieces: Sequence[Piece]) -> tuple[list[PieceView], int]:
    return [PieceView(_where(each), _line(each.text)) for each in pieces[:_MOST_EVIDENCE]], _over(
        pieces, _MOST_EVIDENCE
    )


def _where(piece: Piece) -> str:
    return _line(piece.file) + (f":{piece.place}" if piece.place is not None else "")


def _problem(problem: Problem) -> ProblemView:
    evidence, more = _pieces(problem.evidence)
    return ProblemView(
        shown=PREVENTS if problem.prevents else MAY_PREVENT,
        code=_line(problem.code),
        says=_said(problem.says),
        remedy=_said(problem.remedy) if problem.remedy else "",
        owner=OWNERS[problem.owner],
        sure=SURE[problem.sure],
        evidence=evidence,
        more=more,
    )


def _last(moments: Sequence[Moment]) -> list[Moment]:
    """The last ones, and the last errors before them, in the order of time."""
    first = len(moments) - _MOMENTS
    errors = [place for place, each in enumerate(moments) if each.level in _GRAVE and place < first]
    return [moments[place] for place in errors[-_MOMENTS:]] + list(moments[max(0, first) :])


def _moment(moment: Moment, zone: int | None) -> MomentView:
    return MomentView(
        time=_time(moment.utc, moment.local, zone),
        lane=LANES[moment.lane],
        shown=LEVELS.get(moment.level, LEVELS[0]),
        label=_line(moment.label),
        details=_line(moment.details),
        where=_where(moment.at),
    )


def _installation(each: Installation) -> InstallationView:
    evidence, _ = _pieces(each.evidence)
    return InstallationView(
        file=_line(each.file),
        key="ok" if each.result in {0, 3010} else "failed",
        result="no result" if each.result is None else f"result {each.result}",
        cause=_said(each.cause),
        action=_line(each.action or ""),
        remedy=_said(each.remedy) if each.remedy else "",
        sure=SURE[each.sure],
        evidence=evidence,
    )


def _attempt(attempt: Attempt, zone: int | None) -> AttemptView:
    return AttemptView(
        time=_time(attempt.utc, None, zone),
        user=_line(attempt.user),
        succeeded=attempt.succeeded,
        reason=_line(attempt.reason),
        address=_line(attempt.address or ""),
        joined=", ".join(JOINED.get(why, _line(why)) for why in attempt.joined_by),
    )


def _file(file: CaseFile) -> FileView:
    return FileView(
        name=_line(file.name),
        kind=_line(file.kind),
        size=in_units(file.bytes),
        sha256=_line(file.sha256),
        lost=_said(file.lost) if file.lost else "",
    )


def _description(case: Case) -> str:
    """The picture in words."""
    if not case.timeline:
        return ""
    errors = sum(each.level in _GRAVE for each in case.timeline)
    begin, end = (_time(case.timeline[place].utc, None, None).utc for place in (0, -1))
    told = counted(len(case.timeline), "moment", "moments")
    lanes = ", ".join(name for lane, name in LANES.items() if any(each.lane is lane for each in case.timeline))
    return f"{told} from {begin} to {end} UTC, {counted(errors, 'error', 'errors')} among them, in lanes: {lanes}."
