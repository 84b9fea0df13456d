"""What goes wrong in a run: each kind says how it is brought about, and how it is known that it did happen.

Those of single hosts are in `host_disturbances.py`, those of a run as a whole in `run_disturbances.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from orchestrator.model.outcome import Outcome
from orchestrator.model.result import HostResult
from tests.chaos.coordinator import Command, Coordinator
from tests.chaos.hosts import HostKind, Hosts

WELL = frozenset({Outcome.OK, Outcome.CHANGED})
LEFT_ALONE = frozenset({Outcome.BLOCKED, Outcome.CANCELLED, Outcome.SKIPPED, Outcome.REBOOT_PENDING})
ANYHOW = frozenset(Outcome)


@dataclass
class UnderWay:
    """A run that is being disturbed.

    Attributes:
        hosts: On which.
        command: How it was started.
        start: Starts another one.
        runs: All that have been started, the first one being the run itself.
    """

    hosts: Hosts
    command: Command
    start: Callable[[Command], Coordinator]
    runs: list[Coordinator] = field(default_factory=list)


@dataclass
class Disturbance:
    """Something that goes wrong in one run.

    Attributes:
        happened: Whether it was seen to happen; else it does not count.
    """

    happened: bool = field(default=False, init=False)

    @property
    def kind(self) -> str:
        """What figures count it as."""
        raise NotImplementedError

    @property
    def host(self) -> str | None:
        """The host that it concerns; None for all."""
        return None

    @property
    def computers(self) -> int:
        """How many computers have the account in their own memory then, each of which may be refused so often."""
        return 1

    def may_end(self, kind: HostKind | None, told: HostResult) -> frozenset[Outcome]:
        """How a host of this kind, or a peer, may end in this run that nothing else disturbs.

        Args:
            kind: None for a peer.
            told: What the run says of it.
        """
        return WELL

    @property
    def may_leave_no_result(self) -> bool:
        """Whether the run may end without having written its result."""
        return False

    def shape(self, command: Command) -> Command:
        """Changes how the run is started."""
        return command

    def begin(self, run: UnderWay) -> None:
        """Prepares it; the run has been started just now."""

    def watch(self, run: UnderWay) -> None:
        """Is called again and again while the run goes on."""

    def end(self, run: UnderWay) -> None:
        """The run is over: nothing of it may stay for the next."""
