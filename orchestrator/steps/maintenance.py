"""Whether a host is in a maintenance window, by its own time zone: asked before it is changed or restarted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from orchestrator.model.clock import Clock, Moment
from orchestrator.model.maintenance import Zone, local
from orchestrator.model.message import message, phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import StepResult, shown
from orchestrator.model.waiting import Wait
from orchestrator.remote.target import Target
from orchestrator.windows import time_zone
from orchestrator.windows.time_zone import TimeZone

_WEEK: Final = timedelta(days=7)
_NEVER = phrase("window-never", remedy=True)
_NO_ZONE = phrase("window-no-time-zone", remedy=True)


@message("progress-waiting-for-window")
def _waiting(opens: str, closes: str | None) -> None:
    """Both are the host's own date and time; without an end where the window is longer than a week."""


@message("window-after-end", remedy=True)
def _after_end(opens: str, closes: str | None, end: str) -> None:
    """`end` is the end of the run, by this computer's clock."""


@dataclass(frozen=True)
class Shut:
    """A host that may not be changed yet.

    Attributes:
        opens: When its next window does that has room enough.
        wait: The same for people.
    """

    opens: Moment
    wait: Wait


async def shut(
    target: Target, clock: Clock, until: datetime | None, last: Callable[[Zone, datetime], datetime]
) -> Shut | StepResult | None:
    """Until when a host may not be changed; None where it may be now, and under --check where it may be in this run.

    Where it never may, or not before the run ends, or its zone cannot be read, the result that the step has to end
    with. A host without windows is asked for nothing.

    Args:
        target: The host.
        clock: The run's.
        until: The run's end date; None where it has none.
        last: Of the host's zone and the moment (UTC) at which the work would be begun, the last one at which it changes
            something.
    """
    maintenance = target.host.maintenance
    if maintenance is None:
        return None
    zone = await zone_of(target)
    if zone is None:
        return StepResult(Outcome.BLOCKED, _NO_ZONE(), remedy=_NO_ZONE.remedy())
    now = clock.now()
    opening = maintenance.opening(zone, now, lambda begun: last(zone, begun))
    if opening is None:
        return StepResult(Outcome.BLOCKED, _NEVER(), remedy=_NEVER.remedy())
    if opening.begins <= now:
        return None
    opens = f"{local(zone, opening.begins):%Y-%m-%d %H:%M}"
    (whole, *_) = maintenance.openings(zone, opening.begins, opening.begins + _WEEK)
    closes = f"{local(zone, whole.ends):%Y-%m-%d %H:%M}" if whole.ends < opening.begins + _WEEK else None
    if until is not None and opening.begins >= until:
        told = (opens, closes, shown(until))
        return StepResult(Outcome.CANCELLED, _after_end(*told), remedy=_after_end.remedy(*told))
    if target.check:
        return None
    return Shut(clock.after((opening.begins - now).total_seconds()), Wait(_waiting(opens, closes), opening.begins))


async def zone_of(target: Target) -> TimeZone | None:
    """The host's zone, which is asked for once; None when it cannot be read."""
    current = await target.observe(time_zone.CURRENT_ZONE)
    if current is None:
        return None
    named = await target.observe(time_zone.named(current.name)) if current.name else None
    return named or TimeZone(current.rules)
