"""Search: the looking for hosts that are off, until the run's end date.

A look is a knock at the host's port (`connect.knock`); a host that answers goes on with its step. Looks hold no place
of hosts at work, and no more than LOOKS_A_SECOND are begun in a second, however many hosts are due: a coordinator that
was off itself may find thousands overdue.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from orchestrator.connect.connection import Connector
from orchestrator.engine.protocol import Stop
from orchestrator.fleet.absence import RETURNS, Absence, Pace, may_return, next_look
from orchestrator.fleet.step_state import StepState
from orchestrator.model.clock import Clock, Moment, uptime
from orchestrator.model.codec import encode
from orchestrator.model.errors import CoordinatorError, TargetError
from orchestrator.model.events import Event, HostAwaited, HostReturned
from orchestrator.model.host import Host
from orchestrator.model.result import Rest, StepResult, shown
from orchestrator.playbook.plan import PlannedStep

LOOKS_A_SECOND: Final = 10.0


@dataclass
class Search:
    """Looks for the hosts of a run.

    Attributes:
        until: The run's end date.
        run_id: The run.
        connector: Knocks.
        clock: The run's.
        stop: Ends the looking.
        notify: Told when a host begins to be waited for, and when it is back.
    """

    until: datetime
    run_id: str
    connector: Connector
    clock: Clock
    stop: Stop
    notify: Callable[[Event], None]
    _pace: Pace = field(default_factory=lambda: Pace(LOOKS_A_SECOND))
    _told: set[str] = field(default_factory=set)

    def missed(self, state: StepState, result: StepResult, *, answered: bool) -> StepState | None:
        """The state of a step whose host is waited for from now on; None where it is not.

        Args:
            state: The step's.
            result: What it ends with if the host is not seen again.
            answered: Whether the host was there all the same, at the last.
        """
        before, worked = state.absence, state.patience.answered and not answered
        if self._is_over:
            return None
        if before is None or worked:
            return replace(state, absence=Absence(self.clock.after(0), result), continuing=False)
        returns = before.returns + 1
        if answered and returns > RETURNS:
            return None
        since = self.clock.after(0) if returns <= RETURNS else before.since  # it may only just be starting
        absence = replace(before, since=since, result=result, returns=returns, found=False)
        return replace(state, absence=absence, continuing=False)

    def rest(self, host: str, step: str, state: StepState) -> Rest:
        """Until the next look, or the run's end date."""
        absence = state.absence
        assert absence is not None, "nobody waits for a host that is there"
        if host not in self._told:
            self._told.add(host)
            since = self.clock.now().timestamp() + self.clock.until(absence.since)
            missed = datetime.fromtimestamp(since, self.until.tzinfo)
            self.notify(HostAwaited(host, step, absence.result, missed, absence.looks, state.seen, self.until))
        away = -self.clock.until(absence.since)
        ahead = min(next_look(self.run_id, host, away) - away, self._left)
        return Rest(self.clock.after(ahead), encode(state), aside=True)

    async def look(self, host: Host, planned: PlannedStep, state: StepState) -> Rest | StepResult:
        """Looks once: rests again, or has the step go on at once with its whole time; its result at the end date."""
        absence = state.absence
        assert absence is not None, "nobody looks for a host that is there"
        if self._is_over:
            return absence.ended(shown(self.until))
        if not await self._turn():
            return self.rest(host.name, planned.name, state)
        absence = replace(absence, looks=absence.looks + 1)
        if not await self._answers(host):
            return self.rest(host.name, planned.name, replace(state, absence=absence))
        self._told.discard(host.name)
        self.notify(HostReturned(host.name, planned.name, absence.looks))
        deadline: Moment = self.clock.after(planned.deadline_seconds)
        return Rest(None, encode(state.found_again(replace(absence, found=True), deadline, self.clock.now())))

    @property
    def _left(self) -> float:
        return (self.until - self.clock.now()).total_seconds()

    @property
    def _is_over(self) -> bool:
        return self._left <= 0

    async def _turn(self) -> bool:
        """Waits for the turn to look; False where the run is stopped before."""
        pause = self._pace.turn(uptime()) - uptime()
        if pause > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self.stop.wait()
        return await self.stop.stopped() is None

    async def _answers(self, host: Host) -> bool:
        """Whether anybody does; what else is in the way, the step itself is to say."""
        try:
            await self.connector.knock(host)
        except CoordinatorError:
            return False
        except TargetError as error:
            return not may_return(error)
        return True
