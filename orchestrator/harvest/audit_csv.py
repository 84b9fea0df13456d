"""Reads the CSV file of the audit log that the Microsoft Entra admin center gives, in any language.

It says what each column is in its first row, in the language of whoever downloaded it. So that row is not read, but
what stands below. The columns of an English one, as published by somebody with a download of 2024 (read in code that
reads it; others have no `User Agent`):

    Date (UTC), CorrelationId, Service, Category, Activity, Result, ResultReason, User Agent, ActorType,
    ActorDisplayName, ActorObjectId, ActorUserPrincipalName, IPAddress, ActorHomeTenantId, …, Target1Type,
    Target1DisplayName, Target1ObjectId, Target1UserPrincipalName, …, AdditionalDetail1Key, …

A Spanish one has some of these names translated (a reader of both that somebody published). So, by place and content:
the time is the first column of times of ISO 8601, the correlation the first one of GUIDs, with service, category,
activity, result and reason right behind it; the address is the first one of IP addresses, and the user the last one of
user principal names before that. A user who resets the own password acts on the own object, whose GUID so stands there
twice.

Whether the service's name is translated was seen in no language but Portuguese, where it is not. Where no row has it,
attempts are told by their shape: several steps of one user on the own account, from an address. What the words for
success and failure are, the attempts tell: a step behind which there is another one has mostly succeeded.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, Final

from orchestrator.harvest import audit_record as audit
from orchestrator.harvest.audit_record import HOW_TO_EXPORT, Audit, AuditRecord, told
from orchestrator.harvest.text import encoding_of, pieces
from orchestrator.model.errors import DocumentError
from orchestrator.model.spreadsheet import Delimiter

_LONGEST_LINE: Final = 1024 * 1024
"""Characters: each of some 130 cells may hold a changed property."""
_LOOKED_AT: Final = 200
"""Rows by which the columns are told."""
_FEWEST_VOTES: Final = 2
_BEHIND_CORRELATION: Final = 5
_MOST_RESULTS: Final = 6
"""Different words in the column of results; there are four."""


@dataclass(frozen=True)
class _Columns:
    """Where things stand; None where no column is it."""

    time: int
    correlation: int
    address: int | None
    user: int | None

    @property
    def service(self) -> int:
        return self.correlation + 1

    @property
    def activity(self) -> int:
        return self.correlation + 3

    @property
    def result(self) -> int:
        return self.correlation + 4

    @property
    def reason(self) -> int:
        return self.correlation + _BEHIND_CORRELATION


@dataclass(frozen=True, slots=True)
class _Row:
    """A step as it stands there.

    Attributes:
        on_itself: Whether the user has acted on the own object.
        of_another: Whether somebody else has, or what the user did is no reset.
    """

    record: AuditRecord
    service: str
    result: str
    on_itself: bool
    of_another: bool


def read(path: Path, file: BinaryIO) -> Audit:
    """An export.

    Raises:
        DocumentError: It is none, has no row, or more of password reset than are kept.
        OSError: It cannot be read.
    """
    rows = _rows(path, file)
    next(rows, None)
    sample = list(islice(rows, _LOOKED_AT))
    columns = _columns([row for _, row in sample]) if sample else None
    if columns is None:
        raise DocumentError(
            path, None, f"is no audit log that is known, or was changed by a spreadsheet; {HOW_TO_EXPORT}"
        )
    named: list[_Row] = []
    unnamed: list[_Row] = []
    others = lost = 0
    for line, row in chain(sample, rows):
        step = _step(row, columns, path.name, line)
        if step is None:
            lost += 1
        elif step.of_another:
            others += 1
        elif step.service.casefold() in audit.SERVICES:
            named.append(step)
        elif step.on_itself and not named and step.record.address and len(unnamed) <= audit.MOST:
            unnamed.append(step)
        else:
            others += 1
        if len(named) > audit.MOST:
            raise audit.too_many(path)
    if not named and len(unnamed) > audit.MOST:
        raise audit.too_many(path)
    by_shape = [] if named else list(_of_several(unnamed))
    kept = named or by_shape
    return Audit(_with_results(kept), others + len(unnamed) - len(by_shape), lost, by_shape=bool(by_shape))


def _rows(path: Path, file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """Each row that holds something, with the number of the line on which it begins. Raises DocumentError."""
    line = 0
    try:
        lines = _lines(file)
        beginning = next(lines, "")
        if beginning.startswith("sep="):  # Excel's own line, which others write for it
            line, beginning = 1, next(lines, "")
        delimiter = max(Delimiter, key=lambda one: beginning.count(one.sign))
        for row in csv.reader(chain([beginning], lines), delimiter=delimiter.sign):
            begin = line + 1
            line = begin + sum(cell.count("\n") for cell in row)
            if any(row):
                yield begin, row
    except (csv.Error, ValueError):
        raise DocumentError(path, line + 1, f"is no table that can be read from here on; {HOW_TO_EXPORT}") from None


def _lines(file: BinaryIO) -> Iterator[str]:
    """Each line with its end. Raises ValueError for one that is too long."""
    waiting = ""
    for part in pieces(file, encoding_of(file)):
        *ended, waiting = (waiting + part).split("\n")
        yield from (line + "\n" for line in ended)
        if len(waiting) > _LONGEST_LINE:
            raise ValueError("a line without an end")
    if waiting:
        yield waiting


def _columns(rows: Sequence[Sequence[str]]) -> _Columns | None:
    """Where things stand, by what stands there; None where it is another table."""
    width = max(map(len, rows))
    cells = [[row[number].strip() for row in rows if number < len(row)] for number in range(min(width, 256))]

    def first(fits: Callable[[str], object], numbers: Iterable[int]) -> int | None:
        return next((number for number in numbers if _all(cells[number], fits)), None)

    time = first(audit.moment, range(len(cells)))
    correlation = first(audit.is_guid, range(len(cells)))
    if time is None or correlation is None or len(cells) <= correlation + _BEHIND_CORRELATION:
        return None
    following = cells[correlation + 1 : correlation + _BEHIND_CORRELATION]
    if not all(all(column) for column in following) or len(set(following[-1])) > _MOST_RESULTS:
        return None
    behind = range(correlation + _BEHIND_CORRELATION + 1, len(cells))
    address = first(audit.address, behind)
    before = range(behind.start, address) if address is not None else behind
    user = first(lambda cell: "@" in cell, reversed(before) if address is not None else before)
    return _Columns(time, correlation, address, user)


def _all(column: Sequence[str], fits: Callable[[str], object]) -> bool:
    held = [cell for cell in column if cell]
    return bool(held) and all(map(fits, held))


def _step(row: Sequence[str], columns: _Columns, file: str, line: int) -> _Row | None:
    """What a row says; None where it cannot be read."""

    def cell(number: int | None) -> str:
        return row[number].strip() if number is not None and number < len(row) else ""

    utc, correlation = audit.moment(cell(columns.time)), cell(columns.correlation).lower()
    if utc is None or not audit.is_guid(correlation):
        return None
    activity = told(cell(columns.activity))
    objects = [one.strip().lower() for one in row[columns.reason + 1 :] if audit.is_guid(one.strip())]
    on_itself = len(set(objects)) < len(objects)
    return _Row(
        AuditRecord(
            utc=utc,
            correlation=correlation,
            user=told(cell(columns.user)),
            address=audit.address(cell(columns.address)),
            activity=activity,
            succeeded=None,
            reason=told(cell(columns.reason), audit.LONGEST_REASON),
            id="",
            file=file,
            place=line,
        ),
        service=told(cell(columns.service)),
        result=told(cell(columns.result)),
        on_itself=on_itself,
        of_another=activity.casefold() in audit.OF_SIGNED_IN or (len(objects) > 1 and not on_itself),
    )


def _of_several(rows: Iterable[_Row]) -> Iterator[_Row]:
    """Those that are one of several steps of the same user from the same address."""
    flows: dict[tuple[str, str], list[_Row]] = defaultdict(list)
    for row in rows:
        flows[row.record.correlation, row.service].append(row)
    for flow in flows.values():
        if len(flow) > 1 and len({(row.record.user, row.record.address) for row in flow}) == 1:
            yield from flow


def _with_results(rows: Sequence[_Row]) -> tuple[AuditRecord, ...]:
    """The records in the order of time, with how each ended."""
    steps = audit.oldest_first(rows, lambda row: row.record.utc)
    results = _results(steps)
    return audit.in_order(replace(step.record, succeeded=results.get(step.result)) for step in steps)


def _results(steps: Sequence[_Row]) -> dict[str, bool]:
    """What the words for results mean: by their own names, or else by what comes behind them in an attempt."""
    words = {step.result for step in steps}
    if known := {word: ended for word in words if (ended := audit.result(word)) is not None}:
        return known
    votes: Counter[str] = Counter()
    last: dict[str, str] = {}
    for step in steps:
        attempt = step.record.correlation
        if attempt in last:
            votes[last[attempt]] += 1
        last[attempt] = step.result
    for word, count in votes.most_common(1):
        if count >= _FEWEST_VOTES and 3 * count >= 2 * votes.total():
            return {one: one == word for one in words}
    return {}
