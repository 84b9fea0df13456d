"""Pushing: one host's turn to be sent files, as whoever limits that for many hosts gives it."""

from __future__ import annotations

from typing import Protocol

from orchestrator.connect.connection import Throttle


class Pushing(Protocol):
    """A host's turn; used on the event loop."""

    @property
    def throttle(self) -> Throttle | None:
        """Holds up what goes to the host in its turn; None where nothing does."""
        ...

    def take(self, size: int) -> None:
        """Takes the turn, before anything of that many bytes (as they are on the line) is sent.

        Raises:
            PushAwaited: It is not the host's turn yet.
        """
        ...

    @property
    def longest_wait(self) -> float:
        """Real seconds for which what is sent in this turn is held up at most."""
        ...

    def end(self) -> None:
        """The next one's turn; nothing where it is not this host's."""
        ...


class AtOnce:
    """It is everybody's turn, always, and nothing is held up."""

    throttle = None
    longest_wait = 0.0

    def take(self, _size: int) -> None:
        return None

    def end(self) -> None:
        return None
