"""The machine as the programs on it see it."""

from collections.abc import Sequence
from typing import Protocol

from sspr_lab.eventlog import EventLog
from sspr_lab.interfaces.installer import Installer
from sspr_lab.interfaces.platform import Platform
from sspr_lab.interfaces.power import Power
from sspr_lab.interfaces.processes import RunningProcess, Spawner
from sspr_lab.interfaces.tasks import Tasks
from sspr_lab.services import Services


class Host(Platform, Spawner, Protocol):
    """A machine that is up, with the services that its programs are clients of.

    Event log and services know nothing of the machine that they are part of, so they are here as they are.
    """

    @property
    def processes(self) -> Sequence[RunningProcess]: ...

    @property
    def events(self) -> EventLog: ...

    @property
    def services(self) -> Services: ...

    @property
    def power(self) -> Power: ...

    @property
    def tasks(self) -> Tasks: ...

    @property
    def installer(self) -> Installer: ...
