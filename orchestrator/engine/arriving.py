"""Newcomers of a run, one by one: as the work lets them begin, as there is room for them, until the run is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from orchestrator.engine.protocol import HostWork, Stop
from orchestrator.model.message import Message


async def arriving(
    work: HostWork, newcomers: Sequence[str], room: asyncio.Semaphore, stop: Stop
) -> AsyncGenerator[tuple[str, Message | None], None]:
    """Each newcomer once: to begin, or with why it is not to begin in this run.

    Args:
        work: Says when each may begin.
        newcomers: All that have not begun.
        room: Taken once for each that begins, beforehand; to be released when it has a place.
        stop: After it, nobody begins.
    """
    left = dict.fromkeys(newcomers)
    stopped = asyncio.ensure_future(stop.wait())
    async with aclosing(work.arrivals(newcomers)) as arrivals:

        async def following() -> tuple[str, Message | None]:
            await room.acquire()
            host, refused = await anext(arrivals)
            if refused is not None:
                room.release()
            return host, refused

        coming = None
        try:
            while left:
                coming = asyncio.ensure_future(following())
                await asyncio.wait({coming, stopped}, return_when=asyncio.FIRST_COMPLETED)
                if not coming.done():
                    break
                host, refused = coming.result()
                del left[host]
                yield host, refused
        finally:
            stopped.cancel()
            if coming is not None and not coming.done():  # a generator that is running cannot be closed
                coming.cancel()
                await asyncio.wait({coming})
    reason = await stop.stopped()
    for host in left:
        yield host, reason
