"""The lab's time: what o'clock it is on the hosts, and how long their waits are in real seconds."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from copy import copy
from datetime import UTC, datetime, timedelta

CoroutineFactory = Callable[[], Awaitable[object]]


class Handle:
    """Something that is done later, in real seconds; it stands in `pending` until it is over."""

    def __init__(self, seconds: float, factory: CoroutineFactory, pending: "set[Handle]") -> None:
        self._factory = factory
        self._pending = pending
        self._timer = asyncio.get_running_loop().call_later(seconds, self._begin)
        self._task: asyncio.Task[None] | None = None
        pending.add(self)

    def cancel(self) -> None:
        """Stop it, also half-way."""
        if self._task is not None:
            self._task.cancel()
        else:
            self._timer.cancel()
            self._pending.discard(self)

    @property
    def done(self) -> bool:
        return self._timer.cancelled() if self._task is None else self._task.done()

    async def gone(self) -> None:
        """Return when nothing of it runs any more."""
        if self._task is not None:
            with suppress(asyncio.CancelledError):
                await self._task

    def _begin(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())
        self._task.add_done_callback(self._ended)

    async def _run(self) -> None:
        await self._factory()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._pending.discard(self)
        if not task.cancelled() and (error := task.exception()) is not None:
            task.get_loop().call_exception_handler(
                {"message": "a deferred action of the lab failed", "exception": error, "task": task}
            )


class Clock:
    """Host time that runs `speed` times as fast as real time.

    Args:
        speed: host seconds that pass in one real second.
        start: the hosts' time at the moment of construction (UTC); the real time when left out.
        own_dates: whether hosts date their answers by it, as Windows does, for clients that live as fast; or by the
            real time, so that others do not find the hosts' clocks wrong.
    """

    def __init__(self, *, speed: float = 1.0, start: datetime | None = None, own_dates: bool = False) -> None:
        if speed <= 0:
            raise ValueError(f"a clock's speed is positive, not {speed}")
        self.speed = speed
        self._own_dates = own_dates
        self._start = start or datetime.now(UTC)
        self._origin = time.monotonic()
        self.offset = timedelta()  # from what the clock would show if it were right
        self._pending: set[Handle] = set()

    def now(self) -> datetime:
        """The hosts' time, UTC."""
        return self._start + self.offset + timedelta(seconds=(time.monotonic() - self._origin) * self.speed)

    @property
    def date(self) -> datetime:
        """What hosts date their answers, UTC."""
        return self.now() if self._own_dates else datetime.now(UTC) + self.offset

    def ahead(self, by: timedelta) -> "Clock":
        """A clock that shows another time and goes as fast; closing this one closes it."""
        other = copy(self)
        other.offset = self.offset + by
        return other

    async def sleep(self, host_seconds: float) -> None:
        """Return after `host_seconds` of the hosts' time."""
        await asyncio.sleep(max(0.0, host_seconds) / self.speed)

    def call_later(self, host_seconds: float, factory: CoroutineFactory) -> Handle:
        """Await `factory()` after `host_seconds`; what it raises goes to the event loop's exception handler."""
        return Handle(max(0.0, host_seconds) / self.speed, factory, self._pending)

    async def close(self) -> None:
        """Cancel whatever is still to come and wait until it has gone."""
        pending = list(self._pending)
        for handle in pending:
            handle.cancel()
        for handle in pending:
            await handle.gone()
