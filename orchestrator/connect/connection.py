"""What every way to a host offers: the Connection protocol, and the Connector that makes one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from orchestrator.model.clock import Deadline
from orchestrator.model.host import Host
from orchestrator.windows.branches import Quotas


@dataclass(frozen=True)
class Completed:
    """A command that ended: its exit code (unsigned, 32 bits) and the raw bytes of its two outputs."""

    exit_code: int
    stdout: bytes
    stderr: bytes


class Throttle(Protocol):
    """Keeps content from going to hosts faster than it may.

    Attributes:
        largest: Bytes that a message may have on the line.
    """

    @property
    def largest(self) -> int: ...

    def wait(self, size: int) -> float:
        """Returns, on the thread that calls it, when a message of so many bytes may go; gives the seconds it waited."""
        ...


class Connection(Protocol):
    """One authenticated connection to one host, with at most one shell on it; used by one task at a time.

    Every method raises a `TargetError`: `Unreachable`, `ConnectionLost` or `DeadlineExceeded` when the line is at
    fault, `LogonRefused`, `AccessDenied` or `WsManFault` when the service answers no. After any of the first three
    the connection is of no more use, and only `close` may be called.
    """

    async def run(
        self,
        line: str,
        deadline: Deadline,
        stdin: Iterable[bytes] | None = None,
        throttle: Throttle | None = None,
    ) -> Completed:
        """Runs one cmd.exe command line to its end, opening a shell when there is none.

        Args:
            line: At most 8,191 characters with what the service puts in front of it.
            deadline: When to stop waiting; the command is then terminated.
            stdin: Bytes for the command's standard input, which is closed after the last of them; packed into as few
                messages as the host's envelope size allows.
            throttle: Holds these messages up; the deadline is later by that.
        """
        ...

    def learn_quotas(self, quotas: Quotas) -> None:
        """Tells what the host's WinRM allows, once its branch is known; until then Windows 7's limits hold."""
        ...

    @property
    def waited(self) -> float:
        """Seconds that the log-on has waited for its turn, and messages for a throttle: they count for no deadline."""
        ...

    @property
    def named(self) -> bool:
        """Whether the host has called itself, at the log-on, what the machine that is meant is called."""
        ...

    @property
    def clock_ahead(self) -> timedelta | None:
        """How far the host's clock was ahead of ours when it last answered; None while it has not told."""
        ...

    async def close(self) -> None:
        """Deletes the shell and closes the connection; never raises, and may be called again."""
        ...


class Connector(Protocol):
    """Makes connections. One connector serves a whole run."""

    async def addresses(self, host: Host) -> frozenset[str]:
        """The addresses that a host's name leads to now, each `in_one_form`; none where that is not known.

        Behind jump hosts the last of them looks names up, so that it is the name itself there.
        """
        ...

    async def knock(self, host: Host) -> None:
        """Returns when something takes a connection where the host is; says nothing there, and logs on to nobody.

        Raises:
            Unreachable: Nothing does.
            TargetError: What a jump host on the way has against it.
        """
        ...

    async def connect(self, host: Host, deadline: Deadline) -> Connection:
        """Logs on to the host once.

        Raises:
            Unreachable, JumpHostRefused, AnotherMachine, LogonRefused, LogonWithheld, DeadlineExceeded,
            SecretUnavailable.
        """
        ...
