"""The turn of a host to restart, where no two of its `anti_affinity` may at once: from the scheduling to the proof."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.model.clock import Moment
from orchestrator.model.message import message
from orchestrator.model.result import Rest
from orchestrator.model.waiting import Wait
from orchestrator.remote.target import Target
from orchestrator.steps.declaration import StepContext
from orchestrator.windows import boot, restart_request
from orchestrator.windows.boot import Boot, RestartState
from orchestrator.windows.command import asked
from orchestrator.windows.registry import Key
from orchestrator.windows.restart_request import LastRequest, Standing

LOOK_SECONDS = 30
"""Between two looks whether it has come."""


@message("progress-waiting-for-turn")
def _waiting(other: str, group: str, run: str | None) -> None:
    """For which host of which group, and which run had that restart, where no process is at work on it any more."""


def before(target: Target, context: StepContext) -> str | None:
    """The host that restarts before this one; None when it may itself, which may change until it takes the turn."""
    group = target.host.anti_affinity
    return None if group is None else context.turns.before(group, target.host.name)


def take(target: Target, until: Moment, context: StepContext) -> str | None:
    """Takes the turn, to that moment at most; or the host that has it. Under --check nothing restarts."""
    group = target.host.anti_affinity
    return None if group is None or target.check else context.turns.take(group, target.host.name, until)


def end(target: Target, context: StepContext) -> None:
    """The next one's turn."""
    if target.host.anti_affinity is not None:
        context.turns.end(target.host.anti_affinity, target.host.name)


def rest(target: Target, other: str, state: object, context: StepContext) -> Rest:
    """A rest until the turn may have come, which is not the step's own time."""
    group = target.host.anti_affinity or ""
    left = context.turns.left(group)
    return context.wait(LOOK_SECONDS, state, Wait(_waiting(other, group, left.run if left else None)))


@dataclass(frozen=True)
class _Seen:
    booted: Boot
    restart: RestartState
    last: LastRequest | None
    screen: Key | None


async def free(target: Target, context: StepContext) -> None:
    """Ends a turn that this host has by a run on which nobody is at work, if the host does not restart any more.

    It is up with its log-on screen, nothing is noted of a restart of this boot, and its log shows none that is asked
    for. Where the log does not tell, the turn stays.
    """
    group = target.host.anti_affinity
    left = None if group is None or target.check else context.turns.left(group)
    if left is None or left.host.casefold() != target.host.name.casefold():
        return
    seen = await target.observe(
        _Seen,
        booted=asked(boot.BOOT),
        restart=asked(boot.RESTART),
        last=asked(restart_request.LAST),
        screen=asked(boot.LOGON_READY),
    )
    stands = restart_request.standing(seen.last, seen.booted)
    if seen.screen and seen.restart.scheduled != seen.booted.marker and stands in {Standing.NONE, Standing.CALLED_OFF}:
        end(target, context)
