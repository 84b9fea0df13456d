"""What the WinRM service needs of the machine that it makes reachable."""

from typing import Protocol

from sspr_lab.interfaces.host import Host


class ServedMachine(Host, Protocol):
    """A machine that is up or down, and that knows which remote shells are open on it."""

    @property
    def powered(self) -> bool: ...

    @property
    def shells(self) -> set[str]: ...
