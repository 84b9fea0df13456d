"""Records of the audit log of Microsoft Entra ID as all its exports have them, and how their cells are read.

Names of services and activities are what Graph filters by (`$filter … eq`): they are compared whole, as identifiers,
and never searched.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

from orchestrator.harvest.timeline import shorten
from orchestrator.model.errors import DocumentError
from orchestrator.model.host import in_one_form
from orchestrator.model.showable import printable

T = TypeVar("T")

SERVICES: Final = frozenset({"self-service password management", "sspr"})
"""What the service of password reset is called, in lower case."""
OF_SIGNED_IN: Final = frozenset({"change password (self-service)", "user registered for self-service password reset"})
"""Its activities that are no part of a reset: their user has logged on."""
MOST: Final = 50_000
"""Records of password reset that are kept: with all their texts at their longest some 100 MB."""
LONGEST_REASON: Final = 1_000
LONGEST_NAME: Final = 200
HOW_TO_EXPORT: Final = (
    "in the Microsoft Entra admin center choose Monitoring & health > Audit logs, set the filter Service to"
    " Self-service Password Management, and download it as JSON"
)
_GUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TIME: Final = re.compile(
    r"(?P<second>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?P<fraction>\.\d{1,9})?(?P<zone>Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_RESULTS: Final = {"success": True, "failure": False, "timeout": False}
"""Of the enumeration operationResult; it has `unknownFutureValue`, too."""


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One step of a user in the service of password reset. All texts are on one line, without control characters.

    Attributes:
        utc: When it was.
        correlation: What the steps of one attempt have in common: a GUID, in lower case.
        user: Who, by the name that the log has; empty where it has none.
        address: The IP address that it came from, in one form; None where the log has none.
        activity: What it was, by the log's name of it.
        succeeded: How it ended; None where that cannot be told.
        reason: `resultReason`.
        id: The log's own of this record; empty where the export has none.
        file: The file's name.
        place: The number of the line on which it begins.
    """

    utc: datetime
    correlation: str
    user: str
    address: str | None
    activity: str
    succeeded: bool | None
    reason: str
    id: str
    file: str
    place: int


@dataclass(frozen=True)
class Audit:
    """What an export holds.

    Attributes:
        records: Of password reset, each once, in the order of time.
        others: How many records it has of other matters.
        lost: How many could not be read.
        continues: Whether Graph has more pages, which are not in this file.
        by_shape: Whether the service was told by what its records look like, as its name was not in the file: another
            service's, of the same shape, may be among them.
    """

    records: tuple[AuditRecord, ...] = ()
    others: int = 0
    lost: int = 0
    continues: bool = False
    by_shape: bool = False


def in_order(records: Iterable[AuditRecord]) -> tuple[AuditRecord, ...]:
    """In the order of time, each once; those of one moment as they were."""
    once: dict[object, AuditRecord] = {}
    for record in records:
        once.setdefault(record.id or replace(record, file="", place=0), record)
    return tuple(sorted(once.values(), key=lambda record: record.utc))


def oldest_first(listed: Sequence[T], time: Callable[[T], datetime]) -> list[T]:
    """An export in the order of time: where its newest stand first, those of one moment stand backwards, too."""
    backwards = bool(listed) and time(listed[0]) > time(listed[-1])
    return sorted(reversed(listed) if backwards else listed, key=time)


def is_guid(text: str) -> bool:
    return _GUID.fullmatch(text) is not None


def moment(text: str) -> datetime | None:
    """A time of ISO 8601 in UTC, which it is in where it names no zone; None where it is none."""
    found = _TIME.fullmatch(text.strip())
    if not found:
        return None
    zone = found["zone"] if found["zone"] not in (None, "Z") else "+00:00"
    try:
        return datetime.fromisoformat(found["second"] + (found["fraction"] or "")[:7] + zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def address(text: str) -> str | None:
    """An IP address in one form; None where it is none."""
    try:
        return in_one_form(str(ipaddress.ip_address(text.strip())))
    except ValueError:
        return None


def result(text: str) -> bool | None:
    """How a step ended, by the name of a result."""
    return _RESULTS.get(text.casefold())


def told(text: object, longest: int = LONGEST_NAME) -> str:
    """A text of a record as it may be shown; empty where there is none."""
    return shorten(printable(text[: 2 * longest]), longest) if isinstance(text, str) else ""


def too_many(path: Path) -> DocumentError:
    return DocumentError(
        path, None, f"holds more than {MOST:,} records of password reset; export a shorter time, or one user alone"
    )
