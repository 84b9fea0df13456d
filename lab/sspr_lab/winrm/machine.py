"""What the WinRM service needs of the machine that it makes reachable."""

from typing import Protocol

from sspr_lab.interfaces.installer import Installer
from sspr_lab.interfaces.platform import Platform
from sspr_lab.interfaces.power import Power
from sspr_lab.interfaces.processes import Spawner
from sspr_lab.services import Services


class ServedMachine(Platform, Spawner, Protocol):
    """A machine that is up or down, starts programs, and knows which remote shells are open on it."""

    @property
    def powered(self) -> bool: ...

    @property
    def shells(self) -> set[str]: ...

    @property
    def services(self) -> Services: ...

    @property
    def power(self) -> Power: ...

    @property
    def installer(self) -> Installer: ...
