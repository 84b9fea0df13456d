"""What a step has put on a host for its own use goes when nobody will come back for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from orchestrator.model.errors import Retry, TargetError, TransferCorrupt
from orchestrator.model.message import phrase
from orchestrator.remote.target import Target
from orchestrator.steps.context import StepContext
from orchestrator.windows.command import Change

TIDY_UP = phrase("change-tidy-up")


@asynccontextmanager
async def tidied(target: Target, change: Change, context: StepContext) -> AsyncIterator[None]:
    """Carries out `change`, and forgets the state, after an error from which no attempt could go on.

    After any other, such as a connection that broke, all stays as it is: the next attempt goes on from there.
    """
    try:
        yield
    except TargetError as error:
        if isinstance(error, TransferCorrupt) or error.retry is Retry.NEVER:
            await context.forget()
            await tidy(target, change)
        raise


async def tidy(target: Target, change: Change) -> None:
    """Carries out a change that takes something of ours away, if the host can still be reached."""
    with suppress(TargetError):
        await target.apply(change)
