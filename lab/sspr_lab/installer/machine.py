"""What Windows Installer needs of the machine that it installs on."""

from typing import Protocol

from sspr_lab.eventlog import EventLog
from sspr_lab.interfaces.platform import Platform
from sspr_lab.interfaces.power import Power


class InstallerMachine(Platform, Protocol):
    """A machine that loses its power, keeps an event log, and restarts when an installation asks for it."""

    @property
    def powered(self) -> bool: ...

    @property
    def events(self) -> EventLog: ...

    @property
    def power(self) -> Power: ...
