"""Asking a machine to shut down or to restart."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from sspr_lab.accounts import SYSTEM, Account

SHUTDOWN_IN_PROGRESS: Final = 1115
NO_SHUTDOWN_IN_PROGRESS: Final = 1116
SHUTDOWN_IS_SCHEDULED: Final = 1190
NO_REASON: Final = 0x800000FF
SHUTDOWN_EXE: Final = r"C:\Windows\system32\shutdown.exe"


@dataclass(frozen=True)
class PendingShutdown:
    """A shutdown that somebody asked for. `due` is UTC; `force` ends programs that do not want to end."""

    due: datetime
    reboot: bool
    force: bool
    reason: int
    message: str
    account: Account


class Power(Protocol):
    """The power state of a machine; see `power.PowerControl` for each method."""

    @property
    def boot_time(self) -> datetime: ...

    @property
    def pending(self) -> PendingShutdown | None: ...

    def initiate(
        self,
        after_seconds: float,
        reason: int = NO_REASON,
        force: bool = False,
        reboot: bool = True,
        message: str = "",
        *,
        account: Account = SYSTEM,
        program: str = SHUTDOWN_EXE,
    ) -> int: ...

    def abort(self, account: Account = SYSTEM) -> int: ...
