"""A fleet in an event loop of its own, for callers whose clients block."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, TypeVar

from sspr_lab.fleet import Fleet

T = TypeVar("T")


class LabThread:
    """Context manager: the fleet is up inside, and gone afterwards.

    Args:
        make: makes the fleet; called on the lab's own thread.
    """

    def __init__(self, make: Callable[[], Fleet]) -> None:
        self._make = make
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="lab", daemon=True)
        self._fleet: Fleet | None = None

    @property
    def fleet(self) -> Fleet:
        """The running fleet. Names, addresses, password and counters may be read from any thread."""
        assert self._fleet is not None, "the fleet is there inside the `with` block"
        return self._fleet

    def call(self, work: Callable[[Fleet], Awaitable[T]]) -> T:
        """Await `work(fleet)` on the lab's thread and return what it returns; for everything that looks at machines."""

        async def run() -> T:
            return await work(self.fleet)

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result()

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.call(lambda fleet: fleet.stop())
        finally:
            self._end()

    async def _start(self) -> None:
        fleet = self._make()
        await fleet.start()
        self._fleet = fleet

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
