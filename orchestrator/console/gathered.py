"""Waits of many hosts, told together: a line for all that begin to wait for the same within a few seconds."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Final

from orchestrator.console.tally import Waiting
from orchestrator.console.words import machines, names, one_line

GATHER_SECONDS: Final = 10.0
"""How long others are waited for that begin to wait as well."""
_LINES: Final = 3
"""At most at a time, but for one about the rest."""
_NAMES: Final = 2


class GatheredWaits:
    """Gathers, and tells by a timer of its own, since hosts that all wait say nothing more.

    Args:
        tell: Prints a line; called with `lock` held, be it on the timer's thread.
        lock: Held whenever something is added or dropped.
    """

    def __init__(self, tell: Callable[[str], None], lock: threading.RLock) -> None:
        self._tell = tell
        self._lock = lock
        self._gathered: dict[str, Waiting] = {}
        self._timer: threading.Timer | None = None

    def add(self, host: str, waiting: Waiting) -> None:
        self._gathered[host] = waiting
        if self._timer is None:
            self._timer = threading.Timer(GATHER_SECONDS, self.tell)
            self._timer.daemon = True
            self._timer.start()

    def drop(self, host: str) -> None:
        """A host that waits no more needs not be told of."""
        self._gathered.pop(host, None)

    def tell(self) -> None:
        """Tells what was gathered so far, the wait of most hosts foremost."""
        with self._lock, contextlib.suppress(Exception, SystemExit):
            if self._timer:
                self._timer.cancel()
                self._timer = None
            alike: dict[Waiting, list[str]] = {}
            for host, waiting in self._gathered.items():
                alike.setdefault(waiting, []).append(host)
            self._gathered.clear()
            groups = sorted(alike.items(), key=lambda each: -len(each[1]))
            for waiting, hosts in groups[:_LINES]:
                self._tell(_line(waiting, hosts))
            if left := sum(len(hosts) for _, hosts in groups[_LINES:]):
                self._tell(f"{machines(left)} more: waiting for other things (`sspr runs show` tells for what)")


def _line(waiting: Waiting, hosts: list[str]) -> str:
    called = one_line(names(hosts, _NAMES))
    who = called if len(hosts) == 1 else f"{machines(len(hosts))} ({called})"
    return f"{who}: {waiting.step}: {waiting.message}"
