"""LeaseDetail: which run has a host's lease, as `sspr leases` found it; files hold it and the console shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from orchestrator.model.detail import Detail


@dataclass(frozen=True)
class LeaseDetail(Detail, kind="lease"):
    """A lease that is on a host, or was; None for what it does not tell.

    Attributes:
        run: The run that holds it.
        account: Who runs that.
        computer: Where.
        since: From when on, by the host's clock.
        until: Until when unless it is renewed, likewise.
        ran_out: Whether that has passed.
        ended: Whether that run has certainly ended, and without giving it back.
    """

    run: str | None
    account: str | None
    computer: str | None
    since: datetime | None
    until: datetime | None
    ran_out: bool = False
    ended: bool = False
