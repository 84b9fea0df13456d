"""Captures that are known here: which somebody waits for, which are left over, and how one is ended from outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from orchestrator.inventory.load import load_inventory
from orchestrator.model.errors import UsageError
from orchestrator.runs import captures
from orchestrator.runs.captures import KnownCapture, captures_folder, known_captures
from orchestrator.runs.coordinator import Coordinator
from orchestrator.runs.past_hosts import PastHosts
from orchestrator.steps.capturing import OVERDUE_SECONDS

_LATE: Final = timedelta(seconds=OVERDUE_SECONDS)


@dataclass(frozen=True)
class Known:
    """Captures that this coordinator has begun and that may be on.

    Attributes:
        waited_for: Those whose run is at work, and ends them in time.
        left: Those that nobody waits for; the hosts end them by themselves.
    """

    waited_for: tuple[KnownCapture, ...]
    left: tuple[KnownCapture, ...]

    @property
    def overdue(self) -> tuple[KnownCapture, ...]:
        """Of those that are left, which should have ended."""
        now = datetime.now(UTC)
        return tuple(each for each in self.left if each.until + _LATE < now)

    def of(self, hosts: Sequence[str]) -> Known:
        """Those on hosts of these names, or whose names these patterns fit; all where none is given.

        Raises:
            UsageError: A pattern fits none.
        """
        if not hosts:
            return self
        for pattern in hosts:
            if not any(_fits(each, pattern) for each in (*self.waited_for, *self.left)):
                raise UsageError(
                    f"no capture is known on `{pattern}`: `sspr logs captures` lists them; give the inventory (-i) to "
                    "ask the machine itself"
                )

        def chosen(among: Sequence[KnownCapture]) -> tuple[KnownCapture, ...]:
            return tuple(each for each in among if any(_fits(each, pattern) for pattern in hosts))

        return Known(chosen(self.waited_for), chosen(self.left))

    def in_inventory(self, inventory: Path, limit: str | None) -> Known:
        """Those on hosts of an inventory that a pattern chooses. Raises UsageError."""
        names = names_in(inventory, limit)
        here = inventory.resolve()

        def chosen(among: Sequence[KnownCapture]) -> tuple[KnownCapture, ...]:
            return tuple(each for each in among if each.inventory == here and each.host in names)

        return Known(chosen(self.waited_for), chosen(self.left))


def _fits(capture: KnownCapture, pattern: str) -> bool:
    return fnmatchcase(capture.host.casefold(), pattern.casefold())


def known() -> Known:
    """All of them."""
    at_work = Coordinator.here().at_work()
    found = known_captures(captures_folder())
    waited_for = tuple(each for each in found if at_work is None or each.run in at_work)
    return Known(waited_for, tuple(each for each in found if each not in waited_for))


def names_in(inventory: Path, limit: str | None) -> frozenset[str]:
    """The hosts of an inventory that a pattern chooses. Raises UsageError."""
    return frozenset(host.name for host in load_inventory(inventory).select(limit, PastHosts(inventory=True)))


def end_waiting(run: str) -> None:
    """Has a run end all captures for which it waits. Raises OSError."""
    tell_to_end(each for each in known_captures(captures_folder()) if each.run == run)


def tell_to_end(waited_for: Iterable[KnownCapture]) -> None:
    """Has those who wait end these captures. Raises OSError."""
    for each in waited_for:
        captures.ask_to_end(captures_folder(), each)
