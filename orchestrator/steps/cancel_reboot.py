"""Step `cancel_reboot`: takes back a restart that this program has scheduled."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.model.detail import Detail
from orchestrator.model.message import message, phrase
from orchestrator.model.outcome import Outcome
from orchestrator.model.result import Rest, StepResult
from orchestrator.remote.target import Target
from orchestrator.steps import turns
from orchestrator.steps.declaration import StepContext, StepKind
from orchestrator.steps.restarting import TRY_THERE, RebootParameters, forget_scheduled, not_now
from orchestrator.steps.shutdown_said import ASKS, LOOK_AGAIN_SECONDS, tell
from orchestrator.windows import boot, restart_request, win32
from orchestrator.windows.boot import Boot, RestartState, ShutdownCode
from orchestrator.windows.command import asked
from orchestrator.windows.restart_request import LastRequest, Standing

_CANCELLED = phrase("reboot-cancelled")
_NONE_OF_OURS = phrase("reboot-none-of-ours")
_STILL_STANDS = phrase("reboot-still-stands", remedy=True)
_CANCELLED_BY_SOMEBODY = phrase("reboot-cancelled-by-somebody")


@message("reboot-not-cancelled")
def _not_cancelled(code: int) -> None: ...


@dataclass(frozen=True)
class CancelRebootDetail(Detail, kind="cancel_reboot"):
    """What shutdown ended with when it was to cancel a restart."""

    exit_code: int


@dataclass(frozen=True)
class Cancelling:
    """The host was asked to cancel the restart; whether that arrived is to be seen.

    Attributes:
        claimed: How often shutdown has said that it is cancelled, and the log did not show it.
    """

    claimed: int = 0


@dataclass(frozen=True)
class _Own:
    restart: RestartState
    booted: Boot
    last: LastRequest | None


async def cancel_reboot(target: Target, _: RebootParameters, context: StepContext) -> StepResult | Rest:
    """Cancels a restart that we have scheduled; one that somebody else did is left alone.

    A turn to restart is over with it, also one that a killed run has left behind.
    """
    ended = await _cancelled(target, context)
    if isinstance(ended, StepResult) and ended.outcome.fine:
        await turns.free(target, context)
    return ended


async def _cancelled(target: Target, context: StepContext) -> StepResult | Rest:
    """That we have noted a restart is not enough: it may never have been asked for, or somebody's is in its place."""
    seen = await target.observe(
        _Own, restart=asked(boot.RESTART), booted=asked(boot.BOOT), last=asked(restart_request.LAST)
    )
    state, before = seen.restart, context.recall(Cancelling)
    if state.scheduled != seen.booted.marker:
        if before:
            return StepResult(Outcome.CHANGED, _CANCELLED())
        return StepResult(Outcome.OK, _NONE_OF_OURS())
    stands = restart_request.standing(seen.last, seen.booted)
    if stands not in {Standing.OURS, Standing.UNKNOWN}:
        await target.apply(forget_scheduled(state))
        if before and stands is Standing.CALLED_OFF:
            return StepResult(Outcome.CHANGED, _CANCELLED())
        return StepResult(Outcome.OK, _CANCELLED_BY_SOMEBODY() if stands is Standing.CALLED_OFF else _NONE_OF_OURS())
    cancelling = before or Cancelling()
    await context.keep(cancelling)
    said = await tell(target, boot.ABORT)
    code = said.code
    if win32.passes(code) or code == ShutdownCode.CALL_FAILED:
        raise not_now(_not_cancelled(code), said.reply)
    if code not in {ShutdownCode.DONE, ShutdownCode.NONE_PENDING}:
        return StepResult(Outcome.FAILED, _not_cancelled(code), CancelRebootDetail(code), remedy=TRY_THERE())
    if code == ShutdownCode.DONE and said.standing(seen.booted) is Standing.OURS:
        if cancelling.claimed + 1 < ASKS:
            return context.rest(LOOK_AGAIN_SECONDS, Cancelling(cancelling.claimed + 1))
        return StepResult(Outcome.FAILED, _STILL_STANDS(), CancelRebootDetail(code), remedy=_STILL_STANDS.remedy())
    await target.apply(forget_scheduled(state))
    if code == ShutdownCode.DONE or before:
        return StepResult(Outcome.CHANGED, _CANCELLED())
    return StepResult(Outcome.OK, _CANCELLED_BY_SOMEBODY())


KIND = StepKind(
    name="cancel_reboot",
    summary="Cancel a restart that this program has scheduled.",
    parameters=RebootParameters,
    changes_hosts=True,
    waits_for_window=False,
    perform=cancel_reboot,
)
