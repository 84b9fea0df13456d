"""CaptureDetail: a capture as a step has begun, found or ended it; files hold it and the console shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from orchestrator.model.clock import Moment
from orchestrator.model.detail import Detail
from orchestrator.model.result import StepRecord


@dataclass(frozen=True)
class CaptureDetail(Detail, kind="capture"):
    """A capture; None for what is not so or not known.

    Attributes:
        on: Whether one is on when the step has ended: the task that ends it is there.
        before: `EnableLogging` before the first of those who are in it.
        since: From when on, by the host's clock, UTC.
        until: Until when, likewise; of one that this run has begun, until when it wants it itself.
        there: The same as the host's clock shows it, as in `14:20`.
        overdue: Whether that has passed, and the task is there all the same.
        by: Who is in it, as in `anna on desk-1`, with the run.
        moment: When this run's own time is up, by this computer's clock.
    """

    on: bool
    before: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    there: str | None = None
    overdue: bool = False
    by: tuple[str, ...] = ()
    moment: Moment | None = None


def capture_left(records: Sequence[StepRecord]) -> CaptureDetail | None:
    """The capture that these steps have begun or found and not ended; None without such."""
    told = [record.result.detail for record in records if isinstance(record.result.detail, CaptureDetail)]
    return told[-1] if told and told[-1].on else None
